import { Type } from 'typebox'
import { literals, Ms, Nullable } from '#kernel/schemas.ts'
import { BUCKETS, ORDERS } from './catalogue.ts'
import { ABC, PACES, PLATFORMS, WARNINGS } from './inventory.ts'

/** What the routes take and answer with, as OpenAPI shows it. The types are in catalogue.ts; these are their schemas. */

export const PlatformSchema = literals(PLATFORMS)
export const WarningSchema = literals(WARNINGS)
export const AbcSchema = literals(ABC)
export const PaceSchema = literals(PACES)
export const OrderSchema = literals(ORDERS)
const Count = Type.Integer()
/** A number or null that comes in. A union would not do: the number is tried first, and a null is coerced to 0. */
export const numberOrNull = (type: 'integer' | 'number', minimum: number, maximum: number) =>
  Type.Unsafe<number | null>({ type: [type, 'null'], minimum, maximum })
const Share = numberOrNull('number', 0.5, 0.999)
const Days = numberOrNull('integer', 0, 180)
export const ServiceLevel = Type.Optional(Share)
export const LeadDays = Type.Optional(Days)

export const PlanSchema = Type.Object({
  perDay: Nullable(Type.Number()),
  daysOfCover: Nullable(Type.Number()),
  expected: Nullable(Type.Number()),
  reorderPoint: Nullable(Count),
  suggested: Nullable(Count),
  leadDemand: Nullable(Count),
  basis: literals(['measured', 'modelled', 'too-few-days']),
  knownDays: Count,
})

export const ItemWarningSchema = Type.Object({
  warningId: Type.String(),
  kind: WarningSchema,
  openedAtMs: Ms,
  silentUntilMs: Nullable(Ms),
})

export const ItemSchema = Type.Object({
  shopId: Type.String(),
  shopName: Type.String(),
  platform: PlatformSchema,
  sku: Type.String(),
  title: Type.String(),
  variant: Type.String(),
  available: Count,
  reserved: Count,
  inTransit: Count,
  priceFen: Nullable(Count),
  costFen: Nullable(Count),
  serviceLevel: Nullable(Type.Number()),
  leadDays: Nullable(Count),
  abc: AbcSchema,
  pace: PaceSchema,
  quietDays: Count,
  countedAtMs: Nullable(Ms),
  isLate: Type.Boolean({ description: 'The platform is out of sync: show the number with its age.' }),
  plan: Nullable(PlanSchema),
  warnings: Type.Array(ItemWarningSchema),
})

const Series = Type.Array(Type.Number())
export const DetailSchema = Type.Object({
  item: ItemSchema,
  policy: Type.Object({ serviceLevel: Type.Number(), leadDays: Count, reviewDays: Count }),
  inputs: Nullable(
    Type.Object({
      perDay: Type.Number(),
      weekPattern: Type.Array(Type.Number(), { description: 'Sunday first; 1 is a mean day.' }),
      size: Type.Integer({
        description: 'Class of pace whose forecasts the quantiles are measured on, 0 to 5.',
      }),
      knownDays: Count,
      basis: literals(['measured', 'modelled']),
    }),
  ),
  demand: Type.Array(Type.Object({ date: Type.String(), units: Count })),
})

export const FanSchema = Type.Object({
  dates: Type.Array(Type.String()),
  levels: Series,
  remaining: Type.Array(Series, {
    description: 'By level: units that are left at the end of each day with that probability at least.',
  }),
  arrivesOn: Type.String({ description: 'When goods that are ordered now would arrive.' }),
  outOn: Type.Array(Nullable(Type.String()), { description: 'By level: the first day with nothing left.' }),
})

export const WarningViewSchema = Type.Object({
  ...ItemWarningSchema.properties,
  shopId: Type.String(),
  shopName: Type.String(),
  platform: PlatformSchema,
  sku: Type.String(),
  title: Type.String(),
  detail: Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Null()])),
  closedAtMs: Nullable(Ms),
})

export const MovementSchema = Type.Object({
  movementNo: Type.String(),
  kind: Type.String({ description: 'reserved, sold, released, counted, imported, ordered, transit' }),
  units: Count,
  available: Count,
  orderId: Nullable(Type.String()),
  by: Nullable(Type.String()),
  atMs: Ms,
})

export const PlatformViewSchema = Type.Object({
  platform: PlatformSchema,
  skus: Count,
  available: Count,
  reserved: Count,
  inTransit: Count,
  buckets: Type.Object(
    Object.fromEntries(BUCKETS.map((bucket) => [bucket, Count])) as Record<
      (typeof BUCKETS)[number],
      typeof Count
    >,
  ),
})

export const CellSchema = Type.Object({
  abc: AbcSchema,
  pace: PaceSchema,
  skus: Count,
  available: Count,
  suggested: Count,
})

const HealthSchema = Type.Object({
  score: Nullable(Count),
  parts: Type.Array(
    Type.Object({
      key: literals(['served', 'alive', 'lean', 'fresh']),
      weight: Count,
      share: Nullable(Type.Number()),
    }),
  ),
})

export const SummarySchema = Type.Object({
  skus: Count,
  counted: Count,
  outOfStock: Count,
  outWithin7Days: Count,
  medianDaysOfCover: Nullable(Type.Number()),
  deadSkus: Count,
  deadUnits: Type.Number(),
  deadFen: Type.Number(),
  deadWithoutCost: Count,
  toOrderSkus: Count,
  toOrderUnits: Type.Number(),
  warnings: Type.Record(WarningSchema, Count),
  judgedAtMs: Nullable(Ms),
  health: HealthSchema,
  lateShops: Count,
})

export const ShopSchema = Type.Object({
  shopId: Type.String(),
  platform: PlatformSchema,
  name: Type.String(),
  state: literals(['idle', 'running', 'failed', 'paused']),
  everySeconds: Count,
  nextPullAtMs: Nullable(Ms),
  lastPullAtMs: Nullable(Ms),
  lastSuccessAtMs: Nullable(Ms),
  failures: Count,
  failure: Nullable(Type.Object({ code: Type.String(), message: Type.String(), atMs: Ms })),
  lastPull: Nullable(Type.Object({ skus: Count, differed: Count, ms: Type.Number() })),
  serviceLevel: Nullable(Type.Number()),
  leadDays: Nullable(Count),
  createdAtMs: Ms,
  skus: Count,
  openWarnings: Count,
})

export const PurchaseSchema = Type.Object({
  shopId: Type.String(),
  shopName: Type.String(),
  platform: PlatformSchema,
  sku: Type.String(),
  title: Type.String(),
  variant: Type.String(),
  available: Count,
  inTransit: Count,
  perDay: Type.Number(),
  daysOfCover: Nullable(Type.Number()),
  reorderPoint: Count,
  suggested: Count,
  costFen: Nullable(Count),
  amountFen: Nullable(Count),
})

export const WishesSchema = Type.Object({
  serviceLevel: Share,
  leadDays: Days,
  recipients: Type.Array(Type.String({ maxLength: 200, pattern: '^[^@\\s]+@[^@\\s]+$' }), { maxItems: 20 }),
  mailsWarnings: Type.Boolean(),
  mailsReport: Type.Boolean(),
})

export const BadSchema = Type.Object({ line: Count, reason: Type.String() })
