import { lengthOf, type Segment, type SourceFacts } from './clips.ts'
import type { EncoderChoice } from './encoder.ts'
import { frameFilters, keepFrames, keepSamples, pathValue, seconds, TONE_MAP } from './filters.ts'
import type { Order } from './order.ts'
import type { Reframe } from './picture/reframe.ts'
import type { Preset } from './presets.ts'
import { type Measured, measuring, setting } from './sound/loudness.ts'

/** Arguments of ffmpeg, for each thing that we ask of it. All times in them count from the first segment's begin. */

export interface RenderAsk {
  order: Order
  facts: SourceFacts
  unsquare: { width: number; height: number } | null
  segments: readonly Segment[]
  framing: Reframe
  preset: Preset
  fps: string
  encoder: EncoderChoice
  measured: Measured | null
  /** Where the crop stands, or the file of commands that moves it. */
  middle: number
  commands: string | null
  /** The words, as a file for libass, and the folder of its font. */
  ass: { file: string; fonts: string } | null
  out: string
}

const asFile = (path: string) => `file:${path}`
const SAMPLE_RATE = 48_000

/** The whole clip in a single pass: cut, frame, words, sound, encode. */
export function renderArgs(ask: RenderAsk): string[] {
  const { order, segments, preset, encoder, out } = ask
  const inputs = [...sourceInput(order.source, segments)]
  const graph: string[] = []
  let count = 1
  const add = (...args: string[]) => {
    inputs.push(...args)
    return count++
  }
  const mark = order.watermark ? add('-i', asFile(order.watermark.image)) : null
  graph.push(pictureGraph(ask, mark))
  const music = order.music ? add(...musicInput(order.music.file)) : null
  const sound = soundGraph(ask, music, add)
  graph.push(
    sound + (ask.measured && order.loudness ? `,${setting(order.loudness, ask.measured)}` : '') + '[sound]',
  )
  return [
    '-y',
    ...encoder.before,
    ...inputs,
    '-filter_complex',
    graph.join(';'),
    '-map',
    '[picture]',
    '-map',
    '[sound]',
    ...encoder.args(preset),
    ...soundCodec(preset),
    '-t',
    seconds(lengthOf(segments)),
    ...clean,
    ...asMp4(out),
  ]
}

const soundCodec = ({ audioKbps }: Preset) => [
  '-c:a',
  'aac',
  '-b:a',
  `${audioKbps}k`,
  '-ar',
  `${SAMPLE_RATE}`,
  '-ac',
  '2',
]
/** Where a phone was held, and what else it wrote down, does not belong to the public. */
const clean = ['-map_metadata', '-1', '-map_chapters', '-1', '-sn', '-dn']
const asMp4 = (out: string) => ['-movflags', '+faststart', '-f', 'mp4', asFile(out)]

/** From the first piece to the last one: seeking is exact, because what comes before is decoded and dropped. */
function sourceInput(source: string, segments: readonly Segment[]): string[] {
  const from = segments[0]!.fromSeconds
  const length = segments.at(-1)!.toSeconds - from
  return [...(from > 0 ? ['-ss', seconds(from)] : []), '-t', seconds(length), '-i', asFile(source)]
}

const musicInput = (file: string) => ['-stream_loop', '-1', '-i', asFile(file)]

const relative = (segments: readonly Segment[]): Segment[] => {
  const from = segments[0]!.fromSeconds
  return segments.map((one) => ({ fromSeconds: one.fromSeconds - from, toSeconds: one.toSeconds - from }))
}

function pictureGraph(
  { order, facts, unsquare, segments, framing, fps, middle, commands, ass }: RenderAsk,
  mark: number | null,
): string {
  const first = [
    ...(facts.isHdr ? [TONE_MAP] : []),
    ...(unsquare ? [`scale=${unsquare.width}:${unsquare.height}`] : []),
    `fps=${fps}`,
    // The track counts the source's time, so the crop moves before the pieces are put together.
    frameFilters(facts, framing, middle, commands),
    ...(segments.length > 1 ? [keepFrames(relative(segments), fps)] : []),
    'setsar=1',
  ].join(',')
  const words = ass ? `,ass=filename=${pathValue(ass.file)}:fontsdir=${pathValue(ass.fonts)}` : ''
  if (mark === null || !order.watermark) return `[0:v:0]${first}${words},format=yuv420p[picture]`
  const { widthPercent, opacity, corner } = order.watermark
  const width = Math.round((framing.size.width * widthPercent) / 200) * 2
  const [x, y] = cornerAt(corner)
  const logo = `[${mark}:v:0]scale=${width}:-1,format=rgba,colorchannelmixer=aa=${opacity}[mark]`
  return `${logo};[0:v:0]${first}[plain];[plain][mark]overlay=${x}:${y}${words},format=yuv420p[picture]`
}

/** Clear of the edge, and of the buttons that the app draws at the lower right. */
const cornerAt = (corner: NonNullable<Order['watermark']>['corner']): [x: string, y: string] => [
  corner.endsWith('left') ? 'W*0.05' : 'W*0.95-w',
  corner.startsWith('top') ? 'H*0.05' : 'H*0.78-h',
]

const STEREO = `aformat=sample_rates=${SAMPLE_RATE}:channel_layouts=stereo`

