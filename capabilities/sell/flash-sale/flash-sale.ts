import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'

/** What a sale sells, and how. */
export interface SaleSku {
  sku: string
  title: string
  priceFen: number
  /** Units put on sale, raises included. */
  stock: number
  /** Units of this SKU that one buyer may hold and have bought; null for no limit. */
  limitPerBuyer: number | null
  /** Over how many shards of a store that has them its units are spread; absent for 1. */
  shards?: number
}

/** Buyers take a ticket and wait for their turn before they may reserve. */
export interface Admission {
  /** Turns a second. */
  perSecond: number
  /** How long the token of a turn is good for. A buyer whose token has run out asks for another. */
  tokenSeconds: number
}

export type SaleStatus = 'on' | 'paused' | 'closed'

/** The terms under which an attempt is decided. */
export interface Terms {
  opensAtMs: number
  closesAtMs: number
  holdSeconds: number
  /** Units of all SKUs together that one buyer may hold and have bought; null for no limit. */
  limitPerBuyer: number | null
  status: SaleStatus
}

export interface Sale extends Terms {
  saleId: string
  workspaceId: WorkspaceId
  name: string
  skus: readonly SaleSku[]
  /** Absent or null: whoever comes may try. */
  admission?: Admission | null
  isRehearsal: boolean
  createdAtMs: number
}

export interface Line {
  sku: string
  quantity: number
}

/** One click of one buyer. `attemptId` is chosen by the buyer's side and kept when it tries again. */
export interface Attempt {
  attemptId: string
  buyerId: string
  items: readonly Line[]
}

/** What an attempt is answered: once, and for ever, whatever becomes of the sale. */
export type Answer =
  | { answer: 'reserved'; reservationId: string; expiresAtMs: number }
  | { answer: 'sold-out'; sku: string }
  | { answer: 'limit-reached'; sku: string | null }
  | { answer: 'closed' }
  | { answer: 'not-open' }
  /** No answer: the sale has told more attempts than it can remember that it is not selling. Nothing is remembered. */
  | { answer: 'later'; because: OffHours }
  /** The caller's mistakes, which the ways in turn into faults. */
  | { answer: 'unknown-sku'; sku: string }
  | { answer: 'attempt-taken' }

/**
 * What became of a reservation that somebody wants to confirm or release. Doing the same twice is answered as the first
 * time; `was-released` and `was-confirmed` say that the other thing had happened before and stands.
 */
export type Settlement = 'confirmed' | 'released' | 'was-confirmed' | 'was-released' | 'unknown'

export type ReleaseReason = 'buyer' | 'expired' | 'seller'

export type Operation =
  | { do: 'reserve'; attempt: Attempt }
  | { do: 'confirm'; reservationId: string }
  | { do: 'release'; reservationId: string; reason: ReleaseReason }

export type OffHours = 'closed' | 'not-open'
export type Refusal = 'sold-out' | 'limit-reached' | OffHours

/** A change that has been decided and is written down: the only thing that moves units. */
export type Intent =
  | ({ kind: 'reserve'; atMs: number; expiresAtMs: number } & Attempt)
  | ({ kind: 'refuse'; atMs: number; answer: Refusal; sku: string | null } & Attempt)
  | { kind: 'confirm'; atMs: number; attemptId: string; buyerId: string; items: readonly Line[] }
  | {
      kind: 'release'
      atMs: number
      attemptId: string
      buyerId: string
      items: readonly Line[]
      reason: ReleaseReason
    }

export interface Count {
  stock: number
  free: number
  held: number
  sold: number
}

export type State = 'held' | 'sold' | 'released'

/** An attempt that was decided before. */
export interface Known {
  buyerId: string
  items: readonly Line[]
  answer: Answer
  state: State | null
}

/** All that the rule looks at: of a whole sale, or of as much of it as a batch of operations touches. */
export interface Shelf {
  terms: Terms
  skus: Map<string, Count & { limitPerBuyer: number | null }>
  attempts: Map<string, Known>
  /** Units that a buyer holds or has bought, by {@link boughtKey}. */
  bought: Map<string, number>
  /** Attempts that were told `not-open` or `closed`. */
  offHours: number
}

/** So many attempts of a sale may come too early or too late and be remembered for it; the rest gets no answer. */
export const MOST_OFF_HOURS = 200_000

/** Of one SKU, or of the whole sale when no SKU is named. */
export const boughtKey = (buyerId: string, sku = '') => `${buyerId} ${sku}`

