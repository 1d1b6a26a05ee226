import { columns, once } from '#engines/postgres/columns.ts'
import type { RoomContext } from '#kernel/capability.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import type { Books, Count, CountAsk } from './books.ts'
import { series, shanghaiDay } from './demand.ts'
import { PLATFORMS } from './inventory.ts'
import { type Effect, effectsOf, type OrderEvent, type OrderLine } from './order-events.ts'
import { keyOf, lockItems, moment } from './rows.ts'

const CHUNK = 1_000
const START_EVERY_SECONDS = 600

type Context = Pick<RoomContext, 'live' | 'clock'>

/** The books in the ledger. Rows are locked in the order of their keys, so that orders and counts wait for each other. */
export function postgresBooks(ledger: Ledger, { live, clock }: Context): Books {
  const tellPages = (tx: Tx, workspaceId: WorkspaceId, shopId: string, skus: number) =>
    tx.afterCommit(() => live.publish(workspaceId, { topic: 'inventory/stock', key: shopId, data: { skus } }))

  return {
    async take(tx, events) {
      const byShop = Map.groupBy(events, ({ workspaceId, shopId }) => keyOf(workspaceId, shopId))
      // In one order in every process: two batches that meet wait for each other and do not lock each other out.
      for (const shop of [...byShop.keys()].sort()) {
        const some = byShop.get(shop)!
        const { workspaceId, shopId, platform } = some[0]!
        await knowShop(tx, { workspaceId, shopId, platform }, clock.now())
        const effects = await effectsIn(tx, some)
        if (effects.length === 0) continue
        await putLines(tx, workspaceId, shopId, effects)
        await moveItems(tx, { workspaceId, shopId, platform: known(platform) }, effects)
        await putDemand(tx, workspaceId, shopId, effects)
        const today = shanghaiDay(clock.now())
        const isPast = effects.some(({ demand }) => demand !== null && demand.day < today)
        await touch(tx, workspaceId, shopId, isPast)
        tellPages(tx, workspaceId, shopId, new Set(effects.map(({ sku }) => sku)).size)
      }
    },

    async count(ask) {
      const counts = once(ask.counts, ({ sku }) => sku)
      let differed = 0
      for (let i = 0; i < counts.length; i += CHUNK) {
        const some = counts.slice(i, i + CHUNK)
        differed += await ledger.across(async (tx) => {
          const changed = await putCounts(tx, { ...ask, counts: some })
          await touch(tx, ask.workspaceId, ask.shopId, false)
          if (changed > 0) tellPages(tx, ask.workspaceId, ask.shopId, changed)
          return changed
        })
      }
      return { skus: counts.length, differed }
    },

    moveTransit: ({ workspaceId, moves, by, atMs }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = once(moves, ({ shopId, sku }) => keyOf(shopId, sku))
        for (const [shopId, some] of Map.groupBy(rows, (row) => row.shopId))
          await lockItems(
            tx,
            { workspaceId, shopId },
            some.map(({ sku }) => sku),
          )
        const moved = await tx.query(
          `with move as (select * from unnest($2::text[], $3::text[], $4::int[]) as m(shop_id, sku, units)),
                done as (
                  update inventory.item i set in_transit = greatest(0, i.in_transit + m.units)
                    from move m where i.workspace_id = $1 and i.shop_id = m.shop_id and i.sku = m.sku
                  returning i.shop_id, i.sku, i.available, m.units),
                shops as (update inventory.shop s set is_stale = true where s.workspace_id = $1 and s.shop_id in (select shop_id from done))
           insert into inventory.movement (workspace_id, shop_id, sku, kind, units, available, by, at)
           select $1, shop_id, sku, case when units > 0 then 'ordered' else 'transit' end, units, available, $5, $6 from done
           returning 1`,
          [workspaceId, ...columns(rows, ['shopId', 'sku', 'units']), by, moment(atMs)],
        )
        return moved.length
      }),

    async demand(workspaceId, shopId, from, end) {
      const rows = await ledger.everywhere.query<{ sku: string; days: number[]; units: number[] }>(
        `select sku, array_agg(day) as days, array_agg(units) as units from inventory.demand
          where workspace_id = $1 and shop_id = $2 and day >= $3 and day < $4 group by sku order by sku`,
        [workspaceId, shopId, from, end],
      )
      return rows.flatMap(
        ({ sku, days, units }) =>
          series(
            sku,
            days.map((day, i) => [day, units[i]!] as const),
            end,
          ) ?? [],
      )
    },

    importDemand: ({ workspaceId, shopId, platform, skus, rows, atMs }) =>
      ledger.across(async (tx) => {
        await tx.query(
          `insert into inventory.item (workspace_id, shop_id, platform, sku, title, first_seen_at)
           select $1, $2, $3, sku, title, $6 from unnest($4::text[], $5::text[]) as s(sku, title) order by sku on conflict do nothing`,
          [workspaceId, shopId, known(platform), ...columns(skus, ['sku', 'title']), moment(atMs)],
        )
        for (let i = 0; i < rows.length; i += 10 * CHUNK) {
          const some = once(rows.slice(i, i + 10 * CHUNK), ({ sku, day }) => keyOf(sku, String(day)))
          await tx.query(
            `insert into inventory.demand (workspace_id, shop_id, sku, day, units)
             select $1, $2, * from unnest($3::text[], $4::int[], $5::int[])
             on conflict (workspace_id, shop_id, sku, day) do update set units = excluded.units`,
            [workspaceId, shopId, ...columns(some, ['sku', 'day', 'units'])],
          )
        }
        await touch(tx, workspaceId, shopId, true)
      }),

    forget: (movementsBeforeMs, demandBefore) =>
      ledger.across(async (tx) => {
        await tx.query('delete from inventory.movement where at < $1', [moment(movementsBeforeMs)])
        await tx.query('delete from inventory.order_line where placed_at < $1', [moment(movementsBeforeMs)])
        await tx.query('delete from inventory.demand where day < $1', [demandBefore])
      }),
  }
}

