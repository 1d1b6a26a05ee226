import { days } from '#kernel/clock.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Catalogue, ExportRow, OrderDetail, OrderRow, TimelineRow } from './catalogue.ts'
import {
  MILESTONES,
  type Order,
  type OrderStatus,
  SOURCES,
  type Source,
  STATUSES,
  type Times,
  viewOf,
} from './order-sync.ts'

const ROW = `p.shop_id as "shopId", p.order_id as "orderId", p.platform, p.status, p.created_at as created, p.paid_at as paid,
  p.shipped_at as shipped, p.finished_at as finished, p.closed_at as closed, p.total_fen, p.paid_fen, p.refunded_fen,
  p.line_count as "lineCount", p.source, p.imbalance, p.is_extra as "isExtra", p.buyer_mask as "buyerMask",
  p.changed_at as "changedAtMs", p.change_no as "changeNo",
  coalesce((select json_agg(json_build_object('day', d.day::text, 'kind', d.kind, 'isRepaired', d.is_repaired) order by d.day, d.kind)
     from order_sync.difference d where d.shop_id = p.shop_id and d.order_id = p.order_id), '[]') as differences`

type StoredRow = Omit<OrderRow, 'times' | 'totalFen' | 'paidFen' | 'refundedFen'> & {
  created: number | null
  paid: number | null
  shipped: number | null
  finished: number | null
  closed: number | null
  total_fen: string | null
  paid_fen: string | null
  refunded_fen: string
}

