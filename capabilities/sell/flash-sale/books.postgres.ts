import type { RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { alarmsIn, reportDrift, rowDrift } from './audit.postgres.ts'
import { book, CHANNEL } from './booking.postgres.ts'
import type { Books, News, Summary } from './books.ts'
import type { Count, Known } from './flash-sale.ts'
import { addAnswers, addUnits, dropSeconds, secondsIn } from './history.postgres.ts'
import { attemptsIn, reservationsIn, salesIn } from './lists.postgres.ts'
import { restoreForgotten } from './restore.postgres.ts'
import { insertSale, type SaleRow, SELECT_SALE, saleFrom, updateSale } from './sale.postgres.ts'
import { ATTEMPT_TUPLE, type AttemptTuple, knownFrom } from './shelf.postgres.ts'
import type { SkuCount } from './store.ts'

const PAGE = 5_000
const BUYER_ATTEMPTS = 200

export function postgresBooks(ledger: Ledger, { factLog }: Pick<RoomContext, 'factLog'>): Books {
  const sql = ledger.everywhere
  const tell = (saleId: string, what: News['what']) => ledger.notify(CHANNEL, `${saleId} ${what}`)

  return {
    create: (workspaceId, sale) => ledger.within(workspaceId, (tx) => insertSale(tx, workspaceId, sale)),

    async find(saleId) {
      const [row] = await sql.query<SaleRow>(`${SELECT_SALE} where s.sale_id = $1`, [saleId])
      return row ? saleFrom(row) : null
    },

    list: (workspaceId, ask) => ledger.within(workspaceId, (tx) => salesIn(tx, ask)),

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

    reservations: (workspaceId, saleId, ask) =>
      ledger.within(workspaceId, (tx) => reservationsIn(tx, saleId, ask)),

    attemptsOf: (workspaceId, saleId, buyerId) =>
      ledger.within(workspaceId, (tx) => attemptsIn(tx, saleId, buyerId, BUYER_ATTEMPTS)),

    addAnswers: (answered) => addAnswers(sql, answered),
    addUnits: (sale, units) => addUnits(sql, sale, units),
    history: (workspaceId, saleId, ask) => ledger.within(workspaceId, (tx) => secondsIn(tx, saleId, ask)),
    dropSeconds: (olderThanHours) => dropSeconds(sql, olderThanHours),

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
