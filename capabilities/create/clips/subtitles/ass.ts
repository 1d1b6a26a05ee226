import type { Size } from '#capabilities/create/clips/clips.ts'
import type { Caption } from './layout.ts'
import type { TextStyle } from './style.ts'

/**
 * A font size in an .ass file is ascent plus descent, not the em: in Noto Sans SC these are 1.160 and 0.288 em (table
 * `hhea` of the font). So a character of 24 px is asked for as 34.75.
 */
const LINE_EM = 1.448
export interface Title {
  text: string
  /** Lines as they are to stand. */
  lines: string[]
  startMs: number
  endMs: number
  fontPx: number
  colour: string
  /** `RRGGBB` of the bar; null for none. */
  barColour: string | null
}

export interface AssAsk {
  size: Size
  family: string
  style: TextStyle
  captions: readonly Caption[]
  title?: Title | undefined
}

/** The whole .ass file that libass draws: pixels of the output, our style, no wrapping but ours. */
export function assFile({ size, family, style, captions, title }: AssAsk): string {
  // The line's box ends at the margin; the outline must not reach below it.
  const margin = Math.ceil(style.bottomPx + style.outlinePx)
  const events = captions.map(
    ({ startMs, endMs, lines }) =>
      `Dialogue: 0,${assTime(startMs)},${assTime(endMs)},Sub,,0,0,0,,${lines.map(escaped).join('\\N')}`,
  )
  const rows = [
    '[Script Info]',
    'ScriptType: v4.00+',
    `PlayResX: ${size.width}`,
    `PlayResY: ${size.height}`,
    'WrapStyle: 2',
    'ScaledBorderAndShadow: yes',
    'YCbCr Matrix: None',
    '',
    '[V4+ Styles]',
    'Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding',
    styleRow('Sub', family, style.fontPx, style.colour, style.outlineColour, {
      bold: style.bold,
      border: 1,
      outline: style.outlinePx,
      alignment: 2,
      side: style.sidePx,
      vertical: margin,
    }),
    ...(title ? [titleStyle(family, title, style)] : []),
    '',
    '[Events]',
    'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
    ...(title ? [titleEvent(title)] : []),
    ...events,
  ]
  return `${rows.join('\n')}\n`
}

interface Look {
  bold: boolean
  border: 1 | 3
  outline: number
  alignment: number
  side: number
  vertical: number
}

function styleRow(
  name: string,
  family: string,
  fontPx: number,
  colour: string,
  outline: string,
  look: Look,
): string {
  const size = round(fontPx * LINE_EM)
  const back = bgr(outline)
  return `Style: ${name},${family},${size},${bgr(colour)},${bgr(colour)},${back},${back},${look.bold ? -1 : 0},0,0,0,100,100,0,0,${look.border},${round(look.outline)},0,${look.alignment},${look.side},${look.side},${look.vertical},1`
}

/** Border style 3 draws a box of the outline's colour behind the words: the bar. */
const titleStyle = (family: string, title: Title, style: TextStyle) =>
  styleRow('Title', family, title.fontPx, title.colour, title.barColour ?? style.outlineColour, {
    bold: true,
    border: title.barColour === null ? 1 : 3,
    outline: title.barColour === null ? title.fontPx / 11 : title.fontPx / 4,
    alignment: 8,
    side: style.sidePx,
    vertical: style.topPx,
  })

const titleEvent = ({ startMs, endMs, lines }: Title) =>
  `Dialogue: 1,${assTime(startMs)},${assTime(endMs)},Title,,0,0,0,,${lines.map(escaped).join('\\N')}`

/** `RRGGBB` as `&H00BBGGRR`. */
const bgr = (rgb: string) => `&H00${rgb.slice(4, 6)}${rgb.slice(2, 4)}${rgb.slice(0, 2)}`.toUpperCase()

/** Centiseconds: the format knows no finer. */
function assTime(ms: number): string {
  const cs = Math.max(0, Math.round(ms / 10))
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${Math.floor(cs / 360_000)}:${two((cs / 6_000) % 60)}:${two((cs / 100) % 60)}.${two(cs % 100)}`
}

/** Braces would begin an override, a backslash a command: there is no escape for the latter, its wide twin looks alike. */
const escaped = (line: string) =>
  line.replaceAll('\\', '＼').replaceAll('{', '\\{').replaceAll('}', '\\}').replaceAll('\n', ' ')

const round = (n: number) => Math.round(n * 100) / 100
