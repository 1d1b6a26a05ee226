import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import {
  basketFrom,
  boughtKey,
  type Known,
  type Operation,
  type Refusal,
  refusalOf,
  type SaleStatus,
  type Shelf,
} from './flash-sale.ts'

interface LockedSale {
  sale_id: string
  workspace_id: WorkspaceId
  opens: number
  closes: number
  hold_seconds: number
  limit_per_buyer: number | null
  status: SaleStatus
  off_hours: number
  now: number
}

/** A statement of its own: what is looked at afterwards is newer than the lock. */
export async function lockSale(tx: Tx, saleId: string): Promise<LockedSale> {
  const [row] = await tx.query<LockedSale>(
    `select sale_id, workspace_id, opens_at as opens, closes_at as closes, hold_seconds, limit_per_buyer, status, off_hours,
            floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now
       from flash_sale.sale where sale_id = $1 for update`,
    [saleId],
    'flash-sale/lock',
  )
  if (!row) throw fault('missing', 'flash-sale/unknown-sale', 'There is no such sale')
  return row
}

/**
 * As much of the shelf as these operations touch: all SKUs, their attempts, and what their buyers have. Each attempt and
 * buyer is looked up by itself: as a list they are a filter, for which a planner without statistics, as it is in the first
 * minute of a sale, reads all attempts of the sale every time.
 */
export async function look(tx: Tx, sale: LockedSale, operations: readonly Operation[]): Promise<Shelf> {
  const ids = operations.map((one) => (one.do === 'reserve' ? one.attempt.attemptId : one.reservationId))
  const buyers = operations.flatMap((one) => (one.do === 'reserve' ? [one.attempt.buyerId] : []))
  const [found] = await tx.query<{
    skus: [string, number, number, number, number, number | null][]
    attempts: AttemptTuple[] | null
    bought: [string, string][] | null
  }>(
    `select (select json_agg(json_build_array(sku, stock, free, held, sold, limit_per_buyer))
               from flash_sale.sku where sale_id = $1) as skus,
            (select json_agg(${ATTEMPT_TUPLE})
               from unnest($2::text[]) as wanted (id) cross join lateral
                    (select * from flash_sale.attempt where sale_id = $1 and attempt_id = wanted.id offset 0) as known) as attempts,
            (select json_agg(json_build_array(buyer_id, items))
               from unnest($3::text[]) as wanted (id) cross join lateral
                    (select * from flash_sale.attempt
                      where sale_id = $1 and buyer_id = wanted.id and state in ('held', 'sold') offset 0) as had) as bought`,
    [sale.sale_id, [...new Set(ids)], [...new Set(buyers)]],
    'flash-sale/look',
  )
  return {
    terms: {
      opensAtMs: sale.opens,
      closesAtMs: sale.closes,
      holdSeconds: sale.hold_seconds,
      limitPerBuyer: sale.limit_per_buyer,
      status: sale.status,
    },
    skus: new Map(
      found!.skus.map(([sku, stock, free, held, sold, limitPerBuyer]) => [
        sku,
        { stock, free, held, sold, limitPerBuyer },
      ]),
    ),
    attempts: new Map((found!.attempts ?? []).map((tuple) => [tuple[0], knownFrom(tuple)])),
    bought: boughtFrom(found!.bought ?? []),
    offHours: sale.off_hours,
  }
}

function boughtFrom(rows: readonly [string, string][]): Map<string, number> {
  const bought = new Map<string, number>()
  const add = (key: string, units: number) => bought.set(key, (bought.get(key) ?? 0) + units)
  for (const [buyerId, items] of rows) {
    for (const { sku, quantity } of basketFrom(items)) {
      add(boughtKey(buyerId, sku), quantity)
      add(boughtKey(buyerId), quantity)
    }
  }
  return bought
}

export type AttemptTuple = [
  attemptId: string,
  buyerId: string,
  items: string,
  answer: 'reserved' | Refusal,
  refusedSku: string | null,
  state: Known['state'],
  expiresAtMs: number | null,
]

export const ATTEMPT_TUPLE = `json_build_array(attempt_id, buyer_id, items, answer, refused_sku, state,
  round(extract(epoch from expires_at) * 1000))`

export function knownFrom([id, buyerId, items, answer, sku, state, expiresAtMs]: AttemptTuple): Known {
  return {
    buyerId,
    items: basketFrom(items),
    state,
    answer:
      answer === 'reserved'
        ? { answer, reservationId: id, expiresAtMs: expiresAtMs! }
        : refusalOf(answer, sku),
  }
}
