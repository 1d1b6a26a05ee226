import type { Clock } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Catalogue, PlatformView, PurchaseLine, Tally, WarningView } from './catalogue.ts'
import { type Day, dateOf, mondayBefore, shanghaiDay } from './demand.ts'
import { type Health, healthOf } from './health.ts'
import type { Reports } from './reports.ts'
import type { Shop, Shops } from './shops.ts'

/** The health of a workspace's stock as of a Monday morning. Kept as it was made. */
export interface ReportBody {
  /** The Monday it is made on, or after: the report tells of the seven days before it. */
  week: string
  fromDate: string
  toDate: string
  madeAtMs: number
  health: Health
  /** The score of the report before this one. */
  previousScore: number | null
  tally: Tally
  platforms: PlatformView[]
  /** Units paid for by day, the last 28 days; oldest first. */
  sales: { date: string; units: number }[]
  urgent: PurchaseLine[]
  dead: WarningView[]
  spikes: WarningView[]
  shops: Pick<Shop, 'shopId' | 'name' | 'platform' | 'state' | 'skus' | 'lastSuccessAtMs'>[]
}

interface Parts {
  catalogue: Catalogue
  shops: Shops
  reports: Reports
  clock: Clock
}

const SALES_DAYS = 28
const URGENT_SHOWN = 20
const WARNINGS_SHOWN = 12

/** Makes the report of the week that ended last, unless it is there: then that one, unchanged. */
export async function reportOf(
  { catalogue, shops, reports, clock }: Parts,
  workspaceId: WorkspaceId,
): Promise<ReportBody> {
  const nowMs = clock.now()
  const monday: Day = mondayBefore(shanghaiDay(nowMs))
  const week = dateOf(monday)
  const known = await reports.get(workspaceId, week)
  if (known) return known.body
  const [tally, platforms, purchases, connected, previous] = await Promise.all([
    catalogue.tally(workspaceId),
    catalogue.byPlatform(workspaceId),
    catalogue.purchases(workspaceId, undefined),
    shops.list(workspaceId),
    reports.before(workspaceId, week),
  ])
  const open = (kind: 'dead-stock' | 'demand-spike') =>
    catalogue.warnings({ workspaceId, kind, state: 'open', limit: WARNINGS_SHOWN })
  const body: ReportBody = {
    week,
    fromDate: dateOf(monday - 7),
    toDate: dateOf(monday - 1),
    madeAtMs: nowMs,
    health: healthOf(tally, connected, nowMs),
    previousScore: previous?.body.health.score ?? null,
    tally,
    platforms,
    sales: await reports.sales(workspaceId, monday - SALES_DAYS, monday),
    urgent: purchases.slice(0, URGENT_SHOWN),
    dead: (await open('dead-stock')).items,
    spikes: (await open('demand-spike')).items,
    shops: connected.map(({ shopId, name, platform, state, skus, lastSuccessAtMs }) => ({
      shopId,
      name,
      platform,
      state,
      skus,
      lastSuccessAtMs,
    })),
  }
  await reports.put(workspaceId, body)
  return (await reports.get(workspaceId, week))?.body ?? body
}
