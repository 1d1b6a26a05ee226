import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

/** An order was paid, whole. Each order once. */
export const orderPaid = factKind({
  name: 'order.paid',
  version: 1,
  schema: Type.Object({
    orderId: Type.String(),
    /** The reservation of a flash sale that it pays for, where there was one. */
    attemptId: Type.Optional(Type.String()),
    paidAtMs: Type.Integer(),
  }),
  key: ({ orderId }) => orderId,
})
