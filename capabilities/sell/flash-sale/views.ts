import { type Static, Type } from 'typebox'
import { literals, Ms, Nullable } from '#kernel/schemas.ts'
import type { Sale } from './flash-sale.ts'

const Units = Type.Integer()
const Name = Type.String({ minLength: 1, maxLength: 64 })
const Limit = Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 })))

export const SkuInput = Type.Object({
  sku: Name,
  title: Type.Optional(Type.String({ maxLength: 200 })),
  priceFen: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
  stock: Type.Integer({ minimum: 0, maximum: 100_000_000 }),
  limitPerBuyer: Limit,
  shards: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 64,
      description: 'Over how many shards the units are spread (Redis); PostgreSQL takes and ignores it.',
    }),
  ),
})

export const SaleInput = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  opensAtMs: Ms,
  closesAtMs: Ms,
  holdSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  limitPerBuyer: Limit,
  admission: Type.Optional(
    Nullable(
      Type.Object(
        {
          perSecond: Type.Number({ minimum: 0.01, maximum: 100_000 }),
          tokenSeconds: Type.Optional(Type.Integer({ minimum: 5, maximum: 3_600 })),
        },
        { description: 'Buyers take a ticket and reserve with the token of their turn.' },
      ),
    ),
  ),
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
  token: Type.Optional(
    Type.String({ maxLength: 300, description: 'Of the buyer’s turn, where the sale has a queue.' }),
  ),
})

export const TicketInput = Type.Object({ buyerId: Type.String() })

export const TicketView = Type.Object({
  number: Type.Integer({ description: '1 came first.' }),
  state: literals(['waiting', 'admitted']),
  ahead: Type.Integer({ description: 'Buyers whose turn comes before.' }),
  waitSeconds: Type.Integer(),
  turnAtMs: Ms,
  token: Nullable(Type.String()),
  tokenExpiresAtMs: Nullable(Ms),
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

export const Phase = literals(['coming', 'open', 'paused', 'closed'])

export const SaleView = Type.Object({
  saleId: Type.String(),
  name: Type.String(),
  phase: Phase,
  status: literals(['on', 'paused', 'closed']),
  opensAtMs: Ms,
  closesAtMs: Ms,
  holdSeconds: Type.Integer(),
  limitPerBuyer: Nullable(Type.Integer()),
  admission: Nullable(Type.Object({ perSecond: Type.Number(), tokenSeconds: Type.Integer() })),
  isRehearsal: Type.Boolean(),
  createdAtMs: Ms,
  skus: Type.Array(
    Type.Object({
      sku: Type.String(),
      title: Type.String(),
      priceFen: Type.Integer(),
      stock: Units,
      limitPerBuyer: Nullable(Type.Integer()),
      shards: Type.Integer(),
    }),
  ),
})
const UnitsView = Type.Object({ stock: Units, free: Units, held: Units, sold: Units })

/** In a list, with the units that the ledger has. */
export const ListedSaleView = Type.Object({ ...SaleView.properties, units: UnitsView })
export type ListedSale = Static<typeof ListedSaleView>

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
  total: UnitsView,
  shards: Type.Array(Type.Array(CountView), {
    description:
      'Units in each shard, where the sale has several. What is on its way between two is in none; the first keeps the stock of all.',
  }),
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

export const BuyerAttemptView = Type.Object({
  attemptId: Type.String(),
  items: Type.Array(Type.Object({ sku: Type.String(), quantity: Units })),
  answer: literals(['reserved', 'sold-out', 'limit-reached', 'not-open', 'closed']),
  sku: Nullable(Type.String()),
  state: Nullable(literals(['held', 'sold', 'released'])),
  decidedAtMs: Ms,
  expiresAtMs: Nullable(Ms),
  settledAtMs: Nullable(Ms),
  reason: Nullable(Type.String()),
})

export const HistoryView = Type.Object({
  stepSeconds: Type.Integer(),
  seconds: Type.Array(
    Type.Object({
      atMs: Ms,
      units: Nullable(Type.Object({ free: Units, held: Units, sold: Units })),
      answers: Type.Record(Type.String(), Type.Integer()),
      p50Ms: Nullable(Type.Number()),
      p99Ms: Nullable(Type.Number()),
      p999Ms: Nullable(Type.Number()),
    }),
  ),
})
export type History = Static<typeof HistoryView>

export const SummaryView = Type.Object({
  store: literals(['postgres', 'redis']),
  open: Units,
  coming: Units,
  openAlarms: Units,
  units: UnitsView,
})

export function saleView(sale: Sale, nowMs: number): Static<typeof SaleView> {
  const { workspaceId: _, skus, admission = null, ...rest } = sale
  return {
    ...rest,
    admission,
    skus: skus.map((sku) => ({ ...sku, shards: sku.shards ?? 1 })),
    phase: phaseOf(sale, nowMs),
  }
}

export function phaseOf({ status, opensAtMs, closesAtMs }: Sale, nowMs: number) {
  if (status === 'closed' || nowMs >= closesAtMs) return 'closed'
  if (nowMs < opensAtMs) return 'coming'
  return status === 'paused' ? 'paused' : 'open'
}
