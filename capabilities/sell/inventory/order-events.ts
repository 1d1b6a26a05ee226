import type { WorkspaceId } from '#kernel/id.ts'
import { type Day, shanghaiDay } from './demand.ts'

/** What a fact about an order means for stock: units by SKU, lines of one SKU added up. */
export interface OrderEvent {
  what: 'placed' | 'paid' | 'closed'
  workspaceId: WorkspaceId
  shopId: string
  platform: string
  orderId: string
  units: ReadonlyMap<string, number>
  atMs: number
  /** Of a closed order: its goods have left, so nothing comes back by itself. */
  wasShipped: boolean
}

export type LineState = 'held' | 'sold' | 'released'

/** What we know of one SKU of one order. */
export interface OrderLine {
  units: number
  state: LineState
  placedAtMs: number
  paidAtMs: number | null
}

/** What an event does to the numbers of one SKU. */
export interface Effect {
  sku: string
  line: OrderLine
  kind: 'reserved' | 'sold' | 'released'
  available: number
  reserved: number
  /** Units of demand on a day: below zero when an order was given up before it was shipped. */
  demand: { day: Day; units: number } | null
  atMs: number
  orderId: string
}

/**
 * Units are held from the order on, sold when it is paid, and released when it ends before its goods have left. Demand
 * is what was paid, on the day it was paid; an order given up before shipping takes its demand back. Told again, or told
 * late, it changes nothing: only a line's next state has an effect.
 */
export function effectsOf(event: OrderEvent, known: ReadonlyMap<string, OrderLine>): Effect[] {
  return [...event.units].flatMap(([sku, units]) => {
    const line = known.get(sku)
    const next = step(event, line, units)
    return next ? [{ sku, atMs: event.atMs, orderId: event.orderId, ...next }] : []
  })
}

type Step = Pick<Effect, 'line' | 'kind' | 'available' | 'reserved' | 'demand'>

function step(
  { what, atMs, wasShipped }: OrderEvent,
  line: OrderLine | undefined,
  units: number,
): Step | null {
  switch (what) {
    case 'placed':
      if (line || units <= 0) return null
      return {
        line: { units, state: 'held', placedAtMs: atMs, paidAtMs: null },
        kind: 'reserved',
        available: -units,
        reserved: units,
        demand: null,
      }
    case 'paid': {
      if ((line && line.state !== 'held') || units <= 0) return null
      const of = line?.units ?? units
      return {
        line: { units: of, state: 'sold', placedAtMs: line?.placedAtMs ?? atMs, paidAtMs: atMs },
        kind: 'sold',
        available: line ? 0 : -of,
        reserved: line ? -of : 0,
        demand: { day: shanghaiDay(atMs), units: of },
      }
    }
    case 'closed': {
      if (!line || line.state === 'released' || (line.state === 'sold' && wasShipped)) return null
      const wasSold = line.state === 'sold'
      return {
        line: { ...line, state: 'released' },
        kind: 'released',
        available: line.units,
        reserved: wasSold ? 0 : -line.units,
        demand: wasSold ? { day: shanghaiDay(line.paidAtMs ?? atMs), units: -line.units } : null,
      }
    }
  }
}
