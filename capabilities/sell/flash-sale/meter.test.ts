import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meter, meters } from './meter.ts'

test('percentiles are right within 6 %, and every answer is counted', () => {
  const one = meter()
  for (let ms = 1; ms <= 1_000; ms++) one.count(ms % 4 === 0 ? 'reserved' : 'sold-out', ms)
  const { answers, p50Ms, p99Ms, p999Ms } = one.read()
  assert.deepEqual(answers, { reserved: 250, 'sold-out': 750 })
  for (const [found, right] of [
    [p50Ms, 500],
    [p99Ms, 990],
    [p999Ms, 999],
  ] as const)
    assert.ok(Math.abs(found / right - 1) < 0.06, `${found} for ${right}`)
})

test('the rate is that of the last five full seconds', () => {
  let nowMs = 0
  const one = meter(() => nowMs)
  for (let i = 0; i < 100; i++) one.count('reserved', 1)
  assert.equal(one.read().perSecond, 0, 'a second that is not over counts for nothing')
  nowMs = 1_000
  assert.equal(one.read().perSecond, 20)
  nowMs = 6_500
  assert.equal(one.read().perSecond, 0)
})

test('nothing was answered: nothing is said', () => {
  assert.deepEqual(meter().read(), { answers: {}, perSecond: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0 })
})

test('a drain tells what came since the last one, and takes nothing away from the whole', () => {
  const all = meters()
  all.of('a').count('reserved', 1)
  all.of('b').count('sold-out', 100)
  assert.deepEqual(
    all.drain().map(({ saleId, answers }) => [saleId, answers]),
    [
      ['a', { reserved: 1 }],
      ['b', { 'sold-out': 1 }],
    ],
  )
  assert.deepEqual(all.drain(), [])
  for (let i = 0; i < 9; i++) all.of('a').count('sold-out', 50)
  const [since, ...others] = all.drain()
  assert.deepEqual([since!.saleId, since!.answers, others], ['a', { 'sold-out': 9 }, []])
  assert.ok(Math.abs(since!.p50Ms / 50 - 1) < 0.06)
  assert.deepEqual(all.of('a').read().answers, { reserved: 1, 'sold-out': 9 })
})
