import type { RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { Ledger, Row, Tx } from '#kernel/ledger.ts'
import {
  BUCKETS,
  type Catalogue,
  type ItemAsk,
  type ItemView,
  type Order,
  type PurchaseLine,
  type WarningView,
} from './catalogue.ts'
import { moment } from './rows.ts'
import { tallyOf } from './tally.postgres.ts'

const MOST_PURCHASES = 10_000

const WARNINGS_OF = `
  coalesce((select json_agg(json_build_object('warningId', w.warning_id, 'kind', w.kind,
              'openedAtMs', floor(extract(epoch from w.opened_at) * 1000), 'silentUntilMs', floor(extract(epoch from s.until_at) * 1000)) order by w.kind)
     from inventory.warning w left join inventory.silence s
       on s.workspace_id = w.workspace_id and s.shop_id = w.shop_id and s.sku = w.sku and s.kind = w.kind and s.until_at > now()
    where w.workspace_id = i.workspace_id and w.shop_id = i.shop_id and w.sku = i.sku and w.closed_at is null), '[]')`

/** Late: pulled shops whose last success is older than three of their intervals. */
const IS_LATE = `(sh.next_pull_at is not null and (sh.last_success_at is null or sh.last_success_at < $1::timestamptz - 3 * sh.every_seconds * interval '1 second'))`

const ITEMS = `
  select i.*, sh.name as shop_name, ${IS_LATE} as is_late, ${WARNINGS_OF} as warnings
    from inventory.item i join inventory.shop sh using (workspace_id, shop_id)`

/** What lists are ordered by: an expression that is never null, its direction, and its type. */
const SORTS: Record<Order, { by: string; direction: 'asc' | 'desc'; type: string }> = {
  cover: { by: 'coalesce(i.days_of_cover, 1e12)', direction: 'asc', type: 'float8' },
  suggested: { by: 'coalesce(i.suggested, -1)', direction: 'desc', type: 'int' },
  velocity: { by: 'coalesce(i.per_day, -1)', direction: 'desc', type: 'float8' },
  available: { by: 'i.available', direction: 'asc', type: 'int' },
  sku: { by: 'i.sku', direction: 'asc', type: 'text' },
}

export function postgresCatalogue(ledger: Ledger, { clock }: Pick<RoomContext, 'clock'>): Catalogue {
  const now = () => moment(clock.now())
  return {
    items: (ask) => ledger.within(ask.workspaceId, (tx) => listItems(tx, ask, now())),
    item: (workspaceId, shopId, sku) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query(`${ITEMS} where i.shop_id = $2 and i.sku = $3`, [now(), shopId, sku])
        return row ? itemView(row) : null
      }),
    changeItem: (workspaceId, shopId, sku, { serviceLevel, leadDays, costFen }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `update inventory.item set service_level = case when $3 then $4::real else service_level end,
             lead_days = case when $5 then $6::int else lead_days end, cost_fen = case when $7 then $8::bigint else cost_fen end
           where shop_id = $1 and sku = $2 returning 1`,
          [
            shopId,
            sku,
            serviceLevel !== undefined,
            serviceLevel ?? null,
            leadDays !== undefined,
            leadDays ?? null,
            costFen !== undefined,
            costFen ?? null,
          ],
        )
        await tx.query('update inventory.shop set is_stale = true where shop_id = $1', [shopId])
        return rows.length > 0
      }),
    movements: ({ workspaceId, shopId, sku, after, limit }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `select movement_no, kind, units, available, order_id, by, at from inventory.movement
            where shop_id = $1 and sku = $2 and ($3::bigint is null or movement_no < $3) order by movement_no desc limit $4`,
          [shopId, sku, after === undefined ? null : wholeCursor(after), limit + 1],
        )
        const items = rows.slice(0, limit).map((row) => ({
          movementNo: row['movement_no'] as string,
          kind: row['kind'],
          units: row['units'],
          available: row['available'],
          orderId: row['order_id'],
          by: row['by'],
          atMs: row['at'],
        }))
        return { items, next: rows.length > limit ? items.at(-1)!.movementNo : null }
      }),
    warnings: ({ workspaceId, kind, state, after, limit }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `select w.*, i.title, i.platform, sh.name as shop_name, s.until_at
             from inventory.warning w join inventory.item i using (workspace_id, shop_id, sku)
             join inventory.shop sh using (workspace_id, shop_id)
             left join inventory.silence s on s.workspace_id = w.workspace_id and s.shop_id = w.shop_id and s.sku = w.sku
                   and s.kind = w.kind and s.until_at > $1
            where ($2::text is null or w.kind = $2) and ($3::text is null or w.warning_id < $3)
              and case $4 when 'closed' then w.closed_at is not null when 'silent' then w.closed_at is null and s.until_at is not null
                          else w.closed_at is null and s.until_at is null end
            order by w.warning_id desc limit $5`,
          [now(), kind ?? null, after ?? null, state, limit + 1],
        )
        const items = rows.slice(0, limit).map(warningView)
        return { items, next: rows.length > limit ? items.at(-1)!.warningId : null }
      }),
    silence: (workspaceId, warningId, untilMs, by) =>
      ledger.within(workspaceId, async (tx) => {
        const [warning] = await tx.query(
          'select shop_id, sku, kind from inventory.warning where warning_id = $1',
          [warningId],
        )
        if (!warning) return false
        const about = [warning['shop_id'], warning['sku'], warning['kind']]
        if (untilMs === null)
          await tx.query('delete from inventory.silence where shop_id = $1 and sku = $2 and kind = $3', about)
        else {
          await tx.query(
            `insert into inventory.silence (workspace_id, shop_id, sku, kind, until_at, by) values ($6, $1, $2, $3, $4, $5)
             on conflict (workspace_id, shop_id, sku, kind) do update set until_at = $4, by = $5`,
            [...about, moment(untilMs), by, workspaceId],
          )
        }
        return true
      }),
    tally: (workspaceId) => ledger.within(workspaceId, (tx) => tallyOf(tx, now())),
    byPlatform: (workspaceId) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `select platform, count(*)::int as skus, sum(available)::int as available, sum(reserved)::int as reserved, sum(in_transit)::int as in_transit,
                  ${BUCKETS.map((bucket) => `count(*) filter (where bucket = '${bucket}')::int as "${bucket}"`).join(', ')}
             from (select i.*, ${BUCKET} as bucket from inventory.item i) i group by platform order by skus desc, platform`,
        )
        return rows.map((row) => ({
          platform: row['platform'],
          skus: row['skus'],
          available: row['available'],
          reserved: row['reserved'],
          inTransit: row['in_transit'],
          buckets: Object.fromEntries(BUCKETS.map((bucket) => [bucket, row[bucket]])) as Record<
            (typeof BUCKETS)[number],
            number
          >,
        }))
      }),
    matrix: (workspaceId) =>
      ledger.within(workspaceId, (tx) =>
        tx.query(
          `select abc, pace, count(*)::int as skus, sum(greatest(0, available))::int as available, sum(coalesce(suggested, 0))::int as suggested
             from inventory.item group by abc, pace order by abc, pace`,
        ),
      ),
    purchases: (workspaceId, shopId) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `${ITEMS} where i.suggested > 0 and ($2::text is null or i.shop_id = $2)
            order by coalesce(i.days_of_cover, 1e12), i.suggested desc, i.shop_id, i.sku limit ${MOST_PURCHASES}`,
          [now(), shopId ?? null],
        )
        return rows.map(itemView).map(purchaseLine)
      }),
  }
}

