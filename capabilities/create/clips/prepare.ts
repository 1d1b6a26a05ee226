import { access, constants, stat, statfs } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { describe } from '#kernel/fault.ts'
import { type Reach, reached } from '#kernel/paths.ts'
import { secondsOf } from './clips.ts'
import type { Complaints } from './complaint.ts'
import { type ClipEntry, type CutAsk, type JobFile, withDefaults } from './job-file.ts'
import type { Media, Probed, TextFont } from './media.ts'
import { type Order, orderFrom } from './order.ts'
import { isCopyable, type Plan, planFor } from './plan.ts'
import { missingIn, subtitlesIn, wordsFor } from './words-on-picture.ts'
import { nearest, refusalOf } from './writable.ts'

export interface PrepareAsk {
  job: JobFile
  complaints: Complaints
  reach: Reach
  /** What relative paths count from. */
  base: string
  /** Where results go when the job names no folder. */
  outputs: string
  media: Media
  signal: AbortSignal
}

export interface Prepared {
  order: Order
  plan: Plan
}

const AT_ONCE = 4
/** What must stay free on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024
/** Sources that say they end a little earlier or later than they do. */
const END_TOLERANCE_SECONDS = 0.5

/** Checks a whole job and writes its orders; everything that is wrong is complained of, nothing has been done yet. */
export async function prepared(ask: PrepareAsk): Promise<Prepared[]> {
  const { job, complaints } = ask
  const files = fileDesk(ask)
  const entries = withDefaults(job)
  const folder = await outputFolder(ask)
  const outputs = outputNames(entries)
  const results: (Prepared | null)[] = new Array(entries.length).fill(null)
  const font = fontOf(ask.media)
  let next = 0
  const work = async () => {
    for (let i = next++; i < entries.length && !ask.signal.aborted; i = next++) {
      const { name, file } = outputs[i]!
      const output = await outputPath(ask, folder, file, `/clips/${i}`)
      if (output) results[i] = await preparedClip(ask, files, font, entries[i]!, i, { name, output })
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, entries.length) }, work))
  const good = results.filter((one) => one !== null)
  forbidCollisions(complaints, results)
  await checkWritable(complaints, results)
  if (!complaints.hasErrors) await checkSpace(complaints, folder, good)
  return good
}

/** Looks at each file once, however many clips use it. */
function fileDesk({ base, reach, media, signal }: PrepareAsk) {
  const probes = new Map<string, Promise<Probed>>()
  const cues = new Map<string, ReturnType<typeof subtitlesIn>>()
  const once = <T>(kept: Map<string, Promise<T>>, path: string, look: () => Promise<T>): Promise<T> => {
    const known = kept.get(path)
    if (known) return known
    const fresh = look()
    fresh.catch(() => {})
    kept.set(path, fresh)
    return fresh
  }
  return {
    probe: (path: string) => once(probes, path, () => media.probe(path, signal)),
    cues: (path: string) => once(cues, path, () => subtitlesIn(path)),
    /** The real path of a file that is there and may be read; complains and answers null otherwise. */
    async find(complaints: Complaints, where: string, path: string): Promise<string | null> {
      const real = await reached(path, base, reach)
      if (real === null) {
        complaints.error(
          where,
          'outside',
          `${path} lies outside the folders that may be used`,
          `Folders: ${reach.roots.join(', ') || 'none'} (CLIPS_ROOTS).`,
        )
        return null
      }
      const info = await stat(real).catch(() => null)
      const isReadable =
        info?.isFile() === true &&
        (await access(real, constants.R_OK).then(
          () => true,
          () => false,
        ))
      if (!info) complaints.error(where, 'no-file', `${path} is not there`)
      else if (!info.isFile()) complaints.error(where, 'no-file', `${path} is no file`)
      else if (info.size === 0) complaints.error(where, 'empty-file', `${path} is empty`)
      else if (!isReadable) complaints.error(where, 'no-file', `${path} may not be read`)
      else return real
      return null
    },
  }
}

type FileDesk = ReturnType<typeof fileDesk>

function fontOf(media: Media): () => TextFont | string {
  let font: TextFont | string | undefined
  return () => {
    try {
      font ??= media.font()
    } catch (error) {
      font = describe(error).message
    }
    return font
  }
}

