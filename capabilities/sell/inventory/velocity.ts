import { type Day, type Series, weekdayOf } from './demand.ts'

/** Half-lives in days. The mean of a fast, a middle and a slow average follows a shift and does not run after a lump. */
const HALF_LIVES_DAYS = [20, 40, 160]
const GAINS = HALF_LIVES_DAYS.map((days) => 0.5 ** (1 / days))
/** A SKU's own weekdays count as much as the shop's when it has sold on this many days. */
const OWN_WEEKDAYS_WEIGH = 60

/**
 * Units a day at the start of `day`, from what came before it: the mean of three exponentially weighted means (Brown
 * 1956), each divided by the sum of its weights, so that the first days are not drawn to zero. Days without a sale
 * count, as they do in Croston's method for intermittent demand; zero before the first sale.
 */
export function velocity({ first, end, total }: Series, day: Day): number {
  const to = Math.min(day, end) - first
  if (to <= 0) return 0
  // Past the end of the data nothing is known of the days; they are not days without demand.
  const [fast, middle, slow] = GAINS as [number, number, number]
  let a = 0
  let b = 0
  let c = 0
  for (let i = 0; i < to; i++) {
    const units = total[i + 1]! - total[i]!
    a = a * fast + units
    b = b * middle + units
    c = c * slow + units
  }
  const weight = (gain: number) => (1 - gain ** to) / (1 - gain)
  return (a / weight(fast) + b / weight(middle) + c / weight(slow)) / 3
}

/** How much more than a mean day each weekday sells, Sunday first; the seven add up to seven. */
export type WeekPattern = readonly number[]

export const EVEN_WEEK: WeekPattern = [1, 1, 1, 1, 1, 1, 1]

/** On how many days of each weekday the SKU sold. Days, not units: one wholesale order does not make a Tuesday. */
export function saleDays({ first, end, total }: Series, before: Day): number[] {
  const days = [0, 0, 0, 0, 0, 0, 0]
  const to = Math.min(before, end) - first
  for (let i = 0; i < to; i++) if (total[i + 1]! > total[i]!) days[weekdayOf(first + i)]! += 1
  return days
}

/** The pattern of all SKUs together. */
export function weekPattern(days: readonly number[]): WeekPattern {
  const sum = days.reduce((a, b) => a + b, 0)
  return sum === 0 ? EVEN_WEEK : days.map((count) => (7 * count) / sum)
}

/** A SKU's own pattern, drawn to the shop's as far as its own days are few (empirical Bayes, Dirichlet prior). */
export function ownPattern(days: readonly number[], shop: WeekPattern): WeekPattern {
  const sum = days.reduce((a, b) => a + b, 0)
  return days.map(
    (count, weekday) =>
      (7 * (count + (OWN_WEEKDAYS_WEIGH * shop[weekday]!) / 7)) / (sum + OWN_WEEKDAYS_WEIGH),
  )
}

/** How many mean days the days from `from` to `to` are worth. */
export function worthOf(pattern: WeekPattern, from: Day, to: Day): number {
  const weeks = Math.floor((to - from) / 7)
  let sum = weeks * 7
  for (let day = from + weeks * 7; day < to; day++) sum += pattern[weekdayOf(day)]!
  return sum
}
