import type { Overview } from '#kernel/capability.ts'
import type { Summary } from './catalogue.ts'

/** Two hours behind: several turns of the slowest schedule were missed. A day behind: nobody should decide by it. */
const LATE_SECONDS = 7_200
const STALE_SECONDS = 86_400

/** What the home page says of this room. */
export function overviewOf(summary: Summary): Overview {
  const sum = (name: 'failed' | 'waiting') =>
    summary.sources.reduce((total, source) => total + source[name], 0)
  const failed = sum('failed')
  const waiting = sum('waiting')
  const lastAtMs = summary.sources.reduce<number | null>(
    (latest, { lastSuccessAtMs: at }) => (at !== null && at > (latest ?? 0) ? at : latest),
    null,
  )
  const lagSeconds = summary.lagP95Seconds
  return {
    needs: [
      ...(failed > 0
        ? [
            {
              kind: 'collection-failed',
              severity: 'error' as const,
              count: failed,
              titleZh: '采集失败',
              titleEn: 'Collections failed',
              href: '/collector?state=failed',
            },
          ]
        : []),
      ...(waiting > 0
        ? [
            {
              kind: 'collection-waiting',
              severity: 'info' as const,
              count: waiting,
              titleZh: '采集等待额度恢复',
              titleEn: 'Collections wait for quota',
              href: '/collector?state=waiting-quota',
            },
          ]
        : []),
    ],
    kpis: [
      {
        key: 'collector/new-today',
        zh: '今日入库',
        en: 'New today',
        value: summary.newToday,
        previous: summary.newYesterday,
        definitionZh: '今天 0 点（北京时间）以来首次见到的视频和评论；对比前一整天',
        definitionEn:
          'Videos and comments first seen since midnight in Shanghai; beside it the whole day before',
        href: '/collector',
      },
      {
        key: 'collector/lag',
        zh: '最新数据延迟',
        en: 'Data lag',
        value: lagSeconds,
        unit: 's',
        definitionZh: '距各账号、各来源上次采集成功的时间，取 95 分位',
        definitionEn: '95th percentile, over accounts and sources, of the time since the last success',
        href: '/collector',
      },
    ],
    freshness: { lastAtMs, lagSeconds, status: statusOf(lastAtMs, lagSeconds ?? 0, failed) },
  }
}

function statusOf(lastAtMs: number | null, lagSeconds: number, failed: number) {
  if (lastAtMs === null) return failed > 0 ? 'failed' : 'idle'
  if (lagSeconds > STALE_SECONDS) return 'stale'
  return lagSeconds > LATE_SECONDS ? 'late' : 'fresh'
}
