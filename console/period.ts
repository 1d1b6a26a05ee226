import { day, dayBounds, dayStart } from './format.ts'

/** A date range as it stands in a URL: a word, or `2026-11-01..2026-11-22` (both days within). */
export type Period = string
export const periodWords = ['today', 'yesterday', '7d', '30d'] as const
const dayMs = 86_400_000

/** Bounds in UTC ms, [from, to); undefined for no range or a text that is none. Days are Shanghai days. */
export function periodBounds(
  period: Period | undefined,
  nowMs: number,
): { from: number; to: number } | undefined {
  if (!period) return undefined
  const today = dayBounds(nowMs)
  if (period === 'today') return today
  if (period === 'yesterday') return { from: today.from - dayMs, to: today.from }
  const last = /^(\d+)d$/.exec(period)
  if (last) return { from: today.to - Number(last[1]) * dayMs, to: today.to }
  const [from, to] = period.split('..').map(dayStart)
  return from === undefined || to === undefined || to < from ? undefined : { from, to: to + dayMs }
}

/** The neighbour of the same length: `[` is -1, `]` is +1. */
export function shiftPeriod(period: Period | undefined, by: -1 | 1, nowMs: number): Period | undefined {
  const bounds = periodBounds(period, nowMs)
  if (!bounds) return period
  const length = bounds.to - bounds.from
  return `${day(bounds.from + by * length)}..${day(bounds.to - dayMs + by * length)}`
}
