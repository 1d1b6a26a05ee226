import { type Static, type TSchema, Type } from 'typebox'
import type { Sale } from './flash-sale.ts'

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const Ms = Type.Number({ description: 'Unix milliseconds' })
const Units = Type.Integer()
const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))))
const Name = Type.String({ minLength: 1, maxLength: 64 })
const Limit = Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })))

export const SkuInput = Type.Object({
  sku: Name,
  title: Type.Optional(Type.String({ maxLength: 200 })),
  priceFen: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
  stock: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
  limitPerBuyer: Limit,
})

export const SaleInput = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  opensAtMs: Ms,
  closesAtMs: Ms,
  holdSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  limitPerBuyer: Limit,
  skus: Type.Array(SkuInput, { minItems: 1, maxItems: 50 }),
})

export const SaleChangeInput = Type.Object({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  opensAtMs: Type.Optional(Ms),
  closesAtMs: Type.Optional(Ms),
  status: Type.Optional(literals(['on', 'paused', 'closed'])),
  stock: Type.Optional(
    Type.Array(Type.Object({ sku: Name, stock: Type.Integer({ minimum: 0, maximum: 100_000_000 }) }), {
      maxItems: 50,
      description: 'Units on sale in all, sold ones included.',
    }),
  ),
})

export const AttemptInput = Type.Object({
  attemptId: Type.String(),
  buyerId: Type.String(),
  items: Type.Array(Type.Object({ sku: Type.String(), quantity: Type.Number() }), { maxItems: 100 }),
})

/** One flat shape: a union would be tried branch by branch for every answer. */
export const AnswerView = Type.Object({
  answer: Type.Unsafe<'reserved' | 'sold-out' | 'limit-reached' | 'closed' | 'not-open'>(
    Type.String({ description: 'reserved, sold-out, limit-reached, closed or not-open' }),
  ),
  reservationId: Type.Optional(Type.String()),
  expiresAtMs: Type.Optional(Ms),
  sku: Type.Optional(Nullable(Type.String())),
})

export const SettlementView = Type.Object({
  outcome: literals(['confirmed', 'released', 'was-confirmed', 'was-released']),
})

export const SaleView = Type.Object({
  saleId: Type.String(),
  name: Type.String(),
  phase: literals(['coming', 'open', 'paused', 'closed']),
  status: literals(['on', 'paused', 'closed']),
  opensAtMs: Ms,
  closesAtMs: Ms,
  holdSeconds: Type.Integer(),
  limitPerBuyer: Nullable(Type.Integer()),
  isRehearsal: Type.Boolean(),
  createdAtMs: Ms,
  skus: Type.Array(
    Type.Object({
      sku: Type.String(),
      title: Type.String(),
      priceFen: Type.Integer(),
      stock: Units,
      limitPerBuyer: Nullable(Type.Integer()),
    }),
  ),
})

const CountView = Type.Object({ sku: Type.String(), stock: Units, free: Units, held: Units, sold: Units })

export const AlarmView = Type.Object({
  alarmId: Type.String(),
  sku: Type.String(),
  place: literals(['rows', 'store', 'lost']),
  expected: Units,
  found: Units,
  detail: Type.String(),
  raisedAtMs: Ms,
  closedAtMs: Nullable(Ms),
})

export const BoardView = Type.Object({
  sale: SaleView,
  store: literals(['postgres', 'redis']),
  atMs: Ms,
  ledger: Type.Array(CountView),
  total: Type.Object({ stock: Units, free: Units, held: Units, sold: Units }),
  isExact: Type.Boolean({ description: 'Free, held and sold add up, and no alarm is open.' }),
  live: Type.Object({
    answers: Type.Record(Type.String(), Type.Integer()),
    perSecond: Type.Number(),
    p50Ms: Type.Number(),
    p99Ms: Type.Number(),
    p999Ms: Type.Number(),
  }),
  alarms: Type.Array(AlarmView),
})
export type Board = Static<typeof BoardView>

export const ReservationView = Type.Object({
  reservationId: Type.String(),
  buyerId: Type.String(),
  items: Type.Array(Type.Object({ sku: Type.String(), quantity: Units })),
  state: literals(['held', 'sold', 'released']),
  reservedAtMs: Ms,
  expiresAtMs: Ms,
  settledAtMs: Nullable(Ms),
  reason: Nullable(Type.String()),
})

export const SummaryView = Type.Object({
  store: literals(['postgres', 'redis']),
  open: Units,
  coming: Units,
  openAlarms: Units,
  units: Type.Object({ stock: Units, free: Units, held: Units, sold: Units }),
})

export const page = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: Nullable(Type.String()) })

export function saleView(sale: Sale, nowMs: number): Static<typeof SaleView> {
  const { workspaceId: _, skus, ...rest } = sale
  return { ...rest, skus: [...skus], phase: phaseOf(sale, nowMs) }
}

export function phaseOf({ status, opensAtMs, closesAtMs }: Sale, nowMs: number) {
  if (status === 'closed' || nowMs >= closesAtMs) return 'closed'
  if (nowMs < opensAtMs) return 'coming'
  return status === 'paused' ? 'paused' : 'open'
}
