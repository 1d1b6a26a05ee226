import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discountFen, isFullyRefunded, itemPaysFen, orderFrom, payFen } from './order.ts'
import { type BookState, shopBook } from './shop-book.ts'

const START = Date.parse('2026-03-10T12:00:00+08:00')
const minute = 60_000

/** A book under a clock that is turned by hand. */
function book(options: { seed?: number; live?: boolean; nowMs?: number; state?: BookState } = {}) {
  const { seed = 1, live = true, state } = options
  const time = { nowMs: options.nowMs ?? START }
  const told: string[] = []
  const kept: { state?: BookState } = {}
  const shops = shopBook({
    seed,
    live,
    state,
    clock: { now: () => time.nowMs, offsetMs: () => 0, set: () => {} },
    save: (saved) => {
      kept.state = structuredClone(saved)
    },
    tell: (shop, { order, tag }) => void told.push(`${shop.shopId}/${order.orderId}/${tag}`),
  })
  return { shops, time, told, kept }
}
const orders = (made: ReturnType<typeof book>) =>
  [...made.shops.now().values()].flatMap((shop) => [...shop.by('created')])

test('the same seed has the same shops, another has others; a world that is not live stands still', () => {
  const [one, two, other] = [book({ live: false }), book({ live: false }), book({ live: false, seed: 2 })]
  assert.deepEqual(orders(one), orders(two))
  assert.notDeepEqual(orders(one), orders(other))
  const before = structuredClone(orders(one))
  one.time.nowMs += 86_400_000
  assert.deepEqual(orders(one), before)
  assert.equal(new Set(before.map(({ orderId }) => orderId)).size, before.length)
  assert.ok(before.length > 600 && before.every(({ orderId }) => /^69\d{17}$/.test(orderId)))
})

test('orders come every few seconds, live their life in minutes, and each step is told once', () => {
  const made = book()
  try {
    const before = orders(made).length
    for (let step = 0; step < 900; step++) {
      made.time.nowMs += 1_000
      made.shops.now()
    }
    const fresh = orders(made).filter(({ createdAtMs }) => createdAtMs >= START)
    assert.ok(fresh.length > 200 && fresh.length < 340, `${fresh.length} in fifteen minutes in two shops`)
    assert.equal(orders(made).length, before + fresh.length)
    assert.equal(new Set(made.told).size, made.told.length)
    const tags = new Set(made.told.map((line) => line.split('/').at(-1)))
    for (const tag of ['100', '101', '102', '103', '106', '200', '206']) assert.ok(tags.has(tag), tag)
    for (const order of fresh)
      assert.ok(made.told.includes(`${shopOf(made, order.orderId)}/${order.orderId}/100`))
  } finally {
    made.shops.close()
  }
})
const shopOf = (made: ReturnType<typeof book>, orderId: string) =>
  [...made.shops.now().values()].find((shop) => shop.orders.has(orderId))!.shopId

test('a sandbox that starts again tells the same story, and what happened while it was away', () => {
  const first = book()
  for (let step = 0; step < 120; step++) {
    first.time.nowMs += 1_000
    first.shops.now()
  }
  first.shops.close()
  const lived = structuredClone(orders(first))
  // The last end that was written lies ahead of the crash: the next start must not live those seconds twice.
  const soon = book({ nowMs: first.time.nowMs + 5_000, state: first.kept.state! })
  for (let step = 0; step < 60; step++) {
    soon.time.nowMs += 1_000
    soon.shops.now()
  }
  soon.shops.close()
  assert.equal(new Set(soon.told).size, soon.told.length)
  const again = book({ nowMs: START + 40 * minute, state: soon.kept.state! })
  try {
    const found = new Map(orders(again).map((order) => [order.orderId, order]))
    for (const { orderId } of orders(soon)) assert.ok(found.has(orderId), orderId)
    for (const order of lived) {
      const now = found.get(order.orderId)
      assert.ok(now, order.orderId)
      assert.deepEqual(
        now.items,
        order.items.map((item, nth) => ({ ...item, shipped: now.items[nth]!.shipped })),
      )
      assert.equal(now.createdAtMs, order.createdAtMs)
      assert.ok(now.updatedAtMs >= order.updatedAtMs)
    }
    assert.deepEqual(again.told, [], 'nothing is pushed of what happened while it was away')
  } finally {
    again.shops.close()
  }
})

test('a clock that leaps ahead brings the thin stream only', () => {
  const made = book()
  try {
    made.shops.now()
    const before = orders(made).length
    made.time.nowMs += 10 * 86_400_000
    const came = orders(made).length - before
    assert.ok(came > 100 && came < 800, `${came} in ten days`)
  } finally {
    made.shops.close()
  }
})

test('amounts: a changed price is shared by the items without losing a fen', () => {
  const order = orderFrom({
    orderId: '1',
    createdAtMs: START,
    items: [
      { code: 'a', quantity: 3, priceFen: 333, discountFen: 1 },
      { code: 'b', quantity: 1, priceFen: 1 },
      { code: 'c', quantity: 7, priceFen: 101 },
    ],
    modifyFen: -100,
    postFen: 55,
  })
  assert.equal(payFen(order), 999 + 1 + 707 - 1 - 100 + 55)
  assert.equal(discountFen(order), 1)
  assert.equal(itemPaysFen(order).reduce((a, b) => a + b) + order.postFen, payFen(order))
  assert.equal(isFullyRefunded(order), false)
  for (const bad of [{ orderId: 'x' }, { items: [] }, { createdAtMs: 0.5 }, { modifyFen: -99_999 }])
    assert.throws(() => orderFrom({ ...order, ...bad }))
})