const BUCKET = `case when i.counted_at is null or i.plan is null or i.per_day is null then 'unknown'
  when i.available <= 0 and i.per_day > 0 then 'out' when i.per_day = 0 then 'idle'
  when i.days_of_cover < 7 then 'week' when i.days_of_cover < 30 then 'month' when i.days_of_cover < 90 then 'quarter' else 'longer' end`

async function listItems(tx: Tx, ask: ItemAsk, now: Date) {
  const { by, direction, type } = SORTS[ask.sort]
  const past = direction === 'asc' ? '>' : '<'
  const place = ask.after === undefined ? null : placeOf(ask.after)
  const rows = await tx.query(
    `${ITEMS.replace('select i.*', `select i.*, ${by} as place`)}
      where ($2::text is null or i.shop_id = $2) and ($3::text is null or i.platform = $3)
        and ($4::text is null or exists (select from inventory.warning w where w.workspace_id = i.workspace_id and w.shop_id = i.shop_id
              and w.sku = i.sku and w.closed_at is null and ($4 = 'any' or w.kind = $4)))
        and ($5::text is null or i.abc = $5) and ($6::text is null or i.pace = $6)
        and ($7::float8 is null or i.days_of_cover >= $7) and ($8::float8 is null or i.days_of_cover <= $8)
        and ($9::boolean is not true or i.suggested > 0)
        and ($10::text is null or i.sku ilike $10 or i.title ilike $10 or i.variant ilike $10)
        and ($11::${type} is null or (${by}, i.shop_id, i.sku) ${past} ($11, $12, $13))
      order by ${by} ${direction}, i.shop_id ${direction}, i.sku ${direction} limit $14`,
    [
      now,
      ask.shopId ?? null,
      ask.platform ?? null,
      ask.warning ?? null,
      ask.abc ?? null,
      ask.pace ?? null,
      ask.coverFrom ?? null,
      ask.coverTo ?? null,
      ask.isDue ?? null,
      ask.q === undefined ? null : `%${ask.q.replace(/[\\%_]/g, '\\$&')}%`,
      place?.[0] ?? null,
      place?.[1] ?? null,
      place?.[2] ?? null,
      ask.limit + 1,
    ],
  )
  const shown = rows.slice(0, ask.limit)
  const last = shown.at(-1)
  return {
    items: shown.map(itemView),
    next:
      rows.length > ask.limit && last
        ? Buffer.from(JSON.stringify([last['place'], last['shop_id'], last['sku']])).toString('base64url')
        : null,
  }
}