export type Decided = { answer: Answer | Settlement; intent: Intent | null }

/** The rule of the room: what an operation is answered, and what it changes. Looks, and touches nothing. */
export function decide(shelf: Shelf, operation: Operation, nowMs: number): Decided {
  return operation.do === 'reserve'
    ? reserve(shelf, operation.attempt, nowMs)
    : settle(shelf, operation, nowMs)
}

/** Whether an attempt gets its units. The order of the questions is part of the promise. */
export function reserve(shelf: Shelf, attempt: Attempt, nowMs: number): Decided & { answer: Answer } {
  const known = shelf.attempts.get(attempt.attemptId)
  if (known) return said(known.buyerId === attempt.buyerId ? known.answer : { answer: 'attempt-taken' })
  const because = offHours(shelf.terms, nowMs)
  if (because && shelf.offHours >= MOST_OFF_HOURS) return said({ answer: 'later', because })
  if (because) return refused(attempt, because, null, nowMs)
  const unknown = attempt.items.find(({ sku }) => !shelf.skus.has(sku))
  if (unknown) return said({ answer: 'unknown-sku', sku: unknown.sku })
  const refusal =
    short(shelf, attempt, () => 1) ??
    overLimit(shelf, attempt) ??
    short(shelf, attempt, ({ quantity }) => quantity)
  if (refusal) return refused(attempt, refusal.answer, refusal.sku, nowMs)
  const expiresAtMs = nowMs + shelf.terms.holdSeconds * 1000
  return {
    answer: { answer: 'reserved', reservationId: attempt.attemptId, expiresAtMs },
    intent: { kind: 'reserve', atMs: nowMs, expiresAtMs, ...attempt },
  }
}

function offHours({ status, opensAtMs, closesAtMs }: Terms, nowMs: number): OffHours | null {
  if (status === 'closed' || nowMs >= closesAtMs) return 'closed'
  return status === 'paused' || nowMs < opensAtMs ? 'not-open' : null
}

/** A refusal as it was told, and is told again. */
export const refusalOf = (answer: Refusal, sku: string | null): Answer =>
  (answer === 'closed' || answer === 'not-open' ? { answer } : { answer, sku }) as Answer

const refused = (attempt: Attempt, answer: Refusal, sku: string | null, atMs: number) => ({
  answer: refusalOf(answer, sku),
  intent: { kind: 'refuse' as const, atMs, ...attempt, answer, sku },
})

const said = <A extends Answer | Settlement>(answer: A): { answer: A; intent: null } => ({
  answer,
  intent: null,
})

function short(shelf: Shelf, { items }: Attempt, wanted: (line: Line) => number) {
  const line = items.find((each) => shelf.skus.get(each.sku)!.free < wanted(each))
  return line ? ({ answer: 'sold-out', sku: line.sku } as const) : null
}

function overLimit(shelf: Shelf, { buyerId, items }: Attempt) {
  const has = (sku?: string) => shelf.bought.get(boughtKey(buyerId, sku)) ?? 0
  for (const { sku, quantity } of items) {
    const limit = shelf.skus.get(sku)!.limitPerBuyer
    if (limit !== null && has(sku) + quantity > limit) return { answer: 'limit-reached', sku } as const
  }
  const { limitPerBuyer } = shelf.terms
  const isOver = limitPerBuyer !== null && has() + unitsOf(items) > limitPerBuyer
  return isOver ? ({ answer: 'limit-reached', sku: null } as const) : null
}

/** What confirming or releasing comes to: only a held reservation can still go either way. */
function settle(shelf: Shelf, operation: Exclude<Operation, { do: 'reserve' }>, nowMs: number): Decided {
  const known = shelf.attempts.get(operation.reservationId)
  if (!known?.state) return said('unknown')
  const isConfirm = operation.do === 'confirm'
  if (known.state === 'sold') return said(isConfirm ? 'confirmed' : 'was-confirmed')
  if (known.state === 'released') return said(isConfirm ? 'was-released' : 'released')
  const { buyerId, items } = known
  const change = { atMs: nowMs, attemptId: operation.reservationId, buyerId, items }
  return operation.do === 'confirm'
    ? { answer: 'confirmed', intent: { kind: 'confirm', ...change } }
    : { answer: 'released', intent: { kind: 'release', reason: operation.reason, ...change } }
}

