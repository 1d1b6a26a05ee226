import type { WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Buyer, BuyerBook } from './buyers.ts'
import type { FoundOrder } from './gateway.ts'
import type { Order, OrderStatus, Outcome, Page, Sighting, Source } from './order-sync.ts'

/** One sighting with what the timeline says of it. */
export interface Entry {
  workspaceId: WorkspaceId
  platform: string
  sighting: Sighting
  tag?: string
  msgId?: string
  /** When it reached us. */
  seenAtMs: number
  /** Puts the platform's page above all that we know. Only a reconciliation does that. */
  force?: boolean
}

export interface Effect {
  orderId: string
  outcome: Outcome
  why: string
  /** Null for an order that nobody had heard of. */
  before: OrderStatus | null
}

export interface Wanted {
  shopId: string
  orderId: string
  workspaceId: WorkspaceId
  platform: string
  tries: number
  changedAtMs: number
}

/**
 * The orders. Rows are locked while they change, so it does not matter who takes which sighting, or how many at once; what
 * becomes of an order, its facts and its timeline are one transaction with whatever brought the sighting.
 */
export interface Orders {
  apply(tx: Tx, entries: readonly Entry[]): Promise<Effect[]>
  /** The platform does not know these: they are closed and named. */
  disown(
    tx: Tx,
    of: { workspaceId: WorkspaceId; shopId: string },
    orderIds: readonly string[],
    why: string,
  ): Promise<void>
  buyers(workspaceId: WorkspaceId): Promise<BuyerBook>
  load(workspaceId: WorkspaceId, shopId: string, orderId: string): Promise<Order | null>
  /** Orders whose page is wanted; each is left to us for `holdMs`. */
  wanted(nowMs: number, holdMs: number, limit: number): Promise<Wanted[]>
  /** No page came: later again, and after many tries not until something new is heard. */
  putOff(wanted: Wanted, untilMs: number | null): Promise<void>
  /** Hears that a page is wanted. */
  onWanted(hear: () => void): Promise<() => void>
  reseal(): Promise<number>
}

/** A page as an entry: the buyer sealed on the way. */
export function pageEntry(
  { orderId, page, buyer }: FoundOrder,
  about: {
    workspaceId: WorkspaceId
    platform: string
    shopId: string
    source: Source
    seenAtMs: number
    book: BuyerBook
    force?: boolean
  },
): Entry {
  const { shopId, source, seenAtMs, book, workspaceId, platform, force } = about
  const sealed: Page = { ...page, seenAtMs, buyer: buyer ? book.seal(shopId, orderId, buyer as Buyer) : null }
  return {
    workspaceId,
    platform,
    seenAtMs,
    sighting: { shopId, orderId, source, atMs: page.updatedAtMs, page: sealed },
    ...(force ? { force } : {}),
  }
}
