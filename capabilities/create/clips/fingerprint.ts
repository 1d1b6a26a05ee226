import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'

const PIECE = 1024 * 1024
/** Up to this size all of it is read; of a larger file so many pieces, evenly spread, with the first and the last. */
const WHOLE_UP_TO = 64 * PIECE
const PIECES = 48

/** What a file holds, as a short text: the same content has the same one wherever it lies. */
export async function fingerprint(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const hash = createHash('sha256').update(`${size}`)
    const buffer = Buffer.alloc(PIECE)
    const count = size <= WHOLE_UP_TO ? Math.ceil(size / PIECE) : PIECES
    for (let i = 0; i < count; i++) {
      const at = size <= WHOLE_UP_TO ? i * PIECE : Math.floor((i * (size - PIECE)) / (PIECES - 1))
      const { bytesRead } = await file.read(buffer, 0, PIECE, at)
      hash.update(buffer.subarray(0, bytesRead))
    }
    return hash.digest('hex').slice(0, 32)
  } finally {
    await file.close()
  }
}

/** Fingerprints of unchanged files are remembered by size and time: hundreds of clips may share a source. */
export function fingerprints(rememberMax = 2_000): (path: string) => Promise<string> {
  const known = new Map<string, Promise<string>>()
  return async (path) => {
    const { size, mtimeMs } = await stat(path)
    const name = `${path}\0${size}\0${mtimeMs}`
    let print = known.get(name)
    if (!print) {
      print = fingerprint(path)
      print.catch(() => known.delete(name))
      known.set(name, print)
      if (known.size > rememberMax) known.delete(known.keys().next().value!)
    }
    return print
  }
}

/** One text for many values, in whatever order their fields were written. */
export const digestOf = (...values: unknown[]): string =>
  createHash('sha256')
    .update(JSON.stringify(values.map(sorted)))
    .digest('hex')
    .slice(0, 32)

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  )
}
