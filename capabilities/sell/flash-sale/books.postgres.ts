import type { RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { alarmsIn, reportDrift, rowDrift } from './audit.postgres.ts'
import { book, CHANNEL } from './booking.postgres.ts'
import type { Books, NewSale, News, Reservation, SaleChange, Summary } from './books.ts'
import {
  basketFrom,
  type Count,
  type Known,
  type Sale,
  type SaleSku,
  type SaleStatus,
  type State,
} from './flash-sale.ts'
import { restoreForgotten } from './restore.postgres.ts'
import { ATTEMPT_TUPLE, type AttemptTuple, knownFrom } from './shelf.postgres.ts'
import type { SkuCount } from './store.ts'

const PAGE = 5_000

export function postgresBooks(ledger: Ledger, { factLog }: Pick<RoomContext, 'factLog'>): Books {
  const sql = ledger.everywhere
  const tell = (saleId: string, what: News['what']) => ledger.notify(CHANNEL, `${saleId} ${what}`)

  return {
    create: (workspaceId, sale) => ledger.within(workspaceId, (tx) => insertSale(tx, workspaceId, sale)),

    async find(saleId) {
      const [row] = await sql.query<SaleRow>(`${SELECT_SALE} where s.sale_id = $1`, [saleId])
      return row ? saleFrom(row) : null
    },

    list: (workspaceId, { after, limit }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<SaleRow>(
          `${SELECT_SALE} where ($1::text is null or s.sale_id < $1) order by s.sale_id desc limit $2`,
          [after, limit],
        )
        return rows.map(saleFrom)
      }),

    async change(workspaceId, saleId, change) {
      const sale = await ledger.within(workspaceId, (tx) => updateSale(tx, saleId, change))
      await tell(saleId, 'terms')
      return sale
    },

    async running(limit) {
      const rows = await sql.query<SaleRow>(
        `${SELECT_SALE} where (s.status <> 'closed' and s.closes_at > now())
            or exists (select from flash_sale.sku k where k.sale_id = s.sale_id and k.held > 0)
            or s.closes_at > now() - interval '5 minutes'
          order by s.sale_id desc limit $1`,
        [limit],
      )
      return rows.map(saleFrom)
    },

    async counts(saleId) {
      const [row] = await sql.query<{ position: string; skus: SkuCount[] | null }>(
        `select s.position,
                (select json_agg(json_build_object('sku', k.sku, 'stock', k.stock, 'free', k.free, 'held', k.held, 'sold', k.sold)
                          order by k.nth) from flash_sale.sku k where k.sale_id = s.sale_id) as skus
           from flash_sale.sale s where s.sale_id = $1`,
        [saleId],
      )
      if (!row) throw fault('missing', 'flash-sale/unknown-sale', 'There is no such sale')
      return { position: row.position, skus: row.skus ?? [] }
    },

    reservations: (workspaceId, saleId, { state, after, limit }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<ReservationRow>(
          `select * from flash_sale.attempt
            where sale_id = $1 and state is not null and ($2::text is null or state = $2)
              and ($3::text is null or attempt_id > $3) order by attempt_id limit $4`,
          [saleId, state, after, limit],
        )
        return rows.map(reservationFrom)
      }),

    async *attempts(saleId) {
      for (let after = ''; ; ) {
        const rows = await sql.query<{ it: AttemptTuple }>(
          `select ${ATTEMPT_TUPLE} as it from flash_sale.attempt
            where sale_id = $1 and attempt_id > $2 order by attempt_id limit ${PAGE}`,
          [saleId, after],
        )
        if (rows.length === 0) return
        yield rows.map(({ it }): [string, Known] => [it[0], knownFrom(it)])
        after = rows.at(-1)!.it[0]
      }
    },

    async saleOf(workspaceId, attemptId) {
      const [row] = await sql.query<{ sale_id: string }>(
        `select sale_id from flash_sale.attempt
          where attempt_id = $1 and workspace_id = $2 and state is not null order by sale_id desc limit 1`,
        [attemptId, workspaceId],
      )
      return row?.sale_id ?? null
    },

    book: (sale, after, entries) =>
      ledger.across(async (tx) => {
        const moved = await tx.query(
          'update flash_sale.sale set position = $3 where sale_id = $1 and position = $2 returning 1',
          [sale.saleId, after, entries.at(-1)!.position],
        )
        if (moved.length === 0) return false
        await book(
          tx,
          sale,
          entries.flatMap((one) => one.entries),
          factLog,
        )
        return true
      }),

    restore: (sale, entries) => restoreForgotten({ ledger, factLog }, sale, entries),

    async reposition(saleId, position) {
      await sql.query('update flash_sale.sale set position = $2 where sale_id = $1', [saleId, position])
    },

    rowDrift: (saleId) => rowDrift(sql, saleId),
    report: (sale, places, drifts) =>
      ledger.across((tx) => reportDrift(tx, factLog, { sale, places, drifts })),
    alarms: (saleId) => alarmsIn(sql, saleId),

    summary: (workspaceId) => ledger.within(workspaceId, summary),
    async saveRehearsal(saleId, report) {
      await sql.query('update flash_sale.sale set rehearsal = $2 where sale_id = $1', [
        saleId,
        JSON.stringify(report),
      ])
    },

    rehearsal: (workspaceId, saleId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<{ rehearsal: object | null }>(
          'select rehearsal from flash_sale.sale where sale_id = $1',
          [saleId],
        )
        return row?.rehearsal ?? null
      }),

    tell,
    hear: (news) =>
      ledger.listen(CHANNEL, (payload) => {
        const [saleId = '', what = 'everything'] = payload.split(' ')
        news({ saleId, what: what as News['what'] })
      }),
  }
}

