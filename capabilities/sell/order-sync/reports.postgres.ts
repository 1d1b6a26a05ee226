import type { Ledger } from '#kernel/ledger.ts'
import type { OrderStatus, Refund, Times } from './order-sync.ts'
import { DIFFERENCES, type DifferenceKind } from './reconciliation.ts'
import type { DayCount, DifferenceRow, ReportRow, Reports } from './reports.ts'

interface OursRow {
  orderId: string
  status: OrderStatus
  created: number | null
  paid: number | null
  shipped: number | null
  finished: number | null
  closed: number | null
  total_fen: string | null
  paid_fen: string | null
  is_extra: boolean
  changed_at: number
}

const OURS = `order_id as "orderId", status, created_at as created, paid_at as paid, shipped_at as shipped, finished_at as finished,
  closed_at as closed, total_fen, paid_fen, is_extra, changed_at`

export function postgresReports(ledger: Ledger): Reports {
  const sql = ledger.everywhere
  return {
    async ours({ workspaceId, shopId }, { fromMs, untilMs }, orderIds) {
      const within =
        fromMs < untilMs
          ? await sql.query<OursRow>(
              `select ${OURS} from order_sync.purchase
                where workspace_id = $1 and shop_id = $2 and created_at >= $3 and created_at < $4`,
              [workspaceId, shopId, new Date(fromMs), new Date(untilMs)],
            )
          : []
      const known = new Set(within.map((row) => row.orderId))
      const others = orderIds.filter((orderId) => !known.has(orderId))
      if (others.length === 0) return within.map(oursFrom)
      // Joined one by one: a list compared with a column may make the planner read the whole shop for it.
      const named = await sql.query<OursRow>(
        `select p.* from unnest($3::text[]) as asked (id) cross join lateral (
           select ${OURS} from order_sync.purchase where workspace_id = $1 and shop_id = $2 and order_id = asked.id limit 1) as p`,
        [workspaceId, shopId, others],
      )
      return [...within, ...named].map(oursFrom)
    },
    async refundsOf({ workspaceId, shopId }, orderIds) {
      const rows = await sql.query<{ order_id: string; refunds: Record<string, Refund> }>(
        `select p.* from unnest($2::text[]) as asked (id) cross join lateral (
           select order_id, state->'refunds' as refunds from order_sync.purchase
            where workspace_id = $3 and shop_id = $1 and order_id = asked.id limit 1) as p`,
        [shopId, orderIds, workspaceId],
      )
      return new Map(rows.map((row) => [row.order_id, Object.values(row.refunds)]))
    },
    async name(tx, { workspaceId, shopId, day }, differences, isRepaired) {
      if (differences.length === 0) return
      // Two refunds of one order are one line: a key may come once in a statement.
      const rows = [...new Map(differences.map((one) => [`${one.orderId} ${one.kind}`, one])).values()]
      await tx.query(
        `insert into order_sync.difference as d (workspace_id, shop_id, day, order_id, kind, ours, theirs, off_fen, is_repaired)
         select $1, $2, $3::date, *, $9 from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
         on conflict (workspace_id, shop_id, day, order_id, kind) do update
           set ours = excluded.ours, theirs = excluded.theirs, off_fen = excluded.off_fen, is_repaired = excluded.is_repaired`,
        [
          workspaceId,
          shopId,
          day,
          rows.map((row) => row.orderId),
          rows.map((row) => row.kind),
          rows.map((row) => row.ours),
          rows.map((row) => row.theirs),
          rows.map((row) => row.offFen),
          isRepaired,
        ],
      )
    },
    async save({ workspaceId, shopId, day }, totals, nowMs) {
      await sql.query(
        `insert into order_sync.report (workspace_id, shop_id, day, compared, theirs, theirs_fen, true_until, is_partial, partial_why, made_at)
         values ($1, $2, $3::date, $4, $5, $6, $7, $8, $9, $10)
         on conflict (workspace_id, shop_id, day) do update set compared = $4, theirs = $5, theirs_fen = $6, true_until = $7, is_partial = $8,
                partial_why = $9, made_at = $10`,
        [
          workspaceId,
          shopId,
          day,
          totals.compared,
          totals.theirs,
          totals.theirsFen,
          new Date(totals.trueUntilMs),
          totals.isPartial,
          totals.partialWhy,
          new Date(nowMs),
        ],
      )
    },
    async mailed({ workspaceId, shopId, day }, nowMs) {
      await sql.query(
        'update order_sync.report set mailed_at = $3 where workspace_id = $4 and shop_id = $1 and day = $2::date',
        [shopId, day, new Date(nowMs), workspaceId],
      )
    },
    list: (workspaceId, { shopId, before, limit }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<StoredReport>(
          `${REPORTS} where ($1::text is null or r.shop_id = $1) and ($2::text is null or r.day::text || ' ' || r.shop_id < $2)
            order by r.day desc, r.shop_id desc limit $3`,
          [shopId, before, limit],
        )
        return rows.map(reportFrom)
      }),
    find: (workspaceId, shopId, day) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<StoredReport>(`${REPORTS} where r.shop_id = $1 and r.day = $2::date`, [
          shopId,
          day,
        ])
        return row ? reportFrom(row) : null
      }),
    differences: (workspaceId, { shopId, day, kind, after, limit }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<DifferenceRow & { off: string }>(
          `select order_id as "orderId", kind, ours, theirs, off_fen as off, is_repaired as "isRepaired" from order_sync.difference
            where shop_id = $1 and day = $2::date and ($3::text is null or kind = $3) and ($4::text is null or order_id || ' ' || kind > $4)
            order by order_id || ' ' || kind limit $5`,
          [shopId, day, kind, after, limit],
        )
        return rows.map(({ off, ...row }) => ({ ...row, offFen: Number(off) }))
      }),
    series: (workspaceId, { shopId, fromDay, toDay }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<{
          day: string
          compared: string
          counts: Partial<Record<DifferenceKind, number>> | null
          repaired: number
        }>(
          `select r.day::text as day, sum(r.compared) as compared,
                  (select json_object_agg(kind, n) from (
                     select kind, count(*)::int as n from order_sync.difference d
                      where d.day = r.day and ($1::text is null or d.shop_id = $1) group by kind) as k) as counts,
                  (select count(*)::int from order_sync.difference d
                    where d.day = r.day and d.is_repaired and ($1::text is null or d.shop_id = $1)) as repaired
             from order_sync.report r where ($1::text is null or r.shop_id = $1) and r.day between $2::date and $3::date
            group by r.day order by r.day`,
          [shopId, fromDay, toDay],
        )
        return rows.map(
          ({ day, compared, counts, repaired }): DayCount => ({
            day,
            compared: Number(compared),
            byKind: everyKind((kind) => counts?.[kind] ?? 0),
            repaired,
          }),
        )
      }),
  }
}

