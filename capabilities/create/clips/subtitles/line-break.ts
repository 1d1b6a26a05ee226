import { CJK } from './script.ts'

/** Breaking a line of Chinese, Latin or both, by the rules that readers expect. Widths are in em. */

/** Must not begin a line (GB/T 15834 and kinsoku shori): closing marks, small and lengthening kana, units. */
const NOT_FIRST = new Set(
  '、。，．：；？！）〕］｝〉》」』】”’…—～·ー々〻ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}>%‰℃°',
)
/** Must not end a line: opening marks and signs that belong to what follows. */
const NOT_LAST = new Set('（〔［｛〈《「『【“‘([{<￥¥$£€#@')

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3ffff}]|[…—“”‘’·]/u

/** How wide a character is drawn, at most, in Noto Sans SC. */
export function widthOfChar(char: string): number {
  if (WIDE.test(char)) return 1
  if (/[iljtfr.,:;!'|()[\]{} ]/.test(char)) return 0.36
  if (/[A-Z]/.test(char)) return /[MWQOG]/.test(char) ? 0.92 : 0.68
  if (/[mw%@&+=<>~]/.test(char)) return 0.9
  return 0.58
}

export const widthOf = (text: string): number => {
  let sum = 0
  for (const char of text) sum += widthOfChar(char)
  return sum
}

/** Words of Chinese by ICU's dictionary: 礼盒 is not torn apart. */
const WORDS = new Intl.Segmenter('zh', { granularity: 'word' })
/** What the dictionary takes for one word and is longer than this may be torn after all. */
const WORD_MAX = 4

/** Pieces between which a line may break: a word of Latin or Chinese, with the marks that cling to it. */
export function pieces(text: string): string[] {
  const raw = [...WORDS.segment(text)].flatMap(({ segment }) =>
    [...segment].length <= WORD_MAX && CJK.test(segment) ? [segment] : (segment.match(/\s+|[^\s]/gu) ?? []),
  )
  const glued: string[] = []
  for (const char of raw) {
    const before = glued.at(-1)
    if (before !== undefined && clings(before, char)) glued[glued.length - 1] = before + char
    else glued.push(char)
  }
  return glued
}

function clings(before: string, piece: string): boolean {
  const last = [...before].at(-1)!
  const [char] = [...piece] as [string]
  if (/\s/.test(char)) return true
  if (/\s/.test(last)) return false
  if (NOT_FIRST.has(char) || NOT_LAST.has(last)) return true
  // Two long dashes or two ellipses are one mark.
  if (last === char && /[…—]/.test(char)) return true
  return !WIDE.test(last) && !WIDE.test(char)
}

/**
 * Breaks into lines of at most `maxWidth`, as few as it takes, and of lengths as equal as the words allow.
 * A word wider than a line is cut.
 */
export function broken(text: string, maxWidth: number): string[] {
  const all = pieces(text.trim()).flatMap((piece) => chopped(piece, maxWidth))
  const least = greedy(all, maxWidth)
  if (least.length < 2) return least
  // The narrowest width that needs no more lines: lines of about equal length.
  let low = widthOf(text) / least.length
  let high = maxWidth
  for (let i = 0; i < 8; i++) {
    const middle = (low + high) / 2
    if (greedy(all, middle).length > least.length) low = middle
    else high = middle
  }
  return greedy(all, high)
}

function greedy(all: readonly string[], maxWidth: number): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const piece of all) {
    const own = widthOf(piece.trimEnd())
    if (line !== '' && width + own > maxWidth + 1e-9) {
      lines.push(line.trim())
      line = ''
      width = 0
    }
    line += piece
    width += widthOf(piece)
  }
  if (line.trim()) lines.push(line.trim())
  return lines
}

function chopped(piece: string, maxWidth: number): string[] {
  if (widthOf(piece.trimEnd()) <= maxWidth) return [piece]
  const parts = ['']
  for (const char of piece) {
    if (parts.at(-1) !== '' && widthOf(parts.at(-1)! + char.trim()) > maxWidth) parts.push('')
    parts[parts.length - 1] += char
  }
  return parts
}
