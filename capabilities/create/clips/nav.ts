import { ScissorOutlined } from '@ant-design/icons'
import type { Nav } from '#console/nav.ts'

export const nav: Nav = {
  wing: 'create',
  key: 'clips',
  zh: '批量剪辑',
  en: 'Clips',
  order: 40,
  route: '/clips',
  icon: ScissorOutlined,
  jobs: { 'clips/prune': { zh: '清理过期剪辑作业', en: 'Clear old clip jobs' } },
}
