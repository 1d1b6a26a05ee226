import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '#kernel/fault.ts'
import {
  type Attempt,
  basketFrom,
  basketText,
  checkedAttempt,
  decide,
  record,
  reserve,
  type Shelf,
} from './flash-sale.ts'
import { applied, operations, shelfOf } from './shelf.contract.ts'

const NOW = Date.UTC(2026, 10, 11)
const attempt = (attemptId: string, buyerId: string, ...items: [string, number][]): Attempt => ({
  attemptId,
  buyerId,
  items: items.map(([sku, quantity]) => ({ sku, quantity })),
})
const take = (shelf: Shelf, wanted: Attempt, nowMs = NOW) =>
  applied(shelf, { do: 'reserve', attempt: wanted }, nowMs)

describe('the rule', () => {
  test('the last unit goes once, and the first answer comes back for ever', () => {
    const shelf = shelfOf({ A: { stock: 1 } })
    const first = take(shelf, attempt('1', 'ann', ['A', 1]))
    assert.deepEqual(first, { answer: 'reserved', reservationId: '1', expiresAtMs: NOW + 60_000 })
    assert.deepEqual(take(shelf, attempt('2', 'bob', ['A', 1])), { answer: 'sold-out', sku: 'A' })
    assert.deepEqual(take(shelf, attempt('1', 'ann', ['A', 1]), NOW + 9_999), first)
    applied(shelf, { do: 'release', reservationId: '1', reason: 'buyer' }, NOW)
    assert.deepEqual(take(shelf, attempt('2', 'bob', ['A', 1])), { answer: 'sold-out', sku: 'A' })
    assert.equal(take(shelf, attempt('3', 'bob', ['A', 1])).answer, 'reserved')
  })

  test('a basket is taken whole or not at all', () => {
    const shelf = shelfOf({ A: { stock: 5 }, B: { stock: 1 } })
    assert.deepEqual(take(shelf, attempt('1', 'ann', ['A', 2], ['B', 2])), { answer: 'sold-out', sku: 'B' })
    assert.equal(shelf.skus.get('A')!.free, 5)
    assert.equal(take(shelf, attempt('2', 'ann', ['A', 2], ['B', 1])).answer, 'reserved')
  })

  test('limits hold per SKU and per sale, and a release gives them back', () => {
    const shelf = shelfOf({ A: { stock: 9, limit: 2 }, B: { stock: 9 } }, { limitPerBuyer: 3 })
    assert.deepEqual(take(shelf, attempt('1', 'ann', ['A', 3])), { answer: 'limit-reached', sku: 'A' })
    assert.equal(take(shelf, attempt('2', 'ann', ['A', 2])).answer, 'reserved')
    assert.deepEqual(take(shelf, attempt('3', 'ann', ['B', 2])), { answer: 'limit-reached', sku: null })
    assert.equal(take(shelf, attempt('4', 'bob', ['B', 2])).answer, 'reserved')
    applied(shelf, { do: 'release', reservationId: '2', reason: 'buyer' }, NOW)
    assert.equal(take(shelf, attempt('5', 'ann', ['B', 2])).answer, 'reserved')
  })

  test('before, after, paused, closed, and what nobody sells', () => {
    const at = (terms: object, nowMs = NOW) =>
      reserve(shelfOf({ A: { stock: 1 } }, terms), attempt('1', 'ann', ['A', 1]), nowMs).answer.answer
    assert.equal(at({ opensAtMs: NOW + 1 }), 'not-open')
    assert.equal(at({ opensAtMs: NOW }), 'reserved')
    assert.equal(at({ closesAtMs: NOW }), 'closed')
    assert.equal(at({ status: 'paused' }), 'not-open')
    assert.equal(at({ status: 'closed' }), 'closed')
    const shelf = shelfOf({ A: { stock: 1 } })
    assert.deepEqual(take(shelf, attempt('1', 'ann', ['Z', 1])), { answer: 'unknown-sku', sku: 'Z' })
    take(shelf, attempt('2', 'ann', ['A', 1]))
    assert.deepEqual(take(shelf, attempt('2', 'eve', ['A', 1])), { answer: 'attempt-taken' })
  })

  test('confirm and release, each after each, have one answer', () => {
    const shelf = shelfOf({ A: { stock: 2 } })
    take(shelf, attempt('1', 'ann', ['A', 1]))
    take(shelf, attempt('2', 'bob', ['A', 1]))
    const confirm = (reservationId: string) => applied(shelf, { do: 'confirm', reservationId }, NOW)
    const release = (reservationId: string) =>
      applied(shelf, { do: 'release', reservationId, reason: 'buyer' }, NOW)
    assert.deepEqual([confirm('1'), confirm('1'), release('1')], ['confirmed', 'confirmed', 'was-confirmed'])
    assert.deepEqual([release('2'), release('2'), confirm('2')], ['released', 'released', 'was-released'])
    assert.equal(confirm('3'), 'unknown')
    assert.deepEqual({ ...shelf.skus.get('A') }, { stock: 2, free: 1, held: 0, sold: 1, limitPerBuyer: null })
  })

  test('whatever happens, units add up, nobody passes a limit, and deciding changes nothing', () => {
    fc.assert(
      fc.property(fc.array(operations, { maxLength: 60 }), (steps) => {
        const shelf = shelfOf({ A: { stock: 4, limit: 2 }, B: { stock: 3 } }, { limitPerBuyer: 3 })
        for (const step of steps) {
          const before = structuredClone(shelf)
          const { intent } = decide(shelf, step, NOW)
          assert.deepEqual(shelf, before)
          if (intent) record(shelf, intent)
          for (const { stock, free, held, sold } of shelf.skus.values()) {
            assert.equal(free + held + sold, stock)
            assert.ok(free >= 0 && held >= 0 && sold >= 0)
          }
          for (const [key, units] of shelf.bought)
            assert.ok(units >= 0 && units <= (key.endsWith(' A') ? 2 : 3))
        }
      }),
    )
  })
})

test('quantities and names that cannot be are refused with their field', () => {
  const refused = (wanted: Attempt) => {
    try {
      checkedAttempt(wanted)
      return null
    } catch (error) {
      return isFault(error) && error.kind === 'invalid' ? error.field : error
    }
  }
  for (const quantity of [0, -1, 1.5, 1e9, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(refused(attempt('1', 'ann', ['A', quantity])), 'items.0.quantity', String(quantity))
  }
  assert.equal(refused(attempt('a b', 'ann', ['A', 1])), 'attemptId')
  assert.equal(refused(attempt('1', '', ['A', 1])), 'buyerId')
  assert.equal(refused(attempt('1', 'ann', ['A|B', 1])), 'items.0.sku')
  assert.equal(refused(attempt('1', 'ann')), 'items')
  assert.deepEqual(checkedAttempt(attempt('1', 'ann', ['A', 1], ['B', 1], ['A', 2])).items, [
    { sku: 'A', quantity: 3 },
    { sku: 'B', quantity: 1 },
  ])
})

test('a basket survives its short form', () => {
  const items = [
    { sku: 'A:1', quantity: 2 },
    { sku: 'b_2', quantity: 1 },
  ]
  assert.deepEqual(basketFrom(basketText(items)), items)
})
