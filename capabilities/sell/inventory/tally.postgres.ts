import type { Tx } from '#kernel/ledger.ts'
import type { Tally } from './catalogue.ts'
import { DEAD_DAYS, WARNINGS } from './inventory.ts'

/** More than so many days of cover tie up money. */
const OVERSTOCK_DAYS = 90

/** All numbers of a workspace in one look. Silenced warnings are not counted. */
export async function tallyOf(tx: Tx, now: Date): Promise<Tally> {
  const [sums] = await tx.query(
    `select count(*)::int as skus, count(counted_at)::int as counted,
            count(*) filter (where counted_at is not null and available <= 0 and per_day > 0)::int as out_of_stock,
            count(*) filter (where days_of_cover <= 7 and per_day > 0)::int as out_within_7,
            percentile_cont(0.5) within group (order by days_of_cover) filter (where per_day > 0) as median_cover,
            count(*) filter (where is_dead)::int as dead_skus,
            coalesce(sum(available) filter (where is_dead), 0)::float8 as dead_units,
            coalesce(sum(available * cost_fen) filter (where is_dead), 0)::float8 as dead_fen,
            count(*) filter (where is_dead and cost_fen is null)::int as dead_without_cost,
            count(*) filter (where suggested > 0)::int as to_order_skus, coalesce(sum(suggested), 0)::float8 as to_order_units,
            coalesce(sum(per_day) filter (where counted_at is not null), 0) as velocity,
            coalesce(sum(per_day) filter (where is_at_risk), 0) as velocity_at_risk,
            coalesce(sum(greatest(0, available)), 0)::float8 as stock,
            count(*) filter (where per_day > 0 and counted_at is not null)::int as selling,
            count(*) filter (where per_day > 0 and days_of_cover > ${OVERSTOCK_DAYS})::int as overstocked
       from (select i.*, i.available > 0 and i.quiet_days >= ${DEAD_DAYS} and i.counted_at is not null as is_dead,
                    exists (select from inventory.warning w where w.workspace_id = i.workspace_id and w.shop_id = i.shop_id and w.sku = i.sku
                      and w.kind = 'stock-out-ahead' and w.closed_at is null) as is_at_risk
               from inventory.item i) i`,
  )
  const open = await tx.query<{ kind: string; n: number }>(
    `select w.kind, count(*)::int as n from inventory.warning w
      where w.closed_at is null and not exists (select from inventory.silence s where s.workspace_id = w.workspace_id
        and s.shop_id = w.shop_id and s.sku = w.sku and s.kind = w.kind and s.until_at > $1) group by w.kind`,
    [now],
  )
  const [judged] = await tx.query('select max(judged_at) as at from inventory.shop')
  const of = sums!
  return {
    skus: of['skus'],
    counted: of['counted'],
    outOfStock: of['out_of_stock'],
    outWithin7Days: of['out_within_7'],
    medianDaysOfCover: of['median_cover'],
    deadSkus: of['dead_skus'],
    deadUnits: of['dead_units'],
    deadFen: of['dead_fen'],
    deadWithoutCost: of['dead_without_cost'],
    toOrderSkus: of['to_order_skus'],
    toOrderUnits: of['to_order_units'],
    warnings: Object.fromEntries(
      WARNINGS.map((kind) => [kind, open.find((row) => row.kind === kind)?.n ?? 0]),
    ) as Tally['warnings'],
    velocity: { all: of['velocity'], atRisk: of['velocity_at_risk'] },
    stock: { all: of['stock'], dead: of['dead_units'] },
    selling: { all: of['selling'], overstocked: of['overstocked'] },
    judgedAtMs: judged?.['at'] ?? null,
  }
}
