import { stringify } from 'csv-stringify/sync'
import type { WorkspaceId } from '#kernel/id.ts'
import { DIFFERENCES, type DifferenceKind } from './reconciliation.ts'
import type { DifferenceRow, ReportRow, Reports } from './reports.ts'

const PAGE_ROWS = 1_000

export const DIFFERENCE_WORDS: Record<DifferenceKind, { zh: string; en: string }> = {
  missing: { zh: '漏单', en: 'missing' },
  extra: { zh: '多单', en: 'extra' },
  status: { zh: '状态漂移', en: 'status drift' },
  amount: { zh: '金额不符', en: 'amount' },
  time: { zh: '时间不符', en: 'time' },
  refund: { zh: '退款不符', en: 'refund' },
}

const COLUMNS = ['shopId', 'day', 'orderId', 'kind', '差异', 'ours', 'theirs', 'offFen', 'isRepaired']

/** A report as CSV. It says nothing of when it was made: made again from the same differences it is the same, byte for byte. */
export async function* reportCsv(
  reports: Reports,
  workspaceId: WorkspaceId,
  shopId: string,
  day: string,
): AsyncGenerator<string> {
  yield stringify([COLUMNS])
  for (let after: string | undefined; ; ) {
    const rows = await reports.differences(workspaceId, { shopId, day, after, limit: PAGE_ROWS })
    if (rows.length === 0) return
    const last = rows.at(-1)!
    after = `${last.orderId} ${last.kind}`
    yield stringify(
      rows.map((row) => [
        shopId,
        day,
        row.orderId,
        row.kind,
        DIFFERENCE_WORDS[row.kind].zh,
        row.ours,
        row.theirs,
        row.offFen,
        String(row.isRepaired),
      ]),
      { escape_formulas: true },
    )
  }
}

const yuan = (fen: number) => `¥${(fen / 100).toFixed(2)}`
const html = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The report as a mail: what was compared, what differed, what was repaired. */
export function reportMail(report: ReportRow, few: readonly DifferenceRow[], publicUrl: string) {
  const { shopId, day, compared, equal, isPartial, partialWhy } = report
  const share = compared === 0 ? 100 : (100 * equal) / compared
  const found = DIFFERENCES.filter((kind) => report.byKind[kind].found > 0)
  const total = found.reduce((sum, kind) => sum + report.byKind[kind].found, 0)
  const repaired = found.reduce((sum, kind) => sum + report.byKind[kind].repaired, 0)
  const subject = `对账 ${day} 店铺 ${shopId}：${total === 0 ? '一致' : `${total} 处差异，已修复 ${repaired}`}`
  const until = new Date(report.trueUntilMs + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ')
  const partial = isPartial
    ? [`仅截至 ${until}（北京时间）有效 / True until then only: ${partialWhy ?? ''}`]
    : []
  const lines = [
    `对账订单 / compared: ${compared}，一致 / equal: ${equal} (${share.toFixed(3)}%)，平台金额 / platform total: ${yuan(report.theirsFen)}`,
    ...partial,
    ...found.map((kind) => {
      const { found: count, repaired: done, offFen } = report.byKind[kind]
      return `${DIFFERENCE_WORDS[kind].zh} / ${DIFFERENCE_WORDS[kind].en}: ${count}，已修复 / repaired: ${done}，${yuan(offFen)}`
    }),
  ]
  const link = `${publicUrl}/order-sync?tab=reports&shop=${shopId}&day=${day}`
  const rows = few.map(
    (row) =>
      `<tr><td>${row.orderId}</td><td>${DIFFERENCE_WORDS[row.kind].zh}</td><td>${html(row.ours)}</td><td>${html(row.theirs)}</td><td>${row.isRepaired ? '✓' : ''}</td></tr>`,
  )
  const table =
    rows.length > 0
      ? `<table border="1" cellpadding="6" style="border-collapse:collapse"><tr><th>订单号</th><th>差异</th><th>我们</th><th>平台</th><th>已修复</th></tr>${rows.join('')}</table>`
      : ''
  return {
    subject,
    text: `${[...lines, link].join('\n')}\n`,
    html: `${lines.map((line) => `<p>${html(line)}</p>`).join('')}${table}<p><a href="${html(link)}">${html(link)}</a></p>`,
  }
}
