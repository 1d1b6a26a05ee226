import { type Day, dateOf, mondayBefore, type Series, wanted } from './demand.ts'
import { demandQuantile, forecastOn, type Outlooks, outlooks, sizeOf } from './forecast.ts'

export interface BacktestAsk {
  serviceLevel: number
  leadDays: number
  /** Weeks that are judged, the last ones that the data holds whole. */
  weeks: number
  /** Only SKUs with at least so many weeks between their first sale and the first judged week. */
  historyWeeks: number
  /** The day behind the last one that may be looked at. */
  end: Day
}

/** How a replenishment by our levels would have gone. Shares are of SKU-weeks. */
export interface Backtest {
  serviceLevel: number
  leadDays: number
  reviewDays: number
  fromDate: string
  toDate: string
  weeks: number
  skus: number
  skuWeeks: number
  /** Weeks of the simulation in which no day wanted more than there was. */
  shareWithoutStockOut: number
  /** Reviews whose level was at least the demand until the next order could arrive: calibration without carry-over. */
  shareCovered: number
  /** `shareCovered` of SKUs that sold something in the 13 weeks before. */
  shareCoveredActive: number
  /** Units served of units wanted. */
  fillRate: number
  /** Mean over SKU-weeks of the pinball loss of the level, in units of the SKU's mean weekly demand. Less is better. */
  pinballLoss: number
  /** Mean stock on hand at the week's end, in weeks of mean demand. */
  meanWeeksOfStock: number
  byWeek: { from: string; share: number; covered: number }[]
  bySize: { size: number; skuWeeks: number; covered: number }[]
}

export const REVIEW_DAYS = 7
const ACTIVE_DAYS = 91

/**
 * A replenishment played through again, blind to what came later. Every Monday each SKU's level is worked out from the
 * days before it; what is missing to the level in stock and on order is ordered and arrives at the start of the day
 * `leadDays` later. Demand that finds no stock is lost. The first Monday starts with the level itself on hand. A SKU-week
 * has a stock-out when on one of its days more was wanted than was there. Weeks before the first delivery count, too:
 * the first level has to cover them.
 */
export function backtest(all: readonly Series[], ask: BacktestAsk, made: Outlooks = outlooks(all)): Backtest {
  const { serviceLevel, leadDays, weeks } = ask
  const protect = leadDays + REVIEW_DAYS
  const lastMonday = mondayBefore(ask.end) - REVIEW_DAYS
  const mondays = Array.from({ length: weeks }, (_, i) => lastMonday - 7 * (weeks - 1 - i))
  const judged = all.filter((one) => mondays[0]! - one.first >= ask.historyWeeks * 7)
  const levels = mondays.map((monday) => {
    const { bySku, spread } = forecastOn(all, monday, { upTo: protect, made })
    return judged.map((one) => {
      const outlook = bySku.get(one.sku)!
      return { level: demandQuantile(outlook, spread, protect, serviceLevel), size: sizeOf(outlook.perDay) }
    })
  })
  const played = judged.map((one, i) =>
    play(
      one,
      mondays,
      levels.map((week) => week[i]!.level),
      leadDays,
    ),
  )
  const skuWeeks = judged.length * weeks
  const covers = reviewsOf(judged, mondays, levels, { ...ask, protect })
  const share = (values: readonly boolean[]) => values.filter(Boolean).length / Math.max(1, values.length)
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
  return {
    serviceLevel,
    leadDays,
    reviewDays: REVIEW_DAYS,
    fromDate: dateOf(mondays[0]!),
    toDate: dateOf(lastMonday + REVIEW_DAYS - 1),
    weeks,
    skus: judged.length,
    skuWeeks,
    shareWithoutStockOut: share(played.flatMap((one) => one.isServed)),
    shareCovered: share(covers.map((one) => one.isCovered)),
    shareCoveredActive: share(covers.filter((one) => one.isActive).map((one) => one.isCovered)),
    fillRate:
      played.reduce((sum, one) => sum + one.served, 0) /
      Math.max(
        1,
        played.reduce((sum, one) => sum + one.wanted, 0),
      ),
    pinballLoss: mean(covers.filter((one) => one.isActive).map((one) => one.loss)),
    meanWeeksOfStock: mean(played.flatMap((one) => (one.weeksOfStock === null ? [] : [one.weeksOfStock]))),
    byWeek: mondays.map((monday, w) => ({
      from: dateOf(monday),
      share: share(played.map((one) => one.isServed[w]!)),
      covered: share(covers.filter((one) => one.monday === monday).map((one) => one.isCovered)),
    })),
    bySize: [0, 1, 2, 3, 4, 5].map((size) => {
      const of = covers.filter((one) => one.size === size)
      return { size, skuWeeks: of.length, covered: share(of.map((one) => one.isCovered)) }
    }),
  }
}

/** One SKU through all weeks: what it served, and in which weeks nobody was turned away. */
function play(one: Series, mondays: readonly Day[], levels: readonly number[], leadDays: number) {
  const isServed = mondays.map(() => true)
  const arriving = new Map<Day, number>()
  let onHand = levels[0]!
  let onOrder = 0
  let served = 0
  let wantedUnits = 0
  let stockSum = 0
  mondays.forEach((monday, w) => {
    const order = Math.max(0, levels[w]! - onHand - onOrder)
    onOrder += order
    arriving.set(monday + leadDays, (arriving.get(monday + leadDays) ?? 0) + order)
    for (let day = monday; day < monday + REVIEW_DAYS; day++) {
      const arrived = arriving.get(day) ?? 0
      onHand += arrived
      onOrder -= arrived
      const want = wanted(one, day, day + 1)
      if (want > onHand) isServed[w] = false
      const sold = Math.min(want, onHand)
      onHand -= sold
      served += sold
      wantedUnits += want
    }
    stockSum += onHand
  })
  const perWeek = weeklyMean(one, mondays[0]!)
  return {
    isServed,
    served,
    wanted: wantedUnits,
    weeksOfStock: perWeek >= 0.1 ? stockSum / mondays.length / perWeek : null,
  }
}

const weeklyMean = (one: Series, before: Day) => (7 * wanted(one, one.first, before)) / (before - one.first)

/** The levels held against the demand they stood for, wherever the data reaches so far. */
function reviewsOf(
  judged: readonly Series[],
  mondays: readonly Day[],
  levels: readonly { level: number; size: number }[][],
  { serviceLevel, protect, end }: { serviceLevel: number; protect: number; end: Day },
) {
  return mondays.flatMap((monday, w) =>
    monday + protect > end
      ? []
      : judged.map((one, i) => {
          const { level, size } = levels[w]![i]!
          const demand = wanted(one, monday, monday + protect)
          const miss = demand - level
          const scale = Math.max(0.1, weeklyMean(one, monday))
          return {
            monday,
            size,
            isCovered: miss <= 0,
            isActive: wanted(one, monday - ACTIVE_DAYS, monday) > 0,
            loss: (miss > 0 ? serviceLevel * miss : (serviceLevel - 1) * miss) / scale,
          }
        }),
  )
}
