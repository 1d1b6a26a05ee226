import { ThunderboltOutlined } from '@ant-design/icons'
import type { Nav } from '#console/nav.ts'

export const nav: Nav = {
  wing: 'sell',
  key: 'flash-sale',
  zh: '秒杀',
  en: 'Flash sale',
  order: 30,
  route: '/flash-sale',
  icon: ThunderboltOutlined,
}
