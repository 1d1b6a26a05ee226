import { AuditOutlined } from '@ant-design/icons'
import type { Nav } from '#console/nav.ts'

export const nav: Nav = {
  wing: 'sell',
  key: 'order-sync',
  zh: '订单同步',
  en: 'Order sync',
  order: 10,
  route: '/order-sync',
  icon: AuditOutlined,
  finds: true,
  jobs: {
    'order-sync/reconcile': { zh: '对账', en: 'Reconcile a day' },
    'order-sync/daily': { zh: '安排每日对账', en: 'Plan the nightly reconciliation' },
    'order-sync/backfill': { zh: '补拉历史订单', en: 'Read past orders' },
    'order-sync/prune': { zh: '清理过期记录', en: 'Clear old records' },
  },
}
