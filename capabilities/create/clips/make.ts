import { mkdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fault, isFault } from '#kernel/fault.ts'
import { type Analysis, analysed } from './analysis.ts'
import { mismatches, startsFast } from './check.ts'
import { lengthOf, type Segment, type SourceFacts, type StepName, type StepTime } from './clips.ts'
import { type EncoderChoice, SOFTWARE } from './encoder.ts'
import { digestOf } from './fingerprint.ts'
import type { Media, Probed } from './media.ts'
import { filesOf, type Order } from './order.ts'
import { partFile, sweepParts } from './part-file.ts'
import { cropCommands } from './picture/crop-path.ts'
import type { SubjectFinder } from './picture/subject.ts'
import { drawable, type TrackPoint } from './picture/track.ts'
import { isCopyable, needsAnalysis, type Plan, planFor } from './plan.ts'
import { presetNamed } from './presets.ts'
import { copyArgs, decodeArgs, renderArgs, smartCutArgs } from './render.ts'
import { subtitlesIn, wordsFor } from './words-on-picture.ts'

export interface Maker {
  media: Media
  subject: SubjectFinder
  /** The room's own folder: intermediate results live in it. */
  folder: string
  printOf(path: string): Promise<string>
  encoder(signal: AbortSignal): Promise<EncoderChoice>
}

export interface MakeAsk {
  order: Order
  signal: AbortSignal
  onStep(step: StepName): void
  /** Of the step under way; speed in seconds of media per second. */
  onProgress(share: number, speed: number | null): void
  /** The result of an earlier time, if it still lies where it should. */
  remembered(key: string): Promise<Made | null>
}

/** A finished clip, as it was probed. */
export interface Made {
  key: string
  path: string
  bytes: number
  modifiedMs: number
  facts: SourceFacts
  mode: Plan['mode']
  encoder: string
  durationSeconds: number
  steps: StepTime[]
  /** ffmpeg's arguments, for the person who wants to know. */
  args: string[]
  /** Where a crop that follows its subject stands over time, as coarse as a drawing; not there when it stands still. */
  track?: TrackPoint[]
  isReused: boolean
}

/** Raised when a clip made by the same order would come out differently. */
const VERSION = 1
const TIMEOUT_LEAST_MS = 10 * 60_000
/** Nobody waits longer than this for a second of video. */
const TIMEOUT_PER_SECOND_MS = 60_000

/**
 * Makes one clip in steps, each of which leaves its result behind: killed anywhere and started again it does only what is
 * missing. The result appears under its name when it is complete, probed and right, never before.
 * @throws what is wrong with the source, `clips/disk-full`, `clips/wrong-result` with every difference from the preset.
 */
export async function made(maker: Maker, ask: MakeAsk): Promise<Made> {
  const { order, signal } = ask
  const steps = stopwatch(ask.onStep)
  steps.begin('look')
  const prints = await Promise.all(filesOf(order).map(maker.printOf))
  const preset = presetNamed(order.preset)
  const encoder = await maker.encoder(signal)
  const { output: _output, name: _name, ...what } = order
  const key = digestOf(VERSION, prints, { ...what, source: null }, preset, encoder.name)
  const earlier = await ask.remembered(key)
  if (earlier) return { ...earlier, steps: [{ name: 'look', ms: steps.end(), isKept: true }], isReused: true }
  const probe = await maker.media.probe(order.source, signal)
  const keyframes = isCopyable(order, probe.facts)
    ? await maker.media.keyframes(order.source, order.range.fromSeconds, signal).catch(() => [])
    : []
  const plan = planFor(order, probe.facts, keyframes)
  // The same clip under another name is another piece of work.
  const place = digestOf(key, order.output)
  const part = partFile(order.output, place)
  const notes = join(maker.folder, 'work', place)
  const work = join(notes, part.token)
  await Promise.all([mkdir(work, { recursive: true }), mkdir(dirname(order.output), { recursive: true })])
  const job = {
    maker,
    ask,
    probe,
    plan,
    prints,
    encoder,
    work,
    part: part.path,
    steps,
    timeoutMs: timeoutOf(plan),
  }
  let done: Rendered | undefined
  try {
    done = await rendered(job, join(notes, 'rendered.json'), place)
    steps.begin('check')
    await checked(job, done)
    await rename(done.path, order.output)
    await rm(join(notes, 'rendered.json'), { force: true })
    const { size, mtimeMs } = await stat(order.output)
    const { facts } = await maker.media.probe(order.output, signal)
    return {
      key,
      path: order.output,
      bytes: size,
      modifiedMs: Math.floor(mtimeMs),
      facts,
      mode: done.mode,
      encoder: done.mode === 'copy' ? 'copy' : done.encoder,
      durationSeconds: done.durationSeconds,
      steps: steps.all(),
      args: done.args,
      ...(done.track ? { track: done.track } : {}),
      isReused: false,
    }
  } catch (error) {
    // What is complete is kept for whoever goes on; what is wrong is not.
    const isInterrupted = signal.aborted
    if (done && !isInterrupted) await rm(done.path, { force: true }).catch(() => {})
    if (!done) await rm(part.path, { force: true }).catch(() => {})
    throw isInterrupted ? error : explained(error)
  } finally {
    part.release()
    await rm(work, { recursive: true, force: true }).catch(() => {})
    // Only when nobody else works on the same.
    await rmdir(notes).catch(() => {})
  }
}

