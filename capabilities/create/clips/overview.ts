import type { Overview } from '#kernel/capability.ts'
import type { Summary } from './store.ts'

/** What the home page is told. */
export function overviewOf({ counts, doneToday, passedShare }: Summary): Overview {
  return {
    needs:
      counts.failed > 0
        ? [
            {
              kind: 'clips-failed',
              severity: 'warning',
              count: counts.failed,
              titleZh: `${counts.failed} 个片段剪辑失败`,
              titleEn: `${counts.failed} clips failed`,
              href: '/clips?state=failed',
            },
          ]
        : [],
    kpis: [
      {
        key: 'clips-done',
        zh: '今日完成片段',
        en: 'Clips done today',
        value: doneToday,
        definitionZh: '最近 24 小时内完成并通过校验的片段数',
        definitionEn: 'Clips finished and checked in the last 24 hours',
        href: '/clips',
      },
      {
        key: 'clips-passed',
        zh: '校验通过率',
        en: 'Checked good',
        value: passedShare === null ? null : Math.round(passedShare * 100),
        unit: '%',
        definitionZh: '最近 24 小时内结束的片段中,输出与预设一致的比例',
        definitionEn: 'Of the clips that ended in the last 24 hours, those whose result matches the preset',
        href: '/clips',
      },
    ],
  }
}
