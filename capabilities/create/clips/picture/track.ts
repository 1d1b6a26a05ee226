/** Where the crop looks over time. Middles are shares of the side that is cropped, from 0 to 1. */
export interface TrackPoint {
  atSeconds: number
  middle: number
}

/** The subject may leave the middle by this much of the picture before the crop follows. */
const DEAD_ZONE = 0.06
/** It must stay away for so long: a passer-by does not turn the camera. */
const PATIENCE_SECONDS = 0.6
/** The fastest move, in pictures per second. */
const SPEED = 0.35
const MEDIAN_SECONDS = 1

/**
 * Makes a calm camera of jumpy sightings: a median takes out single ones, a dead zone with patience decides when to move
 * (hysteresis), a bounded speed with eased ends how. At a cut of the film it jumps, because the picture does.
 */
export function smoothed(
  sightings: readonly TrackPoint[],
  cutsAtSeconds: readonly number[] = [],
): TrackPoint[] {
  const track: TrackPoint[] = []
  for (const shot of shots(sightings, cutsAtSeconds)) track.push(...smoothedShot(shot))
  return track
}

function shots(sightings: readonly TrackPoint[], cuts: readonly number[]): TrackPoint[][] {
  const parts: TrackPoint[][] = [[]]
  let next = 0
  for (const point of sightings) {
    while (next < cuts.length && point.atSeconds >= cuts[next]! - 1e-6) {
      next++
      if (parts.at(-1)!.length > 0) parts.push([])
    }
    parts.at(-1)!.push(point)
  }
  return parts.filter((part) => part.length > 0)
}

function smoothedShot(shot: readonly TrackPoint[]): TrackPoint[] {
  const step = shot.length > 1 ? shot[1]!.atSeconds - shot[0]!.atSeconds : 1
  const calm = medians(shot, Math.max(1, Math.round(MEDIAN_SECONDS / step)))
  let at = medianOf(calm.slice(0, Math.ceil(2 / step)).map(({ middle }) => middle))
  let goal = at
  let awaySeconds = 0
  const path = calm.map(({ atSeconds, middle }) => {
    awaySeconds = Math.abs(middle - goal) > DEAD_ZONE ? awaySeconds + step : 0
    if (awaySeconds >= PATIENCE_SECONDS) {
      goal = middle
      awaySeconds = 0
    }
    const wanted = goal - at
    // Slower as it comes near: it glides to a stop instead of hitting it.
    const speed = Math.min(SPEED, Math.abs(wanted) * 1.8 + 0.01)
    at += Math.sign(wanted) * Math.min(Math.abs(wanted), speed * step)
    return { atSeconds, middle: Math.round(at * 10_000) / 10_000 }
  })
  return path
}

function medians(points: readonly TrackPoint[], span: number): TrackPoint[] {
  const half = Math.floor(span / 2)
  return points.map(({ atSeconds }, i) => ({
    atSeconds,
    middle: medianOf(points.slice(Math.max(0, i - half), i + half + 1).map(({ middle }) => middle)),
  }))
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0.5
}

/**
 * The same path in few points, nowhere further from it than `tolerance`; between points it is straight, at a cut there are
 * two. From the last point that was kept goes a cone of all the lines that are near enough to what was seen since: as long
 * as the next point lies in it, none in between is needed.
 */
export function thinned(track: readonly TrackPoint[], tolerance = 0.002): TrackPoint[] {
  const [first] = track
  if (!first) return []
  const kept = [first]
  let from = first
  let cone = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
  for (const [i, point] of track.entries()) {
    if (i === 0) continue
    const slope = (middle: number) => (middle - from.middle) / (point.atSeconds - from.atSeconds)
    if (slope(point.middle) < cone.low || slope(point.middle) > cone.high) {
      from = track[i - 1]!
      kept.push(from)
      cone = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
    }
    cone.low = Math.max(cone.low, slope(point.middle - tolerance))
    cone.high = Math.min(cone.high, slope(point.middle + tolerance))
  }
  if (track.length > 1) kept.push(track.at(-1)!)
  return kept
}

/** As much of it as a small drawing can show: coarser until it has at most so many points. */
export function drawable(track: readonly TrackPoint[], most = 240): TrackPoint[] {
  let kept = [...track]
  for (let tolerance = 0.004; kept.length > most && tolerance < 1; tolerance *= 2)
    kept = thinned(track, tolerance)
  return kept.length <= most ? kept : kept.filter((_, i) => i % Math.ceil(kept.length / most) === 0)
}
