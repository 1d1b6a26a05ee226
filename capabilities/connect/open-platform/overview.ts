import type { Overview } from '#kernel/capability.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { type Account, forecast } from './open-platform.ts'
import { LOW_QUOTA } from './quotas.ts'
import { type RouteParts, summaryOf } from './routes.ts'

const MOST_ACCOUNTS = 100_000

/** What the home page says of this room: who must consent again, what runs low, and today's numbers. */
export async function overviewOf(
  parts: Pick<RouteParts, 'store' | 'inbox' | 'quotas' | 'clock' | 'renewAheadMs'>,
  workspaceId: WorkspaceId,
): Promise<Overview> {
  const { store, quotas, clock, renewAheadMs } = parts
  const nowMs = clock.now()
  const [summary, accounts, families] = await Promise.all([
    summaryOf(parts, workspaceId),
    store.list(workspaceId, { limit: MOST_ACCOUNTS }, nowMs),
    quotas.today(nowMs),
  ])
  const count = (which: (account: Account) => boolean) => accounts.filter(which).length
  const level = (account: Account) => forecast(account, nowMs, renewAheadMs).warnLevel
  const isCallable = (account: Account) => account.status === 'active' || account.status === 'retrying'
  const lost = count((a) => a.status === 'reauthorise' || a.status === 'revoked' || a.status === 'banned')
  const urgent = count((a) => isCallable(a) && level(a) === 'urgent')
  const soon = count((a) => isCallable(a) && (level(a) === 'warning' || level(a) === 'notice'))
  const retrying = count((a) => a.status === 'retrying')
  const low = families.filter(({ remaining }) => remaining !== null && remaining < LOW_QUOTA).length
  const need = (
    kind: string,
    severity: 'error' | 'warning' | 'info',
    count: number,
    titleZh: string,
    titleEn: string,
    href: string,
  ) => (count > 0 ? [{ kind, severity, count, titleZh, titleEn, href }] : [])
  const { ok, tried } = summary.refreshSuccess24h
  const kpi = (
    key: string,
    zh: string,
    en: string,
    value: number | null,
    definitionZh: string,
    definitionEn: string,
  ) => ({
    key: `open-platform/${key}`,
    zh,
    en,
    value,
    definitionZh,
    definitionEn,
    href: '/open-platform',
  })
  return {
    needs: [
      ...need(
        'reauthorise',
        'error',
        lost,
        '账号需要重新授权',
        'Accounts must be authorised again',
        '/open-platform?status=reauthorise',
      ),
      ...need(
        'reauthorise-urgent',
        'error',
        urgent,
        '账号将在 3 天内失效',
        'Accounts end within 3 days',
        '/open-platform?expiresWithinDays=3',
      ),
      ...need(
        'reauthorise-soon',
        'warning',
        soon,
        '账号将在 30 天内需重新授权',
        'Accounts to authorise again within 30 days',
        '/open-platform?expiresWithinDays=30',
      ),
      ...need(
        'refresh-retrying',
        'info',
        retrying,
        '令牌刷新正在重试，账号未断开',
        'Refreshes are being retried, nothing is disconnected',
        '/open-platform?status=retrying',
      ),
      ...need(
        'quota-low',
        'warning',
        low,
        '接口剩余额度不足 10 次',
        'Endpoints with fewer than 10 calls left',
        '/open-platform?tab=quota',
      ),
    ],
    kpis: [
      kpi(
        'active',
        '正常账号',
        'Accounts that work',
        summary.active,
        '可调用的账号数',
        'Accounts that can be called now',
      ),
      {
        ...kpi(
          'refresh-success',
          '刷新成功率',
          'Refreshes that worked',
          tried === 0 ? null : Math.round((ok / tried) * 1000) / 10,
          '近 24 小时成功刷新 / 尝试',
          'Refreshes ok / tried, 24 h',
        ),
        unit: '%',
      },
    ],
  }
}
