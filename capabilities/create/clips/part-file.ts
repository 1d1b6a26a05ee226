import { createHash, randomBytes } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'

/*
 * A result that is not finished lies beside its place under a hidden name of its own: two that make the same clip (one of
 * them overtaken and not yet aware of it) never write into each other's file. The name tells who writes it.
 */

const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 6)
/** What another machine left behind so long ago is left behind for good. */
const STRANGE_KEEP_MS = 60 * 60_000
const mine = new Set<string>()

export interface PartFile {
  path: string
  /** Unique; also the name of the working folder. */
  token: string
  /** Whoever comes later may sweep it away. */
  release(): void
}

export function partFile(output: string, place: string): PartFile {
  const token = `${HOST}-${process.pid}-${randomBytes(4).toString('hex')}`
  const path = join(dirname(output), `.${place.slice(0, 12)}.${token}.part`)
  mine.add(path)
  return { path, token, release: () => void mine.delete(path) }
}

/** Removes what dead processes left of this clip; `keep` is one that was complete. */
export async function sweepParts(output: string, place: string, keep: string | null): Promise<void> {
  const folder = dirname(output)
  const prefix = `.${place.slice(0, 12)}.`
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue
    const path = join(folder, name)
    if (path !== keep && (await isAbandoned(path))) await rm(path, { force: true })
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const [, host, pid] = /\.(\w+)-(\d+)-\w+\.part$/.exec(basename(path)) ?? []
  if (host !== HOST) {
    const info = await stat(path).catch(() => null)
    return info !== null && Date.now() - info.mtimeMs > STRANGE_KEEP_MS
  }
  if (Number(pid) === process.pid) return !mine.has(path)
  try {
    process.kill(Number(pid), 0)
    return false
  } catch {
    return true
  }
}