const known = (platform: string) => ((PLATFORMS as readonly string[]).includes(platform) ? platform : 'csv')

async function knowShop(
  tx: Tx,
  { workspaceId, shopId, platform }: { workspaceId: string; shopId: string; platform: string },
  nowMs: number,
): Promise<void> {
  await tx.query(
    `insert into inventory.shop (workspace_id, shop_id, platform, name, every_seconds, created_at)
     values ($1, $2, $3, $2, $4, $5) on conflict do nothing`,
    [workspaceId, shopId, known(platform), START_EVERY_SECONDS, moment(nowMs)],
  )
}

async function touch(tx: Tx, workspaceId: string, shopId: string, isPast: boolean): Promise<void> {
  await tx.query(
    `update inventory.shop set is_stale = true, revision = revision + $3::int where workspace_id = $1 and shop_id = $2`,
    [workspaceId, shopId, isPast ? 1 : 0],
  )
}

/** One shop's events through what is known of their orders. Two events of one order see each other. */
async function effectsIn(tx: Tx, events: readonly OrderEvent[]): Promise<Effect[]> {
  const { workspaceId, shopId } = events[0]!
  const rows = await tx.query<{
    order_id: string
    sku: string
    units: number
    state: OrderLine['state']
    placed_at: number
    paid_at: number | null
  }>(
    `select order_id, sku, units, state, placed_at, paid_at from inventory.order_line
      where workspace_id = $1 and shop_id = $2 and order_id = any($3) order by order_id, sku for update`,
    [workspaceId, shopId, [...new Set(events.map(({ orderId }) => orderId))]],
  )
  const orders = new Map<string, Map<string, OrderLine>>()
  const linesOf = (orderId: string) => {
    const lines = orders.get(orderId) ?? new Map<string, OrderLine>()
    orders.set(orderId, lines)
    return lines
  }
  for (const { order_id, sku, units, state, placed_at, paid_at } of rows)
    linesOf(order_id).set(sku, { units, state, placedAtMs: placed_at, paidAtMs: paid_at })
  return events.flatMap((event) => {
    const lines = linesOf(event.orderId)
    const effects = effectsOf(event, lines)
    for (const { sku, line } of effects) lines.set(sku, line)
    return effects
  })
}