/** The sound before its loudness is set; a silent one where there is none, so that every clip has a track. Ends open. */
function soundGraph(
  { order, facts, segments }: Pick<RenderAsk, 'order' | 'facts' | 'segments'>,
  music: number | null,
  add: (...args: string[]) => number,
): string {
  const length = seconds(lengthOf(segments))
  const cut = segments.length > 1 ? `,${keepSamples(relative(segments))}` : ''
  const own = facts.audio ? `[0:a:0]aresample=async=1:first_pts=0,${STEREO}${cut}` : null
  if (music === null || !order.music) {
    if (own) return own
    const silent = add('-f', 'lavfi', '-t', length, '-i', `anullsrc=r=${SAMPLE_RATE}:cl=stereo`)
    return `[${silent}:a]${STEREO}`
  }
  const { volumeDb, duck } = order.music
  const fade = Math.min(2, lengthOf(segments) / 4)
  const bed = `[${music}:a:0]${STEREO},atrim=end=${length},volume=${volumeDb}dB,afade=t=out:st=${seconds(lengthOf(segments) - fade)}:d=${seconds(fade)}`
  if (!own) return bed
  const mix = 'amix=inputs=2:duration=first:normalize=0'
  if (!duck) return `${bed}[bed];${own}[own];[own][bed]${mix}`
  const ducked = '[bed][key]sidechaincompress=threshold=0.03:ratio=6:attack=30:release=600[low]'
  return `${bed}[bed];${own},asplit[own][key];${ducked};[own][low]${mix}`
}

export interface AnalyseAsk extends Pick<RenderAsk, 'order' | 'facts' | 'unsquare'> {
  range: Segment
  /** Small grey frames to look at, written to standard output. */
  frames: { width: number; height: number; perSecond: number } | null
}

/** Everything that must be known before the picture is made, in one reading of the source. Null when nothing must. */
export function analyseArgs({ order, facts, unsquare, range, frames }: AnalyseAsk): string[] | null {
  const listens =
    (order.loudness !== null || order.silence !== null) && (facts.audio !== null || order.music !== null)
  if (!listens && !frames) return null
  const inputs = sourceInput(order.source, [range])
  let count = 1
  const add = (...args: string[]) => {
    inputs.push(...args)
    return count++
  }
  const graph: string[] = []
  const outputs: string[] = []
  if (listens) {
    const music = order.music ? add(...musicInput(order.music.file)) : null
    const { silence, loudness } = order
    const detect = silence ? `,silencedetect=noise=${silence.belowDb}dB:d=${silence.longerThanSeconds}` : ''
    graph.push(
      `${soundGraph({ order, facts, segments: [range] }, music, add)}${detect}${loudness ? `,${measuring(loudness)}` : ''}[heard]`,
    )
    outputs.push('-map', '[heard]', '-t', seconds(range.toSeconds - range.fromSeconds), '-f', 'null', '-')
  }
  if (frames) {
    const stretch = unsquare ? `scale=${unsquare.width}:${unsquare.height},` : ''
    graph.push(
      `[0:v:0]${stretch}fps=${frames.perSecond},scale=${frames.width}:${frames.height}:flags=area,format=gray[seen]`,
    )
    outputs.push('-map', '[seen]', '-f', 'rawvideo', 'pipe:1')
  }
  // A source that nobody looks at is not decoded.
  const blind = frames ? [] : ['-vn']
  return [...inputs, '-filter_complex', graph.join(';'), ...blind, ...outputs]
}

/** A cut that begins at a key frame: the packets as they are. */
export const copyArgs = (order: Order, { fromSeconds, toSeconds }: Segment, out: string): string[] => [
  '-y',
  // A hair behind the key frame: rounding must not send it to the one before.
  ...(fromSeconds > 0 ? ['-ss', seconds(fromSeconds + 0.001)] : []),
  '-i',
  asFile(order.source),
  '-t',
  seconds(toSeconds - fromSeconds),
  ...['-map', '0:v:0', '-map', '0:a:0?', '-c', 'copy', '-avoid_negative_ts', 'make_zero'],
  ...clean,
  ...asMp4(out),
]

/** A cut between key frames: only up to the next key frame is encoded. Three runs: head, tail, and both put together. */
export function smartCutArgs(
  { order, preset, fps, encoder }: Pick<RenderAsk, 'order' | 'preset' | 'fps' | 'encoder'>,
  range: Segment,
  keyframe: number,
  parts: { head: string; tail: string; list: string },
  out: string,
): [head: string[], tail: string[], whole: string[]] {
  const source = asFile(order.source)
  const length = seconds(range.toSeconds - range.fromSeconds)
  const head = [
    '-y',
    '-ss',
    seconds(range.fromSeconds),
    '-t',
    seconds(keyframe - range.fromSeconds),
    '-i',
    source,
  ]
  const tail = [
    '-y',
    '-ss',
    seconds(keyframe + 0.001),
    '-i',
    source,
    '-t',
    seconds(range.toSeconds - keyframe),
  ]
  const whole = [
    '-y',
    '-f',
    'concat',
    '-safe',
    '0',
    '-i',
    asFile(parts.list),
    '-ss',
    seconds(range.fromSeconds),
    '-t',
    length,
    '-i',
    source,
  ]
  return [
    [
      ...head,
      '-map',
      '0:v:0',
      '-an',
      '-vf',
      `fps=${fps},format=yuv420p`,
      ...encoder.args(preset),
      '-f',
      'mpegts',
      asFile(parts.head),
    ],
    [
      ...tail,
      '-map',
      '0:v:0',
      '-an',
      '-c:v',
      'copy',
      '-bsf:v',
      'h264_mp4toannexb',
      '-f',
      'mpegts',
      asFile(parts.tail),
    ],
    [
      ...whole,
      '-map',
      '0:v:0',
      '-map',
      '1:a:0?',
      '-c:v',
      'copy',
      ...soundCodec(preset),
      ...clean,
      ...asMp4(out),
    ],
  ]
}

/** Reads a file to its end and says what does not decode. */
export const decodeArgs = (path: string): string[] => ['-v', 'error', '-i', asFile(path), '-f', 'null', '-']
