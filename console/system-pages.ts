import { AuditOutlined, InboxOutlined, ScheduleOutlined, SettingOutlined } from '@ant-design/icons'
import type { Place } from './rooms.ts'

/** The pages of the platform itself, told to the rail like a room's. */
export const systemPages: Place[] = [
  {
    nav: {
      wing: 'system',
      key: 'jobs',
      zh: '任务中心',
      en: 'Jobs',
      order: 10,
      route: '/jobs',
      icon: ScheduleOutlined,
    },
    load: () => import('./pages/jobs.tsx'),
  },
  {
    nav: {
      wing: 'system',
      key: 'dead-letters',
      zh: '死信',
      en: 'Dead letters',
      order: 20,
      route: '/dead-letters',
      icon: InboxOutlined,
      finds: true,
    },
    load: () => import('./pages/dead-letters.tsx'),
  },
  {
    nav: {
      wing: 'system',
      key: 'audit',
      zh: '审计',
      en: 'Audit trail',
      order: 30,
      route: '/audit',
      icon: AuditOutlined,
    },
    load: () => import('./pages/audit.tsx'),
  },
  {
    nav: {
      wing: 'system',
      key: 'settings',
      zh: '设置',
      en: 'Settings',
      order: 40,
      route: '/settings',
      icon: SettingOutlined,
    },
    load: () => import('./pages/settings.tsx'),
  },
]