/** Writes an intent onto the shelf. */
export function record(shelf: Shelf, intent: Intent): void {
  const { attemptId, buyerId, items } = intent
  if (intent.kind === 'refuse') {
    const answer = refusalOf(intent.answer, intent.sku)
    if (isOffHours(intent)) shelf.offHours += 1
    shelf.attempts.set(attemptId, { buyerId, items, answer, state: null })
    return
  }
  const state = STATE_AFTER[intent.kind]
  const answer: Answer =
    intent.kind === 'reserve'
      ? { answer: 'reserved', reservationId: attemptId, expiresAtMs: intent.expiresAtMs }
      : shelf.attempts.get(attemptId)!.answer
  shelf.attempts.set(attemptId, { buyerId, items, answer, state })
  const [from, to] = MOVES[intent.kind]
  const sign = intent.kind === 'reserve' ? 1 : intent.kind === 'release' ? -1 : 0
  for (const { sku, quantity } of items) {
    const count = shelf.skus.get(sku)!
    count[from] -= quantity
    count[to] += quantity
    for (const key of [boughtKey(buyerId, sku), boughtKey(buyerId)]) {
      shelf.bought.set(key, (shelf.bought.get(key) ?? 0) + sign * quantity)
    }
  }
}

export const isOffHours = ({ answer }: { answer: Refusal }) => answer === 'closed' || answer === 'not-open'

export const STATE_AFTER = { reserve: 'held', confirm: 'sold', release: 'released' } as const

/** Where the units of an intent come from and go to. */
export const MOVES = {
  reserve: ['free', 'held'],
  confirm: ['held', 'sold'],
  release: ['held', 'free'],
} as const satisfies Record<string, readonly [keyof Count, keyof Count]>

export const unitsOf = (items: readonly Line[]) => items.reduce((sum, { quantity }) => sum + quantity, 0)

const NAME = /^[\w.:@-]{1,64}$/
export const MOST_QUANTITY = 1_000_000
export const MOST_LINES = 20

/** An attempt that can be decided: names and quantities as they must be, each SKU on one line, in one order. */
export function checkedAttempt({ attemptId, buyerId, items }: Attempt): Attempt {
  if (!NAME.test(attemptId)) throw bad('attemptId', 'must be 1 to 64 letters, digits or . _ : @ -')
  checkedBuyer(buyerId)
  if (items.length === 0 || items.length > MOST_LINES) throw bad('items', `must be 1 to ${MOST_LINES} lines`)
  for (const [i, { sku, quantity }] of items.entries()) {
    if (!NAME.test(sku)) throw bad(`items.${i}.sku`, 'is not the name of a SKU')
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > MOST_QUANTITY)
      throw bad(`items.${i}.quantity`, `must be a whole number from 1 to ${MOST_QUANTITY}`)
  }
  return { attemptId, buyerId, items: items.length === 1 ? items : merged(items) }
}

export function checkedBuyer(buyerId: string): string {
  if (!NAME.test(buyerId)) throw bad('buyerId', 'must be 1 to 64 letters, digits or . _ : @ -')
  return buyerId
}

function merged(items: readonly Line[]): Line[] {
  const bySku = new Map<string, number>()
  for (const { sku, quantity } of items) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity)
  return [...bySku].map(([sku, quantity]) => ({ sku, quantity }))
}

/** The terms of a sale, or the fault that says which of them cannot be. */
export function checkedSale<S extends Terms & { skus: readonly SaleSku[] }>(sale: S): S {
  if (sale.closesAtMs <= sale.opensAtMs) throw bad('closesAtMs', 'must be after opensAtMs')
  const names = new Set<string>()
  for (const [i, { sku }] of sale.skus.entries()) {
    if (!NAME.test(sku)) throw bad(`skus.${i}.sku`, 'must be 1 to 64 letters, digits or . _ : @ -')
    if (names.has(sku)) throw bad(`skus.${i}.sku`, 'is there twice')
    names.add(sku)
  }
  return sale
}

const bad = (field: string, says: string) =>
  fault('invalid', 'flash-sale/invalid', `${field}: ${says}`, { field })

/** `A=2,B=1`: how a basket is kept in rows, records and streams. */
export const basketText = (items: readonly Line[]) =>
  items.map(({ sku, quantity }) => `${sku}=${quantity}`).join(',')

export const basketFrom = (text: string): Line[] =>
  text.split(',').map((line) => {
    const at = line.lastIndexOf('=')
    return { sku: line.slice(0, at), quantity: Number(line.slice(at + 1)) }
  })
