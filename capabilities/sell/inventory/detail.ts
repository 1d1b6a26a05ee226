import type { ItemView } from './catalogue.ts'
import { dateOf, wanted } from './demand.ts'
import { basisOf, demandQuantile, sizeOf } from './forecast.ts'
import type { Policy } from './inventory.ts'
import type { ShopForecast } from './judgement.ts'

const SHOWN_DAYS = 180

/** A SKU with what its forecast is made of. */
export function detailOf(item: ItemView, { day, bySku, forecast }: ShopForecast, policy: Policy) {
  const outlook = forecast.bySku.get(item.sku)
  const series = bySku.get(item.sku)
  const from = series ? Math.max(series.first, day - SHOWN_DAYS) : day
  return {
    item,
    policy,
    inputs: outlook
      ? {
          perDay: outlook.perDay,
          weekPattern: [...outlook.week],
          size: sizeOf(outlook.perDay),
          knownDays: outlook.knownDays,
          basis: basisOf(outlook, forecast.spread, policy.leadDays + policy.reviewDays),
        }
      : null,
    demand: Array.from({ length: day + 1 - from }, (_, i) => ({
      date: dateOf(from + i),
      units: series ? wanted(series, from + i, from + i + 1) : 0,
    })),
  }
}

/** Probabilities with which at least so much is left; the chart draws the bands between them. */
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]

/** What is left of today's stock day by day, nothing arriving. Null where there are too few days to forecast from. */
export function fanOf(item: ItemView, { day, forecast }: ShopForecast, { leadDays }: Policy, days: number) {
  const outlook = forecast.bySku.get(item.sku)
  if (!outlook || !item.plan || item.plan.basis === 'too-few-days' || item.countedAtMs === null) return null
  const remaining = LEVELS.map((level) =>
    Array.from({ length: days }, (_, i) =>
      Math.max(0, item.available - demandQuantile(outlook, forecast.spread, i + 1, level)),
    ),
  )
  const dates = Array.from({ length: days }, (_, i) => dateOf(day + i))
  return {
    dates,
    levels: LEVELS,
    remaining,
    arrivesOn: dateOf(day + leadDays),
    outOn: remaining.map((line) => dates[line.indexOf(0)] ?? null),
  }
}
