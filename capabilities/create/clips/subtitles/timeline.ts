import type { Segment } from '#capabilities/create/clips/clips.ts'
import type { Cue } from './cues.ts'

/** What was done to the cues to make them fit, for the person who wrote them. */
export interface TimelineNotes {
  /** Ended where the next one begins, or shown together with it. */
  overlapping: number
  /** Began after the end of the clip (or lay in what was cut out). */
  outside: number
  /** Cut short by the end of the clip. */
  shortened: number
}

/** Shorter than this nobody reads it. */
const SHORTEST_MS = 200

/**
 * Carries cues from the source's time to the clip's: shifted by `offsetMs`, cut to the kept segments, and one at a time:
 * a cue ends where the next one begins; two that begin together are shown together.
 */
export function onTimeline(
  cues: readonly Cue[],
  segments: readonly Segment[],
  offsetMs = 0,
): { cues: Cue[]; notes: TimelineNotes } {
  const notes: TimelineNotes = { overlapping: 0, outside: 0, shortened: 0 }
  const moved: Cue[] = []
  for (const cue of cues) {
    const parts = partsOf(cue, segments, offsetMs)
    if (parts.length === 0) notes.outside++
    else if (total(parts) < cue.endMs - cue.startMs - 1) notes.shortened++
    moved.push(...parts)
  }
  moved.sort((a, b) => a.startMs - b.startMs)
  return { cues: oneAtATime(moved, notes), notes }
}

const total = (parts: readonly Cue[]) => parts.reduce((sum, one) => sum + one.endMs - one.startMs, 0)

function partsOf(cue: Cue, segments: readonly Segment[], offsetMs: number): Cue[] {
  const parts: Cue[] = []
  let atMs = 0
  for (const { fromSeconds, toSeconds } of segments) {
    const [fromMs, toMs] = [fromSeconds * 1000, toSeconds * 1000]
    const startMs = Math.max(cue.startMs + offsetMs, fromMs)
    const endMs = Math.min(cue.endMs + offsetMs, toMs)
    if (endMs - startMs >= Math.min(SHORTEST_MS, cue.endMs - cue.startMs)) {
      const start = Math.round(startMs - fromMs + atMs)
      const last = parts.at(-1)
      // Goes on over a cut: no flicker.
      if (last && start - last.endMs <= 1) last.endMs = Math.round(endMs - fromMs + atMs)
      else parts.push({ startMs: start, endMs: Math.round(endMs - fromMs + atMs), lines: cue.lines })
    }
    atMs += toMs - fromMs
  }
  return parts
}

function oneAtATime(cues: readonly Cue[], notes: TimelineNotes): Cue[] {
  const alone: Cue[] = []
  for (const cue of cues) {
    const before = alone.at(-1)
    if (before && before.endMs > cue.startMs) {
      notes.overlapping++
      if (cue.startMs - before.startMs < SHORTEST_MS) {
        before.lines = [...before.lines, ...cue.lines]
        before.endMs = Math.max(before.endMs, cue.endMs)
        continue
      }
      before.endMs = cue.startMs
    }
    alone.push({ ...cue })
  }
  return alone
}
