import type { Cue } from './cues.ts'
import { broken, widthOf } from './line-break.ts'
import { CJK } from './script.ts'

/** What stands on the picture at once: at most two lines. */
export interface Caption {
  startMs: number
  endMs: number
  lines: string[]
}

const LINES_MAX = 2

/** Breaks each cue into captions of at most two lines no wider than `maxWidth` (in em); a long one is shared out over its time. */
export function captionsOf(cues: readonly Cue[], maxWidth: number): Caption[] {
  return cues.flatMap((cue) => spread(cue, pagesOf(cue.lines, maxWidth)))
}

function pagesOf(lines: readonly string[], maxWidth: number): string[][] {
  if (lines.length <= LINES_MAX && lines.every((line) => widthOf(line) <= maxWidth)) return [[...lines]]
  const [upper, lower] = lines
  if (lines.length === 2 && CJK.test(upper!) !== CJK.test(lower!)) return bilingual(upper!, lower!, maxWidth)
  const flowing = isOneSentence(lines)
    ? broken(joined(lines), maxWidth)
    : lines.flatMap((one) => broken(one, maxWidth))
  const pages: string[][] = []
  for (let at = 0; at < flowing.length; at += LINES_MAX) pages.push(flowing.slice(at, at + LINES_MAX))
  return pages
}

/** Two voices keep their lines; otherwise the author broke one sentence for a wider picture. */
const isOneSentence = (lines: readonly string[]) =>
  !lines.some((line) => /^[-–—－]/.test(line)) &&
  lines.every((line) => CJK.test(line)) === CJK.test(lines[0]!)

const joined = (lines: readonly string[]) =>
  lines.reduce((all, line) =>
    CJK.test(all.at(-1) ?? '') || CJK.test(line[0] ?? '') ? all + line : `${all} ${line}`,
  )

/** A line in each language: both go on together, each page with its part of both. */
function bilingual(upper: string, lower: string, maxWidth: number): string[][] {
  const count = Math.max(broken(upper, maxWidth).length, broken(lower, maxWidth).length)
  const [above, below] = [inParts(upper, count, maxWidth), inParts(lower, count, maxWidth)]
  return Array.from({ length: count }, (_, i) => [above[i], below[i]].filter((line) => line !== undefined))
}

/** As many lines as there are pages where the text is long enough for that. */
function inParts(text: string, count: number, maxWidth: number): string[] {
  for (let width = maxWidth; width > 1; width *= 0.94) {
    const lines = broken(text, width)
    if (lines.length === count) return lines
    if (lines.length > count) break
  }
  return broken(text, maxWidth)
}

/** The time of a cue shared by its pages, as long as there is to read on each. */
function spread(cue: Cue, pages: readonly string[][]): Caption[] {
  const weights = pages.map((lines) =>
    Math.max(
      1,
      lines.reduce((sum, line) => sum + widthOf(line), 0),
    ),
  )
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  let startMs = cue.startMs
  let read = 0
  return pages.map((lines, i) => {
    read += weights[i]!
    const endMs = cue.startMs + Math.round(((cue.endMs - cue.startMs) * read) / whole)
    const caption = { startMs, endMs, lines }
    startMs = endMs
    return caption
  })
}