async function preparedClip(
  ask: PrepareAsk,
  files: FileDesk,
  font: () => TextFont | string,
  entry: ClipEntry,
  index: number,
  { name, output }: { name: string; output: string },
): Promise<Prepared | null> {
  const { complaints, media, signal } = ask
  const at = (part: string) => `/clips/${index}/${part}`
  const find = (part: string, path: string | undefined) =>
    path === undefined ? Promise.resolve(null) : files.find(complaints, at(part), path)
  const [source, subtitles, image, music] = await Promise.all([
    find('source', entry.source),
    find('subtitles/file', entry.subtitles?.file),
    find('watermark/image', entry.watermark?.image),
    find('music/file', entry.music?.file),
  ])
  const [probe] = await Promise.all([
    source ? looked(complaints, at('source'), files.probe(source), 'picture') : null,
    image ? looked(complaints, at('watermark/image'), files.probe(image), 'picture') : null,
    music ? looked(complaints, at('music/file'), files.probe(music), 'sound') : null,
  ])
  const cues = subtitles
    ? await files.cues(subtitles).catch((error) => {
        complaints.error(at('subtitles/file'), 'subtitles', describe(error).message)
        return null
      })
    : null
  checkGlyphs(complaints, at, font, entry, cues?.cues)
  if (!source || !probe) return null
  if (probe.isStill || probe.facts.durationSeconds <= 0) {
    complaints.error(
      at('source'),
      'no-video',
      `${entry.source} is a still picture, or does not say how long it is`,
    )
    return null
  }
  const range = rangeOf(complaints, at, entry.cut ?? {}, probe.facts.durationSeconds)
  if (!range) return null
  const order = orderFrom(entry, { name, source, output, range, subtitles, image, music })
  if (order.silence && !probe.facts.audio)
    complaints.error(at('cut/silence'), 'no-sound', 'The source has no sound: there is no silence to cut out')
  const keyframes = isCopyable(order, probe.facts)
    ? await media.keyframes(source, range.fromSeconds, signal).catch(() => [])
    : []
  const plan = planFor(order, probe.facts, keyframes)
  for (const note of plan.notes) complaints.note(`/clips/${index}`, 'plan', `${name}: ${note}`)
  if (cues) noteCues(complaints, at('subtitles/file'), name, order, cues, plan, font())
  return { order, plan }
}

async function looked(
  complaints: Complaints,
  where: string,
  probe: Promise<Probed>,
  needs: 'picture' | 'sound',
): Promise<Probed | null> {
  try {
    const found = await probe
    const has = needs === 'picture' ? found.hasVideo && found.facts.width > 0 : found.facts.audio !== null
    if (has) return found
    complaints.error(where, `no-${needs}`, `There is no ${needs} in it`)
  } catch (error) {
    complaints.error(where, 'not-media', firstLine(describe(error).message))
  }
  return null
}

const firstLine = (text: string) => text.split('\n').filter(Boolean).slice(0, 2).join('; ').slice(0, 300)

function checkGlyphs(
  complaints: Complaints,
  at: (part: string) => string,
  font: () => TextFont | string,
  { title, subtitles }: ClipEntry,
  cues: readonly { lines: string[] }[] | undefined,
): void {
  if (!title && !cues) return
  const found = font()
  if (typeof found === 'string') {
    complaints.error(at(subtitles ? 'subtitles' : 'title'), 'no-font', found)
    return
  }
  const tell = (part: string, text: string) => {
    const missing = missingIn(found, text)
    if (missing)
      complaints.error(at(part), 'glyph', missing, 'Take these characters out: they would be boxes.')
  }
  if (title) tell('title/text', title.text)
  if (cues) tell('subtitles/file', cues.map(({ lines }) => lines.join('')).join(''))
}

function rangeOf(complaints: Complaints, at: (part: string) => string, cut: CutAsk, durationSeconds: number) {
  const from = cut.from === undefined ? 0 : secondsOf(cut.from)
  const to = cut.to === undefined ? durationSeconds : secondsOf(cut.to)
  const lasts = `the source lasts ${durationSeconds.toFixed(2)} s`
  const isOutside = (seconds: number) => seconds > durationSeconds + END_TOLERANCE_SECONDS
  let isGood = true
  const wrong = (part: string, message: string) => {
    complaints.error(at(part), 'time', message)
    isGood = false
  }
  if (isOutside(from) || from >= durationSeconds) wrong('cut/from', `It begins at ${from} s; ${lasts}`)
  if (cut.to !== undefined && isOutside(to)) wrong('cut/to', `It ends at ${to} s; ${lasts}`)
  if (isGood && to <= from) wrong('cut/to', `It ends (${to} s) before it begins (${from} s)`)
  return isGood ? { fromSeconds: from, toSeconds: Math.min(to, durationSeconds) } : null
}