export function postgresCatalogue(ledger: Ledger): Catalogue {
  return {
    orders: (workspaceId, { limit, before, tail, ...ask }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<StoredRow>(
          `select ${ROW} from order_sync.purchase p
            where ($1::bigint is null or change_no < $1) and ($2::text is null or status = $2) and ($3::text is null or source = $3)
              and ($4::text is null or shop_id = $4)
              and ($5::text is null or exists (select from order_sync.difference d where d.shop_id = p.shop_id and d.order_id = p.order_id
                                                and ($5 = 'any' or d.kind = $5)))
              and (not coalesce($6, false) or imbalance is not null)
              and ($7::text is null or reverse(order_id) like $7)
              and ($8::text is null or buyer_hashes @> array[$8])
              and ($9::timestamptz is null or created_at >= $9) and ($10::timestamptz is null or created_at < $10)
            order by change_no desc limit $11`,
          [
            before,
            ask.status,
            ask.source,
            ask.shopId,
            ask.difference,
            ask.imbalance,
            tail === undefined ? undefined : `${[...tail].reverse().join('')}%`,
            ask.buyerHash,
            ask.fromMs === undefined ? undefined : new Date(ask.fromMs),
            ask.untilMs === undefined ? undefined : new Date(ask.untilMs),
            limit,
          ],
        )
        return rows.map(rowFrom)
      }),
    order: (workspaceId, shopId, orderId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<StoredRow & { state: Order; buyer_hashes: string[] }>(
          `select ${ROW}, p.state, p.buyer_hashes from order_sync.purchase p where shop_id = $1 and order_id = $2`,
          [shopId, orderId],
        )
        if (!row) return null
        const timeline = await tx.query<TimelineRow>(
          `select id, source, tag, msg_id as "msgId", at as "atMs", seen_at as "seenAtMs", status, outcome, why
             from order_sync.sighting where shop_id = $1 and order_id = $2 order by id limit 500`,
          [shopId, orderId],
        )
        const { state, buyer_hashes, ...rest } = row
        const { lines, itemsFen, freightFen, discountFen } = viewOf(state)
        const detail: OrderDetail = {
          ...rowFrom(rest),
          lines,
          itemsFen,
          freightFen,
          discountFen,
          refunds: Object.values(state.refunds).sort((a, b) => a.atMs - b.atMs),
          timeline,
          buyer: { hash: buyer_hashes[0] ?? null },
        }
        return detail
      }),
    sealedBuyer: (workspaceId, shopId, orderId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<{ buyer_sealed: string | null }>(
          'select buyer_sealed from order_sync.purchase where shop_id = $1 and order_id = $2',
          [shopId, orderId],
        )
        return row?.buyer_sealed ?? null
      }),
    summary: (workspaceId, nowMs, dayStartMs) =>
      ledger.within(workspaceId, async (tx) => {
        const statuses = await tx.query<{ status: OrderStatus; count: number }>(
          'select status, count(*)::int as count from order_sync.purchase where not is_extra group by 1',
        )
        const sources = await tx.query<{ source: Source; count: number }>(
          'select source, count(*)::int as count from order_sync.purchase where first_seen_at > $1 group by 1',
          [new Date(nowMs - days(30))],
        )
        const [row] = await tx.query<{
          orders: number
          paid: string
          refunded: string
          delay: string | null
          imbalanced: number
          wanted: number
        }>(
          `select count(*) filter (where created_at >= $1)::int as orders, coalesce(sum(paid_fen) filter (where paid_at >= $1), 0) as paid,
                  coalesce(sum(refunded_fen) filter (where created_at >= $1), 0) as refunded,
                  percentile_disc(0.95) within group (order by delay_ms) filter (where paid_at > $2) as delay,
                  count(*) filter (where imbalance is not null)::int as imbalanced, count(*) filter (where wanted_at is not null)::int as wanted
             from order_sync.purchase
            where not is_extra and (created_at >= $1 or paid_at > $2 or imbalance is not null or wanted_at is not null)`,
          [new Date(dayStartMs), new Date(nowMs - days(1))],
        )
        const count = <K extends string>(rows: readonly { count: number }[], key: string, of: K) =>
          (rows as readonly ({ count: number } & Record<string, unknown>)[]).find((one) => one[key] === of)
            ?.count ?? 0
        return {
          orders: statuses.reduce((sum, one) => sum + one.count, 0),
          today: { orders: row!.orders, paidFen: Number(row!.paid), refundedFen: Number(row!.refunded) },
          byStatus: Object.fromEntries(
            STATUSES.map((one) => [one, count(statuses, 'status', one)]),
          ) as Record<OrderStatus, number>,
          bySource: Object.fromEntries(SOURCES.map((one) => [one, count(sources, 'source', one)])) as Record<
            Source,
            number
          >,
          pushDelayP95Ms: row!.delay === null ? null : Number(row!.delay),
          imbalanced: row!.imbalanced,
          wanted: row!.wanted,
        }
      }),
    flow: (workspaceId, sinceMs) =>
      ledger.within(workspaceId, (tx) =>
        tx.query(
          `select coalesce("from", 'new') as "from", "to", count(*)::int as count from (
             select lag(status) over (partition by shop_id, order_id order by at) as "from", status as "to" from (
               select shop_id, order_id, v.status, v.at from order_sync.purchase,
                      lateral (values ('created', created_at), ('paid', paid_at), ('shipped', shipped_at), ('finished', finished_at), ('closed', closed_at)) as v (status, at)
                where v.at is not null and created_at >= $1 and not is_extra) as passed) as steps
            group by 1, 2 order by 3 desc`,
          [new Date(sinceMs)],
        ),
      ),
    export: (workspaceId, { shopId, after, limit }) =>
      ledger.within(workspaceId, async (tx) => {
        const [afterShop = '', afterOrder = ''] = after.split(' ')
        const rows = await tx.query<{ shop_id: string; order_id: string; platform: string; state: Order }>(
          `select shop_id, order_id, platform, state from order_sync.purchase
            where (shop_id, order_id) > ($1, $2) and ($3::text is null or shop_id = $3) and not is_extra
            order by shop_id, order_id limit $4`,
          [afterShop, afterOrder, shopId, limit],
        )
        return rows.map(({ platform, state }): ExportRow => {
          const { isExtra: _, ...view } = viewOf(state)
          return { ...view, platform, refunds: Object.values(state.refunds) }
        })
      }),
  }
}

function rowFrom({
  created,
  paid,
  shipped,
  finished,
  closed,
  total_fen,
  paid_fen,
  refunded_fen,
  ...row
}: StoredRow): OrderRow {
  const at = { created, paid, shipped, finished, closed }
  const times: Times = {}
  for (const milestone of MILESTONES) {
    const ms = at[milestone]
    if (ms !== null) times[milestone] = ms
  }
  return {
    ...row,
    times,
    totalFen: total_fen === null ? null : Number(total_fen),
    paidFen: paid_fen === null ? null : Number(paid_fen),
    refundedFen: Number(refunded_fen),
  }
}
