import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backtest } from './backtest.ts'
import { mondayBefore, type Series, series } from './demand.ts'

const END = mondayBefore(20_500)
const ASK = { serviceLevel: 0.95, leadDays: 7, weeks: 8, historyWeeks: 20, end: END }

/** Sales by chance, the same every time. */
function shop(skus: number, unitsOn: (chance: number, day: number, sku: number) => number): Series[] {
  let seed = 11
  const chance = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
  return Array.from({ length: skus }, (_, sku) => {
    const sold: [number, number][] = [[END - 300, 1]]
    for (let day = END - 299; day < END; day++) sold.push([day, unitsOn(chance(), day, sku)])
    return series(`S${sku}`, sold, END)!
  })
}

test('demand that stays as it is: the levels cover what they promise, at every service level', () => {
  // A tenth of the days sell, in sizes that differ a lot: intermittent and lumpy.
  const all = shop(250, (chance) => (chance < 0.1 ? Math.ceil(-8 * Math.log(chance * 10 + 1e-9)) : 0))
  for (const serviceLevel of [0.8, 0.95]) {
    const { shareCovered } = backtest(all, { ...ASK, serviceLevel })
    assert.ok(Math.abs(shareCovered - serviceLevel) < 0.03, `${shareCovered} at ${serviceLevel}`)
  }
})

test('demand that doubles is noticed: the share dips and comes back within the window', () => {
  const all = shop(150, (chance, day) => Math.floor(-(day < END - 84 ? 3 : 6) * Math.log(1 - chance)))
  const { byWeek } = backtest(all, { ...ASK, weeks: 12 })
  assert.ok(byWeek.at(-1)!.share > 0.92, JSON.stringify(byWeek))
})

test('the simulation by hand: constant demand is always served, and nothing is judged without history', () => {
  const steady = shop(120, () => 4)
  const { shareWithoutStockOut, fillRate, skus, skuWeeks } = backtest(steady, ASK)
  assert.deepEqual(
    { shareWithoutStockOut, fillRate, skus, skuWeeks },
    { shareWithoutStockOut: 1, fillRate: 1, skus: 120, skuWeeks: 960 },
  )
  const young = steady.map(({ sku }) => series(sku, [[END - 100, 3]], END)!)
  assert.equal(backtest(young, ASK).skus, 0)
})

test('demand nobody could foresee is a stock-out: the simulation can fail', () => {
  const all = shop(120, (_chance, day) => (day >= END - 7 ? 500 : 1))
  const { byWeek } = backtest(all, ASK)
  assert.equal(byWeek.at(-1)!.share, 0)
  assert.equal(byWeek[0]!.share, 1)
})
