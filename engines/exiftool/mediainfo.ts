import { type FileHandle, open } from 'node:fs/promises'
import type { MediaInfo } from 'mediainfo.js'
import { fault } from '#kernel/fault.ts'
import type { TagReader } from './exiftool.ts'

/** Of one file at most: enough for the heads and the tails of films of any size. */
const MAX_READ_BYTES = 256 * 1024 * 1024

/** The reader for machines without perl: MediaInfo as WebAssembly, in this process, one file at a time. */
export async function mediainfoReader(timeoutMs: number): Promise<TagReader> {
  const { default: factory } = await import('mediainfo.js')
  const info: MediaInfo<'object'> = await factory({ format: 'object' })
  let version = 'unknown'
  let turn: Promise<unknown> = Promise.resolve()

  const analyse = async (path: string, signal: AbortSignal | undefined) => {
    const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
      throw fault('invalid', 'exiftool/failed', `${path} cannot be opened (${cause.code})`, { cause })
    })
    try {
      const { size } = await file.stat()
      const result = await info.analyzeData(size, bounded(file, timeoutMs, signal))
      version = result.creatingLibrary?.version ?? version
      return flat(result.media?.track ?? [])
    } finally {
      info.reset()
      await file.close()
    }
  }
  return {
    inspect: async () => ({ reader: 'mediainfo', version }),
    async read(path, { signal } = {}) {
      const mine = turn.then(() => analyse(path, signal))
      turn = mine.catch(() => {})
      return { reader: 'mediainfo', tags: await mine, version }
    },
    close: async () => info.close(),
  }
}

function bounded(file: FileHandle, timeoutMs: number, signal: AbortSignal | undefined) {
  const deadline = Date.now() + timeoutMs
  let bytes = 0
  return async (length: number, position: number) => {
    if (signal?.aborted) throw fault('unavailable', 'exiftool/cancelled', 'Reading was stopped')
    bytes += length
    if (bytes > MAX_READ_BYTES || Date.now() > deadline)
      throw fault('unavailable', 'exiftool/timeout', `MediaInfo did not end within ${timeoutMs / 1000} s`)
    const piece = new Uint8Array(length)
    const { bytesRead } = await file.read(piece, 0, length, position)
    return piece.subarray(0, bytesRead)
  }
}

/** `Video:Width`, `Audio2:Channels`, `General:extra.make`: one level, like exiftool's. */
function flat(tracks: readonly object[]): Record<string, unknown> {
  const tags: Record<string, unknown> = {}
  const seen = new Map<string, number>()
  for (const track of tracks as Record<string, unknown>[]) {
    const type = String(track['@type'])
    const nth = (seen.get(type) ?? 0) + 1
    seen.set(type, nth)
    const group = nth === 1 ? type : `${type}${nth}`
    for (const [name, value] of Object.entries(track)) {
      if (name === 'extra')
        for (const [more, deep] of Object.entries(value as object)) tags[`${group}:extra.${more}`] = deep
      else if (!name.startsWith('@')) tags[`${group}:${name}`] = value
    }
  }
  return tags
}
