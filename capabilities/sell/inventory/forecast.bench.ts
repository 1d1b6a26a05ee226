import { performance } from 'node:perf_hooks'
import { backtest } from './backtest.ts'
import { type Series, series } from './demand.ts'
import { demandQuantile, forecastOn } from './forecast.ts'

const SKUS = 3_000
const DAYS = 365
const ROUNDS = 5
const TODAY = 20_500
const LIMIT_SECONDS = 5

/** Reorder points of a shop from a year of its sales lines, and the backtest that says what they are worth. */
export default {
  name: 'forecast',
  async run(): Promise<void> {
    const lines = salesLines()
    console.log(`  ${SKUS} SKUs, ${lines.length} sales lines of ${DAYS} days; the median of ${ROUNDS} rounds`)
    const seconds = Array.from({ length: ROUNDS }, () => timed(() => reorderPoints(lines))).sort(
      (a, b) => a - b,
    )
    const median = seconds[Math.floor(ROUNDS / 2)]!
    console.log(`  reorder points   ${median.toFixed(2)} s   (at most ${LIMIT_SECONDS} s)`)
    const all = seriesOf(lines)
    const ask = { serviceLevel: 0.95, leadDays: 7, weeks: 8, historyWeeks: 20, end: TODAY }
    const judged = timed(() => backtest(all, ask))
    console.log(`  backtest         ${judged.toFixed(2)} s   (8 weeks)`)
    if (median > LIMIT_SECONDS) throw new Error(`${median} s is more than ${LIMIT_SECONDS} s`)
  },
}

interface Line {
  sku: string
  day: number
  units: number
}

/** Intermittent sales of fast and slow SKUs, the same every time; about 400,000 lines. */
function salesLines(): Line[] {
  let seed = 7
  const chance = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32
  }
  const lines: Line[] = []
  for (let sku = 0; sku < SKUS; sku++) {
    const often = 0.02 + 0.9 * chance() ** 2
    for (let day = TODAY - DAYS; day < TODAY; day++)
      if (chance() < often)
        lines.push({ sku: `S${sku}`, day, units: 1 + Math.floor(-Math.log(1 - chance()) * 6) })
  }
  return lines
}

function seriesOf(lines: readonly Line[]): Series[] {
  const bySku = Map.groupBy(lines, ({ sku }) => sku)
  return [...bySku].flatMap(
    ([sku, own]) =>
      series(
        sku,
        own.map(({ day, units }) => [day, units] as const),
        TODAY,
      ) ?? [],
  )
}

function reorderPoints(lines: readonly Line[]): number[] {
  const { bySku, spread } = forecastOn(seriesOf(lines), TODAY)
  const points = [...bySku.values()].map((outlook) => demandQuantile(outlook, spread, 14, 0.95))
  if (points.length !== SKUS || points.some((units) => !Number.isSafeInteger(units)))
    throw new Error('a reorder point is missing')
  return points
}

function timed(work: () => unknown): number {
  const from = performance.now()
  work()
  return (performance.now() - from) / 1000
}
