import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Series, series } from './demand.ts'
import { demandQuantile, expected, forecastOn } from './forecast.ts'
import { abcOf, planOf, type Situation, stands } from './inventory.ts'
import { nextEvery } from './pulls.ts'

const DAY = 20_000
const END = DAY + 200

/** A shop of SKUs that sell at any pace, in lumps or steadily, from any day on. */
const shops = fc
  .array(
    fc.record({
      first: fc.integer({ min: 0, max: 190 }),
      gap: fc.integer({ min: 1, max: 40 }),
      units: fc.integer({ min: 1, max: 500 }),
      lump: fc.integer({ min: 1, max: 50 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((skus) =>
    skus.map(({ first, gap, units, lump }, i): Series => {
      const sold: [number, number][] = [[DAY + first, units]]
      for (let day = first + gap, n = 1; day < 200; day += gap, n++)
        sold.push([DAY + day, n % 7 === 0 ? units * lump : units])
      return series(`S${i}`, sold, END)!
    }),
  )
const level = fc.double({ min: 0.5, max: 0.999, noNaN: true })
const lead = fc.integer({ min: 0, max: 120 })

test('a reorder point is a whole number of units, never negative, and grows with service level and lead time', () => {
  fc.assert(
    fc.property(shops, level, level, lead, lead, (all, one, other, short, long) => {
      const { bySku, spread } = forecastOn(all, END)
      const [low, high] = [Math.min(one, other), Math.max(one, other)]
      const [soon, late] = [Math.min(short, long) + 7, Math.max(short, long) + 7]
      for (const outlook of bySku.values()) {
        const least = demandQuantile(outlook, spread, soon, low)
        assert.ok(Number.isSafeInteger(least) && least >= 0)
        assert.ok(demandQuantile(outlook, spread, soon, high) >= least, 'more service, no fewer units')
        assert.ok(demandQuantile(outlook, spread, late, low) >= least, 'more days, no fewer units')
      }
    }),
    { numRuns: 60 },
  )
})

test('what is suggested fills up to the reorder point and not further; with more stock, less', () => {
  fc.assert(
    fc.property(
      shops,
      lead,
      fc.integer({ min: -50, max: 5_000 }),
      fc.nat(500),
      (all, leadDays, available, inTransit) => {
        const { bySku, spread } = forecastOn(all, END)
        const policy = { serviceLevel: 0.95, leadDays, reviewDays: 7 }
        for (const outlook of bySku.values()) {
          const plan = planOf(outlook, spread, { available, inTransit }, policy)
          if (plan.suggested === null) {
            assert.equal(plan.basis, 'too-few-days')
            assert.ok(plan.knownDays < 14)
            continue
          }
          assert.equal(plan.suggested, Math.max(0, plan.reorderPoint! - available - inTransit))
          assert.ok(plan.leadDemand! <= plan.reorderPoint!)
          assert.ok(plan.daysOfCover === null || plan.daysOfCover >= 0)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('units are units: twice the demand is about twice the reorder point', () => {
  const shop = (times: number) =>
    Array.from(
      { length: 40 },
      (_, sku) =>
        series(
          `S${sku}`,
          Array.from(
            { length: 200 },
            (_, day) => [DAY + day, times * 10 * (1 + ((day * 7 + sku * 3) % 5))] as const,
          ),
          END,
        )!,
    )
  const [once, twice] = [1, 2].map((times) => {
    const { bySku, spread } = forecastOn(shop(times), END)
    return demandQuantile(bySku.get('S3')!, spread, 14, 0.95)
  })
  assert.ok(Math.abs(twice! / once! - 2) < 0.1, `${once} and ${twice}`)
})

test('a forecast knows nothing of the days after it', () => {
  const calm = Array.from(
    { length: 20 },
    (_, sku) =>
      series(
        `S${sku}`,
        Array.from({ length: 150 }, (_, day) => [DAY + day, 2] as const),
        END,
      )!,
  )
  const wild = Array.from(
    { length: 20 },
    (_, sku) =>
      series(
        `S${sku}`,
        Array.from({ length: 200 }, (_, day) => [DAY + day, day < 150 ? 2 : 900] as const),
        END,
      )!,
  )
  const of = (all: Series[]) => {
    const { bySku, spread } = forecastOn(all, DAY + 150)
    return [...bySku.values()].map((outlook) => [
      expected(outlook, 14),
      demandQuantile(outlook, spread, 14, 0.95),
    ])
  }
  assert.deepEqual(of(wild), of(calm))
})

const situation = (change: Partial<Situation>): Situation => ({
  available: 10,
  inTransit: 0,
  plan: {
    perDay: 2,
    daysOfCover: 5,
    expected: 28,
    reorderPoint: 40,
    suggested: 30,
    leadDemand: 20,
    basis: 'measured',
    knownDays: 100,
  },
  quietDays: 0,
  knownDays: 100,
  recent: null,
  ...change,
})

test('a stock-out is ahead under the demand of the lead time, and over a tenth above it', () => {
  const at = (available: number, isOpen: boolean) =>
    stands('stock-out-ahead', situation({ available }), isOpen)
  assert.deepEqual([at(19, false), at(20, false)], [true, false])
  assert.deepEqual([at(21, true), at(22, true)], [true, false])
  assert.equal(stands('stock-out-ahead', situation({ available: 10, inTransit: 10 }), false), false)
})

test('dead stock lies there for 90 days; nothing is dead that is not there, or was not there so long', () => {
  const quiet = { quietDays: 90, knownDays: 120 }
  assert.equal(stands('dead-stock', situation(quiet), false), true)
  assert.equal(stands('dead-stock', situation({ ...quiet, quietDays: 89 }), false), false)
  assert.equal(stands('dead-stock', situation({ ...quiet, available: 0 }), false), false)
  assert.equal(stands('dead-stock', situation({ quietDays: 90, knownDays: 80 }), false), false)
})

test('a spike is more than the forecast allowed for, five units, and three times the expected; it ends later', () => {
  const recent = (sold: number) => situation({ recent: { sold, expected: 4, usual: 8, extreme: 11 } })
  const at = (sold: number, isOpen = false) => stands('demand-spike', recent(sold), isOpen)
  assert.deepEqual([at(11), at(12), at(9, true), at(8, true)], [false, true, true, false])
  assert.equal(
    stands('demand-spike', situation({ recent: { sold: 4, expected: 0.1, usual: 1, extreme: 2 } }), false),
    false,
  )
})

test('ABC: A brings the first 80 % of turnover, and the largest is A however large it is', () => {
  const abc = abcOf([
    { key: 'big', value: 900 },
    { key: 'mid', value: 60 },
    { key: 'small', value: 40 },
    { key: 'none', value: 0 },
  ])
  assert.deepEqual(Object.fromEntries(abc), { big: 'A', mid: 'B', small: 'C', none: 'C' })
})

test('a shop that surprises is read twice as often, a quiet one more rarely, within bounds', () => {
  const bounds = { pullLeastSeconds: 120, pullMostSeconds: 3_600 }
  const next = (everySeconds: number, differed: number) =>
    nextEvery({ everySeconds }, { skus: 100, differed }, bounds)
  assert.deepEqual([next(600, 5), next(600, 0), next(600, 1)], [300, 900, 600])
  assert.deepEqual([next(130, 50), next(3_000, 0)], [120, 3_600])
})
