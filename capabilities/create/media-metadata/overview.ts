import type { Overview } from '#kernel/capability.ts'
import type { Summary } from './library.ts'

/** What the home page says of this room. */
export function overviewOf({
  files,
  ready,
  bad,
  readyShare,
  lastLookedAtMs,
  runningBatches,
}: Summary): Overview {
  return {
    needs:
      bad === 0
        ? []
        : [
            {
              kind: 'media-bad',
              severity: 'info',
              count: bad,
              titleZh: '无法读取的素材',
              titleEn: 'Media files that could not be read',
              href: '/media-metadata?verdict=bad',
            },
          ],
    kpis: [
      {
        key: 'media-metadata/ready',
        zh: '可用素材',
        en: 'Ready files',
        value: files === 0 ? null : ready,
        definitionZh: `预设检查全部通过的文件数${readyShare === null ? '' : `,占 ${Math.round(readyShare * 100)}%`}`,
        definitionEn: 'Files that keep every rule of the preset',
        href: '/media-metadata?verdict=ready',
      },
    ],
    freshness: {
      lastAtMs: lastLookedAtMs,
      lagSeconds: null,
      status: runningBatches > 0 || files > 0 ? 'fresh' : 'idle',
    },
  }
}
