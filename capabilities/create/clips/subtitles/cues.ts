import { fault } from '#kernel/fault.ts'

/** One subtitle: when, and its lines. Milliseconds of the source. */
export interface Cue {
  startMs: number
  endMs: number
  lines: string[]
}

export interface ReadCues {
  cues: Cue[]
  /** Blocks that were no cue, with the line they begin at: told, never fatal as long as there is one cue. */
  skipped: { line: number; why: string }[]
}

export const CUES_MAX = 20_000
const SKIPPED_TOLD = 20

/**
 * Reads .srt, .vtt or .ass by what the text looks like, not by its name. Styling is dropped: the look is ours.
 * Formats: SubRip as players read it; WebVTT (W3C); Advanced SubStation Alpha v4+ (`[Events]`, `Format:` names the fields).
 * @throws invalid `clips/subtitles` when there is no cue in it.
 */
export function readCues(text: string): ReadCues {
  const read = /^\[Script Info\]|^\[Events\]|^Dialogue:/im.test(text) ? readAss(text) : readBlocks(text)
  if (read.cues.length === 0) throw fault('invalid', 'clips/subtitles', 'There is no subtitle in it')
  if (read.cues.length > CUES_MAX)
    throw fault('invalid', 'clips/subtitles', `It has more than ${CUES_MAX} subtitles`)
  read.cues.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
  read.skipped.splice(SKIPPED_TOLD)
  return read
}

const ARROW = /^\s*([\d:.,]+)\s*-->\s*([\d:.,]+)/

/** SubRip and WebVTT: whatever follows an arrow line up to the next blank line, or the next number and arrow. */
function readBlocks(text: string): ReadCues {
  const read: ReadCues = { cues: [], skipped: [] }
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const arrow = ARROW.exec(lines[at]!)
    if (!arrow) continue
    const begun = at
    const body: string[] = []
    while (at + 1 < lines.length && lines[at + 1]!.trim() !== '' && !beginsCue(lines, at + 1))
      body.push(lines[++at]!)
    keep(read, begun + 1, millis(arrow[1]!), millis(arrow[2]!), body.map(plainMarkup))
  }
  return read
}

/** A cue's number right above its arrow: some files have no blank line between cues. */
const beginsCue = (lines: readonly string[], at: number) =>
  ARROW.test(lines[at]!) || (/^\s*\d+\s*$/.test(lines[at]!) && ARROW.test(lines[at + 1] ?? ''))

function readAss(text: string): ReadCues {
  const read: ReadCues = { cues: [], skipped: [] }
  let fields = ['layer', 'start', 'end', 'style', 'name', 'marginl', 'marginr', 'marginv', 'effect', 'text']
  let section = 'events'
  for (const [at, line] of text.split('\n').entries()) {
    const head = /^\[(.+)\]/.exec(line)
    if (head) section = head[1]!.toLowerCase()
    if (section !== 'events') continue
    const [, kind, rest] = /^(Format|Dialogue):\s*(.*)$/i.exec(line) ?? []
    if (kind === undefined || rest === undefined) continue
    if (kind.toLowerCase() === 'format') {
      fields = rest.split(',').map((name) => name.trim().toLowerCase())
      continue
    }
    const values = rest.split(',')
    const value = (name: string) => values[fields.indexOf(name)] ?? ''
    const said = values.slice(fields.indexOf('text')).join(',')
    keep(read, at + 1, millis(value('start')), millis(value('end')), plainAss(said))
  }
  return { ...read, cues: merged(read.cues) }
}

/** Styled files lay several texts over each other for shadows and effects: said twice at once, it is said once. */
function merged(cues: readonly Cue[]): Cue[] {
  const seen = new Set<string>()
  return cues.filter(({ startMs, endMs, lines }) => {
    const key = `${startMs} ${endMs} ${lines.join('\n')}`
    return !seen.has(key) && seen.add(key)
  })
}

function keep(read: ReadCues, line: number, startMs: number, endMs: number, said: readonly string[]): void {
  const lines = said.map((one) => one.replace(/\s+/g, ' ').trim()).filter(Boolean)
  if (Number.isNaN(startMs) || Number.isNaN(endMs))
    read.skipped.push({ line, why: 'its time cannot be read' })
  else if (endMs <= startMs) read.skipped.push({ line, why: 'it ends before it begins' })
  else if (lines.length > 0) read.cues.push({ startMs, endMs, lines })
}

/** `00:01:02,345`, `1:02.3`, `0:00:01.50`; NaN for anything else. */
function millis(time: string): number {
  const match = /^(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?$/.exec(time.trim())
  if (!match) return Number.NaN
  const [, hours = '0', minutes, seconds, fraction = ''] = match
  return ((+hours * 60 + +minutes!) * 60 + +seconds!) * 1000 + +fraction.padEnd(3, '0')
}

const ENTITIES: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  lrm: '',
  rlm: '',
  quot: '"',
}

function plainMarkup(line: string): string {
  return line
    .replace(/<\/?[a-zA-Z][^<>]*>|<\d[\d:.]*>/g, '')
    .replace(/\{\\[^{}]*\}/g, '')
    .replace(/&(\w+);/g, (whole, name) => ENTITIES[name] ?? whole)
}

/** Without override blocks; drawings (`\p1`) are no text. */
function plainAss(text: string): string[] {
  if (/\{[^{}]*\\p[1-9]/.test(text)) return []
  return text
    .replace(/\{[^{}]*\}/g, '')
    .replace(/\\h/g, ' ')
    .split(/\\[Nn]/)
}
