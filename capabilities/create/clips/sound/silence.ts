import type { Segment } from '#capabilities/create/clips/clips.ts'

/** Reads what ffmpeg's `silencedetect` says, line by line; the moments count from where the reading began. */
export function silencesIn(lines: readonly string[], endSeconds: number): Segment[] {
  const found: Segment[] = []
  let begun: number | undefined
  for (const line of lines) {
    const start = /silence_start: (-?[\d.]+)/.exec(line)
    const end = /silence_end: (-?[\d.]+)/.exec(line)
    if (start) begun = Math.max(0, Number(start[1]))
    if (end && begun !== undefined) {
      found.push({ fromSeconds: begun, toSeconds: Number(end[1]) })
      begun = undefined
    }
  }
  if (begun !== undefined) found.push({ fromSeconds: begun, toSeconds: endSeconds })
  return found
}

/** Pieces shorter than this are no speech but a click. */
const SHORTEST_SECONDS = 0.12

/** What is left when the silences are taken out and a breath of `keepSeconds` stays at both sides of each. */
export function loudParts(whole: Segment, silences: readonly Segment[], keepSeconds: number): Segment[] {
  const parts: Segment[] = []
  let at = whole.fromSeconds
  for (const { fromSeconds, toSeconds } of silences) {
    const [from, to] = [fromSeconds + keepSeconds, toSeconds - keepSeconds]
    if (to <= from || to <= at || from >= whole.toSeconds) continue
    if (from - at >= SHORTEST_SECONDS) parts.push({ fromSeconds: at, toSeconds: from })
    at = Math.max(at, to)
  }
  if (whole.toSeconds - at >= SHORTEST_SECONDS) parts.push({ fromSeconds: at, toSeconds: whole.toSeconds })
  return parts
}