async function putLines(
  tx: Tx,
  workspaceId: string,
  shopId: string,
  effects: readonly Effect[],
): Promise<void> {
  const last = once(
    effects.map(({ orderId, sku, line }) => ({ orderId, sku, ...line })),
    ({ orderId, sku }) => keyOf(orderId, sku),
  )
  await tx.query(
    `insert into inventory.order_line (workspace_id, shop_id, order_id, sku, units, state, placed_at, paid_at)
     select $1, $2, * from unnest($3::text[], $4::text[], $5::int[], $6::text[], $7::timestamptz[], $8::timestamptz[])
     on conflict (workspace_id, shop_id, order_id, sku) do update set state = excluded.state, paid_at = excluded.paid_at`,
    [
      workspaceId,
      shopId,
      ...columns(last, ['orderId', 'sku', 'units', 'state']),
      last.map(({ placedAtMs }) => moment(placedAtMs)),
      last.map(({ paidAtMs }) => (paidAtMs === null ? null : moment(paidAtMs))),
    ],
  )
}

/** Numbers move by what happened after they were counted; what happened before is in the count. */
async function moveItems(
  tx: Tx,
  { workspaceId, shopId, platform }: { workspaceId: string; shopId: string; platform: string },
  effects: readonly Effect[],
): Promise<void> {
  const seen = new Map<string, number>()
  for (const { sku, atMs } of effects) seen.set(sku, Math.min(seen.get(sku) ?? atMs, atMs))
  const skus = [...seen.keys()].sort()
  await tx.query(
    `insert into inventory.item (workspace_id, shop_id, platform, sku, first_seen_at)
     select $1, $2, $3, sku, at from unnest($4::text[], $5::timestamptz[]) as s(sku, at) on conflict do nothing`,
    [workspaceId, shopId, platform, skus, skus.map((sku) => moment(seen.get(sku)!))],
  )
  const items = await tx.query<{
    sku: string
    available: number
    reserved: number
    counted_at: number | null
  }>(
    `select sku, available, reserved, counted_at from inventory.item
      where workspace_id = $1 and shop_id = $2 and sku = any($3) order by sku for update`,
    [workspaceId, shopId, skus],
  )
  const bySku = new Map(items.map((item) => [item.sku, item]))
  const moves = effects.flatMap(({ sku, kind, available, reserved, atMs, orderId }) => {
    const item = bySku.get(sku)!
    if (item.counted_at === null || atMs <= item.counted_at) return []
    item.available += available
    item.reserved = Math.max(0, item.reserved + reserved)
    return [{ sku, kind, units: available, available: item.available, orderId, at: moment(atMs) }]
  })
  if (moves.length === 0) return
  await tx.query(
    `update inventory.item i set available = n.available, reserved = n.reserved
       from unnest($3::text[], $4::int[], $5::int[]) as n(sku, available, reserved)
      where i.workspace_id = $1 and i.shop_id = $2 and i.sku = n.sku`,
    [workspaceId, shopId, ...columns(items, ['sku', 'available', 'reserved'])],
  )
  await tx.query(
    `insert into inventory.movement (workspace_id, shop_id, sku, kind, units, available, order_id, at)
     select $1, $2, * from unnest($3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::timestamptz[])`,
    [workspaceId, shopId, ...columns(moves, ['sku', 'kind', 'units', 'available', 'orderId', 'at'])],
  )
}

async function putDemand(
  tx: Tx,
  workspaceId: string,
  shopId: string,
  effects: readonly Effect[],
): Promise<void> {
  const sums = new Map<string, { sku: string; day: number; units: number }>()
  for (const { sku, demand } of effects) {
    if (!demand) continue
    const key = keyOf(sku, String(demand.day))
    const sum = sums.get(key) ?? { sku, day: demand.day, units: 0 }
    sums.set(key, { ...sum, units: sum.units + demand.units })
  }
  const rows = once([...sums.values()], ({ sku, day }) => keyOf(sku, String(day))).filter(
    ({ units }) => units !== 0,
  )
  if (rows.length === 0) return
  await tx.query(
    `insert into inventory.demand as d (workspace_id, shop_id, sku, day, units)
     select $1, $2, sku, day, greatest(0, units) from unnest($3::text[], $4::int[], $5::int[]) as n(sku, day, units)
     on conflict (workspace_id, shop_id, sku, day) do nothing`,
    [workspaceId, shopId, rows.map(({ sku }) => sku), rows.map(({ day }) => day), rows.map(() => 0)],
  )
  await tx.query(
    `update inventory.demand d set units = greatest(0, d.units + n.units)
       from unnest($3::text[], $4::int[], $5::int[]) as n(sku, day, units)
      where d.workspace_id = $1 and d.shop_id = $2 and d.sku = n.sku and d.day = n.day`,
    [workspaceId, shopId, ...columns(rows, ['sku', 'day', 'units'])],
  )
}