interface Job {
  maker: Maker
  ask: MakeAsk
  probe: Probed
  plan: Plan
  prints: string[]
  encoder: EncoderChoice
  work: string
  part: string
  steps: ReturnType<typeof stopwatch>
  timeoutMs: number
}

interface Rendered {
  path: string
  mode: Plan['mode']
  encoder: string
  durationSeconds: number
  bytes: number
  args: string[]
  track?: TrackPoint[]
}

type Unmeasured = Omit<Rendered, 'bytes' | 'path'>

/** The picture and the sound, in the file that is not yet called a result. */
async function rendered(job: Job, note: string, place: string): Promise<Rendered> {
  const { maker, ask, probe, plan, prints, encoder, part, steps, timeoutMs } = job
  const { order, signal, onProgress } = ask
  const kept = await readFile(note, 'utf8')
    .then((text) => JSON.parse(text) as Rendered)
    .catch(() => null)
  const there =
    kept && dirname(kept.path) === dirname(order.output) ? await stat(kept.path).catch(() => null) : null
  const isComplete = kept !== null && there?.size === kept.bytes
  await sweepParts(order.output, place, isComplete ? kept.path : null)
  if (isComplete) {
    steps.begin('render', true)
    return kept
  }
  let analysis: Analysis = { segments: [order.range], measured: null, track: [] }
  if (plan.mode === 'encode' && needsAnalysis(order, probe.facts, plan.framing)) {
    steps.begin('analyse')
    const folder = join(maker.folder, 'analysis')
    await mkdir(folder, { recursive: true })
    const { media, subject } = maker
    const found = await analysed({
      media,
      subject,
      order,
      probe,
      framing: plan.framing,
      prints,
      folder,
      timeoutMs,
      signal,
      onProgress,
    })
    analysis = found.analysis
    if (found.isKept) steps.kept()
  }
  steps.begin('render')
  const attempt = (choice: EncoderChoice, mode: Plan['mode']) =>
    mode === 'encode' ? encoded(job, analysis, choice) : mode === 'copy' ? copied(job) : smartCut(job, choice)
  let done: Unmeasured
  try {
    done = await attempt(encoder, plan.mode)
  } catch (error) {
    // Hardware that gives up, or a seam that does not hold: the way that always works, once.
    if (signal.aborted || (!encoder.isHardware && plan.mode === 'encode')) throw error
    if (isDiskFull(error)) throw error
    done = await attempt(SOFTWARE, 'encode')
  }
  const result = { ...done, path: part, bytes: (await stat(part)).size }
  await writeFile(note, JSON.stringify(result))
  return result
}

async function encoded(job: Job, analysis: Analysis, encoder: EncoderChoice): Promise<Unmeasured> {
  const { maker, ask, probe, plan, work, part, timeoutMs } = job
  const { order, signal, onProgress } = ask
  const { facts, unsquare } = probe
  const { measured, track } = analysis
  const { framing, fps } = plan
  const segments = onFrames(analysis.segments, rateNumber(fps))
  const durationSeconds = lengthOf(segments)
  const ass = await wordsFile(job, segments)
  const commands = track.length > 1 ? join(work, 'crop.txt') : null
  if (commands) {
    const late = segments[0]!.fromSeconds - order.range.fromSeconds
    const shifted = track.map((point) => ({ ...point, atSeconds: point.atSeconds - late }))
    const length = segments.at(-1)!.toSeconds - segments[0]!.fromSeconds
    await writeFile(commands, cropCommands(shifted, facts, framing.window, rateNumber(fps), length))
  }
  const middle = track[0]?.middle ?? 0.5
  const preset = presetNamed(order.preset)
  const args = renderArgs({
    order,
    facts,
    unsquare,
    segments,
    framing,
    preset,
    fps,
    encoder,
    measured,
    middle,
    commands,
    ass,
    out: part,
  })
  await maker.media.run(args, { timeoutMs, signal, durationSeconds, onProgress })
  const path = commands ? { track: drawable(track) } : {}
  return { mode: 'encode', encoder: encoder.name, durationSeconds, args, ...path }
}

async function wordsFile({ maker, ask, plan, work }: Job, segments: Analysis['segments']) {
  const { order } = ask
  if (!order.subtitles && !order.title) return null
  const font = maker.media.font()
  const read = order.subtitles ? await subtitlesIn(order.subtitles.file) : null
  const words = wordsFor(order, read, plan.framing.size, segments, font.family)
  const file = join(work, 'words.ass')
  await writeFile(file, words!.text)
  return { file, fonts: font.folder }
}

