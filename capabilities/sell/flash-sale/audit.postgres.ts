import { type FactLog, tell } from '#kernel/fact-log.ts'
import { stockDrifted } from '#kernel/facts/stock.ts'
import { newId } from '#kernel/id.ts'
import type { Sql, Tx } from '#kernel/ledger.ts'
import type { SaleKey } from './booking.postgres.ts'
import type { Alarm, Drift } from './books.ts'

/** The counts of a sale beside the sums of its reservations, in one statement: at one instant. */
export async function rowDrift(sql: Sql, saleId: string): Promise<Drift[]> {
  const rows = await sql.query<{
    sku: string
    held: number
    sold: number
    held_rows: number
    sold_rows: number
  }>(
    `with line as (
       select split_part(one, '=', 1) as sku, split_part(one, '=', 2)::int as quantity, state
         from flash_sale.attempt, unnest(string_to_array(items, ',')) as one
        where sale_id = $1 and state in ('held', 'sold')
     ), sum as (
       select sku, coalesce(sum(quantity) filter (where state = 'held'), 0)::int as held,
              coalesce(sum(quantity) filter (where state = 'sold'), 0)::int as sold
         from line group by sku
     )
     select k.sku, k.held, k.sold, coalesce(sum.held, 0) as held_rows, coalesce(sum.sold, 0) as sold_rows
       from flash_sale.sku k left join sum using (sku)
      where k.sale_id = $1 and (k.held, k.sold) <> (coalesce(sum.held, 0), coalesce(sum.sold, 0))`,
    [saleId],
  )
  return rows.map(({ sku, held, sold, held_rows, sold_rows }) => ({
    sku,
    place: 'rows',
    expected: held + sold,
    found: held_rows + sold_rows,
    detail: `counted ${held} held and ${sold} sold; the reservations come to ${held_rows} and ${sold_rows}`,
  }))
}

interface Report {
  sale: SaleKey
  places: readonly Drift['place'][]
  drifts: readonly Drift[]
}

/** Opens an alarm, and tells a fact, for what is new; closes what the places looked at no longer show. */
export async function reportDrift(tx: Tx, facts: FactLog, { sale, places, drifts }: Report): Promise<number> {
  const { saleId, workspaceId } = sale
  await tx.query(
    `update flash_sale.alarm set closed_at = now()
      where sale_id = $1 and closed_at is null and place = any($2)
        and not (place || ' ' || sku = any($3))`,
    [saleId, places, drifts.map(({ place, sku }) => `${place} ${sku}`)],
  )
  if (drifts.length === 0) return 0
  const opened = await tx.query<Drift>(
    `insert into flash_sale.alarm (alarm_id, workspace_id, sale_id, sku, place, expected, found, detail)
     select id, $1, $2, sku, place, expected, found, detail
       from unnest($3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[])
            as it (id, sku, place, expected, found, detail)
     on conflict do nothing
     returning sku, place, expected, found, detail`,
    [
      workspaceId,
      saleId,
      drifts.map(() => newId('alarm')),
      drifts.map(({ sku }) => sku),
      drifts.map(({ place }) => place),
      drifts.map(({ expected }) => expected),
      drifts.map(({ found }) => found),
      drifts.map(({ detail }) => detail),
    ],
  )
  await facts.appendIn(
    tx,
    opened.map((drift) => tell(stockDrifted, workspaceId, { saleId, ...drift }, Date.now())),
  )
  return opened.length
}

export async function alarmsIn(sql: Sql, saleId: string): Promise<Alarm[]> {
  const rows = await sql.query<Drift & { alarm_id: string; raised_at: number; closed_at: number | null }>(
    'select * from flash_sale.alarm where sale_id = $1 order by alarm_id desc limit 100',
    [saleId],
  )
  return rows.map(({ alarm_id, raised_at, closed_at, sku, place, expected, found, detail }) => ({
    alarmId: alarm_id,
    sku,
    place,
    expected,
    found,
    detail,
    raisedAtMs: raised_at,
    closedAtMs: closed_at,
  }))
}
