import type { Overview } from '#kernel/capability.ts'
import type { Tally } from './catalogue.ts'
import { healthOf, isLate } from './health.ts'
import type { Shop } from './shops.ts'

const HREF = '/inventory'

/** What the home page says of this room. */
export function overviewOf(tally: Tally, shops: readonly Shop[], nowMs: number): Overview {
  const need = (
    kind: string,
    severity: 'error' | 'warning' | 'info',
    count: number,
    titleZh: string,
    titleEn: string,
  ) => (count === 0 ? [] : [{ kind: `inventory-${kind}`, severity, count, titleZh, titleEn, href: HREF }])
  const failed = shops.filter(({ state }) => state === 'failed').length
  const pulled = shops.filter(({ nextPullAtMs }) => nextPullAtMs !== null)
  const successes = pulled.flatMap(({ lastSuccessAtMs }) => lastSuccessAtMs ?? [])
  const lastAtMs = successes.length > 0 ? Math.min(...successes) : null
  const late = pulled.filter((shop) => isLate(shop, nowMs)).length
  return {
    needs: [
      ...need(
        'stock-out',
        'warning',
        tally.warnings['stock-out-ahead'],
        'SKU 即将断货',
        'SKUs run out before new stock can arrive',
      ),
      ...need('spike', 'info', tally.warnings['demand-spike'], 'SKU 销量突增', 'SKUs with sudden demand'),
      ...need('failed-shop', 'error', failed, '店铺库存同步失败', 'Shops whose stock cannot be read'),
    ],
    kpis: [
      {
        key: 'inventory/out-of-stock',
        zh: '断货 SKU',
        en: 'SKUs out of stock',
        value: tally.skus === 0 ? null : tally.outOfStock,
        definitionZh: '有销量但可用库存为零的 SKU',
        definitionEn: 'SKUs that sell and have nothing left',
        href: HREF,
      },
      {
        key: 'inventory/health',
        zh: '库存健康分',
        en: 'Stock health',
        value: healthOf(tally, shops, nowMs).score,
        definitionZh: '45% 供货 + 25% 动销 + 15% 不压货 + 15% 数据新鲜',
        definitionEn: '45 % served + 25 % alive + 15 % lean + 15 % fresh',
        href: HREF,
      },
    ],
    freshness: {
      lastAtMs,
      lagSeconds: lastAtMs === null ? null : Math.max(0, Math.round((nowMs - lastAtMs) / 1000)),
      status:
        pulled.length === 0 ? 'idle' : failed === pulled.length ? 'failed' : late > 0 ? 'late' : 'fresh',
    },
  }
}
