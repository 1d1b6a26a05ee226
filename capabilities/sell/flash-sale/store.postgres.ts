import type { RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { book } from './booking.postgres.ts'
import {
  type Answer,
  basketFrom,
  boughtKey,
  type Decided,
  decide,
  type Known,
  type Operation,
  record,
  type SaleStatus,
  type Settlement,
  type Shelf,
} from './flash-sale.ts'
import type { Entry, Store } from './store.ts'

type Lane = (operation: Operation) => Promise<Decided>

/** Lanes are dropped, oldest first, beyond this many; a sale whose lane is dropped gets a new one. */
const MOST_LANES = 1_000
const BATCH = 2_000

/**
 * The ledger itself as the store. What the callers of one process ask of a sale at once is one transaction: the sale's
 * lock, one look, the rule, one write, one commit; so the rule in `flash-sale.ts` is not only the model but the code.
 */
export function postgresStore(ledger: Ledger, { factLog }: Pick<RoomContext, 'factLog'>): Store {
  const sql = ledger.everywhere
  const lanes = new Map<string, Lane>()

  const work = (saleId: string, operations: readonly Operation[]): Promise<Decided[]> =>
    ledger.across(async (tx) => {
      const sale = await lockSale(tx, saleId)
      const shelf = await look(tx, sale, operations)
      const entries: Entry[] = []
      const decided = operations.map((operation) => {
        const one = decide(shelf, operation, sale.now)
        if (one.intent) {
          record(shelf, one.intent)
          entries.push(one.intent)
        }
        return one
      })
      await book(tx, { saleId, workspaceId: sale.workspace_id }, entries, factLog)
      return decided
    })

  const laneOf = (saleId: string): Lane => {
    let lane = lanes.get(saleId)
    if (!lane) {
      lane = groupCommit<Operation, Decided>({
        name: 'flash-sale/store',
        maxBatch: BATCH,
        commit: (batch) => work(saleId, batch),
      })
      lanes.set(saleId, lane)
      if (lanes.size > MOST_LANES) lanes.delete(lanes.keys().next().value!)
    }
    return lane
  }

  return {
    stream: null,
    // Terms and units are in the ledger already, and every batch looks there.
    open: async () => {},
    publish: async () => {},
    reserve: async (saleId, attempt) => (await laneOf(saleId)({ do: 'reserve', attempt })).answer as Answer,
    settle: async (saleId, operation) => (await laneOf(saleId)(operation)).answer as Settlement,

    setStock: ({ saleId, workspaceId }, sku, stock) =>
      ledger.across(async (tx) => {
        const { now } = await lockSale(tx, saleId)
        const [row] = await tx.query<{ stock: number; free: number }>(
          'select stock, free from flash_sale.sku where sale_id = $1 and sku = $2',
          [saleId, sku],
        )
        const delta = stock - row!.stock
        if (row!.free + delta < 0) return false
        if (delta !== 0)
          await book(tx, { saleId, workspaceId }, [{ kind: 'stock', atMs: now, sku, delta }], factLog)
        return true
      }),

    counts: (saleId) =>
      sql.query('select sku, stock, free, held, sold from flash_sale.sku where sale_id = $1 order by nth', [
        saleId,
      ]),

    async soldOut(saleId, most) {
      const [row] = await sql.query<{ skus: string[] | null; attempts: string[] | null }>(
        `select (select array_agg(sku) from flash_sale.sku where sale_id = $1 and free = 0) as skus,
                (select array_agg(attempt_id) from
                   (select attempt_id from flash_sale.attempt where sale_id = $1 limit $2::int + 1) as known) as attempts`,
        [saleId, most],
      )
      const { skus, attempts } = { skus: row!.skus ?? [], attempts: row!.attempts ?? [] }
      return attempts.length > most ? null : { skus, attempts }
    },

    async expire(saleId, limit) {
      const due = await sql.query<{ attempt_id: string }>(
        `select attempt_id from flash_sale.attempt
          where sale_id = $1 and state = 'held' and expires_at <= clock_timestamp() order by expires_at limit $2`,
        [saleId, limit],
      )
      // Between the look and the lock somebody may have paid, or another node may have been here: the rule sees it.
      const lane = laneOf(saleId)
      const settled = await Promise.all(
        due.map(({ attempt_id }) => lane({ do: 'release', reservationId: attempt_id, reason: 'expired' })),
      )
      return settled.filter(({ intent }) => intent !== null).length
    },
  }
}

interface LockedSale {
  sale_id: string
  workspace_id: WorkspaceId
  opens: number
  closes: number
  hold_seconds: number
  limit_per_buyer: number | null
  status: SaleStatus
  now: number
}

/** A statement of its own: what is looked at afterwards is newer than the lock. */
export async function lockSale(tx: Tx, saleId: string): Promise<LockedSale> {
  const [row] = await tx.query<LockedSale>(
    `select sale_id, workspace_id, opens_at as opens, closes_at as closes, hold_seconds, limit_per_buyer, status,
            floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now
       from flash_sale.sale where sale_id = $1 for update`,
    [saleId],
  )
  if (!row) throw fault('missing', 'flash-sale/unknown-sale', 'There is no such sale')
  return row
}

/** As much of the shelf as these operations touch: all SKUs, their attempts, and what their buyers have. */
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
            (select json_agg(${ATTEMPT_TUPLE}) from flash_sale.attempt
              where sale_id = $1 and attempt_id = any($2)) as attempts,
            (select json_agg(json_build_array(buyer_id, items)) from flash_sale.attempt
              where sale_id = $1 and buyer_id = any($3) and state in ('held', 'sold')) as bought`,
    [sale.sale_id, ids, buyers],
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
  answer: 'reserved' | 'sold-out' | 'limit-reached',
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
        : ({ answer, sku } as Answer),
  }
}
