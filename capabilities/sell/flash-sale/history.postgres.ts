import type { Sql, Tx } from '#kernel/ledger.ts'
import type { SaleKey } from './booking.postgres.ts'
import type { Answered, HistoryAsk, Second } from './books.ts'
import type { Count } from './flash-sale.ts'

const NOW = `date_trunc('second', clock_timestamp())`
const SUMS = `(select coalesce(jsonb_object_agg(key, n), '{}') from (
  select key, sum(value::int) as n from (
    select * from jsonb_each_text(s.answers) union all select * from jsonb_each_text(excluded.answers)) as said
   group by key) as sums)`

/** What this process answered in the last second, beside what others did: counts add up, the slowest time stands. */
export async function addAnswers(sql: Sql, answered: readonly Answered[]): Promise<void> {
  const column = <T>(of: (one: Answered) => T) => answered.map(of)
  await sql.query(
    `insert into flash_sale.second as s (sale_id, at, workspace_id, answers, p50_ms, p99_ms, p999_ms)
     select sale_id, ${NOW}, workspace_id, answers, p50, p99, p999
       from unnest($1::text[], $2::jsonb[], $3::float8[], $4::float8[], $5::float8[])
            as it (sale_id, answers, p50, p99, p999) join flash_sale.sale using (sale_id)
     on conflict (sale_id, at) do update
        set answers = ${SUMS}, p50_ms = greatest(s.p50_ms, excluded.p50_ms),
            p99_ms = greatest(s.p99_ms, excluded.p99_ms), p999_ms = greatest(s.p999_ms, excluded.p999_ms)`,
    [
      column(({ saleId }) => saleId),
      column(({ answers }) => JSON.stringify(answers)),
      column(({ p50Ms }) => p50Ms),
      column(({ p99Ms }) => p99Ms),
      column(({ p999Ms }) => p999Ms),
    ],
  )
}

export async function addUnits(sql: Sql, { saleId, workspaceId }: SaleKey, units: Count): Promise<void> {
  await sql.query(
    `insert into flash_sale.second (sale_id, at, workspace_id, free, held, sold)
     values ($1, ${NOW}, $2, $3, $4, $5)
     on conflict (sale_id, at) do update set free = excluded.free, held = excluded.held, sold = excluded.sold`,
    [saleId, workspaceId, units.free, units.held, units.sold],
  )
}

interface SecondRow {
  at_ms: number
  free: number | null
  held: number | null
  sold: number | null
  p50: number | null
  p99: number | null
  p999: number | null
  answers: Record<string, number> | null
}

/** At most `points` steps of equal length: the last units of each, its answers together, its slowest times. */
export async function secondsIn(
  tx: Tx,
  saleId: string,
  { fromMs, toMs, points }: HistoryAsk,
): Promise<{ stepSeconds: number; seconds: Second[] }> {
  const [span] = await tx.query<{ first: number | null; last: number | null }>(
    `select (extract(epoch from min(at)) * 1000)::float8 as first, (extract(epoch from max(at)) * 1000)::float8 as last
       from flash_sale.second where sale_id = $1`,
    [saleId],
  )
  const from = Math.max(fromMs ?? 0, span!.first ?? 0)
  const to = Math.min(toMs ?? Number.MAX_SAFE_INTEGER, span!.last ?? 0)
  const stepSeconds = Math.max(1, Math.ceil((to - from + 1000) / 1000 / points))
  const rows = await tx.query<SecondRow>(
    `with it as (
       select (floor(extract(epoch from at) / $4) * $4 * 1000)::float8 as at_ms, * from flash_sale.second
        where sale_id = $1 and at between to_timestamp($2::float8 / 1000) and to_timestamp($3::float8 / 1000)
     ), units as (
       select at_ms, (array_agg(free order by at desc) filter (where free is not null))[1] as free,
              (array_agg(held order by at desc) filter (where free is not null))[1] as held,
              (array_agg(sold order by at desc) filter (where free is not null))[1] as sold,
              max(p50_ms)::float8 as p50, max(p99_ms)::float8 as p99, max(p999_ms)::float8 as p999
         from it group by at_ms
     ), said as (
       select at_ms, json_object_agg(key, n) as answers from (
         select at_ms, key, sum(value::int) as n from it, jsonb_each_text(answers) group by at_ms, key) as sums
        group by at_ms
     )
     select units.*, said.answers from units left join said using (at_ms) order by at_ms`,
    [saleId, from, to, stepSeconds],
  )
  return { stepSeconds, seconds: rows.map(secondFrom) }
}

const rounded = (ms: number | null) => (ms === null ? null : Number(ms.toPrecision(3)))

const secondFrom = ({ at_ms, free, held, sold, p50, p99, p999, answers }: SecondRow): Second => ({
  atMs: at_ms,
  units: free === null ? null : { free, held: held!, sold: sold! },
  answers: answers ?? {},
  p50Ms: rounded(p50),
  p99Ms: rounded(p99),
  p999Ms: rounded(p999),
})

export async function dropSeconds(sql: Sql, olderThanHours: number): Promise<void> {
  await sql.query(`delete from flash_sale.second where at < now() - $1 * interval '1 hour'`, [olderThanHours])
}
