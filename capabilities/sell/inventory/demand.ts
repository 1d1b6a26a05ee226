/** Whole days since 1970-01-01 in the merchant's own time zone: what a demand series is counted in. */
export type Day = number

/** Units wanted of one SKU, day by day, from its first sale to the end of the data. Returns are not in it. */
export interface Series {
  sku: string
  /** The day of the first sale. */
  first: Day
  /** The day behind the last one. */
  end: Day
  /** `total[i]` units were wanted before day `first + i`: any stretch of days is one subtraction. */
  total: Float64Array
}

export const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * 3_600_000

/** The day in Asia/Shanghai, which has had no clock changes since 1991. */
export const shanghaiDay = (atMs: number): Day => Math.floor((atMs + SHANGHAI_MS) / DAY_MS)
/** 0 is Sunday. */
export const weekdayOf = (day: Day): number => (((day + 4) % 7) + 7) % 7
export const mondayBefore = (day: Day): Day => day - ((weekdayOf(day) + 6) % 7)
export const dateOf = (day: Day): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** A series from units by day. Days without a line are days without demand. */
export function series(sku: string, units: Iterable<readonly [Day, number]>, end: Day): Series | null {
  const days = [...units].filter(([day, count]) => day < end && count > 0)
  if (days.length === 0) return null
  const first = days.reduce((least, [day]) => Math.min(least, day), end)
  const total = new Float64Array(end - first + 1)
  for (const [day, count] of days) total[day - first + 1]! += count
  for (let i = 1; i < total.length; i++) total[i]! += total[i - 1]!
  return { sku, first, end, total }
}

/** Units wanted from day `from` up to, but not on, day `to`. Outside the series nothing was. */
export function wanted({ first, end, total }: Series, from: Day, to: Day): number {
  const at = (day: Day) => total[Math.min(Math.max(day, first), end) - first]!
  return to > from ? at(to) - at(from) : 0
}

/** The last day before `before` on which something was sold; null when there is none. */
export function lastSale(of: Series, before: Day): Day | null {
  for (let day = Math.min(before, of.end) - 1; day >= of.first; day--)
    if (wanted(of, day, day + 1) > 0) return day
  return null
}
