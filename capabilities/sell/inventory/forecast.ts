import { type Day, type Series, wanted } from './demand.ts'
import { ownPattern, saleDays, velocity, type WeekPattern, weekPattern, worthOf } from './velocity.ts'

/** What is expected of one SKU: its pace, its week, and which others it resembles. */
export interface Outlook {
  sku: string
  /** Units on a mean day. */
  perDay: number
  week: WeekPattern
  /** Days from the first sale to `from`. */
  knownDays: number
  from: Day
}

/** A shop's forecasts on one day: all that a quantile is worked out from. */
export interface Forecast {
  from: Day
  bySku: ReadonlyMap<string, Outlook>
  spread: Spread
}

/** No suggestion from fewer days than these: it would be a guess. */
export const FEWEST_DAYS = 14
/** Past forecasts of a SKU count from here on. */
const SCORED_FROM_DAYS = 28
/** So many weekly forecasts are held against what came of them, an older one less than a newer one. */
const LOOK_BACK_WEEKS = 12
const SCORE_HALF_LIFE_WEEKS = 4
/** Fewer scores say nothing about a tail. */
const FEWEST_SCORES = 100
/** Keeps the ratio of two counts finite and tame when they are small. */
const OFFSET = 0.5
const HORIZONS = [1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 56, 84]
const SIZES = 6

/**
 * How far demand has been from the forecast, as log ratios, for SKUs of like pace and each horizon.
 *
 * Split conformal prediction (Vovk et al. 2005; Lei et al. 2018) with recency weights (Barber et al. 2023, "beyond
 * exchangeability"): every weekly forecast of the last twelve weeks is made again as it would have been made then, and
 * held against what was sold after it. The score is `ln((demand + ½) / (expected + ½))`; the q-quantile of the scores of
 * SKUs of like pace is what the forecast is multiplied with. No shape of a distribution is assumed.
 */
export interface Spread {
  horizons: readonly number[]
  /** By size, then by horizon. */
  pools: readonly (readonly Pool[])[]
}

/** Scores in ascending order with their weights summed up: a quantile is one search. */
interface Pool {
  scores: Float64Array
  reached: Float64Array
  /** Kish's effective number of scores: (sum of weights)² / sum of squares. */
  effective: number
}

/** Pace classes: a quarter of a unit a week, then each 2.8 times the one before. */
export const sizeOf = (perDay: number): number =>
  Math.max(0, Math.min(SIZES - 1, Math.floor(Math.log2(Math.max(perDay * 7, 0.25) / 0.25) / 1.5)))

/** Expected units from `outlook.from` over `days` days. */
export const expected = ({ perDay, week, from }: Outlook, days: number): number =>
  perDay * worthOf(week, from, from + days)

/** Outlooks of a day, kept: neighbouring questions ask for the same ones. */
export interface Outlooks {
  on(day: Day): readonly (Outlook | null)[]
}

export function outlooks(all: readonly Series[]): Outlooks {
  const kept = new Map<Day, readonly (Outlook | null)[]>()
  return {
    on(day) {
      const known = kept.get(day)
      if (known) return known
      const days = all.map((one) => saleDays(one, day))
      const shop = weekPattern(
        days.reduce((sum, one) => sum.map((n, i) => n + one[i]!), [0, 0, 0, 0, 0, 0, 0]),
      )
      const made = all.map((one, i): Outlook | null =>
        one.first >= day
          ? null
          : {
              sku: one.sku,
              perDay: velocity(one, day),
              week: ownPattern(days[i]!, shop),
              knownDays: day - one.first,
              from: day,
            },
      )
      kept.set(day, made)
      return made
    },
  }
}

/** Forecasts of all series as of the start of `day`, for up to `upTo` days; nothing from `day` on is looked at. */
export function forecastOn(
  all: readonly Series[],
  day: Day,
  { upTo = HORIZONS.at(-1)!, made = outlooks(all) }: { upTo?: number; made?: Outlooks } = {},
): Forecast {
  const bySku = new Map(made.on(day).flatMap((one) => (one ? [[one.sku, one] as const] : [])))
  const measured = [...HORIZONS.filter((horizon) => horizon < upTo), upTo]
  return { from: day, bySku, spread: spreadOn(all, day, measured, made) }
}

