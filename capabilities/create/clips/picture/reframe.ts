import type { Size } from '#capabilities/create/clips/clips.ts'

export type Orientation = 'portrait' | 'landscape'
export type Policy = 'crop' | 'pad' | 'blur'
export type Target = Orientation | 'auto' | 'source'

/** At and above this display ratio a picture is landscape, at and below the other one portrait. */
export const LANDSCAPE_RATIO = 1.6
export const PORTRAIT_RATIO = 0.6

const SIZES = {
  portrait: [
    { width: 720, height: 1280 },
    { width: 1080, height: 1920 },
  ],
  landscape: [
    { width: 1280, height: 720 },
    { width: 1920, height: 1080 },
  ],
} as const satisfies Record<Orientation, readonly [Size, Size]>

export interface ReframeAsk {
  to: Target
  /** What to do with a picture of another shape. Without one: see {@link reframe}. */
  policy?: Policy | undefined
  size?: Size | undefined
}

/** Crop: the picture fills the frame. Pad and blur: it stands inside it. None: the shape fits already. */
export interface Reframe {
  size: Size
  mode: 'crop' | 'pad' | 'blur' | 'none'
  /** Output pixels per pixel of the source; above 1 it is enlarged. */
  scale: number
  /** The part of the source that is seen (crop), in shown pixels of the source, centred; even numbers. */
  window: Size
  /** What the window is scaled to: `size` or a little larger (crop), at most `size` (pad, blur). */
  scaled: Size
}

const even = (n: number) => Math.max(2, Math.round(n / 2) * 2)
const evenAtMost = (n: number) => Math.max(2, Math.floor(n / 2 + 1e-9) * 2)
const evenAtLeast = (n: number) => Math.ceil(n / 2 - 1e-9) * 2
/** A ratio that differs by less than this from the frame's is the frame's. */
const SAME_RATIO = 0.004

/**
 * Which frame a picture gets and how it is put into it. Ratio >= 1.6: landscape, padded; <= 0.6: portrait, cropped;
 * between them: portrait, by policy (blur unless one is given). Never stretched: scale is one number for both sides.
 */
export function reframe(source: Size, { to, policy, size: wanted }: ReframeAsk): Reframe {
  const ratio = source.width / source.height
  if (to === 'source' && !wanted) return none(source)
  const orientation =
    to === 'portrait' || to === 'landscape' ? to : ratio >= LANDSCAPE_RATIO ? 'landscape' : 'portrait'
  const size = wanted ?? sizeFor(source, orientation)
  if (Math.abs(ratio / (size.width / size.height) - 1) < SAME_RATIO) return fill(source, size, 'none')
  const mode = policy ?? defaultPolicy(ratio, to, orientation)
  return mode === 'crop' ? fill(source, size, 'crop') : fit(source, size, mode)
}

/** Without a word from the person: what was asked for by name is filled, what came by itself loses nothing but its edges. */
function defaultPolicy(ratio: number, to: Target, orientation: Orientation): Policy {
  if (orientation === 'landscape') return 'blur'
  if (to === 'portrait') return 'crop'
  return ratio <= PORTRAIT_RATIO ? 'crop' : 'blur'
}

/** The larger frame only for a picture that has the pixels for it. */
function sizeFor(source: Size, orientation: Orientation): Size {
  const [small, large] = SIZES[orientation]
  const cover = Math.max(large.width / source.width, large.height / source.height)
  return cover <= 1 ? large : small
}

function none(source: Size): Reframe {
  const size = { width: evenAtMost(source.width), height: evenAtMost(source.height) }
  return { size, mode: 'none', scale: 1, window: size, scaled: size }
}

/** Scale to cover, then crop; of the source only what is seen is scaled. */
function fill(source: Size, size: Size, mode: 'crop' | 'none'): Reframe {
  const scale = Math.max(size.width / source.width, size.height / source.height)
  const isWide = source.width * size.height >= source.height * size.width
  const long = isWide ? 'width' : 'height'
  const short = isWide ? 'height' : 'width'
  const shortWindow = evenAtMost(source[short])
  const exact = size[short] / shortWindow
  const window = { [short]: shortWindow } as unknown as Size
  window[long] = bestWindow(evenAtLeast(size[long] / exact), evenAtMost(source[long]), exact)
  const scaled = { [short]: size[short] } as unknown as Size
  scaled[long] = Math.max(size[long], even(window[long] * exact))
  return { size, mode, scale: round(scale), window, scaled }
}

/**
 * Of the windows that are wide enough, the one whose scaled side comes closest to an even number: a side must be even,
 * and rounding it is the only stretch there is.
 */
function bestWindow(least: number, most: number, scale: number): number {
  let best = Math.min(least, most)
  const error = (n: number) => Math.abs(even(n * scale) - n * scale) / (n * scale)
  for (let n = best; n <= Math.min(most, least + 32); n += 2) if (error(n) < error(best) - 1e-9) best = n
  return best
}

function fit(source: Size, size: Size, mode: 'pad' | 'blur'): Reframe {
  const scale = Math.min(size.width / source.width, size.height / source.height)
  const window = { width: evenAtMost(source.width), height: evenAtMost(source.height) }
  const scaled = {
    width: Math.min(size.width, even(window.width * scale)),
    height: Math.min(size.height, even(window.height * scale)),
  }
  return { size, mode, scale: round(scale), window, scaled }
}

const round = (n: number) => Math.round(n * 1000) / 1000

/** What a person should know about it before the work, or null. */
export function enlargement({ mode, scale }: Reframe): string | null {
  if (scale <= 1.001) return null
  const what = mode === 'crop' ? 'the crop' : 'the picture'
  return `${what} is enlarged ${scale.toFixed(2)} times: the source has no more pixels`
}