const oursFrom = (row: OursRow) => {
  const times: Times = {}
  for (const milestone of ['created', 'paid', 'shipped', 'finished', 'closed'] as const) {
    const atMs = row[milestone]
    if (atMs !== null) times[milestone] = atMs
  }
  return {
    orderId: row.orderId,
    status: row.status,
    times,
    totalFen: row.total_fen === null ? null : Number(row.total_fen),
    paidFen: row.paid_fen === null ? null : Number(row.paid_fen),
    isExtra: row.is_extra,
    changedAtMs: row.changed_at,
  }
}

const REPORTS = `
  select r.shop_id as "shopId", r.day::text as day, r.compared, r.theirs, r.theirs_fen, r.true_until as "trueUntilMs",
         r.is_partial as "isPartial", r.partial_why as "partialWhy", r.made_at as "madeAtMs", r.mailed_at as "mailedAtMs",
         (select count(distinct order_id)::int from order_sync.difference d where d.shop_id = r.shop_id and d.day = r.day) as differing,
         (select count(distinct order_id)::int from order_sync.difference d
           where d.shop_id = r.shop_id and d.day = r.day and d.kind <> 'refund') as unequal,
         (select json_object_agg(kind, json_build_object('found', found, 'repaired', repaired, 'offFen', off)) from (
            select kind, count(*)::int as found, count(*) filter (where is_repaired)::int as repaired, sum(off_fen) as off
              from order_sync.difference d where d.shop_id = r.shop_id and d.day = r.day group by kind) as k) as kinds
    from order_sync.report r`

interface StoredReport {
  shopId: string
  day: string
  compared: string
  theirs: string
  theirs_fen: string
  trueUntilMs: number
  isPartial: boolean
  partialWhy: string | null
  madeAtMs: number
  mailedAtMs: number | null
  differing: number
  unequal: number
  kinds: Partial<ReportRow['byKind']> | null
}

const reportFrom = ({ compared, theirs, theirs_fen, unequal, kinds, ...row }: StoredReport): ReportRow => ({
  ...row,
  compared: Number(compared),
  theirs: Number(theirs),
  theirsFen: Number(theirs_fen),
  equal: Math.max(0, Number(compared) - unequal),
  byKind: everyKind((kind) => kinds?.[kind] ?? { found: 0, repaired: 0, offFen: 0 }),
})

const everyKind = <T>(of: (kind: DifferenceKind) => T): Record<DifferenceKind, T> =>
  Object.fromEntries(DIFFERENCES.map((kind) => [kind, of(kind)])) as Record<DifferenceKind, T>
