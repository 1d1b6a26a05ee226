import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cropCommands, middleAt } from './crop-path.ts'
import type { Frames } from './saliency.ts'
import { chosenScenes, cutsIn } from './scenes.ts'
import { salientSubject } from './subject.ts'
import { drawable, smoothed, type TrackPoint, thinned } from './track.ts'

const signal = new AbortController().signal
const WIDTH = 64
const HEIGHT = 36

/** A bright square on a grey ground, at `middleOf(second)` across, with some noise everywhere. */
function square(seconds: number, middleOf: (second: number) => number): Frames {
  const perSecond = 5
  const count = seconds * perSecond
  const pixels = new Uint8Array(count * WIDTH * HEIGHT)
  let random = 1
  for (let f = 0; f < count; f++) {
    const middle = middleOf(f / perSecond) * WIDTH
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        random = (random * 1_103_515_245 + 12_345) % 2_147_483_648
        const isIn = Math.abs(x - middle) < 5 && Math.abs(y - 18) < 8
        pixels[(f * HEIGHT + y) * WIDTH + x] = (isIn ? 200 : 90) + (random % 5)
      }
  }
  return { width: WIDTH, height: HEIGHT, perSecond, pixels }
}

const trackOf = async (frames: Frames) =>
  smoothed(await salientSubject({ frames, axis: 'across', share: 0.3, signal }))

test('the crop finds what stands out, and follows it when it walks across the picture', async () => {
  const still = await trackOf(square(6, () => 0.8))
  for (const { middle } of still) assert.ok(Math.abs(middle - 0.8) < 0.1, `${middle}`)
  const walking = await trackOf(square(20, (t) => 0.2 + t * 0.03))
  assert.ok(Math.abs(walking.at(-1)!.middle - 0.8) < 0.15)
  for (const [i, { middle, atSeconds }] of walking.entries()) {
    // The subject stays in the window, whose half is 0.15 wide.
    assert.ok(Math.abs(middle - (0.2 + atSeconds * 0.03)) < 0.16, `${atSeconds}: ${middle}`)
    if (i > 0) assert.ok(Math.abs(middle - walking[i - 1]!.middle) <= 0.35 / 5 + 1e-6)
  }
})

test('it does not jitter: what trembles about a place leaves the camera still', async () => {
  const trembling = await trackOf(square(20, (t) => 0.5 + (Math.floor(t * 5) % 2 === 0 ? 0.03 : -0.03)))
  assert.equal(new Set(trembling.map(({ middle }) => middle)).size, 1)
  const passing: TrackPoint[] = Array.from({ length: 60 }, (_, i) => ({
    atSeconds: i / 5,
    middle: i === 30 ? 0.1 : 0.6,
  }))
  assert.equal(new Set(smoothed(passing).map(({ middle }) => middle)).size, 1)
})

test('at a cut of the film it jumps, in between it never does', () => {
  const jumping: TrackPoint[] = Array.from({ length: 40 }, (_, i) => ({
    atSeconds: i / 5,
    middle: i < 20 ? 0.2 : 0.8,
  }))
  const track = smoothed(jumping, [4])
  assert.equal(track[19]!.middle, 0.2)
  assert.equal(track[20]!.middle, 0.8)
  const thin = thinned(track)
  assert.ok(thin.length <= 4, `${thin.length} points`)
  assert.equal(middleAt(thin, 3.9), 0.2)
  assert.equal(middleAt(thin, 4), 0.8)
  const glide = smoothed(jumping)
  for (let i = 1; i < glide.length; i++)
    assert.ok(Math.abs(glide[i]!.middle - glide[i - 1]!.middle) <= 0.07 + 1e-6)
})

test('thinned, a path is drawn as before; as commands it is one per moved frame', () => {
  const path: TrackPoint[] = Array.from({ length: 200 }, (_, i) => ({
    atSeconds: i / 5,
    middle: 0.3 + Math.min(0.4, i / 400),
  }))
  const thin = thinned(path)
  assert.ok(thin.length < 10)
  for (const { atSeconds, middle } of path) assert.ok(Math.abs(middleAt(thin, atSeconds) - middle) < 0.004)
  const still = cropCommands(
    [{ atSeconds: 0, middle: 0.5 }],
    { width: 1280, height: 720 },
    { width: 404, height: 720 },
    25,
    10,
  )
  assert.equal(still, '0.0000 crop@track x 438;\n')
  const moving = cropCommands(thin, { width: 1280, height: 720 }, { width: 404, height: 720 }, 25, 10)
    .trim()
    .split('\n')
  assert.ok(moving.length > 20 && moving.length < 250)
})

test('for a drawing a path is as coarse as it must be, and keeps its shape and its ends', () => {
  const hour = Array.from({ length: 18_000 }, (_, i) => ({
    atSeconds: i / 5,
    middle: 0.5 + 0.3 * Math.sin(i / 900) + (i % 2) * 0.01,
  }))
  const drawn = drawable(hour)
  assert.ok(drawn.length <= 240 && drawn.length > 20, `${drawn.length} points`)
  assert.deepEqual([drawn[0], drawn.at(-1)?.atSeconds], [hour[0], 3599.8])
  for (const { atSeconds, middle } of hour)
    assert.ok(Math.abs(middleAt(drawn, atSeconds) - middle) < 0.1, `at ${atSeconds}`)
  const slow = hour.map(({ atSeconds }, i) => ({ atSeconds, middle: 0.5 + 0.3 * Math.sin(i / 900) }))
  const thin = thinned(slow)
  assert.ok(thin.length < 400)
  for (const { atSeconds, middle } of slow)
    assert.ok(
      Math.abs(middleAt(thin, atSeconds) - middle) <= 0.0021,
      `a slow curve is kept, too: ${atSeconds}`,
    )
  const short = hour.slice(0, 3)
  assert.deepEqual(drawable(short), short)
  const noise = Array.from({ length: 5_000 }, (_, i) => ({ atSeconds: i, middle: i % 2 }))
  assert.ok(drawable(noise).length <= 240)
})

test('scenes: a cut is where the picture changes at once; the longest are taken, in their order', () => {
  const frames = square(12, () => 0.5)
  const area = WIDTH * HEIGHT
  // From 3 s on dark, from 4 s on light: a cut each.
  for (let f = 15; f < 20; f++) frames.pixels.fill(10, f * area, (f + 1) * area)
  for (let f = 20; f < 60; f++) frames.pixels.fill(230, f * area, (f + 1) * area)
  assert.deepEqual(cutsIn(frames, 12), [3, 4])
  const range = { fromSeconds: 0, toSeconds: 12 }
  const rule = { atLeastSeconds: 1.5, take: 2 }
  assert.deepEqual(chosenScenes([3, 4], range, rule), [
    { fromSeconds: 0, toSeconds: 3 },
    { fromSeconds: 4, toSeconds: 12 },
  ])
  assert.deepEqual(chosenScenes([3, 4], range, { ...rule, take: 1, atMostSeconds: 5 }), [
    { fromSeconds: 4, toSeconds: 9 },
  ])
  assert.deepEqual(chosenScenes([], { fromSeconds: 0, toSeconds: 1 }, rule), [
    { fromSeconds: 0, toSeconds: 1 },
  ])
})
