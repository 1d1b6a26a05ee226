import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Count, Known, Line, Refusal, Sale, SaleStatus, State } from './flash-sale.ts'
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

/** A sale in a list, with its units as the ledger has them. */
export type ListedSale = Sale & { units: Count }

export interface SalesAsk {
  after?: string | undefined
  limit: number
  phase?: 'coming' | 'open' | 'paused' | 'closed' | undefined
  sku?: string | undefined
  /** Part of a name, an id, a SKU or its title. */
  text?: string | undefined
  isRehearsal?: boolean | undefined
}

export interface ReservationsAsk {
  state?: State | undefined
  /** By id, if not said. */
  sort?: 'id' | 'expiry' | undefined
  after?: string | undefined
  limit: number
}

export interface BuyerAttempt {
  attemptId: string
  items: Line[]
  answer: 'reserved' | Refusal
  sku: string | null
  state: State | null
  decidedAtMs: number
  expiresAtMs: number | null
  settledAtMs: number | null
  reason: string | null
}

/** What one process answered in one second. */
export interface Answered {
  saleId: string
  answers: Record<string, number>
  p50Ms: number
  p99Ms: number
  p999Ms: number
}

/** A sale at one second, or in one step of several. */
export interface Second {
  atMs: number
  /** null: as before. */
  units: { free: number; held: number; sold: number } | null
  answers: Record<string, number>
  /** Of the slowest process; null when nobody was answered. */
  p50Ms: number | null
  p99Ms: number | null
  p999Ms: number | null
}

export interface HistoryAsk {
  fromMs?: number | undefined
  toMs?: number | undefined
  points: number
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
  list(workspaceId: WorkspaceId, ask: SalesAsk): Promise<ListedSale[]>
  change(workspaceId: WorkspaceId, saleId: string, change: SaleChange): Promise<Sale>
  /** Sales that can still change: open, to come, or with unpaid holds. */
  running(limit: number): Promise<Sale[]>
  /** Units as the ledger has them, and how far the store's intents are in it, at one instant. */
  counts(saleId: string): Promise<{ position: string; skus: SkuCount[] }>
  reservations(workspaceId: WorkspaceId, saleId: string, ask: ReservationsAsk): Promise<Reservation[]>
  /** What one buyer tried and the ledger knows of, the latest first; of a sale on another store only what was reserved. */
  attemptsOf(workspaceId: WorkspaceId, saleId: string, buyerId: string): Promise<BuyerAttempt[]>
  addAnswers(answered: readonly Answered[]): Promise<void>
  addUnits(sale: Sale, units: Count): Promise<void>
  history(
    workspaceId: WorkspaceId,
    saleId: string,
    ask: HistoryAsk,
  ): Promise<{ stepSeconds: number; seconds: Second[] }>
  dropSeconds(olderThanHours: number): Promise<void>
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

/** From which reservation a list in the order of `sort` goes on. */
export const cursorAfter = (one: Reservation, sort: ReservationsAsk['sort']) =>
  sort === 'expiry' ? `${one.expiresAtMs}_${one.reservationId}` : one.reservationId

export const ended = () =>
  fault('conflict', 'flash-sale/ended', 'This sale is over and is not opened again', {
    cure: 'Prepare a new sale.',
  })
