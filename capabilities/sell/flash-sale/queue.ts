import { fault } from '#kernel/fault.ts'
import type { Sale } from './flash-sale.ts'

/** A buyer's place in the line of a sale. */
export interface Ticket {
  /** 1 came first. Given once, never changed. */
  number: number
  /** When the buyer may try, by the ledger's clock; it moves only when the seller moves the opening. */
  turnAtMs: number
  /** The ledger's clock when this was said. */
  nowMs: number
}

/**
 * Who may try when. The order is the order in which tickets were written down: one line for all processes, one ticket
 * for each buyer however often he asks, and turns by one clock, at most `perSecond` of them.
 */
export interface Queue {
  /** The buyer's ticket, a new one if he has none. A fault when the sale has no queue, is over, or the line is full. */
  take(sale: Sale, buyerId: string): Promise<Ticket>
}

export const MOST_TICKETS = 5_000_000

/** When the next in line has his turn: not before the sale opens, nor before he came, nor too soon after the one before. */
export function nextTurnMs(
  { nowMs, opensAtMs, perSecond }: { nowMs: number; opensAtMs: number; perSecond: number },
  lastTurnMs: number | null,
): number {
  const earliestMs = Math.max(nowMs, opensAtMs)
  return lastTurnMs === null ? earliestMs : Math.max(earliestMs, lastTurnMs + 1000 / perSecond)
}

/** How many have their turn before this buyer: while he waits, those before him follow each other without a gap. */
export function aheadOf({ number, turnAtMs, nowMs }: Ticket, opensAtMs: number, perSecond: number): number {
  const waitMs = turnAtMs - Math.max(nowMs, opensAtMs)
  if (turnAtMs <= nowMs) return 0
  return Math.min(
    number - 1,
    Math.max(0, Math.ceil((waitMs * perSecond) / 1000 - 1e-6) - (nowMs >= opensAtMs ? 1 : 0)),
  )
}

export const noQueue = () =>
  fault('conflict', 'flash-sale/no-queue', 'This sale has no queue: reserve without a token')
