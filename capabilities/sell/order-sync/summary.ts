import { type Static, Type } from 'typebox'
import type { Overview } from '#kernel/capability.ts'
import { type Clock, days } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { Nullable } from '#kernel/schemas.ts'
import type { Catalogue } from './catalogue.ts'
import type { Conflicts } from './conflicts.ts'
import type { Fulfilment } from './fulfilment.ts'
import type { Inbox } from './inbox.ts'
import { cadenceOf } from './pull.ts'
import { DIFFERENCES, dayAfter, dayOf, dayWindow } from './reconciliation.ts'
import type { Reports } from './reports.ts'
import { Fen } from './schemas.ts'
import type { Shops } from './shops.ts'

const Count = Type.Integer()

export const SummaryView = Type.Object({
  orders: Count,
  today: Type.Object({ orders: Count, paidFen: Fen, refundedFen: Fen }),
  byStatus: Type.Object({
    created: Count,
    paid: Count,
    'part-shipped': Count,
    shipped: Count,
    finished: Count,
    closed: Count,
  }),
  bySource: Type.Object({ push: Count, pull: Count, repair: Count, import: Count }),
  /** 对账一致率 = equal / compared, of the reports of the last 30 days. */
  reconciled: Type.Object({
    compared: Count,
    equal: Count,
    share: Nullable(Type.Number()),
    byKind: Type.Object(
      Object.fromEntries(
        DIFFERENCES.map((kind) => [kind, Type.Object({ found: Count, repaired: Count, offFen: Fen })]),
      ),
    ),
  }),
  pushDelayP95Ms: Nullable(Type.Number({ description: 'Received - pay_time, of the last 24 hours' })),
  pushes24h: Type.Object({
    received: Count,
    waiting: Count,
    parked: Count,
    repeats: Count,
    repeatShare: Nullable(Type.Number()),
    forged: Count,
  }),
  imbalanced: Type.Integer({ description: 'Orders whose amounts do not add up' }),
  wanted: Type.Integer({ description: 'Orders whose page is being asked for' }),
  deliveries: Type.Object({ waiting: Count, done: Count, dead: Count }),
  shops: Type.Object({ active: Count, lost: Count, lagging: Count }),
})
export type SummaryOf = Static<typeof SummaryView>

export interface SummaryParts {
  catalogue: Catalogue
  inbox: Inbox
  conflicts: Conflicts
  fulfilment: Fulfilment
  reports: Reports
  shops: Shops
  clock: Clock
  zone: string
  pullSeconds: number
}

const LAGGING_MS = 15 * 60_000
const REPORTS_OF_DAYS = 30

export async function summaryOf(parts: SummaryParts, workspaceId: WorkspaceId): Promise<SummaryOf> {
  const { catalogue, inbox, conflicts, fulfilment, reports, shops, clock, zone } = parts
  const nowMs = clock.now()
  const today = dayOf(nowMs, zone)
  const [numbers, messages, refused, deliveries, all, ofShops] = await Promise.all([
    catalogue.summary(workspaceId, nowMs, dayWindow(today, zone).fromMs),
    inbox.counts(workspaceId, nowMs - days(1)),
    conflicts.counts(workspaceId, nowMs - days(1)),
    fulfilment.counts(workspaceId),
    reports.list(workspaceId, { limit: 5_000 }),
    shops.list(workspaceId),
  ])
  const since = dayAfter(today, -REPORTS_OF_DAYS)
  const recent = all.filter(({ day }) => day >= since)
  const sum = (of: (one: (typeof recent)[number]) => number) =>
    recent.reduce((total, one) => total + of(one), 0)
  const [compared, equal] = [sum((one) => one.compared), sum((one) => one.equal)]
  const byKind = Object.fromEntries(
    DIFFERENCES.map((kind) => [
      kind,
      {
        found: sum((one) => one.byKind[kind].found),
        repaired: sum((one) => one.byKind[kind].repaired),
        offFen: sum((one) => one.byKind[kind].offFen),
      },
    ]),
  )
  const pushed = messages.received + refused.repeat
  const active = ofShops.filter(({ status }) => status === 'active')
  return {
    ...numbers,
    reconciled: { compared, equal, share: compared === 0 ? null : equal / compared, byKind },
    pushes24h: {
      ...messages,
      repeats: refused.repeat,
      repeatShare: pushed === 0 ? null : refused.repeat / pushed,
      forged: refused.forged,
    },
    deliveries,
    shops: {
      active: active.length,
      lost: ofShops.filter(({ status }) => status === 'lost').length,
      lagging: active.filter(
        ({ orderWatermarkMs }) => orderWatermarkMs !== null && nowMs - orderWatermarkMs > LAGGING_MS,
      ).length,
    },
  }
}

