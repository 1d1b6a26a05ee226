import { columns, once } from '#engines/postgres/columns.ts'
import type { RoomContext } from '#kernel/capability.ts'
import { type NewFact, tell } from '#kernel/fact-log.ts'
import { deadStock, demandSpike, stockOutAhead } from '#kernel/facts/inventory.ts'
import { newId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { keyOf, lockItems, moment } from './rows.ts'
import type { ShopKey } from './shops.ts'
import type { Judged, NewWarning, Verdicts } from './verdicts.ts'

export function postgresVerdicts(ledger: Ledger, { factLog }: Pick<RoomContext, 'factLog'>): Verdicts {
  return {
    async items({ workspaceId, shopId }) {
      const rows = await ledger.everywhere.query(
        `select i.sku, i.platform, i.title, i.available, i.in_transit, i.price_fen, i.service_level, i.lead_days, i.counted_at,
                i.first_seen_at, coalesce(w.kinds, '{}') as kinds
           from inventory.item i
           left join (select sku, array_agg(kind) as kinds from inventory.warning
                       where workspace_id = $1 and shop_id = $2 and closed_at is null group by sku) w using (sku)
          where i.workspace_id = $1 and i.shop_id = $2 order by i.sku`,
        [workspaceId, shopId],
      )
      return rows.map((row) => ({
        sku: row['sku'],
        platform: row['platform'],
        title: row['title'],
        available: row['available'],
        inTransit: row['in_transit'],
        priceFen: row['price_fen'] === null ? null : Number(row['price_fen']),
        serviceLevel: row['service_level'],
        leadDays: row['lead_days'],
        isCounted: row['counted_at'] !== null,
        firstSeenAtMs: row['first_seen_at'],
        open: row['kinds'],
      }))
    },

    keep: ({ workspaceId, shopId }, { judged, begins, ends }, nowMs) =>
      ledger.across(async (tx) => {
        await putFigures(tx, { workspaceId, shopId }, judged)
        if (ends.length > 0) {
          await tx.query(
            `update inventory.warning w set closed_at = $5 from unnest($3::text[], $4::text[]) as e(sku, kind)
              where w.workspace_id = $1 and w.shop_id = $2 and w.sku = e.sku and w.kind = e.kind and w.closed_at is null`,
            [workspaceId, shopId, ...columns(ends, ['sku', 'kind']), moment(nowMs)],
          )
        }
        return begins.length === 0 ? 0 : begin(tx, { workspaceId, shopId }, begins, nowMs)
      }),
  }

  async function begin(
    tx: Tx,
    { workspaceId, shopId }: ShopKey,
    begins: readonly NewWarning[],
    nowMs: number,
  ) {
    const rows = once(begins, ({ sku, kind }) => keyOf(sku, kind)).map((one) => ({
      ...one,
      warningId: newId('warn', nowMs),
    }))
    const began = await tx.query<{ warning_id: string; is_silent: boolean }>(
      `insert into inventory.warning (workspace_id, warning_id, shop_id, sku, kind, detail, opened_at)
       select $1, id, $2, sku, kind, detail::jsonb, $7 from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as n(id, sku, kind, detail)
       on conflict do nothing
       returning warning_id, exists (select from inventory.silence s where s.workspace_id = $1 and s.shop_id = $2
         and s.sku = warning.sku and s.kind = warning.kind and s.until_at > $7) as is_silent`,
      [
        workspaceId,
        shopId,
        ...columns(rows, ['warningId', 'sku', 'kind']),
        rows.map(({ detail }) => JSON.stringify(detail)),
        moment(nowMs),
      ],
    )
    const loud = new Set(began.filter((row) => !row.is_silent).map((row) => row.warning_id))
    const facts = rows
      .filter(({ warningId }) => loud.has(warningId))
      .map((one) => factOf({ workspaceId, shopId }, one, nowMs))
    if (facts.length > 0) await factLog.appendIn(tx, facts)
    return began.length
  }
}

async function putFigures(
  tx: Tx,
  { workspaceId, shopId }: ShopKey,
  judged: readonly Judged[],
): Promise<void> {
  const rows = once(judged, ({ sku }) => sku)
  await lockItems(
    tx,
    { workspaceId, shopId },
    rows.map(({ sku }) => sku),
  )
  await tx.query(
    `update inventory.item i set plan = n.plan::jsonb, per_day = n.per_day, days_of_cover = n.days_of_cover, suggested = n.suggested,
            quiet_days = n.quiet_days, abc = n.abc, pace = n.pace
       from unnest($3::text[], $4::text[], $5::float8[], $6::float8[], $7::int[], $8::int[], $9::text[], $10::text[])
            as n(sku, plan, per_day, days_of_cover, suggested, quiet_days, abc, pace)
      where i.workspace_id = $1 and i.shop_id = $2 and i.sku = n.sku
        and (i.plan is distinct from n.plan::jsonb or i.quiet_days <> n.quiet_days or i.abc <> n.abc)`,
    [
      workspaceId,
      shopId,
      rows.map(({ sku }) => sku),
      rows.map(({ plan }) => JSON.stringify(plan)),
      ...columns(
        rows.map(({ plan }) => plan),
        ['perDay', 'daysOfCover', 'suggested'],
      ),
      ...columns(rows, ['quietDays', 'abc', 'pace']),
    ],
  )
}

function factOf(
  { workspaceId, shopId }: ShopKey,
  one: NewWarning & { warningId: string },
  nowMs: number,
): NewFact {
  const { warningId, platform, sku, title, available, detail } = one
  const item = { warningId, shopId, platform, sku, title, available }
  const number = (name: string) => Number(detail[name] ?? 0)
  switch (one.kind) {
    case 'stock-out-ahead':
      return tell(
        stockOutAhead,
        workspaceId,
        {
          ...item,
          inTransit: number('inTransit'),
          daysOfCover: detail['daysOfCover'] === null ? null : number('daysOfCover'),
          leadDemand: number('leadDemand'),
          suggested: number('suggested'),
        },
        nowMs,
      )
    case 'dead-stock':
      return tell(deadStock, workspaceId, { ...item, quietDays: number('quietDays') }, nowMs)
    case 'demand-spike':
      return tell(
        demandSpike,
        workspaceId,
        { ...item, sold: number('sold'), expected: number('expected'), days: number('days') },
        nowMs,
      )
  }
}
