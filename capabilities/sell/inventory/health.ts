import type { Tally } from './catalogue.ts'
import type { Shop } from './shops.ts'

export interface HealthPart {
  key: 'served' | 'alive' | 'lean' | 'fresh'
  /** Out of 100, all parts together. */
  weight: number
  /** From 0 to 1; null where there is nothing to judge by, and then its weight goes to the others. */
  share: number | null
}

export interface Health {
  /** From 0 to 100; null when nothing can be judged. */
  score: number | null
  parts: HealthPart[]
}

const LATE_INTERVALS = 3

/**
 * How well stock is kept, from 0 to 100: the weighted mean of four shares.
 *
 * - served (45): of the units sold a day, those of SKUs without a warning of a stock-out ahead
 * - alive (25): of the units on hand, those of SKUs sold in the last 90 days
 * - lean (15): of the SKUs that sell, those with 90 days of cover or less
 * - fresh (15): of the shops that are pulled, those pulled within three of their intervals
 */
export function healthOf(tally: Tally, shops: readonly Shop[], nowMs: number): Health {
  const share = (part: number, all: number) => (all > 0 ? 1 - part / all : null)
  const pulled = shops.filter(({ nextPullAtMs }) => nextPullAtMs !== null)
  const late = pulled.filter((shop) => isLate(shop, nowMs)).length
  const parts: HealthPart[] = [
    { key: 'served', weight: 45, share: share(tally.velocity.atRisk, tally.velocity.all) },
    { key: 'alive', weight: 25, share: share(tally.stock.dead, tally.stock.all) },
    { key: 'lean', weight: 15, share: share(tally.selling.overstocked, tally.selling.all) },
    { key: 'fresh', weight: 15, share: share(late, pulled.length) },
  ]
  const known = parts.filter((part): part is HealthPart & { share: number } => part.share !== null)
  const weight = known.reduce((sum, part) => sum + part.weight, 0)
  // The freshness of nothing is no health.
  const score =
    tally.skus === 0 || weight === 0
      ? null
      : Math.round((100 * known.reduce((sum, part) => sum + part.weight * part.share, 0)) / weight)
  return { score, parts }
}

export const isLate = ({ nextPullAtMs, lastSuccessAtMs, everySeconds }: Shop, nowMs: number): boolean =>
  nextPullAtMs !== null &&
  (lastSuccessAtMs === null || nowMs - lastSuccessAtMs > LATE_INTERVALS * everySeconds * 1000)
