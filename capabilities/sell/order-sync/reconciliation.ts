import type { FoundOrder, FoundRefund } from './gateway.ts'
import { MILESTONES, type Milestone, type Refund, totalFen, type View } from './order-sync.ts'

/** 漏单, 多单, 状态漂移, and what else two lists can disagree about. */
export const DIFFERENCES = ['missing', 'extra', 'status', 'amount', 'time', 'refund'] as const
export type DifferenceKind = (typeof DIFFERENCES)[number]

export interface Difference {
  orderId: string
  kind: DifferenceKind
  ours: string
  theirs: string
  /** By how much money the two differ. */
  offFen: number
}

/** As much of one of our orders as is compared. */
export type Ours = Pick<View, 'orderId' | 'status' | 'times' | 'totalFen' | 'paidFen' | 'isExtra'>

/** What the platform's page says otherwise than we do; empty when the two are equal. */
export function differencesOf(ours: Ours | null, { orderId, page }: FoundOrder): Difference[] {
  const theirTotal = totalFen(page)
  if (!ours || ours.isExtra) {
    const [mine, theirs] = [ours ? 'extra' : '', `${page.status} ${theirTotal}`]
    return [{ orderId, kind: 'missing', ours: mine, theirs, offFen: theirTotal }]
  }
  const found: Difference[] = []
  const name = (kind: DifferenceKind, mine: string, theirs: string, offFen = 0) =>
    found.push({ orderId, kind, ours: mine, theirs, offFen })
  if (ours.status !== page.status) name('status', ours.status, page.status)
  if (ours.totalFen !== theirTotal || ours.paidFen !== page.paidFen) {
    name(
      'amount',
      amounts(ours.totalFen, ours.paidFen),
      amounts(theirTotal, page.paidFen),
      Math.abs(theirTotal - (ours.totalFen ?? 0)),
    )
  }
  const milestone = MILESTONES.find((one) => secondOf(ours, one) !== secondOf(page, one))
  // A status that differs has other times, too: that is one difference, not two.
  if (milestone && found.length === 0) name('time', moment(ours, milestone), moment(page, milestone))
  return found
}

export function refundDifference(
  ours: Refund | null,
  { orderId, ...theirs }: FoundRefund,
): Difference | null {
  const same = ours && ours.status === theirs.status && ours.fen === theirs.fen
  if (same) return null
  const text = ({ refundId, status, fen }: Refund) => `${refundId} ${status} ${fen}`
  return {
    orderId,
    kind: 'refund',
    ours: ours ? text(ours) : '',
    theirs: text(theirs),
    offFen: theirs.fen - (ours?.fen ?? 0),
  }
}

export const extraOf = ({ orderId, status, totalFen: fen }: Ours): Difference => ({
  orderId,
  kind: 'extra',
  ours: `${status} ${fen ?? ''}`.trim(),
  theirs: '',
  offFen: fen ?? 0,
})

const amounts = (total: number | null, paid: number | null) => `total ${total ?? '?'} paid ${paid ?? '?'}`
const secondOf = ({ times }: Pick<View, 'times'>, one: Milestone) => Math.floor((times[one] ?? 0) / 1000)
const moment = ({ times }: Pick<View, 'times'>, one: Milestone) => {
  const atMs = times[one]
  return `${one} ${atMs === undefined ? 'never' : new Date(atMs).toISOString().replace('.000Z', 'Z')}`
}

export interface ReportTotals {
  /** Orders that are on either side. */
  compared: number
  theirs: number
  theirsFen: number
  /** What is said holds for orders created before this. */
  trueUntilMs: number
  isPartial: boolean
  partialWhy: string | null
}

/** The first and the last moment of a day in a zone, also of one that has 23 or 25 hours. `day` is `2026-03-01`. */
export function dayWindow(day: string, zone: string): { fromMs: number; untilMs: number } {
  return { fromMs: midnight(day, zone), untilMs: midnight(dayAfter(day), zone) }
}

/** Which day it is in the zone. */
export function dayOf(ms: number, zone: string): string {
  const { year, month, day } = partsOf(ms, zone)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

export const dayAfter = (day: string, by = 1): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + by * 86_400_000).toISOString().slice(0, 10)

const two = (n: number) => String(n).padStart(2, '0')

/** The moment at which this day begins. Where midnight is skipped, the first moment after it; where it is there twice, the first. */
function midnight(day: string, zone: string): number {
  const wallMs = Date.parse(`${day}T00:00:00Z`)
  const guesses = [-86_400_000, 0, 86_400_000].map((by) => wallMs - offsetMs(wallMs + by, zone))
  const right = guesses.filter((ms) => dayOf(ms, zone) === day && dayOf(ms - 1, zone) !== day)
  if (right.length > 0) return Math.min(...right)
  // Midnight itself is skipped: the day begins at the jump.
  let [low, high] = [Math.min(...guesses) - 7_200_000, Math.max(...guesses) + 7_200_000]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (dayOf(middle, zone) < day) low = middle
    else high = middle
  }
  return high
}

function offsetMs(ms: number, zone: string): number {
  const { year, month, day, hour, minute, second } = partsOf(ms, zone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000
}

const formats = new Map<string, Intl.DateTimeFormat>()

function partsOf(ms: number, zone: string) {
  let format = formats.get(zone)
  if (!format) {
    const number = {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...number })
    formats.set(zone, format)
  }
  const of = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  return of as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>
}