async function copied({ maker, ask, part, timeoutMs }: Job): Promise<Unmeasured> {
  const { order, signal, onProgress } = ask
  const durationSeconds = lengthOf([order.range])
  const args = copyArgs(order, order.range, part)
  await maker.media.run(args, { timeoutMs, signal, durationSeconds, onProgress })
  return { mode: 'copy', encoder: 'copy', durationSeconds, args }
}

async function smartCut(job: Job, encoder: EncoderChoice): Promise<Unmeasured> {
  const { maker, ask, plan, work, part, timeoutMs } = job
  const { order, signal, onProgress } = ask
  const parts = { head: join(work, 'head.ts'), tail: join(work, 'tail.ts'), list: join(work, 'list.txt') }
  const preset = presetNamed(order.preset)
  const ways = smartCutArgs(
    { order, preset, fps: plan.fps, encoder },
    order.range,
    plan.keyframeSeconds!,
    parts,
    part,
  )
  const durationSeconds = lengthOf([order.range])
  // The names are ours: nothing in them needs a quote. Paths in a list are relative to the list.
  await writeFile(parts.list, "ffconcat version 1.0\nfile 'head.ts'\nfile 'tail.ts'\n")
  for (const [i, args] of ways.entries()) {
    await maker.media.run(args, { timeoutMs, signal, durationSeconds, ...(i === 2 ? { onProgress } : {}) })
  }
  const broken = await maker.media.run(decodeArgs(part), { timeoutMs, signal })
  if (broken.trim())
    throw fault('invalid', 'clips/seam', `The seam does not hold: ${broken.trim().split('\n')[0]}`)
  return { mode: 'smart-cut', encoder: encoder.name, durationSeconds, args: ways.flat() }
}

async function checked({ maker, ask, probe, plan }: Job, done: Rendered): Promise<void> {
  const { fpsLeast } = presetNamed(ask.order.preset)
  const found = await maker.media.probe(done.path, ask.signal)
  const wrong = mismatches(found, await startsFast(done.path), {
    size: plan.framing.size,
    durationSeconds: done.durationSeconds,
    fpsLeast,
    hasAudio: done.mode === 'encode' || probe.facts.audio !== null,
    isEncoded: done.mode === 'encode',
  })
  if (wrong.length > 0)
    throw fault('invalid', 'clips/wrong-result', `The result is not as promised: ${wrong.join('; ')}`)
}

/** Pieces begin and end with a frame, so that picture and sound of each are of one length; one piece stays as it is. */
function onFrames(segments: readonly Segment[], fps: number): Segment[] {
  const [first] = segments
  if (!first || segments.length === 1) return [...segments]
  const from = first.fromSeconds
  const snapped = (seconds: number) => from + Math.round((seconds - from) * fps) / fps
  return segments
    .map((one) => ({ fromSeconds: snapped(one.fromSeconds), toSeconds: snapped(one.toSeconds) }))
    .filter((one) => one.toSeconds > one.fromSeconds)
}

const timeoutOf = ({ durationSeconds }: Plan) => TIMEOUT_LEAST_MS + durationSeconds * TIMEOUT_PER_SECOND_MS

const rateNumber = (fps: string): number => {
  const [over = 25, under = 1] = fps.split('/').map(Number)
  return over / under
}

const saysOf = (error: unknown) =>
  `${(error as Error).message} ${isFault(error) ? String(error.cause ?? '') : ''}`
const isDiskFull = (error: unknown) =>
  /No space left|File too large|ENOSPC|EFBIG|disk quota/i.test(saysOf(error))

/** What ffmpeg said, in a sentence for the person. */
function explained(error: unknown): unknown {
  if (isDiskFull(error)) {
    return fault('unavailable', 'clips/disk-full', 'The disk is full: the result does not fit', {
      cause: error,
      cure: 'Make room, then retry.',
    })
  }
  if (/moov atom not found|Invalid data found|Error while decoding|End of file/i.test(saysOf(error))) {
    return fault(
      'invalid',
      'clips/broken-source',
      `The source cannot be read to its end: ${lastLine(error)}`,
      { cause: error },
    )
  }
  return error
}

const lastLine = (error: unknown) => (error as Error).message.split('\n').at(-1)?.slice(0, 200) ?? ''

function stopwatch(onStep: (step: StepName) => void) {
  const done: StepTime[] = []
  let current: { name: StepName; sinceMs: number; isKept: boolean } | undefined
  const end = () => {
    if (!current) return 0
    const ms = Math.round(performance.now() - current.sinceMs)
    done.push({ name: current.name, ms, isKept: current.isKept })
    current = undefined
    return ms
  }
  return {
    begin(name: StepName, isKept = false) {
      end()
      current = { name, sinceMs: performance.now(), isKept }
      onStep(name)
    },
    kept() {
      if (current) current.isKept = true
    },
    end,
    all() {
      end()
      return done
    },
  }
}
