import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '#kernel/fault.ts'
import { newId } from '#kernel/id.ts'
import { type Reach, reached } from '#kernel/paths.ts'
import type { Batch, Pending, Result } from './batch.ts'
import { isPassing } from './batch.ts'
import { examine, fileNameOf, refused, type Tools } from './examine.ts'
import { type DownloadLimits, download, Refusal } from './files/download.ts'
import { isSameStamp, type Stamp, stampOf } from './files/identity.ts'
import { bad, type Outcome } from './media-metadata.ts'
import type { Preset } from './readiness.ts'
import type { Store } from './store.ts'

export interface LookParts {
  tools: Tools
  store: Pick<Store, 'content'>
  reach: Reach
  preset: Preset
  limits: DownloadLimits
  /** For one file, whatever hangs. */
  fileMs: number
  temporary: string
  uploads: { find(uploadId: string): Promise<{ path: string; fileName: string } | null> }
  /** A link's file is gone afterwards, so its picture is taken now. */
  keepPoster(path: string, hash: string, outcome: Outcome): Promise<void>
}

/** One file of a batch: a stat when nothing changed, otherwise everything. Never throws for the file's sake. */
export async function look(
  parts: LookParts,
  batch: Batch,
  item: Pending,
  signal: AbortSignal,
): Promise<Result> {
  // By hand: `AbortSignal.timeout` would stay in memory for its whole time, once per file.
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  signal.addEventListener('abort', onAbort, { once: true })
  const late = () => resultOf(item, bad('timeout', `longer than ${parts.fileMs / 1000} s`))
  let timer: NodeJS.Timeout | undefined
  const timedOut = new Promise<Result>((resolve) => {
    timer = setTimeout(() => {
      resolve(late())
      stop.abort()
    }, parts.fileMs)
  })
  const looked = lookAt(parts, batch, item, stop.signal).catch((error) => {
    signal.throwIfAborted()
    return stop.signal.aborted ? late() : resultOf(item, refused(error))
  })
  try {
    return await Promise.race([looked, timedOut])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

function lookAt(parts: LookParts, batch: Batch, item: Pending, signal: AbortSignal): Promise<Result> {
  if (item.kind === 'url') return lookAtLink(parts, batch, item, signal)
  return item.kind === 'upload'
    ? lookAtUpload(parts, batch, item, signal)
    : lookAtPath(parts, batch, item, signal)
}

async function lookAtPath(
  parts: LookParts,
  batch: Batch,
  item: Pending,
  signal: AbortSignal,
): Promise<Result> {
  const path = await reached(item.location, '/', parts.reach)
  if (path === null) return resultOf(item, bad('outside', 'a link leads out of the folders that may be read'))
  return lookAtFile(parts, batch, item, { path, fileName: fileNameOf(item.location), signal })
}

async function lookAtUpload(
  parts: LookParts,
  batch: Batch,
  item: Pending,
  signal: AbortSignal,
): Promise<Result> {
  const upload = await parts.uploads.find(item.location.replace(/^upload:/, ''))
  if (!upload) return resultOf(item, bad('missing', 'there is no such finished upload'))
  return lookAtFile(parts, batch, item, { ...upload, signal })
}

interface Place {
  path: string
  fileName: string
  signal: AbortSignal
}

async function lookAtFile(parts: LookParts, batch: Batch, item: Pending, place: Place): Promise<Result> {
  const stamp = stampOf(await stat(place.path, { bigint: true }))
  if (isKnown(batch, item, stamp)) return { ...resultOf(item, null), isCached: true }
  const { outcome, hash, isCached, stamp: seen } = await examined(parts, batch, item, place)
  const fresh = { outcome, stamp: seen, etag: null, hash, hasGps: batch.wantsGps }
  return { ...resultOf(item, outcome), fileName: place.fileName, isCached, fresh }
}

const examined = (parts: LookParts, batch: Batch, item: Pending, { path, fileName, signal }: Place) =>
  examine(parts.tools, {
    path,
    fileName,
    preset: parts.preset,
    wantsGps: batch.wantsGps,
    signal,
    known: async (hash) =>
      batch.isFresh || item.isAgain ? null : parts.store.content(batch.workspaceId, hash, batch.wantsGps),
  })

function isKnown(batch: Batch, { known, isAgain }: Pending, stamp: Stamp): boolean {
  if (!known?.stamp || batch.isFresh || isAgain) return false
  return known.hasGps === batch.wantsGps && isSameStamp(known.stamp, stamp)
}

/** A link is fetched into a file that is removed again. An ETag that still holds costs one question. */
async function lookAtLink(
  parts: LookParts,
  batch: Batch,
  item: Pending,
  signal: AbortSignal,
): Promise<Result> {
  const path = join(parts.temporary, newId('link'))
  const { known } = item
  const isUsable =
    known && !isPassing(known.reason) && known.hasGps === batch.wantsGps && !batch.isFresh && !item.isAgain
  try {
    const { file, etag } = await download(item.location, path, parts.limits, {
      etag: isUsable ? known.etag : null,
      signal,
    })
    if (file === null) return { ...resultOf(item, null), isCached: true }
    const fileName = fileNameOf(decodeURIComponent(new URL(item.location).pathname))
    const { outcome, hash, isCached } = await examined(parts, batch, item, { path: file, fileName, signal })
    if (hash && outcome.record) await parts.keepPoster(file, hash, outcome)
    const fresh = { outcome, stamp: null, etag, hash, hasGps: batch.wantsGps }
    return { ...resultOf(item, outcome), fileName, isCached, fresh }
  } catch (error) {
    if (error instanceof Refusal) return resultOf(item, bad(error.reason, error.message))
    throw error
  } finally {
    await rm(path, { force: true })
  }
}

/** The row of an item. Without an outcome it is what the ledger knows already. */
function resultOf(item: Pending, outcome: Outcome | null): Result {
  const { seq, fileId, kind, location, known } = item
  const base = { seq, fileId, kind, location, fileName: fileNameOf(location), isCached: false }
  if (outcome) {
    const { verdict, reason, detail } = outcome
    const fresh = { outcome, stamp: null, etag: null, hash: null, hasGps: false }
    return { ...base, verdict, reason, detail, fresh }
  }
  if (!known)
    throw fault('conflict', 'media-metadata/unknown', 'A file that nobody knows cannot be unchanged')
  return { ...base, verdict: known.verdict, reason: known.reason, detail: null, fresh: null }
}
