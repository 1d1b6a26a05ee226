import type { Size } from '#capabilities/create/clips/clips.ts'
import { isAcross, windowAt } from '#capabilities/create/clips/filters.ts'
import type { TrackPoint } from './track.ts'

/** Where the crop stands at a moment: straight between the points of the track. */
export function middleAt(track: readonly TrackPoint[], atSeconds: number): number {
  let low = 0
  let high = track.length - 1
  if (high < 0) return 0.5
  while (low < high) {
    const at = (low + high + 1) >> 1
    if (track[at]!.atSeconds <= atSeconds) low = at
    else high = at - 1
  }
  const [from, to] = [track[low]!, track[low + 1]]
  if (!to || atSeconds <= from.atSeconds) return from.middle
  // A jump between two sightings is a cut of the film: nothing in between.
  if (Math.abs(to.middle - from.middle) > JUMP && to.atSeconds - from.atSeconds < 0.5) return from.middle
  return (
    from.middle + ((to.middle - from.middle) * (atSeconds - from.atSeconds)) / (to.atSeconds - from.atSeconds)
  )
}

const JUMP = 0.25

/** The path as commands for ffmpeg's `sendcmd`: one for each frame on which the crop moves. */
export function cropCommands(
  track: readonly TrackPoint[],
  source: Size,
  window: Size,
  fps: number,
  durationSeconds: number,
): string {
  const axis = isAcross(source, window) ? 'x' : 'y'
  const lines: string[] = []
  let last = -1
  for (let frame = 0; frame <= durationSeconds * fps; frame++) {
    const [x, y] = windowAt(source, window, middleAt(track, frame / fps))
    const now = axis === 'x' ? x : y
    if (now === last) continue
    // A little before the frame, so that rounding of its time does not make it late.
    lines.push(`${Math.max(0, (frame - 0.25) / fps).toFixed(4)} crop@track ${axis} ${now};`)
    last = now
  }
  return `${lines.join('\n')}\n`
}
