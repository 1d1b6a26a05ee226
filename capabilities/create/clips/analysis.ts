import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fault } from '#kernel/fault.ts'
import type { Segment } from './clips.ts'
import { isAcross } from './filters.ts'
import { digestOf } from './fingerprint.ts'
import type { Media, Probed } from './media.ts'
import type { Order } from './order.ts'
import type { Reframe } from './picture/reframe.ts'
import type { Frames } from './picture/saliency.ts'
import { chosenScenes, cutsIn } from './picture/scenes.ts'
import type { SubjectFinder } from './picture/subject.ts'
import { smoothed, type TrackPoint, thinned } from './picture/track.ts'
import { needsTrack } from './plan.ts'
import { analyseArgs } from './render.ts'
import { type Measured, measuredIn } from './sound/loudness.ts'
import { loudParts, silencesIn } from './sound/silence.ts'

/** What was found out about a source before its picture is made. */
export interface Analysis {
  segments: Segment[]
  /** Null where nothing was asked, or where there is only silence. */
  measured: Measured | null
  /** Counts from the beginning of the range. */
  track: TrackPoint[]
}

export interface AnalysisAsk {
  media: Media
  subject: SubjectFinder
  order: Order
  probe: Probed
  framing: Reframe
  /** Fingerprints of what it reads: the same question about the same content is not asked twice. */
  prints: readonly string[]
  folder: string
  timeoutMs: number
  signal: AbortSignal
  onProgress(share: number, speed: number | null): void
}

const VERSION = 1
const LOOK_WIDTH = 64
const TRACK_PER_SECOND = 5
const SCENES_PER_SECOND = 25
const FRAMES_BYTES_MAX = 48 * 1024 * 1024
/** A cut of the film, for the camera: it may jump there. */
const SHOT_CHANGE_PERCENT = 14

/** The result, and whether it lay there from an earlier time. */
export async function analysed(ask: AnalysisAsk): Promise<{ analysis: Analysis; isKept: boolean }> {
  const file = join(ask.folder, `${keyOf(ask)}.json`)
  const kept = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as Analysis)
    .catch(() => null)
  if (kept) return { analysis: kept, isKept: true }
  const analysis = await analyse(ask)
  const fresh = `${file}.${process.pid}.part`
  await writeFile(fresh, JSON.stringify(analysis))
  await rename(fresh, file)
  return { analysis, isKept: false }
}

function keyOf({ order, framing, prints }: AnalysisAsk): string {
  const { range, silence, scenes, loudness, reframe, music } = order
  const sound = music ? { ...music, file: null } : null
  const window = needsTrack(order, framing) ? framing.window : null
  return digestOf(VERSION, prints, range, silence, scenes, loudness, reframe.focus, sound, window)
}

async function analyse({
  media,
  subject,
  order,
  probe,
  framing,
  timeoutMs,
  signal,
  onProgress,
}: AnalysisAsk): Promise<Analysis> {
  const { facts, unsquare } = probe
  const { range, silence, scenes } = order
  const length = range.toSeconds - range.fromSeconds
  const frames = lookAt(order, probe, framing, length)
  const args = analyseArgs({ order, facts, unsquare, range, frames })
  if (!args) return { segments: [range], measured: null, track: [] }
  const heard: string[] = []
  const seen: Buffer[] = []
  let bytes = 0
  const log = await media.run(args, {
    timeoutMs,
    signal,
    durationSeconds: length,
    onProgress,
    onStderrLine: (line) => void (/silence_(start|end)/.test(line) && heard.push(line)),
    onStdout(chunk) {
      bytes += chunk.length
      if (bytes <= FRAMES_BYTES_MAX * 1.2) seen.push(chunk)
    },
  })
  const picture: Frames | null = frames ? { ...frames, pixels: Buffer.concat(seen) } : null
  const quiet = silencesIn(heard, length).map((one) => ({
    fromSeconds: one.fromSeconds + range.fromSeconds,
    toSeconds: one.toSeconds + range.fromSeconds,
  }))
  let segments: Segment[] = [range]
  if (scenes && picture) {
    const cuts = cutsIn(picture, scenes.thresholdPercent).map((at) => at + range.fromSeconds)
    segments = chosenScenes(cuts, range, scenes)
  }
  if (silence) segments = segments.flatMap((one) => loudParts(one, quiet, silence.keepSeconds))
  if (segments.length === 0) {
    throw fault('invalid', 'clips/all-silent', 'Nothing is left of it: all of it is silent by the rule', {
      cure: 'Lower belowDb.',
    })
  }
  return {
    segments,
    measured: order.loudness ? measuredIn(log) : null,
    track:
      picture && needsTrack(order, framing) ? await trackIn(picture, probe, framing, subject, signal) : [],
  }
}

/** How large and how often the picture is looked at; null when nobody needs it. */
function lookAt(
  order: Order,
  { facts }: Probed,
  framing: Reframe,
  length: number,
): Omit<Frames, 'pixels'> | null {
  if (!order.scenes && !needsTrack(order, framing)) return null
  const height = Math.min(128, Math.max(16, Math.round((LOOK_WIDTH * facts.height) / facts.width)))
  const wanted = order.scenes ? Math.min(SCENES_PER_SECOND, facts.fps || SCENES_PER_SECOND) : TRACK_PER_SECOND
  const most = FRAMES_BYTES_MAX / (LOOK_WIDTH * height * Math.max(1, length))
  return { width: LOOK_WIDTH, height, perSecond: Math.round(Math.min(wanted, most) * 1000) / 1000 }
}

async function trackIn(
  frames: Frames,
  { facts }: Probed,
  { window }: Reframe,
  subject: SubjectFinder,
  signal: AbortSignal,
): Promise<TrackPoint[]> {
  const axis = isAcross(facts, window) ? 'across' : 'down'
  const share = axis === 'across' ? window.width / facts.width : window.height / facts.height
  const sightings = await subject({ frames, axis, share, signal })
  return thinned(smoothed(sightings, cutsIn(frames, SHOT_CHANGE_PERCENT)))
}
