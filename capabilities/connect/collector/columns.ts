/** One row per key, the later one, in the order of keys: two transactions always lock in the same order. */
export function once<T>(rows: readonly T[], key: (row: T) => string): T[] {
  const byKey = new Map(rows.map((row) => [key(row), row]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

export const columns = <T, K extends keyof T>(rows: readonly T[], names: readonly K[]): T[K][][] =>
  names.map((name) => rows.map((row) => row[name]))

export const transposed = (rows: readonly unknown[][]): unknown[][] =>
  rows[0]?.map((_, i) => rows.map((row) => row[i])) ?? []

export const newest = (times: readonly number[]): number | null =>
  times.length === 0 ? null : Math.max(...times)
