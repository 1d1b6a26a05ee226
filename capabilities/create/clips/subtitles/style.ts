import type { Size } from '#capabilities/create/clips/clips.ts'

/** How the words look on the picture. Lengths are pixels of the output. */
export interface TextStyle {
  /** Height of a Chinese character. */
  fontPx: number
  outlinePx: number
  /** From the lower edge to the lower edge of the text. */
  bottomPx: number
  /** From the upper edge to the title. */
  topPx: number
  /** Kept free on both sides. */
  sidePx: number
  /** `RRGGBB`. */
  colour: string
  outlineColour: string
  bold: boolean
}

export interface StyleAsk {
  fontSize?: number | undefined
  colour?: string | undefined
  outlineColour?: string | undefined
  outline?: number | undefined
  bold?: boolean | undefined
  bottomPercent?: number | undefined
}

/** 24 px on a frame of 720x1280, and the same share of any other: of its shorter side. */
const FONT_SHARE = 24 / 720
/** The article asks for a tenth of the height at least; below nobody may set it. */
export const BOTTOM_PERCENT_LEAST = 10
/**
 * In portrait the app writes name, caption and music over the lower left and its buttons along the right edge.
 * Douyin publishes no measures: these are ours, taken generously (a fifth below, a seventh at each side).
 */
const CLEAR = {
  portrait: { bottom: 0.2, side: 0.14, top: 0.12 },
  landscape: { bottom: 0.1, side: 0.08, top: 0.08 },
}

/** Sizes in `ask` are for a frame whose shorter side is 720 px, and scale with it. */
export function styleFor({ width, height }: Size, ask: StyleAsk = {}): TextStyle {
  const clear = height > width ? CLEAR.portrait : CLEAR.landscape
  const unit = Math.min(width, height) / 720
  const fontPx = (ask.fontSize ?? FONT_SHARE * 720) * unit
  const percent = Math.max(BOTTOM_PERCENT_LEAST, ask.bottomPercent ?? clear.bottom * 100)
  return {
    fontPx,
    outlinePx: ask.outline === undefined ? fontPx / 11 : ask.outline * unit,
    bottomPx: Math.ceil((height * percent) / 100),
    topPx: Math.round(height * clear.top),
    sidePx: Math.round(width * clear.side),
    colour: ask.colour ?? 'FFFFFF',
    outlineColour: ask.outlineColour ?? '000000',
    bold: ask.bold ?? false,
  }
}

/** How wide a line may be, in characters of Chinese. */
export const lineWidth = (size: Size, style: TextStyle): number =>
  Math.max(4, (size.width - 2 * style.sidePx - 2 * style.outlinePx) / style.fontPx)
