import { readFile, stat } from 'node:fs/promises'
import { fault } from '#kernel/fault.ts'
import { lengthOf, type Segment, type Size } from './clips.ts'
import type { TextFont } from './media.ts'
import type { Order } from './order.ts'
import { assFile, type Title } from './subtitles/ass.ts'
import { type ReadCues, readCues } from './subtitles/cues.ts'
import { captionsOf } from './subtitles/layout.ts'
import { broken } from './subtitles/line-break.ts'
import { lineWidth, styleFor } from './subtitles/style.ts'
import { decoded, SUBTITLE_BYTES_MAX } from './subtitles/text.ts'
import { onTimeline, type TimelineNotes } from './subtitles/timeline.ts'

/** Reads a subtitle file whatever it is written in. */
export async function subtitlesIn(file: string): Promise<ReadCues & { encoding: string }> {
  const { size } = await stat(file)
  if (size > SUBTITLE_BYTES_MAX) {
    throw fault(
      'invalid',
      'clips/subtitles',
      `It is larger than ${SUBTITLE_BYTES_MAX / 1024 / 1024} MiB: no subtitles`,
    )
  }
  const { text, encoding } = decoded(await readFile(file))
  return { ...readCues(text), encoding }
}

/** The .ass file of a clip: its subtitles and its title, laid out for its frame; null when it has no words. */
export function wordsFor(
  order: Pick<Order, 'subtitles' | 'title'>,
  read: ReadCues | null,
  size: Size,
  segments: readonly Segment[],
  family: string,
): { text: string; notes: TimelineNotes } | null {
  if (!read && !order.title) return null
  const style = styleFor(size, order.subtitles?.style)
  const { cues, notes } = onTimeline(read?.cues ?? [], segments, order.subtitles?.offsetMs)
  const captions = captionsOf(cues, lineWidth(size, style))
  const title = order.title ? titleFor(order.title, size, style.sidePx, segments) : undefined
  return { text: assFile({ size, family, style, captions, title }), notes }
}

function titleFor(
  title: NonNullable<Order['title']>,
  size: Size,
  sidePx: number,
  segments: readonly Segment[],
): Title {
  const fontPx = (title.fontSize * Math.min(size.width, size.height)) / 720
  const wholeMs = lengthOf(segments) * 1000
  return {
    text: title.text,
    lines: broken(title.text, (size.width - 2 * sidePx) / fontPx).slice(0, 2),
    startMs: 0,
    endMs: title.forSeconds === null ? wholeMs : Math.min(wholeMs, title.forSeconds * 1000),
    fontPx,
    colour: title.colour,
    barColour: title.barColour,
  }
}

/** A missing glyph names the character and its code point. */
export function missingIn(font: TextFont, text: string): string | null {
  const missing = font.missingGlyphs(text)
  if (missing.length === 0) return null
  const named = missing
    .slice(0, 10)
    .map((char) => `${char} (U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')})`)
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : ''
  return `${font.family} cannot draw ${named.join(', ')}${more}`
}
