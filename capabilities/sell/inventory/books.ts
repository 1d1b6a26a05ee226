import type { WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Day, Series } from './demand.ts'
import type { OrderEvent } from './order-events.ts'

/** A SKU of a shop as a platform or a file counts it; SKUs of the same code are added up before. */
export interface Count {
  sku: string
  title: string
  variant: string
  available: number
  /** Null where it is not told: then it is what our own orders hold. */
  reserved: number | null
  priceFen?: number | null
  costFen?: number | null
  inTransit?: number | null
  serviceLevel?: number | null
  leadDays?: number | null
}

export interface CountAsk {
  workspaceId: WorkspaceId
  shopId: string
  platform: string
  counts: readonly Count[]
  /** When the numbers were asked for: orders after that moment come on top. */
  countedAtMs: number
  how: 'counted' | 'imported'
  by: string | null
}

/** Numbers of every SKU, and every movement that made them. */
export interface Books {
  /** Takes orders, in order. What was taken before changes nothing. */
  take(tx: Tx, events: readonly OrderEvent[]): Promise<void>
  /** Replaces the numbers; answers how many SKUs there are, and how many were not what we had made of orders. */
  count(ask: CountAsk): Promise<{ skus: number; differed: number }>
  /** Units on their way from the supplier: more when ordered, fewer when they have come. Unknown SKUs are left out. */
  moveTransit(ask: {
    workspaceId: WorkspaceId
    moves: readonly { shopId: string; sku: string; units: number }[]
    by: string
    atMs: number
  }): Promise<number>
  /** Demand of a shop by SKU, for the days from `from` up to, not on, `end`. */
  demand(workspaceId: WorkspaceId, shopId: string, from: Day, end: Day): Promise<Series[]>
  /** Takes sales from a file as demand: it replaces the days and SKUs that it tells of. Unknown SKUs wait for a count. */
  importDemand(ask: {
    workspaceId: WorkspaceId
    shopId: string
    platform: string
    skus: readonly { sku: string; title: string }[]
    rows: readonly { sku: string; day: Day; units: number }[]
    atMs: number
  }): Promise<void>
  /** Deletes movements and demand from before those moments. */
  forget(movementsBeforeMs: number, demandBefore: Day): Promise<void>
}
