import type { WorkspaceId } from '#kernel/id.ts'
import type { Line, OrderStatus, Outcome, Refund, SealedBuyer, Source, Times } from './order-sync.ts'
import type { DifferenceKind } from './reconciliation.ts'

export interface OrderRow {
  shopId: string
  orderId: string
  platform: string
  status: OrderStatus
  times: Times
  totalFen: number | null
  paidFen: number | null
  refundedFen: number
  lineCount: number
  source: Source
  /** The sentence of amounts that do not add up. */
  imbalance: string | null
  isExtra: boolean
  buyerMask: SealedBuyer['mask'] | null
  /** What reconciliations named about it. */
  differences: { day: string; kind: DifferenceKind; isRepaired: boolean }[]
  changedAtMs: number
  changeNo: string
}

export interface TimelineRow {
  id: string
  source: Source
  tag: string
  msgId: string
  atMs: number | null
  seenAtMs: number
  status: OrderStatus | null
  outcome: Outcome
  why: string
}

export interface OrderDetail extends OrderRow {
  lines: Line[]
  itemsFen: number | null
  freightFen: number | null
  discountFen: number | null
  refunds: Refund[]
  timeline: TimelineRow[]
  buyer: { hash: string | null }
}

export interface OrderFilter {
  status?: OrderStatus | undefined
  source?: Source | undefined
  shopId?: string | undefined
  difference?: DifferenceKind | 'any' | undefined
  /** Amounts that do not add up. */
  imbalance?: boolean | undefined
  /** The last digits of an order id, four or more. */
  tail?: string | undefined
  /** A hash of a buyer's phone, name or id. */
  buyerHash?: string | undefined
  fromMs?: number | undefined
  untilMs?: number | undefined
}

export interface Summary {
  orders: number
  today: { orders: number; paidFen: number; refundedFen: number }
  byStatus: Record<OrderStatus, number>
  /** Who told us of the orders of the last 30 days first. */
  bySource: Record<Source, number>
  /** From payment to our knowing, of the last 24 hours. */
  pushDelayP95Ms: number | null
  imbalanced: number
  wanted: number
}

/** The numbers and lists above the orders; nothing here changes anything. */
export interface Catalogue {
  orders(
    workspaceId: WorkspaceId,
    ask: OrderFilter & { limit: number; before?: string | undefined },
  ): Promise<OrderRow[]>
  order(workspaceId: WorkspaceId, shopId: string, orderId: string): Promise<OrderDetail | null>
  /** What is sealed of its buyer. */
  sealedBuyer(workspaceId: WorkspaceId, shopId: string, orderId: string): Promise<string | null>
  summary(workspaceId: WorkspaceId, nowMs: number, dayStartMs: number): Promise<Summary>
  /** From status to status, of the last 30 days, for a flow chart. */
  flow(
    workspaceId: WorkspaceId,
    sinceMs: number,
  ): Promise<{ from: OrderStatus | 'new'; to: OrderStatus; count: number }[]>
  /** All orders with their lines, in an order that never changes, after `after` (`shop order`). */
  export(
    workspaceId: WorkspaceId,
    ask: { shopId?: string | undefined; after: string; limit: number },
  ): Promise<ExportRow[]>
}

export interface ExportRow {
  shopId: string
  orderId: string
  platform: string
  status: OrderStatus
  times: Times
  lines: Line[]
  itemsFen: number | null
  freightFen: number | null
  discountFen: number | null
  totalFen: number | null
  paidFen: number | null
  refundedFen: number
  refunds: Refund[]
  updatedAtMs: number
}
