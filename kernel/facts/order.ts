import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

/** One line of an order. `sku` is the merchant's own code where there is one, else the platform's `skuId`. */
const Line = Type.Object({
  sku: Type.String(),
  skuId: Type.String(),
  productId: Type.String(),
  quantity: Type.Integer(),
  paidFen: Type.Integer({ description: "The line's share of what the buyer pays." }),
})

/** What every fact of an order that came from a sales platform says. Facts of one order are told in its own order. */
const order = {
  orderId: Type.String(),
  shopId: Type.String(),
  /** `doudian`, `csv`. */
  platform: Type.String(),
  lines: Type.Array(Line),
  /** Items, freight and discounts together: what the buyer has to pay, in fen. */
  totalFen: Type.Integer(),
  /** A keyed hash of the buyer, the same for all orders of one buyer in a workspace. */
  buyer: Type.Union([Type.String(), Type.Null()]),
}
const key = ({ orderId }: { orderId: string }) => orderId

/** An order was placed. Told once, before all others of that order, also when we heard of the payment first. */
export const orderCreated = factKind({
  name: 'order.created',
  version: 1,
  schema: Type.Object({ ...order, createdAtMs: Type.Integer() }),
  key,
})

/** An order was paid, whole. Each order once. What comes from a sales platform has its lines; a bare payment does not. */
export const orderPaid = factKind({
  name: 'order.paid',
  version: 1,
  schema: Type.Object({
    orderId: Type.String(),
    /** The reservation of a flash sale that it pays for, where there was one. */
    attemptId: Type.Optional(Type.String()),
    paidAtMs: Type.Integer(),
    shopId: Type.Optional(Type.String()),
    platform: Type.Optional(Type.String()),
    lines: Type.Optional(Type.Array(Line)),
    totalFen: Type.Optional(Type.Integer()),
    paidFen: Type.Optional(Type.Integer()),
    buyer: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
  key,
})

/** All parcels of an order are on their way. */
export const orderShipped = factKind({
  name: 'order.shipped',
  version: 1,
  schema: Type.Object({ ...order, shippedAtMs: Type.Integer() }),
  key,
})

/** The buyer has received it. */
export const orderFinished = factKind({
  name: 'order.finished',
  version: 1,
  schema: Type.Object({ ...order, finishedAtMs: Type.Integer() }),
  key,
})

/** The order ended without being finished: cancelled, not paid in time, or refunded whole. */
export const orderClosed = factKind({
  name: 'order.closed',
  version: 1,
  schema: Type.Object({
    ...order,
    closedAtMs: Type.Integer(),
    /** False: its units were never taken for good, so they are free again. */
    wasPaid: Type.Boolean(),
    wasShipped: Type.Boolean(),
  }),
  key,
})

/** Money went back to the buyer. Each refund once. */
export const orderRefunded = factKind({
  name: 'order.refunded',
  version: 1,
  schema: Type.Object({
    orderId: Type.String(),
    shopId: Type.String(),
    platform: Type.String(),
    refundId: Type.String(),
    /** Of this refund, freight included. */
    refundFen: Type.Integer(),
    /** Of all refunds of the order so far. */
    refundedFen: Type.Integer(),
    isWhole: Type.Boolean(),
    refundedAtMs: Type.Integer(),
    /** The line that it is about, where the platform says. */
    line: Type.Union([Line, Type.Null()]),
  }),
  key,
})
