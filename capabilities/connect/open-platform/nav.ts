import { SafetyCertificateOutlined } from '@ant-design/icons'
import type { Nav } from '#console/nav.ts'

export const nav: Nav = {
  wing: 'connect',
  key: 'open-platform',
  zh: '授权与令牌',
  en: 'Authorisation',
  order: 10,
  route: '/open-platform',
  icon: SafetyCertificateOutlined,
  finds: true,
  jobs: { 'open-platform/prune': { zh: '清理过期记录', en: 'Clear old records' } },
}
