import type { WorkspaceId } from '#kernel/id.ts'
import type { AbcClass, Pace, Plan, Platform, WarningKind } from './inventory.ts'
import type { WarningDetail } from './verdicts.ts'

export interface Slice<T> {
  items: T[]
  /** Give it back as `cursor`; null after the last. */
  next: string | null
}

export const ORDERS = ['cover', 'suggested', 'velocity', 'available', 'sku'] as const
export type Order = (typeof ORDERS)[number]

export interface ItemAsk {
  workspaceId: WorkspaceId
  shopId?: string | undefined
  platform?: Platform | undefined
  warning?: WarningKind | 'any' | undefined
  abc?: AbcClass | undefined
  pace?: Pace | undefined
  /** Days, both included. A SKU without a cover is in neither. */
  coverFrom?: number | undefined
  coverTo?: number | undefined
  /** Only SKUs with something to order. */
  isDue?: boolean | undefined
  /** In SKU, title or variant. */
  q?: string | undefined
  sort: Order
  after?: string | undefined
  limit: number
}

export interface ItemWarning {
  warningId: string
  kind: WarningKind
  openedAtMs: number
  silentUntilMs: number | null
}

/** A SKU of a shop as lists show it. */
export interface ItemView {
  shopId: string
  shopName: string
  platform: Platform
  sku: string
  title: string
  variant: string
  available: number
  reserved: number
  inTransit: number
  priceFen: number | null
  costFen: number | null
  /** The SKU's own wishes; null: those of the shop, of the workspace, of the settings. */
  serviceLevel: number | null
  leadDays: number | null
  abc: AbcClass
  pace: Pace
  quietDays: number
  /** When the platform or a file told the number last; null: never, and then nothing follows from it. */
  countedAtMs: number | null
  /** The platform is out of sync: show the number with its age. */
  isLate: boolean
  /** Null until it has been judged once. */
  plan: Plan | null
  warnings: ItemWarning[]
}

export interface MovementView {
  movementNo: string
  kind: string
  units: number
  available: number
  orderId: string | null
  by: string | null
  atMs: number
}

export interface WarningView extends ItemWarning {
  shopId: string
  shopName: string
  platform: Platform
  sku: string
  title: string
  detail: WarningDetail
  closedAtMs: number | null
}

/** Counts of SKUs by how long their stock lasts: gone, under 7, 30, 90 days, longer, nothing sold, not known. */
export const BUCKETS = ['out', 'week', 'month', 'quarter', 'longer', 'idle', 'unknown'] as const
export type Bucket = (typeof BUCKETS)[number]

export interface PlatformView {
  platform: Platform
  skus: number
  available: number
  reserved: number
  inTransit: number
  buckets: Record<Bucket, number>
}

export interface CellView {
  abc: AbcClass
  pace: Pace
  skus: number
  available: number
  suggested: number
}

export interface Tally {
  skus: number
  counted: number
  outOfStock: number
  outWithin7Days: number
  medianDaysOfCover: number | null
  deadSkus: number
  deadUnits: number
  /** Units that lie there for 90 days without a sale, at cost; SKUs without a cost are left out and counted. */
  deadFen: number
  deadWithoutCost: number
  toOrderSkus: number
  toOrderUnits: number
  warnings: Record<WarningKind, number>
  /** Parts of the health score, see health.ts. Sums of units a day. */
  velocity: { all: number; atRisk: number }
  stock: { all: number; dead: number }
  selling: { all: number; overstocked: number }
  judgedAtMs: number | null
}

export interface PurchaseLine {
  shopId: string
  shopName: string
  platform: Platform
  sku: string
  title: string
  variant: string
  available: number
  inTransit: number
  perDay: number
  daysOfCover: number | null
  reorderPoint: number
  suggested: number
  costFen: number | null
  amountFen: number | null
}

/** What people and pages read. Every question is about one workspace. */
export interface Catalogue {
  items(ask: ItemAsk): Promise<Slice<ItemView>>
  item(workspaceId: WorkspaceId, shopId: string, sku: string): Promise<ItemView | null>
  changeItem(
    workspaceId: WorkspaceId,
    shopId: string,
    sku: string,
    change: { serviceLevel?: number | null; leadDays?: number | null; costFen?: number | null },
  ): Promise<boolean>
  movements(ask: {
    workspaceId: WorkspaceId
    shopId: string
    sku: string
    after?: string | undefined
    limit: number
  }): Promise<Slice<MovementView>>
  warnings(ask: {
    workspaceId: WorkspaceId
    kind?: WarningKind | undefined
    state: 'open' | 'closed' | 'silent'
    after?: string | undefined
    limit: number
  }): Promise<Slice<WarningView>>
  /** Silences the kind for that SKU until then; null lets it speak again. False when there is no such warning. */
  silence(workspaceId: WorkspaceId, warningId: string, untilMs: number | null, by: string): Promise<boolean>
  tally(workspaceId: WorkspaceId): Promise<Tally>
  byPlatform(workspaceId: WorkspaceId): Promise<PlatformView[]>
  matrix(workspaceId: WorkspaceId): Promise<CellView[]>
  /** What to order, the most urgent first; at most 10,000 lines. */
  purchases(workspaceId: WorkspaceId, shopId: string | undefined): Promise<PurchaseLine[]>
}
