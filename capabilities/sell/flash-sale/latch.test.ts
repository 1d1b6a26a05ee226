import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt } from './flash-sale.ts'
import { latch } from './latch.ts'

const attempt = (attemptId: string, ...skus: string[]): Attempt => ({
  attemptId,
  buyerId: 'ann',
  items: skus.map((sku) => ({ sku, quantity: 1 })),
})

function shop() {
  const gone = { skus: ['A'], attempts: ['known'] }
  let looks = 0
  const look = Promise.withResolvers<void>()
  let held = false
  const one = latch({
    soldOut: async () => {
      looks++
      if (held) await look.promise
      return gone
    },
  })
  return { latch: one, gone, looks: () => looks, hold: () => (held = true), release: look.resolve }
}

test('what is gone is answered here; another SKU and a known attempt are not', async () => {
  const { latch, looks } = shop()
  assert.equal(latch.answer('s', attempt('1', 'A')), null)
  await latch.look('s')
  for (let i = 0; i < 1_000; i++)
    assert.deepEqual(latch.answer('s', attempt(`${i}`, 'A')), { answer: 'sold-out', sku: 'A' })
  assert.deepEqual(latch.answer('s', attempt('x', 'B', 'A')), { answer: 'sold-out', sku: 'A' })
  assert.equal(latch.answer('s', attempt('y', 'B')), null)
  assert.equal(latch.answer('s', attempt('known', 'A')), null)
  assert.equal(latch.answer('other', attempt('1', 'A')), null)
  assert.equal(looks(), 1)
})

test('units that come back are sold to new attempts; who was refused stays refused', async () => {
  const { latch } = shop()
  await latch.look('s')
  assert.ok(latch.answer('s', attempt('early', 'A')))
  latch.open('s')
  assert.equal(latch.answer('s', attempt('late', 'A')), null)
  assert.deepEqual(latch.answer('s', attempt('early', 'A')), { answer: 'sold-out', sku: 'A' })
})

test('a look that began before the units came back closes nothing', async () => {
  const { latch, hold, release } = shop()
  hold()
  const looking = latch.look('s')
  latch.open('s')
  release()
  await looking
  assert.equal(latch.answer('s', attempt('1', 'A')), null)
})
