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
}
