import { Type } from 'typebox'
import { factKind } from '#kernel/fact-log.ts'

const item = {
  warningId: Type.String(),
  shopId: Type.String(),
  platform: Type.String(),
  sku: Type.String(),
  title: Type.String(),
  /** Units that a buyer can still take. */
  available: Type.Integer(),
}
const key = ({ shopId, sku }: { shopId: string; sku: string }) => `${shopId} ${sku}`

/** Ordered now, new goods may come too late for the service level. Once per episode. */
export const stockOutAhead = factKind({
  name: 'inventory.stock-out-ahead',
  version: 1,
  schema: Type.Object({
    ...item,
    inTransit: Type.Integer(),
    daysOfCover: Type.Union([Type.Number(), Type.Null()]),
    /** What demand in the lead time does not pass at the service level. */
    leadDemand: Type.Integer(),
    suggested: Type.Integer(),
  }),
  key,
})

/** Units lie there, and none was sold for 90 days. Once per episode. */
export const deadStock = factKind({
  name: 'inventory.dead-stock',
  version: 1,
  schema: Type.Object({ ...item, quietDays: Type.Integer() }),
  key,
})

/** Three days sold far more than the forecast before them allowed for. Once per episode. */
export const demandSpike = factKind({
  name: 'inventory.demand-spike',
  version: 1,
  schema: Type.Object({ ...item, sold: Type.Integer(), expected: Type.Number(), days: Type.Integer() }),
  key,
})
