import assert from 'node:assert/strict'
import type { controlOf } from './open-room.fixture.ts'

/** One order of the sandbox's truth or of ours, as a line: what must be equal to the fen and to the second. */
type Line = string

interface Truth {
  orderId: string
  status: number
  createdAtMs: number
  paidAtMs: number | null
  shippedAtMs: number | null
  finishedAtMs: number | null
  payFen: number
  items: { quantity: number }[]
  refunds: { state: string; amountFen: number; postFen: number }[]
}

const STATUS: Record<number, string> = {
  1: 'created',
  2: 'paid',
  101: 'part-shipped',
  3: 'shipped',
  4: 'closed',
  5: 'finished',
}
const second = (ms: number | null | undefined) => (ms ? Math.floor(ms / 1000) : 0)

export const truthLine = (order: Truth): Line => {
  const refunded = order.refunds.reduce(
    (sum, one) => (one.state === 'succeeded' ? sum + one.amountFen + one.postFen : sum),
    0,
  )
  const times = [order.createdAtMs, order.paidAtMs, order.shippedAtMs].map(second)
  const pieces = order.items.reduce((sum, { quantity }) => sum + quantity, 0)
  return [
    order.orderId,
    STATUS[order.status],
    order.payFen,
    order.paidAtMs === null ? 0 : order.payFen,
    refunded,
    ...times,
    pieces,
  ].join(' ')
}

// biome-ignore lint/suspicious/noExplicitAny: a line of an export
export const ourLine = (row: any): Line => {
  const times = [row.times.created, row.times.paid, row.times.shipped].map(second)
  const pieces = row.lines.reduce((sum: number, { quantity }: { quantity: number }) => sum + quantity, 0)
  return [row.orderId, row.status, row.totalFen, row.paidFen, row.refundedFen, ...times, pieces].join(' ')
}

/** Both lists, sorted; equal or the first few that are not. Answers how many there were. */
export async function assertEqualToPlatform(
  control: ReturnType<typeof controlOf>,
  shopId: string,
  ours: readonly Line[],
): Promise<number> {
  const truth = ((await control('GET', `/doudian/shops/${shopId}/orders`)) as Truth[]).map(truthLine)
  const [mine, theirs] = [new Set(ours), new Set(truth)]
  const wrong = [
    ...ours.filter((line) => !theirs.has(line)).map((line) => `ours   ${line}`),
    ...truth.filter((line) => !mine.has(line)).map((line) => `theirs ${line}`),
  ]
  assert.deepEqual(
    wrong.sort((a, b) => (a.slice(7) < b.slice(7) ? -1 : 1)).slice(0, 10),
    [],
    `${wrong.length} lines differ`,
  )
  assert.equal(ours.length, truth.length)
  return truth.length
}

/** Lets `count` orders be placed and live: paid, changed in price, shipped, finished, cancelled, refunded in part or in whole. */
export async function live(
  control: ReturnType<typeof controlOf>,
  shopId: string,
  count: number,
  roll: () => number,
): Promise<number> {
  const path = (orderId: string, what: string) => `/doudian/shops/${shopId}/orders/${orderId}/${what}`
  let events = 0
  const tell = async (orderId: string, what: string, body: object) => {
    events++
    await control('POST', path(orderId, what), body)
  }
  const one = async () => {
    const items = Array.from({ length: 1 + Math.floor(roll() * 3) }, (_, nth) => ({
      code: `SKU-${nth}`,
      name: '竹纤维毛巾',
      quantity: 1 + Math.floor(roll() * 3),
      priceFen: 500 + Math.floor(roll() * 9_000),
      discountFen: Math.floor(roll() * 200),
    }))
    const { orderId } = await control('POST', `/doudian/shops/${shopId}/orders`, {
      items,
      postFen: roll() < 0.3 ? 800 : 0,
    })
    events++
    const fate = roll()
    if (fate < 0.08) return tell(orderId, 'advance', { to: 'cancelled' })
    if (fate < 0.14) await tell(orderId, 'amount', { modifyFen: -100 })
    if (fate < 0.18) return
    await tell(orderId, 'advance', { to: 'paid' })
    if (fate < 0.28) return tell(orderId, 'refunds', { to: 'succeeded' })
    if (fate < 0.36) return tell(orderId, 'refunds', { amountFen: 100 })
    if (fate < 0.42) return tell(orderId, 'refunds', { amountFen: 100, to: 'refused' })
    if (items.length > 1 && fate < 0.6) await tell(orderId, 'advance', { to: 'partly-shipped' })
    if (fate < 0.5) return
    await tell(orderId, 'advance', { to: 'shipped' })
    if (fate < 0.7) return
    await tell(orderId, 'advance', { to: 'finished' })
    if (fate > 0.95) await tell(orderId, 'refunds', { amountFen: 50 })
  }
  const AT_ONCE = 8
  for (let done = 0; done < count; done += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, one))
  return events
}
