import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fault, isFault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { turnstile } from '#kernel/turnstile.ts'
import { stampOf } from './files/identity.ts'
import type { Library, PosterSource } from './library.ts'
import type { PosterFormat, Prober } from './prober.ts'

/** In CSS pixels times two: the grid's cards. */
export const POSTER_WIDTH = 640
const AT_ONCE = 2
const TIMEOUT_MS = 20_000
/** Films often begin in black. */
const AT_SHARE = 0.1
const AT_MOST_SECONDS = 3

export interface Posters {
  /** Cut now or taken out of the cache. @throws missing `media-metadata/no-poster` when the file is gone or changed. */
  of(workspaceId: WorkspaceId, fileId: string, format: PosterFormat): Promise<Buffer>
  /** Cuts it ahead, for a file that will be gone. Failing is no matter. */
  keep(path: string, contentHash: string, durationSeconds: number | null): Promise<void>
}

interface Parts {
  library: Pick<Library, 'posterSource'>
  prober: Prober
  folder: string
  uploadPath(workspaceId: WorkspaceId, uploadId: string): Promise<string | null>
}

export function posters({ library, prober, folder, uploadPath }: Parts): Posters {
  const gate = turnstile(AT_ONCE, {
    waiting: 200,
    full: () =>
      fault('limited', 'media-metadata/busy', 'Too many pictures are being made', { retryAfterMs: 2_000 }),
  })
  const underWay = new Map<string, Promise<Buffer>>()
  // Of the content, not of the file: the same picture under three names is made once.
  const placeOf = (hash: string, format: PosterFormat) => {
    const plain = hash.replace(':', '-')
    return join(folder, plain.slice(-2), `${plain}.${format}`)
  }
  const cut = (
    path: string,
    hash: string,
    durationSeconds: number | null,
    format: PosterFormat,
  ): Promise<Buffer> => {
    const place = placeOf(hash, format)
    const before = underWay.get(place)
    if (before) return before
    const making = gate(async () => {
      const atSeconds = Math.min(AT_MOST_SECONDS, (durationSeconds ?? 0) * AT_SHARE)
      const picture = await prober.poster(path, {
        format,
        atSeconds,
        maxWidth: POSTER_WIDTH,
        timeoutMs: TIMEOUT_MS,
      })
      if (picture.length === 0) throw noPoster()
      await keepWhole(place, picture)
      return picture
    }).finally(() => underWay.delete(place))
    underWay.set(place, making)
    return making
  }
  const sourcePath = async (workspaceId: WorkspaceId, source: PosterSource): Promise<string> => {
    if (source.kind === 'url') throw noPoster()
    const path =
      source.kind === 'path'
        ? source.location
        : await uploadPath(workspaceId, source.location.slice('upload:'.length))
    const seen = path === null ? null : await stat(path, { bigint: true }).catch(() => null)
    if (path === null || !seen || stampOf(seen).modifiedNs !== source.modifiedNs) throw noPoster()
    return path
  }
  return {
    async of(workspaceId, fileId, format) {
      const source = await library.posterSource(workspaceId, fileId)
      if (!source) throw noPoster()
      const kept = await readFile(placeOf(source.contentHash, format)).catch(() => null)
      if (kept) return kept
      const path = await sourcePath(workspaceId, source)
      return cut(path, source.contentHash, source.durationSeconds, format).catch((cause) => {
        throw isFault(cause) && cause.kind !== 'invalid' ? cause : noPoster(cause)
      })
    },
    async keep(path, contentHash, durationSeconds) {
      await cut(path, contentHash, durationSeconds, 'webp').catch(() => {})
    },
  }
}

const noPoster = (cause?: unknown) =>
  fault('missing', 'media-metadata/no-poster', 'There is no picture of this file', { cause })

async function keepWhole(place: string, picture: Buffer): Promise<void> {
  await mkdir(dirname(place), { recursive: true })
  const half = `${place}.${randomUUID().slice(0, 8)}`
  await writeFile(half, picture)
  await rename(half, place)
}
