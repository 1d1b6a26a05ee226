import type { Readable } from 'node:stream'
import { type TSchema, Type } from 'typebox'
import { literals, Ms, Nullable } from '#kernel/schemas.ts'
import { CONFLICTS } from './conflicts.ts'
import { TOLD } from './fulfilment.ts'
import { OUTCOMES, REFUND_STATUSES, SOURCES, STATUSES } from './order-sync.ts'
import { DIFFERENCES } from './reconciliation.ts'

/** The schema of an answer that is sent piece by piece. */
export const Stream = Type.Unsafe<Readable>(Type.String())
export const Fen = Type.Integer({ description: 'Fen, 1/100 yuan' })
export const Limit = Type.Integer({ default: 100, minimum: 1, maximum: 500 })
export const NumberCursor = Type.Optional(Type.String({ pattern: '^\\d{1,18}$' }))
export const Cursor = Type.Optional(Type.String({ maxLength: 100 }))
export const ShopId = Type.String({ pattern: '^[\\w.-]{1,40}$' })
export const OrderId = Type.String({
  pattern: '^[\\w.-]{1,40}$',
  description: 'Up to 19 digits; text, never a number',
})
export const Day = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d$',
  description: 'A day in Shanghai: 2026-03-01',
})
export const DifferenceKind = literals(DIFFERENCES)
export const Status = literals(STATUSES)
export const Source = literals(SOURCES)
export const ConflictKind = literals(CONFLICTS)
export const DeliveryState = literals(['waiting', 'done', 'dead'])
export const MessageState = literals(['received', 'done', 'parked', 'ignored'])
export const FactKinds = Type.Array(literals(TOLD as [string, ...string[]]), {
  minItems: 1,
  uniqueItems: true,
})

export const Times = Type.Object({
  created: Type.Optional(Ms),
  paid: Type.Optional(Ms),
  shipped: Type.Optional(Ms),
  finished: Type.Optional(Ms),
  closed: Type.Optional(Ms),
})
export const Line = Type.Object({
  lineId: Type.String({ maxLength: 60 }),
  productId: Type.String({ maxLength: 60 }),
  skuId: Type.String({ maxLength: 60 }),
  sku: Type.String({ maxLength: 200 }),
  name: Type.String({ maxLength: 500 }),
  quantity: Type.Integer({ minimum: 0 }),
  sumFen: Fen,
  paidFen: Fen,
})
export const Refund = Type.Object({
  refundId: Type.String({ maxLength: 60 }),
  lineId: Nullable(Type.String({ maxLength: 60 })),
  status: literals(REFUND_STATUSES),
  fen: Type.Integer({ minimum: 0 }),
  atMs: Ms,
})
const Mask = Type.Object({ name: Type.String(), phone: Type.String(), address: Type.String() })

const orderFields = {
  shopId: Type.String(),
  orderId: Type.String(),
  platform: Type.String(),
  status: Status,
  times: Times,
  totalFen: Nullable(Fen),
  paidFen: Nullable(Fen),
  refundedFen: Fen,
  lineCount: Type.Integer(),
  source: Source,
  imbalance: Nullable(
    Type.String({ description: 'Where items + freight - discounts is not what was paid, a sentence' }),
  ),
  isExtra: Type.Boolean(),
  buyerMask: Nullable(Mask),
  differences: Type.Array(
    Type.Object({ day: Type.String(), kind: DifferenceKind, isRepaired: Type.Boolean() }),
  ),
  changedAtMs: Ms,
  changeNo: Type.String(),
}
export const OrderView = Type.Object(orderFields)
export const OrderDetailView = Type.Object({
  ...orderFields,
  lines: Type.Array(Line),
  itemsFen: Nullable(Fen),
  freightFen: Nullable(Fen),
  discountFen: Nullable(Fen),
  refunds: Type.Array(Refund),
  timeline: Type.Array(
    Type.Object({
      id: Type.String(),
      source: Source,
      tag: Type.String(),
      msgId: Type.String(),
      atMs: Nullable(Ms),
      seenAtMs: Ms,
      status: Nullable(Status),
      outcome: literals(OUTCOMES),
      why: Type.String(),
    }),
  ),
  buyer: Type.Object({ hash: Nullable(Type.String()) }),
})

export const ShopView = Type.Object({
  shopId: Type.String(),
  platform: Type.String(),
  name: Type.String(),
  status: literals(['active', 'lost', 'disconnected']),
  statusReason: Nullable(Type.String()),
  connectedAtMs: Ms,
  accessExpiresAtMs: Nullable(Ms),
  lastPushAtMs: Nullable(Ms),
  orderWatermarkMs: Nullable(Ms),
  lagSeconds: Nullable(Type.Integer({ description: 'How far behind now the watermark is' })),
  lastPullAtMs: Nullable(Ms),
  nextPullAtMs: Ms,
  pullFailures: Type.Integer(),
  pullReason: Nullable(Type.String()),
  arePushesHealthy: Type.Boolean(),
  pullEverySeconds: Type.Number(),
  pullOverlapSeconds: Type.Number(),
  pushUrl: Type.String({ description: 'What to enter at the platform' }),
})

const counted = Type.Object({ found: Type.Integer(), repaired: Type.Integer(), offFen: Fen })
const byKind = <T extends TSchema>(of: T) =>
  Type.Object({ missing: of, extra: of, status: of, amount: of, time: of, refund: of })
export const ReportView = Type.Object({
  shopId: Type.String(),
  day: Type.String(),
  compared: Type.Integer(),
  theirs: Type.Integer(),
  theirsFen: Fen,
  differing: Type.Integer(),
  equal: Type.Integer(),
  byKind: byKind(counted),
  trueUntilMs: Ms,
  isPartial: Type.Boolean(),
  partialWhy: Nullable(Type.String()),
  madeAtMs: Ms,
  mailedAtMs: Nullable(Ms),
})
export const DifferenceView = Type.Object({
  orderId: Type.String(),
  kind: DifferenceKind,
  ours: Type.String(),
  theirs: Type.String(),
  offFen: Fen,
  isRepaired: Type.Boolean(),
})
export const DayCountView = Type.Object({
  day: Type.String(),
  compared: Type.Integer(),
  byKind: byKind(Type.Integer()),
  repaired: Type.Integer(),
})

export const nextOf = <T>(items: readonly T[], limit: number, idOf: (item: T) => string): string | null =>
  items.length === limit ? idOf(items.at(-1)!) : null