interface SaleRow {
  sale_id: string
  workspace_id: WorkspaceId
  name: string
  opens_at: number
  closes_at: number
  hold_seconds: number
  limit_per_buyer: number | null
  status: SaleStatus
  is_rehearsal: boolean
  created_at: number
  skus: SaleSku[]
}

const SELECT_SALE = `
  select s.sale_id, s.workspace_id, s.name, s.opens_at, s.closes_at, s.hold_seconds, s.limit_per_buyer, s.status,
         s.rehearsal is not null as is_rehearsal, s.created_at,
         (select json_agg(json_build_object('sku', k.sku, 'title', k.title, 'priceFen', k.price_fen, 'stock', k.stock,
                   'limitPerBuyer', k.limit_per_buyer) order by k.nth)
            from flash_sale.sku k where k.sale_id = s.sale_id) as skus
    from flash_sale.sale s`

const saleFrom = (row: SaleRow): Sale => ({
  saleId: row.sale_id,
  workspaceId: row.workspace_id,
  name: row.name,
  opensAtMs: row.opens_at,
  closesAtMs: row.closes_at,
  holdSeconds: row.hold_seconds,
  limitPerBuyer: row.limit_per_buyer,
  status: row.status,
  skus: row.skus,
  isRehearsal: row.is_rehearsal,
  createdAtMs: row.created_at,
})

async function insertSale(tx: Tx, workspaceId: WorkspaceId, sale: NewSale): Promise<Sale> {
  const saleId = newId('sale')
  await tx.query(
    `insert into flash_sale.sale (sale_id, workspace_id, name, opens_at, closes_at, hold_seconds, limit_per_buyer, rehearsal)
     values ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000), $6, $7, $8)`,
    [
      saleId,
      workspaceId,
      sale.name,
      sale.opensAtMs,
      sale.closesAtMs,
      sale.holdSeconds,
      sale.limitPerBuyer,
      sale.isRehearsal ? '{}' : null,
    ],
  )
  await tx.query(
    `insert into flash_sale.sku (sale_id, workspace_id, sku, nth, title, price_fen, limit_per_buyer, stock, free)
     select $1, $2, sku, nth, title, price, most, stock, stock
       from unnest($3::text[], $4::text[], $5::bigint[], $6::int[], $7::int[]) with ordinality as it (sku, title, price, most, stock, nth)`,
    [
      saleId,
      workspaceId,
      sale.skus.map(({ sku }) => sku),
      sale.skus.map(({ title }) => title),
      sale.skus.map(({ priceFen }) => priceFen),
      sale.skus.map(({ limitPerBuyer }) => limitPerBuyer),
      sale.skus.map(({ stock }) => stock),
    ],
  )
  return saleIn(tx, saleId)
}

async function updateSale(tx: Tx, saleId: string, change: SaleChange): Promise<Sale> {
  await tx.query(
    `update flash_sale.sale set name = coalesce($2, name), status = coalesce($3, status),
            opens_at = coalesce(to_timestamp($4::float8 / 1000), opens_at),
            closes_at = coalesce(to_timestamp($5::float8 / 1000), closes_at)
      where sale_id = $1`,
    [saleId, change.name, change.status, change.opensAtMs, change.closesAtMs],
  )
  return saleIn(tx, saleId)
}

async function saleIn(tx: Tx, saleId: string): Promise<Sale> {
  const [row] = await tx.query<SaleRow>(`${SELECT_SALE} where s.sale_id = $1`, [saleId])
  if (!row) throw fault('missing', 'flash-sale/unknown-sale', 'There is no such sale')
  return saleFrom(row)
}

interface ReservationRow {
  attempt_id: string
  buyer_id: string
  items: string
  state: State
  decided_at: number
  expires_at: number
  settled_at: number | null
  reason: string | null
}

const reservationFrom = (row: ReservationRow): Reservation => ({
  reservationId: row.attempt_id,
  buyerId: row.buyer_id,
  items: basketFrom(row.items),
  state: row.state,
  reservedAtMs: row.decided_at,
  expiresAtMs: row.expires_at,
  settledAtMs: row.settled_at,
  reason: row.reason,
})

async function summary(tx: Tx): Promise<Summary> {
  const [row] = await tx.query<Count & { open: number; coming: number; alarms: number }>(
    `with live as (
       select sale_id, opens_at <= now() and status = 'on' as is_open, opens_at > now() as is_coming
         from flash_sale.sale where rehearsal is null and status <> 'closed' and closes_at > now()
     )
     select (select count(*) from live where is_open)::int as open,
            (select count(*) from live where is_coming)::int as coming,
            (select count(*) from flash_sale.alarm where closed_at is null)::int as alarms,
            coalesce(sum(stock), 0)::int as stock, coalesce(sum(free), 0)::int as free,
            coalesce(sum(held), 0)::int as held, coalesce(sum(sold), 0)::int as sold
       from flash_sale.sku join live using (sale_id)`,
  )
  const { open, coming, alarms, stock, free, held, sold } = row!
  return { open, coming, openAlarms: alarms, units: { stock, free, held, sold } }
}
