import type { Overview } from '#kernel/capability.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Books } from './books.ts'

/** What the home page says of this room. */
export async function overviewOf(books: Books, workspaceId: WorkspaceId): Promise<Overview> {
  const { open, openAlarms, units } = await books.summary(workspaceId)
  const kpi = (
    key: string,
    value: number,
    words: Record<'zh' | 'en' | 'definitionZh' | 'definitionEn', string>,
  ) => ({
    key: `flash-sale/${key}`,
    value,
    href: '/flash-sale',
    ...words,
  })
  return {
    needs:
      openAlarms === 0
        ? []
        : [
            {
              kind: 'flash-sale-drift',
              severity: 'error',
              count: openAlarms,
              titleZh: '秒杀库存账目不平',
              titleEn: 'Units of a flash sale do not add up',
              href: '/flash-sale',
            },
          ],
    kpis: [
      kpi('open', open, {
        zh: '进行中的秒杀',
        en: 'Flash sales open',
        definitionZh: '此刻可以抢购的活动数',
        definitionEn: 'Sales that buyers can take part in now',
      }),
      kpi('sold', units.sold, {
        zh: '秒杀已售件数',
        en: 'Units sold in flash sales',
        definitionZh: '未结束活动中已付款的件数',
        definitionEn: 'Units paid for, in sales that are not over',
      }),
    ],
  }
}