/** What the home page says of this room. */
export async function overviewOf(parts: SummaryParts, workspaceId: WorkspaceId): Promise<Overview> {
  const summary = await summaryOf(parts, workspaceId)
  const ofShops = (await parts.shops.list(workspaceId)).filter(({ status }) => status === 'active')
  const open = DIFFERENCES.reduce((total, kind) => {
    const { found = 0, repaired = 0 } = summary.reconciled.byKind[kind] ?? {}
    return total + found - repaired
  }, 0)
  const need = (
    kind: string,
    severity: 'error' | 'warning',
    count: number,
    titleZh: string,
    titleEn: string,
    tab: string,
  ) => (count > 0 ? [{ kind, severity, count, titleZh, titleEn, href: `/order-sync?tab=${tab}` }] : [])
  const lastAtMs = Math.min(...ofShops.map(({ orderWatermarkMs }) => orderWatermarkMs ?? 0))
  const lagSeconds =
    ofShops.length === 0 ? null : Math.max(0, Math.round((parts.clock.now() - lastAtMs) / 1000))
  const { share } = summary.reconciled
  const isSlow = ofShops.some((shop) => !cadenceOf(shop, parts.pullSeconds).isHealthy)
  return {
    needs: [
      ...need(
        'shop-lost',
        'error',
        summary.shops.lost,
        '店铺需要重新授权',
        'Shops must be authorised again',
        'shops',
      ),
      ...need('differences', 'warning', open, '对账差异未修复', 'Differences are not repaired', 'reports'),
      ...need(
        'imbalanced',
        'warning',
        summary.imbalanced,
        '订单金额不平',
        'Orders whose amounts do not add up',
        'orders',
      ),
      ...need(
        'parked',
        'warning',
        summary.pushes24h.parked,
        '推送无法解析',
        'Pushes that cannot be read',
        'conflicts',
      ),
      ...need(
        'dead',
        'error',
        summary.deliveries.dead,
        '履约推送失败',
        'Deliveries that were given up',
        'deliveries',
      ),
      ...need(
        'pushes',
        'warning',
        isSlow ? 1 : 0,
        '推送有遗漏，已加密拉取',
        'Pushes are missing; pulling more often',
        'shops',
      ),
    ],
    kpis: [
      {
        key: 'order-sync/reconciled',
        zh: '对账一致率',
        en: 'Orders equal to the platform',
        value: share === null ? null : Math.round(share * 100_000) / 1_000,
        unit: '%',
        definitionZh: '近 30 天：一致订单 / 对账订单',
        definitionEn: 'Last 30 days: equal / compared',
        href: '/order-sync?tab=reports',
      },
      {
        key: 'order-sync/today',
        zh: '今日订单',
        en: 'Orders today',
        value: summary.today.orders,
        definitionZh: '今天（北京时间）创建的订单',
        definitionEn: 'Orders created today, Shanghai time',
        href: '/order-sync',
      },
    ],
    freshness: {
      lastAtMs: ofShops.length === 0 ? null : lastAtMs,
      lagSeconds,
      status:
        lagSeconds === null ? 'idle' : lagSeconds < 300 ? 'fresh' : lagSeconds < 3_600 ? 'late' : 'stale',
    },
  }
}
