import { InboxOutlined } from '@ant-design/icons'
import type { Nav } from '#console/nav.ts'

export const nav: Nav = {
  wing: 'sell',
  key: 'inventory',
  zh: '库存预警',
  en: 'Inventory',
  order: 20,
  route: '/inventory',
  icon: InboxOutlined,
  finds: true,
  jobs: {
    'inventory/plan': { zh: '安排库存同步', en: 'Plan stock pulls' },
    'inventory/pull': { zh: '同步库存', en: 'Read stock' },
    'inventory/judge': { zh: '预测与预警', en: 'Forecast and warn' },
    'inventory/mail': { zh: '发送预警邮件', en: 'Mail warnings' },
    'inventory/weekly': { zh: '发送周报', en: 'Mail the weekly report' },
    'inventory/prune': { zh: '清理过期记录', en: 'Clear old records' },
  },
}
