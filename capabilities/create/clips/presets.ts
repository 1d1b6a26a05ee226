import type { Size } from './clips.ts'
import type { Policy, Target } from './picture/reframe.ts'

/** How a finished clip must be. It is encoded to this and probed against it. */
export interface Preset {
  name: string
  says: string
  to: Target
  size?: Size
  policy?: Policy
  crf: number
  /** x264's word for how hard it tries. */
  speed: 'ultrafast' | 'veryfast' | 'fast' | 'medium' | 'slow'
  audioKbps: number
  /** A picture with fewer frames a second gets more of them, one with more gets fewer. */
  fpsLeast: number
  fpsMost: number
}

const ARTICLE = { crf: 23, speed: 'fast', audioKbps: 128, fpsLeast: 25, fpsMost: 60 } as const

/** H.264 High and AAC in an MP4 that plays before it has been loaded; CRF 23, preset fast, at least 25 frames a second. */
export const PRESETS: readonly Preset[] = [
  {
    ...ARTICLE,
    name: 'douyin',
    says: 'Upright stays upright, wide stays wide: 720p or 1080p by the source.',
    to: 'auto',
  },
  {
    ...ARTICLE,
    name: 'douyin-portrait',
    says: '720x1280, or 1080x1920 where the source has the pixels.',
    to: 'portrait',
  },
  {
    ...ARTICLE,
    name: 'douyin-landscape',
    says: '1280x720, or 1920x1080 where the source has the pixels.',
    to: 'landscape',
  },
  {
    ...ARTICLE,
    name: 'source',
    says: "The source's own frame and rate; a plain cut is copied, not encoded.",
    to: 'source',
    fpsLeast: 1,
  },
  {
    ...ARTICLE,
    name: 'draft',
    says: 'To look at it: like douyin, fast and coarse.',
    to: 'auto',
    crf: 30,
    speed: 'ultrafast',
  },
]

export const PRESET_NAMES = PRESETS.map(({ name }) => name)
export const DEFAULT_PRESET = 'douyin'

export const presetNamed = (name: string): Preset =>
  PRESETS.find((preset) => preset.name === name) ?? PRESETS[0]!

/** Whole and broken rates that films have, as ffmpeg writes them. */
const RATES: [fps: number, text: string][] = [
  [23.976, '24000/1001'],
  [29.97, '30000/1001'],
  [59.94, '60000/1001'],
]

/** The constant rate of the output, as ffmpeg takes it: the source's, within the preset's bounds. */
export function rateOf(fps: number, { fpsLeast, fpsMost }: Pick<Preset, 'fpsLeast' | 'fpsMost'>): string {
  if (!(fps > 0) || fps < fpsLeast) return String(fpsLeast)
  if (fps > fpsMost) return String(fpsMost)
  return RATES.find(([rate]) => Math.abs(rate - fps) < 0.01)?.[1] ?? String(Math.round(fps * 1000) / 1000)
}