function spreadOn(all: readonly Series[], day: Day, horizons: readonly number[], made: Outlooks): Spread {
  const pools = Array.from({ length: SIZES }, () =>
    horizons.map(() => ({ scores: [] as number[], weights: [] as number[] })),
  )
  const oldest = all.reduce((least, one) => Math.min(least, one.first), day)
  horizons.forEach((horizon, h) => {
    const latest = Math.ceil(horizon / 7)
    for (let age = 0; age < LOOK_BACK_WEEKS; age++) {
      const origin = day - 7 * (latest + age)
      if (origin < oldest + SCORED_FROM_DAYS) break
      const weight = 0.5 ** (age / SCORE_HALF_LIFE_WEEKS)
      made.on(origin).forEach((outlook, i) => {
        if (!outlook || outlook.knownDays < SCORED_FROM_DAYS) return
        const sold = wanted(all[i]!, origin, origin + horizon)
        const pool = pools[sizeOf(outlook.perDay)]![h]!
        pool.scores.push(Math.log((sold + OFFSET) / (expected(outlook, horizon) + OFFSET)))
        pool.weights.push(weight)
      })
    }
  })
  return { horizons, pools: withNeighbours(pools).map((bySize) => bySize.map(sorted)) }
}

interface Raw {
  scores: number[]
  weights: number[]
}

/** A size with too few scores takes those of its neighbours, then of their neighbours. */
function withNeighbours(pools: readonly (readonly Raw[])[]): Raw[][] {
  return pools.map((bySize, size) =>
    bySize.map((own, h) => {
      let all: Raw = own
      for (let reach = 1; all.scores.length < FEWEST_SCORES && reach < SIZES; reach++) {
        const near = [pools[size - reach]?.[h], pools[size + reach]?.[h]].filter((one) => one !== undefined)
        all = {
          scores: [all.scores, ...near.map((one) => one.scores)].flat(),
          weights: [all.weights, ...near.map((one) => one.weights)].flat(),
        }
      }
      return all
    }),
  )
}

function sorted({ scores, weights }: Raw): Pool {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!)
  const reached = new Float64Array(order.length)
  let sum = 0
  let squares = 0
  order.forEach((at, i) => {
    sum += weights[at]!
    squares += weights[at]! ** 2
    reached[i] = sum
  })
  return {
    scores: Float64Array.from(order, (at) => scores[at]!),
    reached,
    effective: squares > 0 ? sum ** 2 / squares : 0,
  }
}

/** The score that a share of `level` of the pool does not pass, with the finite-sample correction `level (1 + 1/n)`. */
function scoreAt({ scores, reached, effective }: Pool, level: number): number {
  const goal = Math.min(1, level * (1 + 1 / effective)) * reached.at(-1)! - 1e-9
  let low = 0
  let high = scores.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (reached[middle]! >= goal) high = middle
    else low = middle + 1
  }
  return scores[low]!
}

/** How a quantile came about: measured on the shop's own forecasts, or a model where there are too few of those. */
export type Basis = 'measured' | 'modelled'

export const basisOf = (outlook: Outlook, spread: Spread, days: number): Basis =>
  isThin(poolOf(outlook, spread, days)) ? 'modelled' : 'measured'

const isThin = (pool: Pool): boolean => pool.scores.length < FEWEST_SCORES

/** Between two horizons the one above is taken: it was measured. Beyond the longest, the longest. */
function poolOf({ perDay }: Outlook, { horizons, pools }: Spread, days: number): Pool {
  const bySize = pools[sizeOf(perDay)]!
  const above = horizons.findIndex((horizon) => horizon >= days)
  return bySize[above < 0 ? bySize.length - 1 : above]!
}

/**
 * Units that demand over the next `days` days does not pass with probability `level`; whole and never negative.
 * It grows with `level` and with `days`.
 */
export function demandQuantile(outlook: Outlook, spread: Spread, days: number, level: number): number {
  let most = 0
  for (const horizon of steps(spread.horizons, days)) {
    most = Math.max(most, quantileOf(outlook, spread, horizon, level))
  }
  return most
}

/** The horizons that we measured up to `days`, and `days`: among them the quantile must not fall. */
const steps = (horizons: readonly number[], days: number): number[] => [
  ...horizons.filter((horizon) => horizon < days),
  days,
]

function quantileOf(outlook: Outlook, spread: Spread, days: number, level: number): number {
  const mean = expected(outlook, days)
  if (mean <= 0) return 0
  const pool = poolOf(outlook, spread, days)
  if (isThin(pool)) return modelled(mean, level)
  return Math.max(0, Math.ceil((mean + OFFSET) * Math.exp(scoreAt(pool, level)) - OFFSET - 1e-9))
}

/**
 * Quantile of a negative binomial with mean m and variance m + m² (dispersion 1, as heavy as retail demand tends to be):
 * what stands in until a shop has forecasts to be measured by. With that dispersion it is the geometric distribution,
 * whose quantile has a closed form: `ceil(ln(1 - q) / ln(m / (1 + m)) - 1)`.
 */
function modelled(mean: number, level: number): number {
  return Math.max(0, Math.ceil(Math.log(1 - level) / Math.log(mean / (1 + mean)) - 1 - 1e-9))
}
