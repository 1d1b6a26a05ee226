export const transposed = (rows: readonly unknown[][]): unknown[][] =>
  rows[0]?.map((_, i) => rows.map((row) => row[i])) ?? []

export const newest = (times: readonly number[]): number | null =>
  times.length === 0 ? null : Math.max(...times)
