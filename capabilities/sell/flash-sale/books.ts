import type { WorkspaceId } from '#kernel/id.ts'
import type { Count, Known, Line, Sale, SaleStatus, State } from './flash-sale.ts'
import type { SkuCount, StreamEntry } from './store.ts'

export type NewSale = Omit<Sale, 'saleId' | 'workspaceId' | 'status' | 'createdAtMs'>

export interface SaleChange {
  name?: string
  opensAtMs?: number
  closesAtMs?: number
  status?: SaleStatus
}

export interface Reservation {
  reservationId: string
  buyerId: string
  items: Line[]
  state: State
  reservedAtMs: number
  expiresAtMs: number
  settledAtMs: number | null
  reason: string | null
}

/** One count that is not what it should be. */
export interface Drift {
  sku: string
  /** Which two accounts disagree: `rows` the ledger with its own reservations, `store` the ledger with the store. */
  place: 'rows' | 'store' | 'lost'
  expected: number
  found: number
  detail: string
}

export interface Alarm extends Drift {
  alarmId: string
  raisedAtMs: number
  closedAtMs: number | null
}

/** Of the sales that are not over; rehearsals do not count. */
export interface Summary {
  open: number
  coming: number
  openAlarms: number
  units: Count
}

/** What the ledger knows of sales: their terms, every reservation, and what the auditor found. */
export interface Books {
  create(workspaceId: WorkspaceId, sale: NewSale): Promise<Sale>
  find(saleId: string): Promise<Sale | null>
  list(workspaceId: WorkspaceId, ask: { after?: string | undefined; limit: number }): Promise<Sale[]>
  change(workspaceId: WorkspaceId, saleId: string, change: SaleChange): Promise<Sale>
  /** Sales that can still change: open, to come, or with unpaid holds. */
  running(limit: number): Promise<Sale[]>
  /** Units as the ledger has them, and how far the store's intents are in it, at one instant. */
  counts(saleId: string): Promise<{ position: string; skus: SkuCount[] }>
  reservations(
    workspaceId: WorkspaceId,
    saleId: string,
    ask: { state?: State | undefined; after?: string | undefined; limit: number },
  ): Promise<Reservation[]>
  /** Every attempt, in pages. */
  attempts(saleId: string): AsyncIterable<[string, Known][]>
  /** The sale in which an attempt of this workspace was reserved. */
  saleOf(workspaceId: WorkspaceId, attemptId: string): Promise<string | null>
  /** Writes down intents of the store, exactly once: `false` when another process has moved on from `after`. */
  book(sale: Sale, after: string, entries: readonly StreamEntry[]): Promise<boolean>
  /** Writes down what the store has forgotten; answers with the attempts whose units are gone to others. */
  restore(sale: Sale, entries: readonly StreamEntry[]): Promise<string[]>
  /** The store goes on from `position`: it was rebuilt. */
  reposition(saleId: string, position: string): Promise<void>
  /** Where the ledger's counts differ from its own reservations. */
  rowDrift(saleId: string): Promise<Drift[]>
  /** Keeps the list of open alarms; a new one is told as a fact. Answers with how many are new. */
  report(sale: Sale, places: readonly Drift['place'][], drifts: readonly Drift[]): Promise<number>
  alarms(saleId: string): Promise<Alarm[]>
  summary(workspaceId: WorkspaceId): Promise<Summary>
  saveRehearsal(saleId: string, report: object): Promise<void>
  rehearsal(workspaceId: WorkspaceId, saleId: string): Promise<object | null>
  /** Tells every process that something about a sale changed. */
  tell(saleId: string, what: News['what']): Promise<void>
  hear(news: (news: News) => void): Promise<() => void>
}

/** `everything`: news may have been missed. */
export interface News {
  saleId: string
  what: 'sold-out' | 'units' | 'terms' | 'recover' | 'everything'
}
