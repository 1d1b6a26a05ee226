import { bestMiddle, type Frames, frameCount, interestOf } from './saliency.ts'
import type { TrackPoint } from './track.ts'

/** Finds what a crop should keep in view. Ours looks at saliency; one with a detector of people or faces can replace it. */
export type SubjectFinder = (ask: {
  frames: Frames
  /** Along which side the window can move. */
  axis: 'across' | 'down'
  /** How much of that side the window sees, from 0 to 1. */
  share: number
  signal: AbortSignal
}) => Promise<TrackPoint[]>

/** Frames are looked at in turns, so that the process answers others in between. */
const AT_ONCE = 64

export const salientSubject: SubjectFinder = async ({ frames, axis, share, signal }) => {
  const points: TrackPoint[] = []
  const count = frameCount(frames)
  let memory: Float64Array | undefined
  for (let i = 0; i < count && !signal.aborted; i++) {
    const seen = interestOf(frames, i, axis)
    // What was interesting a moment ago still is: half of it stays.
    const weights: Float64Array = memory ? seen.map((weight, at) => weight + memory![at]! / 2) : seen
    memory = weights
    points.push({ atSeconds: i / frames.perSecond, middle: bestMiddle(weights, share) })
    if (i % AT_ONCE === AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return points
}
