import type { Day, Series } from './demand.ts'
import { lastSale, wanted } from './demand.ts'
import {
  type Basis,
  basisOf,
  demandQuantile,
  expected,
  FEWEST_DAYS,
  type Outlook,
  type Spread,
} from './forecast.ts'

export const PLATFORMS = ['doudian', 'shopify', 'taobao', 'pdd', 'csv'] as const
export type Platform = (typeof PLATFORMS)[number]

export const WARNINGS = ['stock-out-ahead', 'dead-stock', 'demand-spike'] as const
export type WarningKind = (typeof WARNINGS)[number]

/** What is there of one SKU in one shop. */
export interface Holding {
  /** Units that a buyer can still take; below zero when more was sold than there was. */
  available: number
  /** Ordered from the supplier and not there yet, as people have told us. */
  inTransit: number
}

export interface Policy {
  /** The share of order cycles that shall pass without a stock-out. */
  serviceLevel: number
  /** Days from the order to the arrival of the goods. */
  leadDays: number
  /** Days between two looks at what to order. */
  reviewDays: number
}

/** What we expect and advise. Numbers are null where there are fewer than 14 days of sales: no guess. */
export interface Plan {
  /** Units on a mean day. */
  perDay: number | null
  /** `available / perDay`; null, too, when nothing is sold. */
  daysOfCover: number | null
  /** Mean demand until the next order but one could arrive: lead time and review together. */
  expected: number | null
  /**
   * What stock and transit together have to be at a review, so that demand until the next order can arrive is covered
   * with the probability of the service level: the order-up-to level of a periodic review (Silver, Pyke and Thomas,
   * Inventory and Production Management in Supply Chains, 2017, ch. 6).
   */
  reorderPoint: number | null
  /** What is missing to the reorder point, never below zero. */
  suggested: number | null
  /** What demand in the lead time alone does not pass: with less than this, ordering now may come too late. */
  leadDemand: number | null
  basis: Basis | 'too-few-days'
  knownDays: number
}

export function planOf(
  outlook: Outlook | null,
  spread: Spread,
  { available, inTransit }: Holding,
  { serviceLevel, leadDays, reviewDays }: Policy,
): Plan {
  if (!outlook || outlook.knownDays < FEWEST_DAYS) {
    return {
      perDay: null,
      daysOfCover: null,
      expected: null,
      reorderPoint: null,
      suggested: null,
      leadDemand: null,
      basis: 'too-few-days',
      knownDays: outlook?.knownDays ?? 0,
    }
  }
  const protect = leadDays + reviewDays
  const reorderPoint = demandQuantile(outlook, spread, protect, serviceLevel)
  return {
    perDay: outlook.perDay,
    daysOfCover: outlook.perDay > 0 ? Math.max(0, available) / outlook.perDay : null,
    expected: expected(outlook, protect),
    reorderPoint,
    suggested: Math.max(0, reorderPoint - available - inTransit),
    leadDemand: demandQuantile(outlook, spread, Math.max(1, leadDays), serviceLevel),
    basis: basisOf(outlook, spread, protect),
    knownDays: outlook.knownDays,
  }
}

export const DEAD_DAYS = 90
export const SPIKE_DAYS = 3
const SPIKE_UNITS = 5
const SPIKE_TIMES = 3

/** What warnings are judged by. */
export interface Situation extends Holding {
  plan: Plan
  /** Days without a sale, and how long we have known the SKU. */
  quietDays: number
  knownDays: number
  /** Units of the last three days beside what was expected of them three days ago. */
  recent: { sold: number; expected: number; usual: number; extreme: number } | null
}

/**
 * Whether a warning stands. One that is open ends later than it began, so that a SKU on the edge tells one story.
 *
 * - `stock-out-ahead`: stock and transit are under what demand in the lead time may take at the service level. Ends a
 *   tenth, and at least one unit, above it.
 * - `dead-stock`: units lie there, and none was sold for 90 days. Ends with a sale, or when they are gone.
 * - `demand-spike`: in three days more was sold than the forecast before them gave one chance in 200, at least five
 *   units and three times what was expected. Ends when three days are again under what nine in ten are.
 */
export function stands(kind: WarningKind, it: Situation, isOpen: boolean): boolean {
  switch (kind) {
    case 'stock-out-ahead': {
      const { leadDemand } = it.plan
      if (leadDemand === null || leadDemand === 0) return false
      const position = it.available + it.inTransit
      return isOpen ? position < Math.max(leadDemand * 1.1, leadDemand + 1) : position < leadDemand
    }
    case 'dead-stock':
      return it.available > 0 && it.knownDays >= DEAD_DAYS && it.quietDays >= DEAD_DAYS
    case 'demand-spike': {
      if (!it.recent) return false
      const { sold, expected: mean, usual, extreme } = it.recent
      if (isOpen) return sold > usual
      return sold > extreme && sold >= SPIKE_UNITS && sold >= SPIKE_TIMES * mean
    }
  }
}

/** The last three days before `day` beside the forecast made ahead of them. */
export function recentOf(
  series: Series,
  before: Outlook | null,
  spread: Spread,
  day: Day,
): Situation['recent'] {
  if (!before || before.knownDays < FEWEST_DAYS) return null
  return {
    sold: wanted(series, day - SPIKE_DAYS, day),
    expected: expected(before, SPIKE_DAYS),
    usual: demandQuantile(before, spread, SPIKE_DAYS, 0.9),
    extreme: demandQuantile(before, spread, SPIKE_DAYS, 0.995),
  }
}

/** Whole days since the last sale before `day`; since the beginning where there was none. */
export function quietDaysOf(series: Series | null, day: Day, knownSince: Day): number {
  const last = series ? lastSale(series, day) : null
  return Math.max(0, day - (last ?? knownSince - 1) - 1)
}

export const ABC = ['A', 'B', 'C'] as const
export type AbcClass = (typeof ABC)[number]
const ABC_SHARES = [0.8, 0.95]

/** A: the SKUs that bring the first 80 % of turnover; B: up to 95 %; C: the rest (Pareto; Dickie 1951). */
export function abcOf(turnover: readonly { key: string; value: number }[]): Map<string, AbcClass> {
  const sum = turnover.reduce((total, { value }) => total + value, 0)
  let reached = 0
  return new Map(
    [...turnover]
      .sort((a, b) => b.value - a.value || (a.key < b.key ? -1 : 1))
      .map(({ key, value }) => {
        // Judged by where it begins: the first one is A however large it is.
        const share = sum > 0 ? reached / sum : 1
        reached += value
        return [key, value <= 0 || share >= ABC_SHARES[1]! ? 'C' : share >= ABC_SHARES[0]! ? 'B' : 'A']
      }),
  )
}

export const PACES = ['fast', 'middle', 'slow', 'none'] as const
export type Pace = (typeof PACES)[number]

/** fast: a unit a day or more; middle: one a week; slow: less; none: nothing at all, or too few days to tell. */
export function paceOf(perDay: number | null): Pace {
  if (!perDay) return 'none'
  if (perDay >= 1) return 'fast'
  return perDay >= 1 / 7 ? 'middle' : 'slow'
}
