import type { Segment } from './clips.ts'
import type { ClipEntry } from './job-file.ts'
import type { Policy, Target } from './picture/reframe.ts'
import type { SceneRule } from './picture/scenes.ts'
import { DEFAULT_PRESET, presetNamed } from './presets.ts'
import { goalOf, type LoudnessGoal } from './sound/loudness.ts'
import type { StyleAsk } from './subtitles/style.ts'

/** A clip as it has been checked and as it is kept: paths are real, times are seconds, every default is written out. */
export interface Order {
  name: string
  source: string
  /** Where the result is to lie. */
  output: string
  preset: string
  range: Segment
  silence: { belowDb: number; longerThanSeconds: number; keepSeconds: number } | null
  scenes: (SceneRule & { thresholdPercent: number }) | null
  reframe: {
    to: Target
    policy?: Policy
    focus: 'centre' | 'subject'
    size?: { width: number; height: number }
  }
  subtitles: { file: string; offsetMs: number; style: StyleAsk } | null
  title: {
    text: string
    fontSize: number
    colour: string
    barColour: string | null
    forSeconds: number | null
  } | null
  watermark: {
    image: string
    corner: 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right'
    widthPercent: number
    opacity: number
  } | null
  music: { file: string; volumeDb: number; duck: boolean } | null
  loudness: LoudnessGoal | null
}

/** Nothing but a cut is asked for: it need not be encoded where the source allows it. */
export const isPlainCut = (order: Order): boolean =>
  order.preset === 'source' &&
  !order.reframe.size &&
  order.reframe.to === 'source' &&
  !order.silence &&
  !order.scenes &&
  !order.subtitles &&
  !order.title &&
  !order.watermark &&
  !order.music &&
  !order.loudness

/** The files that it reads. */
export const filesOf = ({ source, subtitles, watermark, music }: Order): string[] =>
  [source, subtitles?.file, watermark?.image, music?.file].filter((file) => file !== undefined)

/** The order for an entry whose files have been found. */
export function orderFrom(
  entry: ClipEntry,
  found: Pick<Order, 'name' | 'source' | 'output' | 'range'> & {
    subtitles: string | null
    image: string | null
    music: string | null
  },
): Order {
  const { name, source, output, range } = found
  const presetName = entry.preset ?? DEFAULT_PRESET
  const preset = presetNamed(presetName)
  const { reframe = {}, subtitles, title, watermark, music } = entry
  const { silence, scenes } = entry.cut ?? {}
  const { width, height } = reframe
  const size = width && height ? { width, height } : preset.size
  const policy = reframe.policy ?? preset.policy
  return {
    name,
    source,
    output,
    preset: presetName,
    range,
    silence: silence
      ? {
          belowDb: silence.belowDb ?? -35,
          longerThanSeconds: silence.longerThanSeconds ?? 0.7,
          keepSeconds: silence.keepSeconds ?? 0.15,
        }
      : null,
    scenes: scenes
      ? {
          thresholdPercent: scenes.threshold ?? 12,
          atLeastSeconds: scenes.atLeastSeconds ?? 1.5,
          atMostSeconds: scenes.atMostSeconds,
          take: scenes.take ?? 1,
        }
      : null,
    reframe: {
      to: reframe.to ?? preset.to,
      ...(policy ? { policy } : {}),
      focus: reframe.focus ?? 'centre',
      ...(size ? { size } : {}),
    },
    subtitles:
      subtitles && found.subtitles
        ? {
            file: found.subtitles,
            offsetMs: (subtitles.offsetSeconds ?? 0) * 1000,
            style: subtitles.style ?? {},
          }
        : null,
    title: title
      ? {
          text: title.text,
          fontSize: title.fontSize ?? 40,
          colour: title.colour ?? 'FFFFFF',
          barColour: title.bar === false ? null : (title.bar ?? '202020'),
          forSeconds: title.forSeconds ?? null,
        }
      : null,
    watermark:
      watermark && found.image
        ? {
            image: found.image,
            corner: watermark.corner ?? 'top-right',
            widthPercent: watermark.widthPercent ?? 15,
            opacity: watermark.opacity ?? 0.8,
          }
        : null,
    music:
      music && found.music
        ? { file: found.music, volumeDb: music.volumeDb ?? -18, duck: music.duck ?? true }
        : null,
    loudness: goalOf(entry.loudness),
  }
}