const badCursor = () =>
  fault('invalid', 'inventory/bad-cursor', 'This cursor is not one of ours', { field: 'querystring.cursor' })

function placeOf(cursor: string): [string | number, string, string] {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(place) && place.length === 3) return place as [string | number, string, string]
  } catch {
    // Told below, like every other cursor that is none.
  }
  throw badCursor()
}

function wholeCursor(cursor: string): string {
  if (!/^\d{1,18}$/.test(cursor)) throw badCursor()
  return cursor
}

const fenOf = (value: string | null): number | null => (value === null ? null : Number(value))

const itemView = (row: Row): ItemView => ({
  shopId: row['shop_id'],
  shopName: row['shop_name'],
  platform: row['platform'],
  sku: row['sku'],
  title: row['title'],
  variant: row['variant'],
  available: row['available'],
  reserved: row['reserved'],
  inTransit: row['in_transit'],
  priceFen: fenOf(row['price_fen']),
  costFen: fenOf(row['cost_fen']),
  serviceLevel: row['service_level'],
  leadDays: row['lead_days'],
  abc: row['abc'],
  pace: row['pace'],
  quietDays: row['quiet_days'],
  countedAtMs: row['counted_at'],
  isLate: row['is_late'],
  plan: row['plan'],
  warnings: row['warnings'],
})

const warningView = (row: Row): WarningView => ({
  warningId: row['warning_id'],
  kind: row['kind'],
  openedAtMs: row['opened_at'],
  silentUntilMs: row['until_at'],
  closedAtMs: row['closed_at'],
  shopId: row['shop_id'],
  shopName: row['shop_name'],
  platform: row['platform'],
  sku: row['sku'],
  title: row['title'],
  detail: row['detail'],
})

const purchaseLine = ({ plan, ...item }: ItemView): PurchaseLine => ({
  shopId: item.shopId,
  shopName: item.shopName,
  platform: item.platform,
  sku: item.sku,
  title: item.title,
  variant: item.variant,
  available: item.available,
  inTransit: item.inTransit,
  perDay: plan?.perDay ?? 0,
  daysOfCover: plan?.daysOfCover ?? null,
  reorderPoint: plan?.reorderPoint ?? 0,
  suggested: plan?.suggested ?? 0,
  costFen: item.costFen,
  amountFen: item.costFen === null ? null : item.costFen * (plan?.suggested ?? 0),
})
