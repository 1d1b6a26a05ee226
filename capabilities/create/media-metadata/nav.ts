import { VideoCameraOutlined } from '@ant-design/icons'
import type { Nav } from '#console/nav.ts'

export const nav: Nav = {
  wing: 'create',
  key: 'media-metadata',
  zh: '素材体检',
  en: 'Media check',
  order: 30,
  route: '/media-metadata',
  icon: VideoCameraOutlined,
  finds: false,
  jobs: {
    'media-metadata/batch': { zh: '体检一批素材', en: 'Check a batch of media' },
    'media-metadata/judge': { zh: '按新预设重新判定', en: 'Judge again by changed rules' },
    'media-metadata/resume': { zh: '继续中断的批次', en: 'Go on with interrupted batches' },
    'media-metadata/tidy': { zh: '清理过期批次与上传', en: 'Clear old batches and uploads' },
  },
}
