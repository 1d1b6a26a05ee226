import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { describe, isFault } from '#kernel/fault.ts'
import { guessed, HEAD_BYTES } from './files/first-bytes.ts'
import { contentHash, isSameStamp, type Stamp, stampOf } from './files/identity.ts'
import { missingEnd } from './files/missing-end.ts'
import { bad, type MediaKind, type Outcome, type Reason } from './media-metadata.ts'
import type { Prober, Tags } from './prober.ts'
import { judge, type Preset } from './readiness.ts'
import { normalised } from './record/normalise.ts'
import { withoutPlaces } from './record/place.ts'
import { type Described, mainAudio, mainVideo, number } from './record/said.ts'
import { checked } from './record/schema.ts'

export interface Tools {
  prober: Prober
  tags: Tags
  timeoutMs: number
  maxBytes: number
}

export interface Ask {
  /** The real path. */
  path: string
  fileName: string
  preset: Preset
  wantsGps: boolean
  signal?: AbortSignal
  /** What is known of content with this hash. */
  known(hash: string): Promise<Outcome | null>
}

export interface Examined {
  stamp: Stamp | null
  hash: string | null
  outcome: Outcome
  /** The content was known under another name: nothing was run. */
  isCached: boolean
}

/** Everything about one file. Whatever is wrong with it becomes a row with a reason; only a stop is thrown. */
export async function examine(tools: Tools, ask: Ask): Promise<Examined> {
  let file: FileHandle | undefined
  try {
    // Without O_NONBLOCK opening a pipe that nobody writes to would wait for ever.
    file = await open(ask.path, constants.O_RDONLY | constants.O_NONBLOCK)
    return await examineOpen(tools, ask, file)
  } catch (error) {
    ask.signal?.throwIfAborted()
    return { stamp: null, hash: null, outcome: refused(error), isCached: false }
  } finally {
    await file?.close()
  }
}

async function examineOpen(tools: Tools, ask: Ask, file: FileHandle): Promise<Examined> {
  const stats = await file.stat({ bigint: true })
  const stamp = stampOf(stats)
  const give = (outcome: Outcome, hash: string | null = null, isCached = false) => ({
    stamp,
    hash,
    outcome,
    isCached,
  })
  if (!stats.isFile()) return give(bad('not-a-file', stats.isDirectory() ? 'a folder' : 'a device or a pipe'))
  if (stamp.sizeBytes === 0) return give(bad('empty'))
  if (stamp.sizeBytes > tools.maxBytes) return give(bad('too-large', `${stamp.sizeBytes} bytes`))

  const head = Buffer.alloc(Math.min(HEAD_BYTES, stamp.sizeBytes))
  await file.read(head, 0, head.length, 0)
  const guess = guessed(head)
  if (guess.kind === 'none') return give(bad('not-media', guess.what))

  const hash = await contentHash(file, stamp.sizeBytes)
  const known = await ask.known(hash)
  if (known) return give(renamed(known, ask, stamp), hash, true)

  const missing = guess.kind === 'unknown' ? null : await missingEnd(file, stamp.sizeBytes, guess.container)
  const outcome = await askPrograms(tools, ask, { stamp, hash, guess, missing })
  const after = stampOf(await file.stat({ bigint: true }))
  return isSameStamp(stamp, after) ? give(outcome, hash) : { ...give(bad('changed')), stamp: null }
}

interface Looked {
  stamp: Stamp
  hash: string
  guess: ReturnType<typeof guessed>
  missing: string | null
}

