import type { Static } from 'typebox'
import type { Consumer, Fact } from '#kernel/fact-log.ts'
import { orderClosed, orderCreated, orderPaid } from '#kernel/facts/order.ts'
import type { Books } from './books.ts'
import type { OrderEvent } from './order-events.ts'

/** Orders of every sales platform move stock and become demand. An order without lines (a bare payment) says nothing of stock. */
export const orderConsumer = (books: Books): Consumer => ({
  group: 'inventory/orders',
  facts: [orderCreated.name, orderPaid.name, orderClosed.name],
  batch: 500,
  async handle(facts, tx) {
    await books.take(
      tx,
      facts.flatMap((fact) => eventOf(fact) ?? []),
    )
  },
})

type Created = Fact<Static<typeof orderCreated.schema>>
type Paid = Fact<Static<typeof orderPaid.schema>>
type Closed = Fact<Static<typeof orderClosed.schema>>

function eventOf(fact: Fact): OrderEvent | null {
  const { lines, shopId, platform, orderId } = (fact as Paid).data
  if (!lines || !shopId) return null
  const units = new Map<string, number>()
  for (const { sku, quantity } of lines) if (sku) units.set(sku, (units.get(sku) ?? 0) + quantity)
  const event = {
    workspaceId: fact.workspaceId,
    shopId,
    platform: platform ?? 'csv',
    orderId,
    units,
    wasShipped: false,
  }
  switch (fact.name) {
    case orderCreated.name:
      return { ...event, what: 'placed', atMs: (fact as Created).data.createdAtMs }
    case orderPaid.name:
      return { ...event, what: 'paid', atMs: (fact as Paid).data.paidAtMs }
    default: {
      const { closedAtMs, wasShipped } = (fact as Closed).data
      return { ...event, what: 'closed', atMs: closedAtMs, wasShipped }
    }
  }
}
