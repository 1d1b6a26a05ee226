import type { MailMessage } from '#kernel/mail.ts'
import { BUCKETS, type PlatformView } from './catalogue.ts'
import { ACCENT, COLORS, count, deadMoney, esc, FAINT, INK, type Language, LINE, onColor } from './markup.ts'
import type { ReportBody } from './report.ts'
import { bucketWord, kindWord, partWord, platformWord, say } from './report-words.ts'
import type { MailWarning } from './reports.ts'

/**
 * Charts in mail are tables with coloured cells: mail clients strip inline SVG (Gmail, Outlook), and pictures stay blank
 * until the reader allows them. A table shows at once, everywhere, and is read aloud as what it is.
 */
const FONT = `font-family:-apple-system,'PingFang SC','Microsoft YaHei',Arial,sans-serif;color:${INK}`
const CHART_HEIGHT_PX = 72

export function reportMail(
  body: ReportBody,
  { to, language, publicUrl }: { to: readonly string[]; language: Language; publicUrl: string },
): MailMessage {
  const word = (name: Parameters<typeof say>[0]) => say(name, language)
  const link = `${publicUrl}/api/inventory/reports/${body.week}/page?lang=${language}`
  const { score } = body.health
  const subject = `${word('title')} ${body.fromDate} – ${body.toDate}${score === null ? '' : `: ${score}`}`
  const sections = [
    `<h1 style="font-size:20px;margin:0 0 4px">${word('title')}</h1><div style="color:${FAINT}">${body.fromDate} – ${body.toDate}</div>`,
    kpis(body, language),
    health(body, language),
    heading(word('sales')) + columns(body.sales),
    heading(word('byPlatform')) + platforms(body.platforms, language),
    heading(word('urgent')) + urgent(body, language),
    heading(word('deadList')) +
      warnings(body.dead, [word('available'), word('quietDays')], ['available', 'quietDays'], language),
    heading(word('spikes')) +
      warnings(body.spikes, [word('sold'), word('expected')], ['sold', 'expected'], language),
    `<p><a href="${esc(link)}" style="color:${ACCENT}">${word('openReport')}</a></p>`,
  ]
  return { to, subject, text: asText(body, language, link), html: frame(subject, sections.join('')) }
}

export function warningMail(
  warnings_: readonly MailWarning[],
  { to, language, publicUrl }: { to: readonly string[]; language: Language; publicUrl: string },
): MailMessage {
  const subject = `${warnings_.length} ${say('newWarnings', language)}`
  const link = `${publicUrl}/inventory`
  const rows = warnings_.map((one) => [
    kindWord(one.kind, language),
    one.sku,
    one.title,
    `${one.shopName} (${platformWord(one.platform, language)})`,
    count(one.available),
    count(Number(one.detail['suggested'] ?? Number.NaN) || null),
  ])
  const heads = [
    '',
    say('sku', language),
    say('product', language),
    say('shop', language),
    say('available', language),
    say('suggested', language),
  ]
  const text = [...rows.map((row) => row.join('  ')), '', link].join('\n')
  const html = frame(
    subject,
    `<h1 style="font-size:18px">${esc(subject)}</h1>${table(heads, rows)}<p><a href="${esc(link)}" style="color:${ACCENT}">${say('openList', language)}</a></p>`,
  )
  return { to, subject, text, html }
}

const frame = (title: string, inside: string) =>
  `<!doctype html><html><head><meta charset="utf-8"><title>${esc(title)}</title></head><body style="margin:0;padding:16px;background:#f5f7f9"><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center"><table role="presentation" width="640" cellpadding="20" cellspacing="0" style="max-width:640px;background:#ffffff;${FONT};font-size:14px"><tr><td>${inside}</td></tr></table></td></tr></table></body></html>`

const heading = (text: string) => `<h2 style="font-size:15px;margin:22px 0 8px">${esc(text)}</h2>`

function kpis({ health: { score }, previousScore, tally }: ReportBody, language: Language): string {
  const cells: [string, string, string][] = [
    [
      say('score', language),
      count(score),
      previousScore === null ? '' : `${say('before', language)} ${previousScore}`,
    ],
    [say('outOfStock', language), count(tally.outOfStock), ''],
    [say('outWithin7Days', language), count(tally.outWithin7Days), ''],
    [say('medianDaysOfCover', language), count(tally.medianDaysOfCover), ''],
    [
      say('dead', language),
      deadMoney(tally),
      tally.deadWithoutCost > 0 ? `${tally.deadWithoutCost} ${say('withoutCost', language)}` : '',
    ],
  ]
  const cell = ([name, value, note]: [string, string, string]) =>
    `<td valign="top" style="padding:10px 6px;border-bottom:1px solid ${LINE}"><div style="color:${FAINT};font-size:12px">${esc(name)}</div><div style="font-size:20px;font-weight:600">${esc(value)}</div><div style="color:${FAINT};font-size:12px">${esc(note)}</div></td>`
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin-top:12px"><tr>${cells.map(cell).join('')}</tr></table>`
}

