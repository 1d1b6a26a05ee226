import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fen, fenFromYuan, share } from './money.ts'

test('yuan with up to two decimals become fen exactly', () => {
  assert.equal(fenFromYuan('19.9'), 1990)
  assert.equal(fenFromYuan('0.29'), 29)
  assert.equal(fenFromYuan('-12'), -1200)
  for (const wrong of ['1.234', '', 'abc', '1e3', '￥1']) assert.throws(() => fenFromYuan(wrong), RangeError)
  assert.throws(() => fen(1.5), RangeError)
})

test('shares add up to the whole and differ from their exact size by less than one fen', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1_000_000, max: 1_000_000_000 }),
      fc
        .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 })
        .filter((weights) => weights.some(Boolean)),
      (total, weights) => {
        const parts = share(fen(total), weights)
        const sum = weights.reduce((a, b) => a + b, 0)
        assert.equal(
          parts.reduce<number>((a, b) => a + b, 0),
          total,
        )
        for (const [i, part] of parts.entries()) assert.ok(Math.abs(part - (total * weights[i]!) / sum) < 1)
      },
    ),
  )
})