/** Answers how many numbers were not what orders had made of them. */
async function putCounts(
  tx: Tx,
  { workspaceId, shopId, platform, counts, countedAtMs, how, by }: CountAsk,
): Promise<number> {
  const before = await tx.query<{ sku: string; available: number; counted_at: number | null }>(
    `select sku, available, counted_at from inventory.item
      where workspace_id = $1 and shop_id = $2 and sku = any($3) order by sku for update`,
    [workspaceId, shopId, counts.map(({ sku }) => sku)],
  )
  const known = new Map(before.map((row) => [row.sku, row]))
  const now = await putNumbers(tx, { workspaceId, shopId, platform, counts, countedAtMs })
  const moved = now.filter(({ sku, available }) => known.get(sku)?.available !== available)
  await tx.query(
    `insert into inventory.movement (workspace_id, shop_id, sku, kind, units, available, by, at)
     select $1, $2, sku, $6, units, available, $7, $8 from unnest($3::text[], $4::int[], $5::int[]) as m(sku, units, available)`,
    [
      workspaceId,
      shopId,
      moved.map(({ sku }) => sku),
      moved.map(({ sku, available }) => available - (known.get(sku)?.available ?? 0)),
      moved.map(({ available }) => available),
      how,
      by,
      moment(countedAtMs),
    ],
  )
  // A first count surprises nobody.
  return moved.filter(({ sku }) => (known.get(sku)?.counted_at ?? null) !== null).length
}

async function putNumbers(
  tx: Tx,
  { workspaceId, shopId, platform, counts, countedAtMs }: Omit<CountAsk, 'how' | 'by'>,
): Promise<{ sku: string; available: number }[]> {
  const optional = <K extends keyof Count>(name: K) => counts.map((one) => one[name] ?? null)
  return tx.query(
    `with told as (
       select * from unnest($4::text[], $5::text[], $6::text[], $7::int[], $8::int[], $9::bigint[], $10::bigint[], $11::int[], $12::real[], $13::int[])
         as t(sku, title, variant, available, reserved, price_fen, cost_fen, in_transit, service_level, lead_days)),
     -- What orders took after the count was asked for, and we have noted already, is not in the count.
     later as (
       select m.sku, sum(m.units)::int as units from inventory.movement m
        where m.workspace_id = $1 and m.shop_id = $2 and m.sku in (select sku from told)
          and m.at > $14 and m.kind in ('reserved', 'sold', 'released') group by m.sku),
     held as (
       select l.sku, sum(l.units)::int as units from inventory.order_line l
        where l.workspace_id = $1 and l.shop_id = $2 and l.sku in (select sku from told) and l.state = 'held' group by l.sku)
     insert into inventory.item as i (workspace_id, shop_id, platform, sku, title, variant, available, reserved, price_fen, cost_fen,
            in_transit, service_level, lead_days, counted_at, first_seen_at)
     select $1, $2, $3, t.sku, t.title, t.variant, t.available + coalesce(l.units, 0), coalesce(t.reserved, h.units, 0), t.price_fen, t.cost_fen,
            coalesce(t.in_transit, 0), t.service_level, t.lead_days, $14, $14
       from told t left join later l using (sku) left join held h using (sku) order by t.sku
     on conflict (workspace_id, shop_id, sku) do update set
       title = coalesce(nullif(excluded.title, ''), i.title), variant = coalesce(nullif(excluded.variant, ''), i.variant),
       available = excluded.available, reserved = excluded.reserved, counted_at = excluded.counted_at,
       price_fen = coalesce(excluded.price_fen, i.price_fen), cost_fen = coalesce(excluded.cost_fen, i.cost_fen),
       in_transit = coalesce((select t.in_transit from told t where t.sku = excluded.sku), i.in_transit),
       service_level = coalesce(excluded.service_level, i.service_level), lead_days = coalesce(excluded.lead_days, i.lead_days)
     returning i.sku, i.available`,
    [
      workspaceId,
      shopId,
      platform,
      ...columns(counts, ['sku', 'title', 'variant', 'available', 'reserved']),
      optional('priceFen'),
      optional('costFen'),
      optional('inTransit'),
      optional('serviceLevel'),
      optional('leadDays'),
      moment(countedAtMs),
    ],
  )
}
