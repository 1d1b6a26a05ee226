import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

const Items = Type.Array(Type.Object({ sku: Type.String(), quantity: Type.Integer() }))
const reservation = {
  saleId: Type.String(),
  reservationId: Type.String(),
  buyerId: Type.String(),
  items: Items,
}
// Facts of one buyer stay in order; the sale as a whole is spread, as it is the hottest key there can be.
const key = (data: { saleId: string; buyerId: string }) => `${data.saleId} ${data.buyerId}`

/** A buyer holds units of a flash sale until `expiresAtMs`. */
export const stockReserved = factKind({
  name: 'stock.reserved',
  version: 1,
  schema: Type.Object({ ...reservation, expiresAtMs: Type.Integer() }),
  key,
})

/** Held units were paid: they are sold. */
export const stockConfirmed = factKind({
  name: 'stock.confirmed',
  version: 1,
  schema: Type.Object(reservation),
  key,
})

/** Held units are free again. */
export const stockReleased = factKind({
  name: 'stock.released',
  version: 1,
  schema: Type.Object({
    ...reservation,
    reason: Type.Union([Type.Literal('buyer'), Type.Literal('expired'), Type.Literal('seller')]),
  }),
  key,
})

/** The last free unit of a SKU went. Told again when it happens again. */
export const stockSoldOut = factKind({
  name: 'stock.sold-out',
  version: 1,
  schema: Type.Object({ saleId: Type.String(), sku: Type.String() }),
  key: ({ saleId }) => saleId,
})

/** Two accounts of the same units disagree. Told once per disagreement. */
export const stockDrifted = factKind({
  name: 'stock.drifted',
  version: 1,
  schema: Type.Object({
    saleId: Type.String(),
    sku: Type.String(),
    place: Type.String({
      description: 'rows: ledger and reservations; store: ledger and store; lost: told, and gone.',
    }),
    expected: Type.Integer(),
    found: Type.Integer(),
    detail: Type.String(),
  }),
  key: ({ saleId }) => saleId,
})

/** An order was paid whose units had been given back before. A person has to decide: refund, or find a unit. */
export const stockPaidTooLate = factKind({
  name: 'stock.paid-too-late',
  version: 1,
  schema: Type.Object({ saleId: Type.String(), reservationId: Type.String(), orderId: Type.String() }),
  key: ({ saleId }) => saleId,
})