/** Both programs side by side; one of them is enough where the other one does not know the format. */
async function askPrograms(
  tools: Tools,
  ask: Ask,
  { stamp, hash, guess, missing }: Looked,
): Promise<Outcome> {
  const { prober, tags, timeoutMs } = tools
  const options = { timeoutMs, ...(ask.signal ? { signal: ask.signal } : {}) }
  const [described, tagged] = await Promise.allSettled([
    prober.describe(ask.path, options),
    tags.read(ask.path, ask.signal),
  ])
  ask.signal?.throwIfAborted()
  const said = described.status === 'fulfilled' ? described.value : null
  const noted = tagged.status === 'fulfilled' ? tagged.value : null
  const raw = { ffprobe: withoutPlaces(said, ask.wantsGps), tags: withoutPlaces(noted, ask.wantsGps) }

  const kind = kindOf(guess, said)
  const record =
    kind === null
      ? null
      : checked(
          normalised({
            fileName: ask.fileName,
            sizeBytes: stamp.sizeBytes,
            modifiedMs: Number(BigInt(stamp.modifiedNs) / 1_000_000n),
            contentHash: hash,
            kind,
            container:
              guess.kind === 'unknown' || guess.kind === 'none' ? containerOf(said) : guess.container,
            described: said,
            describedBy: said ? await prober.version() : null,
            tagged: noted,
            wantsGps: ask.wantsGps,
          }),
        )
  const isUsable =
    record !== null && (record.kind === 'audio' ? record.audioTracks > 0 : record.width !== null)
  if (missing !== null) return bad('truncated', missing, { raw, record: isUsable ? record : null })
  if (!isUsable) return { ...whyNot(described, tagged, guess), raw }
  return { ...judge(record, ask.preset), reason: null, detail: null, record, raw }
}

/** What the streams are wins over what the first bytes promise: an mp4 without a picture is sound. */
function kindOf(guess: Looked['guess'], said: Described | null): MediaKind | null {
  if (guess.kind === 'image') return 'image'
  const streams = said?.streams ?? []
  const isSure = guess.kind !== 'unknown' || (number(said?.format?.['probe_score']) ?? 0) >= SURE_SCORE
  if (!isSure || streams.length === 0)
    return guess.kind === 'unknown' || guess.kind === 'none' ? null : guess.kind
  if (mainVideo(streams)) return 'video'
  return mainAudio(streams) ? 'audio' : null
}

/** Half of what ffprobe gives at most: below it, it has guessed by a few bytes that could be anything. */
const SURE_SCORE = 51

const containerOf = (said: Described | null): string =>
  String(said?.format?.['format_name'] ?? 'unknown').split(',')[0]!

function whyNot(
  described: PromiseSettledResult<unknown>,
  tagged: PromiseSettledResult<unknown>,
  guess: Looked['guess'],
): Outcome {
  const error =
    described.status === 'rejected' ? described.reason : tagged.status === 'rejected' ? tagged.reason : null
  const { code, message } = describe(error ?? new Error('no stream in it'))
  if (/timeout$/.test(code)) return bad('timeout', message)
  if (isFault(error) && error.kind === 'unavailable') return bad('unreadable', message)
  return bad(guess.kind === 'unknown' ? 'not-media' : 'corrupt', plain(message))
}

/** Without the path, which the row has anyway, and which is nobody's business elsewhere. */
const plain = (message: string) =>
  message.replace(/file:\S.*?: /g, '').replace(/\[[^\]]* @ 0x[0-9a-f]+\] /g, '')

/** The same content under another name: the record is the content's, the name is this file's. */
function renamed(known: Outcome, ask: Ask, stamp: Stamp): Outcome {
  const judged = known.record && known.verdict !== 'bad' ? judge(known.record, ask.preset) : {}
  const modifiedAt = new Date(Number(BigInt(stamp.modifiedNs) / 1_000_000n)).toISOString()
  return {
    ...known,
    ...judged,
    record: known.record && { ...known.record, fileName: ask.fileName, modifiedAt },
  }
}

const REASON_OF: Record<string, Reason> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EACCES: 'permission',
  EPERM: 'permission',
  EISDIR: 'not-a-file',
  ELOOP: 'not-a-file',
  ENXIO: 'not-a-file',
  ENAMETOOLONG: 'missing',
}

/** What an error of the file system means for the row. Errors of ours stay what they are and end in the log. */
export function refused(error: unknown): Outcome {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  const reason = REASON_OF[code]
  if (reason) return bad(reason)
  return bad('unreadable', describe(error).message)
}

export const fileNameOf = (location: string): string => basename(location) || location
