import type { FactLog, NewFact } from '#kernel/fact-log.ts'
import { tell } from '#kernel/fact-log.ts'
import { stockConfirmed, stockReleased, stockReserved, stockSoldOut } from '#kernel/facts/stock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import { basketText, type Count, type Intent, isOffHours, STATE_AFTER } from './flash-sale.ts'
import { type Entry, movesOf } from './store.ts'

export const CHANNEL = 'flash_sale'

export interface SaleKey {
  saleId: string
  workspaceId: WorkspaceId
}

/**
 * Writes decided entries into the ledger: rows, counts, facts and the bell, in the caller's transaction. The only place
 * that moves units there, whether the ledger itself decided (under the sale's lock) or a store's stream tells it.
 */
export async function book(tx: Tx, sale: SaleKey, entries: readonly Entry[], facts: FactLog): Promise<void> {
  if (entries.length === 0) return
  const decided = entries.filter(isDecision)
  await insertAttempts(tx, sale, decided)
  await countOffHours(tx, sale, decided)
  await settleAttempts(tx, sale, entries.filter(isSettlement))
  const { soldOut, back } = await moveUnits(tx, sale, entries)
  const lastMs = entries.at(-1)!.atMs
  await facts.appendIn(tx, [
    ...entries.flatMap((entry) => factOf(sale, entry)),
    ...soldOut.map((sku) => tell(stockSoldOut, sale.workspaceId, { saleId: sale.saleId, sku }, lastMs)),
  ])
  const news = [...(soldOut.length > 0 ? ['sold-out'] : []), ...(back.length > 0 ? ['units'] : [])]
  for (const what of news) await tx.query('select pg_notify($1, $2)', [CHANNEL, `${sale.saleId} ${what}`])
}

type Decision = Extract<Intent, { kind: 'reserve' | 'refuse' }>
type Settled = Extract<Intent, { kind: 'confirm' | 'release' }>

const isDecision = (entry: Entry): entry is Decision => entry.kind === 'reserve' || entry.kind === 'refuse'
const isSettlement = (entry: Entry): entry is Settled => entry.kind === 'confirm' || entry.kind === 'release'

const seconds = (ms: number) => ms / 1000

async function insertAttempts(
  tx: Tx,
  { saleId, workspaceId }: SaleKey,
  decided: readonly Decision[],
): Promise<void> {
  if (decided.length === 0) return
  const column = <T>(of: (intent: Decision) => T) => decided.map(of)
  await tx.query(
    `insert into flash_sale.attempt
       (sale_id, workspace_id, attempt_id, buyer_id, items, answer, refused_sku, state, decided_at, expires_at)
     select $1, $2, attempt_id, buyer_id, items, answer, refused_sku,
            case when answer = 'reserved' then 'held' end, to_timestamp(decided), to_timestamp(expires)
       from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[])
            as it (attempt_id, buyer_id, items, answer, refused_sku, decided, expires)`,
    [
      saleId,
      workspaceId,
      column((intent) => intent.attemptId),
      column((intent) => intent.buyerId),
      column((intent) => basketText(intent.items)),
      column((intent) => (intent.kind === 'reserve' ? 'reserved' : intent.answer)),
      column((intent) => (intent.kind === 'refuse' ? intent.sku : null)),
      column((intent) => seconds(intent.atMs)),
      column((intent) => (intent.kind === 'reserve' ? seconds(intent.expiresAtMs) : null)),
    ],
    'flash-sale/attempts',
  )
}

/** Counted where the sale is locked anyway, so that the rule needs not count rows. */
async function countOffHours(tx: Tx, { saleId }: SaleKey, decided: readonly Decision[]): Promise<void> {
  const count = decided.filter((each) => each.kind === 'refuse' && isOffHours(each)).length
  if (count === 0) return
  await tx.query('update flash_sale.sale set off_hours = off_hours + $2 where sale_id = $1', [saleId, count])
}

async function settleAttempts(tx: Tx, { saleId }: SaleKey, settled: readonly Settled[]): Promise<void> {
  if (settled.length === 0) return
  const column = <T>(of: (intent: Settled) => T) => settled.map(of)
  await tx.query(
    `update flash_sale.attempt a set state = it.state, settled_at = to_timestamp(it.at), reason = it.reason
       from unnest($2::text[], $3::text[], $4::float8[], $5::text[]) as it (attempt_id, state, at, reason)
      where a.sale_id = $1 and a.attempt_id = it.attempt_id`,
    [
      saleId,
      column((intent) => intent.attemptId),
      column((intent) => STATE_AFTER[intent.kind]),
      column((intent) => seconds(intent.atMs)),
      column((intent) => (intent.kind === 'release' ? intent.reason : null)),
    ],
  )
}

async function moveUnits(tx: Tx, { saleId }: SaleKey, entries: readonly Entry[]) {
  const moves = [...movesOf(entries)]
  if (moves.length === 0) return { soldOut: [], back: [] }
  const column = (of: keyof Count) => moves.map(([, count]) => count[of])
  const rows = await tx.query<{ sku: string; free: number; was: number }>(
    `update flash_sale.sku s
        set stock = s.stock + it.stock, free = s.free + it.free, held = s.held + it.held, sold = s.sold + it.sold
       from unnest($2::text[], $3::int[], $4::int[], $5::int[], $6::int[]) as it (sku, stock, free, held, sold)
      where s.sale_id = $1 and s.sku = it.sku
     returning s.sku, s.free, s.free - it.free as was`,
    [saleId, moves.map(([sku]) => sku), column('stock'), column('free'), column('held'), column('sold')],
    'flash-sale/units',
  )
  return {
    soldOut: rows.filter(({ free, was }) => free === 0 && was > 0).map(({ sku }) => sku),
    back: rows.filter(({ free, was }) => free > 0 && was === 0).map(({ sku }) => sku),
  }
}

function factOf({ saleId, workspaceId }: SaleKey, entry: Entry): NewFact[] {
  if (entry.kind === 'refuse' || entry.kind === 'stock') return []
  const { attemptId: reservationId, buyerId, items, atMs } = entry
  const about = { saleId, reservationId, buyerId, items: [...items] }
  switch (entry.kind) {
    case 'reserve':
      return [tell(stockReserved, workspaceId, { ...about, expiresAtMs: entry.expiresAtMs }, atMs)]
    case 'confirm':
      return [tell(stockConfirmed, workspaceId, about, atMs)]
    case 'release':
      return [tell(stockReleased, workspaceId, { ...about, reason: entry.reason }, atMs)]
  }
}
