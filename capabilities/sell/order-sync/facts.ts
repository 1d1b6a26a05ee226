import { type NewFact, tell } from '#kernel/fact-log.ts'
import {
  orderClosed,
  orderCreated,
  orderFinished,
  orderPaid,
  orderRefunded,
  orderShipped,
} from '#kernel/facts/order.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { type Milestone, type Order, rankOf, refundedFen, type View, viewOf } from './order-sync.ts'

/** What the fact log was told of an order already: milestones by name, refunds as `refund:<id>`. */
export type Told = readonly string[]

export interface Due {
  facts: NewFact[]
  told: string[]
}

/**
 * The facts that are due: each once, in the order of an order's life, and all of them from the moment on when its lines are
 * known. A payment that we heard of first waits for its page, which is asked for at once, so readers always find lines.
 */
export function factsDue(workspaceId: WorkspaceId, platform: string, order: Order, told: Told): Due {
  if (!order.page) return { facts: [], told: [...told] }
  const view = viewOf(order)
  const lines = order.page.lines.map(({ sku, skuId, productId, quantity, paidFen }) => ({
    sku,
    skuId,
    productId,
    quantity,
    paidFen,
  }))
  const about = {
    orderId: order.orderId,
    shopId: order.shopId,
    platform,
    lines,
    totalFen: view.totalFen ?? 0,
    buyer: order.page.buyer?.buyer ?? null,
  }
  const due: Due = { facts: [], told: [...told] }
  const add = (name: string, fact: () => NewFact) => {
    if (due.told.includes(name)) return
    due.told.push(name)
    due.facts.push(fact())
  }
  const reached = milestonesOf(view)
  const at = (milestone: Milestone) => reached.get(milestone)!
  if (reached.has('created')) {
    const createdAtMs = at('created')
    add('created', () => tell(orderCreated, workspaceId, { ...about, createdAtMs }, createdAtMs))
  }
  if (reached.has('paid')) {
    const paidAtMs = at('paid')
    add('paid', () =>
      tell(orderPaid, workspaceId, { ...about, paidAtMs, paidFen: view.paidFen ?? 0 }, paidAtMs),
    )
  }
  if (reached.has('shipped')) {
    const shippedAtMs = at('shipped')
    add('shipped', () => tell(orderShipped, workspaceId, { ...about, shippedAtMs }, shippedAtMs))
  }
  if (reached.has('finished')) {
    const finishedAtMs = at('finished')
    add('finished', () => tell(orderFinished, workspaceId, { ...about, finishedAtMs }, finishedAtMs))
  }
  for (const refund of Object.values(order.refunds).sort(
    (a, b) => a.atMs - b.atMs || (a.refundId < b.refundId ? -1 : 1),
  )) {
    if (refund.status !== 'done') continue
    add(`refund:${refund.refundId}`, () =>
      tell(
        orderRefunded,
        workspaceId,
        {
          orderId: order.orderId,
          shopId: order.shopId,
          platform,
          refundId: refund.refundId,
          refundFen: refund.fen,
          refundedFen: refundedFen(order),
          isWhole: refundedFen(order) >= (view.paidFen ?? 0),
          refundedAtMs: refund.atMs,
          line: lines[order.page!.lines.findIndex(({ lineId }) => lineId === refund.lineId)] ?? null,
        },
        refund.atMs,
      ),
    )
  }
  if (reached.has('closed')) {
    const closedAtMs = at('closed')
    const was = { wasPaid: reached.has('paid'), wasShipped: reached.has('shipped') }
    add('closed', () => tell(orderClosed, workspaceId, { ...about, closedAtMs, ...was }, closedAtMs))
  }
  return due
}

/** Which milestones the order has passed, with their times; one whose time nobody told has that of the next thing known. */
function milestonesOf({ status, times, updatedAtMs }: View): Map<Milestone, number> {
  const reached = new Map<Milestone, number>()
  const isPast = (from: 'paid' | 'shipped' | 'finished') =>
    status !== 'closed' && rankOf(status) >= rankOf(from)
  const mark = (milestone: Milestone, holds: boolean) => {
    if (holds || times[milestone] !== undefined) reached.set(milestone, times[milestone] ?? updatedAtMs)
  }
  mark('created', true)
  mark('paid', isPast('paid'))
  mark('shipped', isPast('shipped'))
  mark('finished', isPast('finished'))
  mark('closed', status === 'closed')
  return reached
}
