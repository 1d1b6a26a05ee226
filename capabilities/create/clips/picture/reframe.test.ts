import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { enlargement, reframe } from './reframe.ts'

const size = (width: number, height: number) => ({ width, height })

test('landscape from ratio 1.6 on, portrait to 0.6, larger frames only for pixels that are there', () => {
  assert.deepEqual(reframe(size(1920, 1080), { to: 'auto' }).size, size(1920, 1080))
  assert.deepEqual(reframe(size(1280, 720), { to: 'auto' }).size, size(1280, 720))
  assert.deepEqual(reframe(size(1600, 1000), { to: 'auto' }).size, size(1280, 720))
  assert.deepEqual(reframe(size(2000, 1000), { to: 'auto' }).mode, 'blur')
  assert.deepEqual(reframe(size(1080, 1920), { to: 'auto' }).size, size(1080, 1920))
  assert.deepEqual(reframe(size(600, 1000), { to: 'auto' }), {
    ...reframe(size(600, 1000), { to: 'portrait', policy: 'crop' }),
  })
})

test('between them the policy decides, and nothing is lost where none is given', () => {
  assert.equal(reframe(size(1000, 1000), { to: 'auto' }).mode, 'blur')
  assert.equal(reframe(size(1000, 1000), { to: 'auto', policy: 'pad' }).mode, 'pad')
  assert.equal(reframe(size(1440, 1080), { to: 'auto', policy: 'crop' }).mode, 'crop')
})

test('720p to portrait: scaled to cover and cropped, and it says that it is enlarged', () => {
  const one = reframe(size(1280, 720), { to: 'portrait' })
  assert.deepEqual(one.size, size(720, 1280))
  assert.equal(one.mode, 'crop')
  assert.equal(one.scale, 1.778)
  assert.match(enlargement(one)!, /enlarged 1\.78 times/)
  assert.equal(enlargement(reframe(size(3840, 2160), { to: 'portrait' })), null)
})

test('never stretched, always even, the frame always covered or contained', () => {
  const side = fc.integer({ min: 16, max: 4096 })
  const ask = fc.record({
    to: fc.constantFrom('auto' as const, 'portrait' as const, 'landscape' as const),
    policy: fc.constantFrom(undefined, 'crop' as const, 'pad' as const, 'blur' as const),
  })
  fc.assert(
    fc.property(side, side, ask, (width, height, how) => {
      fc.pre(width / height < 6 && height / width < 6)
      const { size: frame, window, scaled, mode } = reframe({ width, height }, how)
      for (const n of [frame, window, scaled].flatMap((one) => [one.width, one.height])) {
        assert.equal(n % 2, 0)
        assert.ok(n >= 2)
      }
      assert.ok(window.width <= Math.max(2, width) && window.height <= Math.max(2, height))
      if (mode === 'crop' || mode === 'none')
        assert.ok(scaled.width >= frame.width && scaled.height >= frame.height)
      else assert.ok(scaled.width <= frame.width && scaled.height <= frame.height)
      // A side has to be even: that is the only stretch, one pixel of the scaled side at most (half a percent: the frame's own shape).
      const stretch = scaled.width / window.width / (scaled.height / window.height)
      const allowed = 0.006 + 1 / Math.min(scaled.width, scaled.height)
      assert.ok(Math.abs(stretch - 1) <= allowed, `${width}x${height} stretched ${stretch}`)
    }),
    { numRuns: 2000 },
  )
})
