import { CloudDownloadOutlined } from '@ant-design/icons'
import type { Nav } from '#console/nav.ts'

export const nav: Nav = {
  wing: 'connect',
  key: 'collector',
  zh: '数据采集',
  en: 'Collector',
  order: 20,
  route: '/collector',
  icon: CloudDownloadOutlined,
  jobs: {
    'collector/run': { zh: '采集账号', en: 'Collect an account' },
    'collector/plan': { zh: '安排采集', en: 'Plan collections' },
    'collector/prune': { zh: '清理过期记录', en: 'Clear old records' },
  },
}
