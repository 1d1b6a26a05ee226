import type { Media } from './media.ts'
import type { Preset } from './presets.ts'

/** What turns the picture into H.264, and how it is asked. */
export interface EncoderChoice {
  name: string
  isHardware: boolean
  /** Before the inputs. */
  before: readonly string[]
  args(preset: Preset): string[]
}

const HIGH = ['-profile:v', 'high', '-pix_fmt', 'yuv420p']

export const SOFTWARE: EncoderChoice = {
  name: 'libx264',
  isHardware: false,
  before: [],
  // Its fastest preset leaves out what makes a picture High.
  args: ({ speed, crf }) => [
    ...['-c:v', 'libx264', ...HIGH, '-preset', speed, '-crf', `${crf}`],
    ...(speed === 'ultrafast' ? ['-8x8dct', '1'] : []),
  ],
}

/** Constant quality at about the CRF that the preset names, in each maker's word for it. */
const HARDWARE: readonly EncoderChoice[] = [
  hardware('h264_nvenc', ({ crf }) => ['-rc', 'vbr', '-cq', `${crf}`, '-preset', 'p5']),
  hardware('h264_qsv', ({ crf }) => ['-global_quality', `${crf}`]),
  hardware('h264_videotoolbox', ({ crf }) => ['-q:v', `${Math.max(1, 100 - 2 * crf)}`]),
  hardware('h264_amf', ({ crf }) => ['-rc', 'cqp', '-qp_i', `${crf}`, '-qp_p', `${crf}`]),
]

function hardware(name: string, quality: (preset: Preset) => string[]): EncoderChoice {
  return { name, isHardware: true, before: [], args: (preset) => ['-c:v', name, ...HIGH, ...quality(preset)] }
}

const PROBE_TIMEOUT_MS = 15_000

/**
 * The first hardware encoder that really encodes something here; otherwise x264. That one is built in says nothing: each
 * is given a few frames to prove itself.
 */
export async function probedEncoder(
  media: Media,
  signal: AbortSignal,
  preset: Preset,
): Promise<EncoderChoice> {
  const built = await media.encoders()
  for (const one of HARDWARE.filter(({ name }) => built.includes(name))) {
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=720x1280:r=25:d=0.2']
    const works = await media
      .run([...one.before, ...source, ...one.args(preset), '-f', 'null', '-'], {
        timeoutMs: PROBE_TIMEOUT_MS,
        signal,
      })
      .then(
        () => true,
        () => false,
      )
    if (works) return one
  }
  return SOFTWARE
}
