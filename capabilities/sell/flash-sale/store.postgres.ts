import type { RoomContext } from '#kernel/capability.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import type { Ledger } from '#kernel/ledger.ts'
import { book } from './booking.postgres.ts'
import { type Answer, type Decided, decide, type Operation, record, type Settlement } from './flash-sale.ts'
import { lockSale, look } from './shelf.postgres.ts'
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

    // The sale's lock is one for all, and a batch is one transaction: there is nothing that shards would spread.
    shards: async () => [],

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