function health({ health: { parts } }: ReportBody, language: Language): string {
  const row = ({ key, share, weight }: (typeof parts)[number]) => {
    const width = Math.round(100 * (share ?? 0))
    return `<tr><td style="font-size:12px;padding:3px 8px 3px 0" width="46%">${partWord(key, language)} (${weight})</td><td><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>${bar(width, ACCENT)}${bar(100 - width, LINE)}</tr></table></td><td align="right" width="48" style="font-size:12px">${share === null ? '–' : `${width} %`}</td></tr>`
  }
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin-top:12px">${parts.map(row).join('')}</table>`
}

const bar = (percent: number, color: string, text = '', ink = INK) =>
  percent <= 0
    ? ''
    : `<td width="${percent}%" height="14" bgcolor="${color}" style="font-size:10px;line-height:14px;color:${ink};text-align:center">${text || '&nbsp;'}</td>`

function columns(sales: ReportBody['sales']): string {
  const most = Math.max(1, ...sales.map(({ units }) => units))
  const column = ({ date, units }: { date: string; units: number }) => {
    const height = Math.round((CHART_HEIGHT_PX * units) / most)
    return `<td valign="bottom" title="${date}: ${units}" style="padding:0 1px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td height="${Math.max(1, height)}" bgcolor="${ACCENT}" style="font-size:0;line-height:0">&nbsp;</td></tr></table></td>`
  }
  const first = sales[0]?.date ?? ''
  const last = sales.at(-1)?.date ?? ''
  return `<table role="presentation" width="100%" height="${CHART_HEIGHT_PX}" cellpadding="0" cellspacing="0" style="border-bottom:1px solid ${LINE}"><tr>${sales.map(column).join('')}</tr></table><div style="font-size:11px;color:${FAINT}">${first} – ${last}, max ${count(most)}</div>`
}

function platforms(all: readonly PlatformView[], language: Language): string {
  const row = ({ platform, skus, buckets }: PlatformView) => {
    const cells = BUCKETS.map((bucket) => {
      const percent = Math.round((100 * buckets[bucket]) / Math.max(1, skus))
      return bar(percent, COLORS[bucket], percent >= 8 ? String(buckets[bucket]) : '', onColor(bucket))
    })
    return `<tr><td width="20%" style="font-size:12px;padding:3px 8px 3px 0">${esc(platformWord(platform, language))} (${skus})</td><td><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>${cells.join('')}</tr></table></td></tr>`
  }
  const legend = BUCKETS.map(
    (bucket) => `<span style="color:${COLORS[bucket]}">&#9632;</span> ${bucketWord(bucket, language)}`,
  ).join('&ensp;')
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0">${all.map(row).join('')}</table><div style="font-size:11px;color:${FAINT};margin-top:4px">${legend}</div>`
}

function urgent({ urgent: lines }: ReportBody, language: Language): string {
  if (lines.length === 0) return `<p>${say('nothingUrgent', language)}</p>`
  const heads = (
    ['sku', 'product', 'platform', 'available', 'inTransit', 'perDay', 'cover', 'suggested'] as const
  ).map((name) => say(name, language))
  return table(
    heads,
    lines.map((one) => [
      one.sku,
      one.title,
      platformWord(one.platform, language),
      count(one.available),
      count(one.inTransit),
      count(one.perDay, 1),
      count(one.daysOfCover),
      count(one.suggested),
    ]),
  )
}

function warnings(
  all: ReportBody['dead'],
  heads: readonly string[],
  names: readonly string[],
  language: Language,
): string {
  if (all.length === 0) return `<p>${say('none', language)}</p>`
  return table(
    [say('sku', language), say('product', language), say('shop', language), ...heads],
    all.map((one) => [
      one.sku,
      one.title,
      one.shopName,
      ...names.map((name) => count(Number(one.detail[name]), 1)),
    ]),
  )
}

const table = (heads: readonly string[], rows: readonly string[][]) =>
  `<table width="100%" cellpadding="4" cellspacing="0" style="border-collapse:collapse;font-size:12px"><tr>${heads.map((head) => `<th align="left" style="color:${FAINT};font-weight:400;border-bottom:1px solid ${LINE}">${esc(head)}</th>`).join('')}</tr>${rows.map((row) => `<tr>${row.map((cell) => `<td style="border-bottom:1px solid ${LINE}">${esc(cell)}</td>`).join('')}</tr>`).join('')}</table>`

function asText(body: ReportBody, language: Language, link: string): string {
  const { tally, health: of } = body
  return [
    `${say('title', language)} ${body.fromDate} – ${body.toDate}`,
    `${say('score', language)}: ${count(of.score)}`,
    `${say('outOfStock', language)}: ${tally.outOfStock}`,
    `${say('outWithin7Days', language)}: ${tally.outWithin7Days}`,
    `${say('medianDaysOfCover', language)}: ${count(tally.medianDaysOfCover)}`,
    `${say('dead', language)}: ${deadMoney(tally)}`,
    '',
    `${say('urgent', language)}:`,
    ...body.urgent.map(
      (one) => `  ${one.sku}  ${one.title}  ${count(one.available)} -> +${count(one.suggested)}`,
    ),
    '',
    link,
  ].join('\n')
}
