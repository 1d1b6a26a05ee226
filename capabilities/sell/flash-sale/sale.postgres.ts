import { fault } from '#kernel/fault.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import { ended, type NewSale, type SaleChange } from './books.ts'
import type { Sale, SaleSku, SaleStatus } from './flash-sale.ts'
import { shiftTurns } from './queue.postgres.ts'

export interface SaleRow {
  sale_id: string
  workspace_id: WorkspaceId
  name: string
  opens_at: number
  closes_at: number
  hold_seconds: number
  limit_per_buyer: number | null
  status: SaleStatus
  turns_per_second: number | null
  token_seconds: number | null
  is_rehearsal: boolean
  created_at: number
  skus: SaleSku[]
}

export const SELECT_SALE = `
  select s.sale_id, s.workspace_id, s.name, s.opens_at, s.closes_at, s.hold_seconds, s.limit_per_buyer, s.status,
         s.turns_per_second, s.token_seconds, s.rehearsal is not null as is_rehearsal, s.created_at,
         (select json_agg(json_build_object('sku', k.sku, 'title', k.title, 'priceFen', k.price_fen, 'stock', k.stock,
                   'limitPerBuyer', k.limit_per_buyer, 'shards', k.shards) order by k.nth)
            from flash_sale.sku k where k.sale_id = s.sale_id) as skus
    from flash_sale.sale s`

export const saleFrom = (row: SaleRow): Sale => ({
  saleId: row.sale_id,
  workspaceId: row.workspace_id,
  name: row.name,
  opensAtMs: row.opens_at,
  closesAtMs: row.closes_at,
  holdSeconds: row.hold_seconds,
  limitPerBuyer: row.limit_per_buyer,
  status: row.status,
  skus: row.skus,
  admission:
    row.turns_per_second === null
      ? null
      : { perSecond: row.turns_per_second, tokenSeconds: row.token_seconds! },
  isRehearsal: row.is_rehearsal,
  createdAtMs: row.created_at,
})

export async function insertSale(tx: Tx, workspaceId: WorkspaceId, sale: NewSale): Promise<Sale> {
  const saleId = newId('sale')
  await tx.query(
    `insert into flash_sale.sale (sale_id, workspace_id, name, opens_at, closes_at, hold_seconds, limit_per_buyer,
       turns_per_second, token_seconds, rehearsal)
     values ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000), $6, $7, $8, $9, $10)`,
    [
      saleId,
      workspaceId,
      sale.name,
      sale.opensAtMs,
      sale.closesAtMs,
      sale.holdSeconds,
      sale.limitPerBuyer,
      sale.admission?.perSecond,
      sale.admission?.tokenSeconds,
      sale.isRehearsal ? '{}' : null,
    ],
  )
  await tx.query(
    `insert into flash_sale.sku (sale_id, workspace_id, sku, nth, title, price_fen, limit_per_buyer, stock, free, shards)
     select $1, $2, sku, nth, title, price, most, stock, stock, shards
       from unnest($3::text[], $4::text[], $5::bigint[], $6::int[], $7::int[], $8::int[])
            with ordinality as it (sku, title, price, most, stock, shards, nth)`,
    [
      saleId,
      workspaceId,
      sale.skus.map(({ sku }) => sku),
      sale.skus.map(({ title }) => title),
      sale.skus.map(({ priceFen }) => priceFen),
      sale.skus.map(({ limitPerBuyer }) => limitPerBuyer),
      sale.skus.map(({ stock }) => stock),
      sale.skus.map(({ shards = 1 }) => shards),
    ],
  )
  return saleIn(tx, saleId)
}

/** A sale that is over stays over: only its name can still change, and it can be closed again. */
export async function updateSale(tx: Tx, saleId: string, change: SaleChange): Promise<Sale> {
  const [before] = await tx.query<{ opens: number; is_over: boolean }>(
    `select opens_at as opens, status = 'closed' or closes_at <= clock_timestamp() as is_over
       from flash_sale.sale where sale_id = $1 for update`,
    [saleId],
  )
  if (before?.is_over && movesTerms(change)) throw ended()
  await tx.query(
    `update flash_sale.sale set name = coalesce($2, name), status = coalesce($3, status),
            opens_at = coalesce(to_timestamp($4::float8 / 1000), opens_at),
            closes_at = coalesce(to_timestamp($5::float8 / 1000), closes_at)
      where sale_id = $1`,
    [saleId, change.name, change.status, change.opensAtMs, change.closesAtMs],
  )
  if (before && change.opensAtMs !== undefined && change.opensAtMs !== before.opens)
    await shiftTurns(tx, saleId, before.opens, change.opensAtMs)
  return saleIn(tx, saleId)
}

const movesTerms = ({ status, opensAtMs, closesAtMs }: SaleChange) =>
  (status !== undefined && status !== 'closed') || opensAtMs !== undefined || closesAtMs !== undefined

async function saleIn(tx: Tx, saleId: string): Promise<Sale> {
  const [row] = await tx.query<SaleRow>(`${SELECT_SALE} where s.sale_id = $1`, [saleId])
  if (!row) throw fault('missing', 'flash-sale/unknown-sale', 'There is no such sale')
  return saleFrom(row)
}
