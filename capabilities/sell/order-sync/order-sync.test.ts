import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { factsDue } from './facts.ts'
import {
  correct,
  disown,
  imbalanceOf,
  merge,
  newOrder,
  type Order,
  type Page,
  refundedFen,
  type Sighting,
  statusOf,
  totalFen,
  viewOf,
  wantsPage,
} from './order-sync.ts'

const SHOP = '4463798'
/** Beyond 2^53: as a number it would be another order. */
const ID = '6921052297377971987'
const T0 = Date.parse('2026-03-01T10:00:00Z')
const at = (seconds: number) => T0 + seconds * 1000

const line = (nth: number, quantity = 1, sumFen = 3_990) => ({
  lineId: `69210522973779720${nth}`,
  productId: '3500000000000000001',
  skuId: `17000000000000${nth}`,
  sku: `SKU-${nth}`,
  name: '竹纤维毛巾',
  quantity,
  sumFen,
  paidFen: sumFen,
})

const page = (over: Partial<Page> = {}): Page => ({
  status: 'created',
  times: { created: at(0) },
  lines: [line(1)],
  itemsFen: 3_990,
  freightFen: 800,
  discountFen: 399,
  paidFen: 0,
  buyer: null,
  updatedAtMs: at(0),
  seenAtMs: at(1),
  ...over,
})
const pushed = (over: Partial<Sighting>): Sighting => ({
  shopId: SHOP,
  orderId: ID,
  source: 'push',
  atMs: at(0),
  ...over,
})
const pulled = (over: Partial<Page> = {}): Sighting =>
  pushed({ source: 'pull', atMs: over.updatedAtMs ?? at(0), page: page(over) })
const all = (sightings: readonly Sighting[], from: Order = newOrder(SHOP, ID)) =>
  sightings.reduce((order, sighting) => merge(order, sighting).order, from)

test('"paid" before "created" is right at once, and the late one moves nothing back', () => {
  const paid = merge(newOrder(SHOP, ID), pushed({ status: 'paid', atMs: at(60), paidFen: 4_391 }))
  assert.equal(statusOf(paid.order), 'paid')
  assert.equal(viewOf(paid.order).paidFen, 4_391)
  assert.equal(viewOf(paid.order).times.paid, at(60))
  const late = merge(paid.order, pushed({ status: 'created', atMs: at(0) }))
  assert.equal(late.outcome, 'late')
  assert.match(late.why, /paid already, "created" lies behind it/)
  assert.equal(statusOf(late.order), 'paid')
  assert.equal(viewOf(late.order).times.created, at(0))
})

test('an older page changes nothing and says why; one of the same version is nothing new', () => {
  const shipped = page({
    status: 'shipped',
    times: { created: at(0), paid: at(60), shipped: at(600) },
    paidFen: 4_391,
    updatedAtMs: at(600),
  })
  const order = all([{ ...pulled(), page: shipped }])
  const older = merge(order, pulled({ status: 'paid', updatedAtMs: at(60) }))
  assert.equal(older.outcome, 'late')
  assert.match(older.why, /as of 2026-03-01T10:01:00Z, we know it as of 2026-03-01T10:10:00Z/)
  assert.deepEqual(viewOf(older.order), viewOf(order))
  const again = merge(order, { ...pulled(), page: { ...shipped, seenAtMs: at(700) } })
  assert.equal(again.outcome, 'same')
})

test('what was pushed after the page moves it on; what was pushed before it does not', () => {
  const order = all([
    pulled({ status: 'paid', times: { created: at(0), paid: at(60) }, updatedAtMs: at(60), paidFen: 4_391 }),
  ])
  assert.equal(statusOf(all([pushed({ status: 'shipped', atMs: at(60) })], order)), 'shipped')
  const bogus = merge(order, pushed({ status: 'finished', atMs: at(59) }))
  assert.equal(bogus.outcome, 'late')
  assert.equal(statusOf(bogus.order), 'paid')
})

test('amounts add up, or the order is named', () => {
  const paid = page({
    status: 'paid',
    times: { created: at(0), paid: at(60) },
    paidFen: 4_391,
    updatedAtMs: at(60),
  })
  const order = all([{ ...pulled(), page: paid }])
  assert.equal(totalFen(paid), 4_391)
  assert.equal(imbalanceOf(order), null)
  assert.match(
    imbalanceOf(all([{ ...pulled(), page: { ...paid, paidFen: 4_390 } }]))!,
    /3990 items \+ 800 freight - 399 discounts = 4391 fen, paid 4390/,
  )
  assert.match(
    imbalanceOf(all([{ ...pulled(), page: { ...paid, itemsFen: 4_000 } }]))!,
    /its lines make 3990 fen/,
  )
  const refund = { refundId: '7', lineId: null, status: 'done' as const, fen: 5_000, atMs: at(90) }
  assert.match(
    imbalanceOf(all([pushed({ refunds: [refund] })], order))!,
    /5000 fen went back, 4391 were paid/,
  )
})

test('an order of 0 fen and one of 500 lines are orders like any other', () => {
  const free = page({
    status: 'paid',
    times: { created: at(0), paid: at(1) },
    lines: [line(1, 1, 0)],
    itemsFen: 0,
    freightFen: 0,
    discountFen: 0,
    updatedAtMs: at(1),
  })
  const nothing = all([{ ...pulled(), page: free }])
  assert.equal(viewOf(nothing).totalFen, 0)
  assert.equal(imbalanceOf(nothing), null)
  assert.deepEqual(factsDue('ws' as never, 'doudian', nothing, []).told, ['created', 'paid'])
  const lines = Array.from({ length: 500 }, (_, nth) => line(nth, 2, 100))
  const large = all([pulled({ lines, itemsFen: 50_000, freightFen: 0, discountFen: 0 })])
  assert.equal(viewOf(large).totalFen, 50_000)
  assert.equal(viewOf(large).lines.length, 500)
})

