/**
 * Where the eye goes in a small grey picture, by our own arithmetic: what moves, what stands out against its
 * surroundings, and a little weight for the middle. A detector may stand in its place (`subject.ts`).
 */

/** Small frames, one after the other: rows of grey bytes. */
export interface Frames {
  width: number
  height: number
  perSecond: number
  pixels: Uint8Array
}

export const frameCount = ({ width, height, pixels }: Frames): number =>
  Math.floor(pixels.length / (width * height))

const MOTION = 1.6
const CONTRAST = 1
const SURROUND = 4

/** A weight per column (`across`) or row of one frame: how much there is to see there. */
export function interestOf(frames: Frames, index: number, axis: 'across' | 'down'): Float64Array {
  const { width, height, pixels } = frames
  const area = width * height
  const frame = pixels.subarray(index * area, (index + 1) * area)
  const before = index > 0 ? pixels.subarray((index - 1) * area, index * area) : frame
  const sums = integral(frame, width, height)
  const length = axis === 'across' ? width : height
  const weights = new Float64Array(length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const contrast = Math.abs(frame[at]! - meanAround(sums, width, height, x, y))
      const motion = Math.abs(frame[at]! - before[at]!)
      // Noise below a few steps of grey is no motion.
      const seen = CONTRAST * contrast + (motion > 6 ? MOTION * motion : 0)
      weights[axis === 'across' ? x : y]! += seen * seen
    }
  }
  return weights.map((weight, i) => weight * middleWeight(i, length))
}

const middleWeight = (i: number, length: number) => 1 - 0.35 * Math.abs((2 * (i + 0.5)) / length - 1)

/** Sums over rectangles from the upper left corner. */
function integral(frame: Uint8Array, width: number, height: number): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1))
  for (let y = 0; y < height; y++) {
    let row = 0
    for (let x = 0; x < width; x++) {
      row += frame[y * width + x]!
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row
    }
  }
  return sums
}

function meanAround(sums: Float64Array, width: number, height: number, x: number, y: number): number {
  const [left, right] = [Math.max(0, x - SURROUND), Math.min(width, x + SURROUND + 1)]
  const [top, bottom] = [Math.max(0, y - SURROUND), Math.min(height, y + SURROUND + 1)]
  const at = (row: number, column: number) => sums[row * (width + 1) + column]!
  const sum = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left)
  return sum / ((right - left) * (bottom - top))
}

/** Where a window of `share` of the length sees most: its middle, from 0 to 1. */
export function bestMiddle(weights: Float64Array, share: number): number {
  const span = Math.max(1, Math.min(weights.length, Math.round(weights.length * share)))
  let sum = 0
  for (let i = 0; i < span; i++) sum += weights[i]!
  let [best, bestSum] = [0, sum]
  for (let i = 1; i + span <= weights.length; i++) {
    sum += weights[i + span - 1]! - weights[i - 1]!
    if (sum > bestSum * 1.0001) [best, bestSum] = [i, sum]
  }
  return (best + span / 2) / weights.length
}