function noteCues(
  complaints: Complaints,
  where: string,
  name: string,
  order: Order,
  read: Awaited<ReturnType<typeof subtitlesIn>>,
  plan: Plan,
  font: TextFont | string,
): void {
  const note = (message: string) => complaints.note(where, 'subtitles', `${name}: ${message}`)
  if (read.encoding !== 'utf-8') note(`the subtitles are read as ${read.encoding.toUpperCase()}`)
  for (const { line, why } of read.skipped) note(`line ${line} is left out: ${why}`)
  if (typeof font === 'string') return
  const words = wordsFor(order, read, plan.framing.size, plan.segments ?? [order.range], font.family)
  const { overlapping = 0, outside = 0, shortened = 0 } = words?.notes ?? {}
  if (outside === read.cues.length)
    complaints.error(
      where,
      'subtitles',
      'No subtitle falls into the clip',
      'Check offsetSeconds and the cut.',
    )
  else if (outside > 0) note(`${outside} of ${read.cues.length} subtitles lie outside the clip`)
  if (overlapping > 0) note(`${overlapping} subtitles overlap: they follow each other`)
  if (shortened > 0) note(`${shortened} subtitles are cut short by the end of the clip`)
}

async function outputFolder({ job, base, reach, complaints, outputs }: PrepareAsk): Promise<string> {
  if (job.output === undefined) return outputs
  const folder = await reached(job.output, base, reach)
  if (folder === null)
    complaints.error('/output', 'outside', `${job.output} lies outside the folders that may be used`)
  return folder ?? outputs
}

/** Names that were not given are those of the sources, with a number where there are several. */
function outputNames(entries: readonly ClipEntry[]): { name: string; file: string }[] {
  const used = new Map<string, number>()
  return entries.map(({ name, source, output }) => {
    const plain = name ?? basename(source, extname(source))
    const count = (used.get(plain) ?? 0) + 1
    used.set(plain, count)
    const own = name !== undefined || count === 1 ? plain : `${plain}-${count}`
    return { name: own, file: output ?? `${own}.mp4` }
  })
}

async function outputPath(
  { complaints, reach, job, base, outputs }: PrepareAsk,
  folder: string,
  file: string,
  where: string,
): Promise<string | null> {
  const isInside =
    job.output === undefined ? { roots: [outputs, ...reach.roots], isAnywhere: reach.isAnywhere } : reach
  const path = await reached(file, job.output === undefined && file.includes('/') ? base : folder, isInside)
  if (path === null) {
    complaints.error(`${where}/output`, 'outside', `${file} would lie outside the folders that may be used`)
    return null
  }
  if (extname(path).toLowerCase() !== '.mp4') {
    complaints.error(
      `${where}/output`,
      'not-mp4',
      `${file}: results are MP4 files`,
      'Let its name end in .mp4.',
    )
    return null
  }
  return path
}

function forbidCollisions(complaints: Complaints, results: readonly (Prepared | null)[]): void {
  const sources = new Set(results.map((one) => one?.order.source))
  const taken = new Map<string, number>()
  for (const [i, one] of results.entries()) {
    if (!one) continue
    const { output } = one.order
    const first = taken.get(output)
    if (first !== undefined)
      complaints.error(
        `/clips/${i}/output`,
        'same-output',
        `Clip ${first + 1} writes ${basename(output)}, too`,
      )
    else if (sources.has(output))
      complaints.error(
        `/clips/${i}/output`,
        'same-output',
        `${basename(output)} is a source: it would be overwritten`,
      )
    taken.set(output, i)
  }
}

async function checkWritable(complaints: Complaints, results: readonly (Prepared | null)[]): Promise<void> {
  const folders = new Set<string>()
  for (const [i, one] of results.entries()) {
    const output = one?.order.output
    if (!output || folders.has(dirname(output))) continue
    const why = await refusalOf(output)
    if (why === null) folders.add(dirname(output))
    else
      complaints.error(
        `/clips/${i}/output`,
        'not-writable',
        `${output} cannot be written (${why})`,
        CURE[why],
      )
  }
}

const CURE: Record<string, string> = {
  EISDIR: 'It is a folder: name a file.',
  EACCES: 'Name another place, or let this user write there.',
  EROFS: 'Nothing can be written there: name another place.',
}

async function checkSpace(complaints: Complaints, folder: string, good: readonly Prepared[]): Promise<void> {
  const needed = good.reduce((sum, { plan }) => sum + plan.bytes, 0)
  const disk = await statfs(await nearest(folder)).catch(() => null)
  if (!disk) return
  const free = disk.bavail * disk.bsize
  const mib = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`
  if (free < needed + SPARE_BYTES) {
    complaints.error(
      '',
      'disk-full',
      `The results need about ${mib(needed)}, and ${mib(free)} are free in ${folder}`,
      'Make room, or name another folder as output.',
    )
  }
}
