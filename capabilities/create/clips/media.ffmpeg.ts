import { asFile, type FfmpegTools, type ProbeJson } from '#engines/ffmpeg/ffmpeg.ts'
import { fault } from '#kernel/fault.ts'
import type { Media, Probed } from './media.ts'

const PROBE_TIMEOUT_MS = 60_000
/** Key frames are looked for this far behind a cut; whoever puts them further apart gets a whole encode. */
const KEYFRAME_WINDOW_SECONDS = 30

/** ffmpeg and ffprobe as this room speaks to them. */
export function ffmpegMedia(tools: FfmpegTools): Media {
  return {
    probe: async (path, signal) =>
      probedFrom(await tools.probe(path, { timeoutMs: PROBE_TIMEOUT_MS, signal })),
    async keyframes(path, fromSeconds, signal) {
      const start = Math.max(0, fromSeconds - 0.5)
      const entries = ['-select_streams', 'v:0', '-show_entries', 'packet=pts_time,flags']
      const window = ['-read_intervals', `${start}%+${KEYFRAME_WINDOW_SECONDS}`]
      const { packets = [] } = await tools.ffprobe<{ packets?: { pts_time?: string; flags?: string }[] }>(
        [...entries, ...window, '-i', asFile(path)],
        { timeoutMs: PROBE_TIMEOUT_MS, signal },
      )
      return packets
        .filter(({ flags, pts_time }) => flags?.startsWith('K') && pts_time !== undefined)
        .map(({ pts_time }) => Number(pts_time))
        .sort((a, b) => a - b)
    },
    async run(args, { onProgress, ...ask }) {
      const { stderr } = await tools.run(args, {
        ...ask,
        onProgress: onProgress ? ({ share, speed }) => onProgress(share ?? 0, speed) : undefined,
      })
      return stderr
    },
    font: () => tools.cjkFont(),
    encoders: async () => (await tools.inspect()).ffmpeg.encoders,
  }
}

type Stream = NonNullable<ProbeJson['streams']>[number]

/** Source: ffprobe's JSON; rotation from the display matrix, which counts against the clock. */
function probedFrom({ streams = [], format = {} }: ProbeJson): Probed {
  const number = (value: unknown) => Number.parseFloat(String(value ?? '')) || 0
  const isCover = ({ disposition }: Stream) => (disposition as { attached_pic?: number })?.attached_pic === 1
  const video = streams.find((one) => one['codec_type'] === 'video' && !isCover(one))
  const audio = streams.find((one) => one['codec_type'] === 'audio')
  if (!video && !audio) throw fault('invalid', 'clips/no-media', 'There is neither picture nor sound in it')
  const stored = { width: number(video?.['width']), height: number(video?.['height']) }
  const [sarX = 1, sarY = 1] = String(video?.['sample_aspect_ratio'] ?? '1:1')
    .split(':')
    .map(Number)
  const isSquare = !(sarX > 0 && sarY > 0) || sarX === sarY
  const shown = isSquare ? stored : { width: Math.round((stored.width * sarX) / sarY), height: stored.height }
  const turns = Math.abs(Math.round(rotationOf(video) / 90)) % 4
  const isSideways = turns % 2 === 1
  const upright = isSideways ? { width: shown.height, height: shown.width } : shown
  const average = rate(video?.['avg_frame_rate'])
  const nominal = rate(video?.['r_frame_rate'])
  const transfer = String(video?.['color_transfer'] ?? '')
  const durationSeconds =
    number(format['duration']) || number(video?.['duration']) || number(audio?.['duration'])
  const frames = number(video?.['nb_frames'])
  return {
    facts: {
      ...upright,
      durationSeconds,
      fps: average || nominal,
      hasVariableRate: average > 0 && nominal > 0 && Math.abs(average - nominal) / nominal > 0.02,
      isHdr: transfer === 'smpte2084' || transfer === 'arib-std-b67',
      isTurned: turns !== 0 || !isSquare,
      videoCodec: String(video?.['codec_name'] ?? ''),
      pixelFormat: String(video?.['pix_fmt'] ?? ''),
      audio: audio
        ? {
            codec: String(audio['codec_name'] ?? ''),
            channels: number(audio['channels']),
            sampleRate: number(audio['sample_rate']),
          }
        : null,
      bytes: number(format['size']),
    },
    unsquare: isSquare ? null : upright,
    profile: String(video?.['profile'] ?? ''),
    hasVideo: video !== undefined,
    isStill: video !== undefined && (frames === 1 || /image2|_pipe/.test(String(format['format_name']))),
    timeBase: String(video?.['time_base'] ?? ''),
  }
}

function rotationOf(video: Stream | undefined): number {
  const list = (video?.['side_data_list'] ?? []) as { rotation?: number }[]
  return list.find(({ rotation }) => rotation !== undefined)?.rotation ?? Number(video?.tags?.['rotate'] ?? 0)
}

function rate(text: unknown): number {
  const [over = 0, under = 1] = String(text ?? '0/1')
    .split('/')
    .map(Number)
  return under > 0 ? over / under : 0
}