test('refunds in part and in whole: each once, the last word of each counts, and money that went back stays back', () => {
  const of = (refundId: string, status: 'applied' | 'done' | 'closed', fen: number, ms: number) => ({
    refundId,
    lineId: null,
    status,
    fen,
    atMs: ms,
  })
  const order = all([
    pulled({
      status: 'shipped',
      times: { created: at(0), paid: at(1), shipped: at(2) },
      paidFen: 4_391,
      updatedAtMs: at(2),
    }),
    pushed({ refunds: [of('1', 'done', 1_000, at(30))] }),
    pushed({ refunds: [of('1', 'applied', 1_000, at(20))] }),
    pushed({ refunds: [of('2', 'applied', 3_391, at(40))] }),
  ])
  assert.equal(refundedFen(order), 1_000)
  const whole = all(
    [pushed({ refunds: [of('2', 'done', 3_391, at(50)), of('1', 'closed', 1_000, at(60))] })],
    order,
  )
  assert.equal(refundedFen(whole), 4_391)
  const { facts } = factsDue('ws' as never, 'doudian', whole, ['created', 'paid', 'shipped'])
  assert.deepEqual(
    facts.map(({ name, data }) => [
      name,
      (data as { refundFen: number }).refundFen,
      (data as { isWhole: boolean }).isWhole,
    ]),
    [
      ['order.refunded', 1_000, true],
      ['order.refunded', 3_391, true],
    ],
  )
})

test("facts are told once, in the order of an order's life, and not before the lines are known", () => {
  const heard = all([pushed({ status: 'shipped', atMs: at(600) })])
  assert.deepEqual(factsDue('ws' as never, 'doudian', heard, []).facts, [])
  assert.equal(wantsPage(heard), true)
  const known = all(
    [
      pulled({
        status: 'shipped',
        times: { created: at(0), paid: at(60), shipped: at(600) },
        paidFen: 4_391,
        updatedAtMs: at(600),
      }),
    ],
    heard,
  )
  assert.equal(wantsPage(known), false)
  const { facts, told } = factsDue('ws' as never, 'doudian', known, [])
  assert.deepEqual(
    facts.map(({ name }) => name),
    ['order.created', 'order.paid', 'order.shipped'],
  )
  assert.equal((facts[1]!.data as { lines: unknown[] }).lines.length, 1)
  assert.deepEqual(factsDue('ws' as never, 'doudian', known, told).facts, [])
})

test('a reconciliation is the one way back; an order that the platform does not know is closed', () => {
  const wrong = all([pulled(), pushed({ status: 'finished', atMs: at(900) })])
  assert.equal(statusOf(wrong), 'finished')
  const right = correct(
    wrong,
    page({ status: 'paid', times: { created: at(0), paid: at(60) }, paidFen: 4_391, updatedAtMs: at(60) }),
  )
  assert.equal(statusOf(right), 'paid')
  assert.equal(statusOf(disown(right)), 'closed')
  assert.equal(viewOf(all([pulled({ updatedAtMs: at(61) })], disown(right))).isExtra, false)
})

const refundOf = fc.record({
  refundId: fc.constantFrom('1', '2', '3'),
  lineId: fc.constant(null),
  status: fc.constantFrom('applied', 'agreed', 'refused', 'closed', 'done'),
  fen: fc.constantFrom(0, 500, 1_000),
  atMs: fc.integer({ min: 0, max: 40 }).map(at),
})
const anything: fc.Arbitrary<Sighting> = fc.oneof(
  fc
    .record({
      status: fc.constantFrom('created', 'paid', 'part-shipped', 'shipped', 'finished', 'closed'),
      seconds: fc.integer({ min: 0, max: 40 }),
    })
    .map(
      ({ status, seconds }) =>
        pushed({ status, atMs: at(seconds), ...(status === 'paid' ? { paidFen: 4_391 } : {}) }) as Sighting,
    ),
  fc.array(refundOf, { minLength: 1, maxLength: 2 }).map((refunds) => pushed({ refunds: refunds as never })),
  fc
    .record({
      status: fc.constantFrom('created', 'paid', 'shipped', 'finished', 'closed'),
      updated: fc.integer({ min: 0, max: 40 }),
      seen: fc.integer({ min: 41, max: 44 }),
      discountFen: fc.constantFrom(0, 399),
    })
    .map(({ status, updated, seen, discountFen }) =>
      pulled({
        status: status as Page['status'],
        updatedAtMs: at(updated),
        seenAtMs: at(seen),
        discountFen,
        times: { created: at(0) },
      }),
    ),
)

test('property: order and repetition do not matter', () => {
  fc.assert(
    fc.property(
      fc
        .array(anything, { maxLength: 12 })
        .chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
          ),
        ),
      ([events, shuffled]) => {
        assert.deepEqual(viewOf(all(shuffled)), viewOf(all(events)))
      },
    ),
    { numRuns: 2_000 },
  )
})

test('property: whatever was lost, the last page with all refunds makes it the same', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 12 }), fc.infiniteStream(fc.boolean()), (events, isLost) => {
      const everyone = all(events)
      const last = pulled({
        status: 'finished',
        times: { created: at(0), paid: at(1), finished: at(50) },
        updatedAtMs: at(50),
        seenAtMs: at(60),
        paidFen: 4_391,
      })
      last.refunds = Object.values(everyone.refunds)
      const few = all(events.filter(() => isLost.next().value === false))
      assert.deepEqual(viewOf(merge(few, last).order), viewOf(merge(everyone, last).order))
    }),
    { numRuns: 2_000 },
  )
})
