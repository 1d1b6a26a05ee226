import { BUCKETS, type PlatformView } from './catalogue.ts'
import { ACCENT, COLORS, count, deadMoney, esc, FAINT, INK, type Language, LINE, onColor } from './markup.ts'
import type { ReportBody } from './report.ts'
import { bucketWord, partWord, platformWord, say } from './report-words.ts'

const STYLE = `
  @page { size: A4; margin: 16mm 14mm; @bottom-right { content: counter(page) ' / ' counter(pages); font-size: 9px; } }
  * { box-sizing: border-box; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { max-width: 182mm; margin: 0 auto; padding: 8mm 0; font: 11px/1.5 -apple-system, 'PingFang SC', 'Noto Sans SC', 'Microsoft YaHei', Arial, sans-serif; color: ${INK}; }
  h1 { font-size: 20px; margin: 0; } h2 { font-size: 13px; margin: 7mm 0 2mm; }
  .faint { color: ${FAINT}; } .kpis { display: grid; grid-template-columns: repeat(5, 1fr); gap: 3mm; margin: 5mm 0; }
  .kpi { border: 1px solid ${LINE}; border-radius: 4px; padding: 2.5mm; } .kpi b { display: block; font-size: 18px; font-variant-numeric: tabular-nums; }
  section { break-inside: avoid; } table { width: 100%; border-collapse: collapse; } thead { display: table-header-group; }
  tr { break-inside: avoid; } th { text-align: left; font-weight: 400; color: ${FAINT}; } th, td { padding: 1mm 1.5mm; border-bottom: 1px solid ${LINE}; }
  .n { text-align: right; font-variant-numeric: tabular-nums; } svg { display: block; width: 100%; } .long { break-inside: auto; }
  @media print { body { padding: 0; max-width: none; } }`

/** The report as a page for paper: A4, vector charts, heads repeated on each sheet. Nothing is loaded from elsewhere. */
export function reportPage(body: ReportBody, language: Language): string {
  const word = (name: Parameters<typeof say>[0]) => say(name, language)
  const kpi = (name: string, value: string, note = '') =>
    `<div class="kpi"><span class="faint">${esc(name)}</span><b>${esc(value)}</b><span class="faint">${esc(note)}&nbsp;</span></div>`
  const { tally, health, previousScore } = body
  return `<!doctype html><html lang="${language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${esc(word('title'))} ${body.week}</title><style>${STYLE}</style></head><body>
<header><h1>${word('title')}</h1><div class="faint">${body.fromDate} – ${body.toDate}</div></header>
<div class="kpis">${[
    kpi(
      word('score'),
      count(health.score),
      previousScore === null ? '' : `${word('before')} ${previousScore}`,
    ),
    kpi(word('outOfStock'), count(tally.outOfStock)),
    kpi(word('outWithin7Days'), count(tally.outWithin7Days)),
    kpi(word('medianDaysOfCover'), count(tally.medianDaysOfCover)),
    kpi(word('dead'), deadMoney(tally), `${count(tally.deadUnits)} ${word('deadUnits')}`),
  ].join('')}</div>
<section>${healthBars(body, language)}<p class="faint">${word('formula')}</p></section>
<section><h2>${word('sales')}</h2>${salesChart(body.sales)}</section>
<section><h2>${word('byPlatform')}</h2>${platformChart(body.platforms, language)}</section>
<section class="long"><h2>${word('urgent')}</h2>${urgentTable(body, language)}</section>
<section class="long"><h2>${word('deadList')}</h2>${warningTable(body.dead, ['available', 'quietDays'], language)}</section>
<section class="long"><h2>${word('spikes')}</h2>${warningTable(body.spikes, ['sold', 'expected'], language)}</section>
</body></html>`
}

const WIDTH = 680

function healthBars({ health: { parts } }: ReportBody, language: Language): string {
  const rows = parts.map(({ key, share, weight }, i) => {
    const y = i * 20
    const length = 300 * (share ?? 0)
    return `<text x="0" y="${y + 12}">${esc(partWord(key, language))} (${weight})</text><rect x="300" y="${y + 3}" width="300" height="12" rx="2" fill="${LINE}"/><rect x="300" y="${y + 3}" width="${length.toFixed(1)}" height="12" rx="2" fill="${ACCENT}"/><text x="${WIDTH}" y="${y + 12}" text-anchor="end">${share === null ? '–' : `${(100 * share).toFixed(0)} %`}</text>`
  })
  return svg(parts.length * 20, rows.join(''))
}

function salesChart(sales: ReportBody['sales']): string {
  const most = Math.max(1, ...sales.map(({ units }) => units))
  const step = WIDTH / Math.max(1, sales.length)
  const bars = sales.map(({ date, units }, i) => {
    const height = (110 * units) / most
    return `<rect x="${(i * step + 1).toFixed(1)}" y="${(120 - height).toFixed(1)}" width="${(step - 2).toFixed(1)}" height="${height.toFixed(1)}" fill="${ACCENT}"><title>${date}: ${units}</title></rect>`
  })
  const ticks = sales.flatMap(({ date }, i) =>
    i % 7 === 0 ? `<text x="${(i * step).toFixed(1)}" y="134" fill="${FAINT}">${date.slice(5)}</text>` : [],
  )
  const top = `<text x="${WIDTH}" y="8" text-anchor="end" fill="${FAINT}">${count(most)}</text>`
  return svg(
    138,
    `${top}<line x1="0" x2="${WIDTH}" y1="120.5" y2="120.5" stroke="${LINE}"/>${bars.join('')}${ticks.join('')}`,
  )
}

function platformChart(all: readonly PlatformView[], language: Language): string {
  const rows = all.map(({ platform, skus, buckets }, i) => {
    let x = 120
    const parts = BUCKETS.map((bucket) => {
      const width = (buckets[bucket] / Math.max(1, skus)) * (WIDTH - 120)
      const part = `<rect x="${x.toFixed(1)}" y="${i * 24 + 2}" width="${width.toFixed(1)}" height="16" fill="${COLORS[bucket]}"/>${width > 24 ? `<text x="${(x + width / 2).toFixed(1)}" y="${i * 24 + 14}" text-anchor="middle" fill="${onColor(bucket)}">${buckets[bucket]}</text>` : ''}`
      x += width
      return part
    })
    return `<text x="0" y="${i * 24 + 14}">${esc(platformWord(platform, language))} (${skus})</text>${parts.join('')}`
  })
  const legend = BUCKETS.map(
    (bucket) => `<span style="color:${COLORS[bucket]}">■</span> ${bucketWord(bucket, language)}`,
  ).join('&ensp;')
  return `${svg(Math.max(1, all.length) * 24, rows.join(''))}<p class="faint">${legend}</p>`
}

const svg = (height: number, inside: string) =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" font-size="10" fill="${INK}">${inside}</svg>`

function urgentTable({ urgent }: ReportBody, language: Language): string {
  if (urgent.length === 0) return `<p>${say('nothingUrgent', language)}</p>`
  const names = [
    'sku',
    'product',
    'shop',
    'available',
    'inTransit',
    'perDay',
    'cover',
    'reorderPoint',
    'suggested',
  ] as const
  return table(
    names.map((name) => say(name, language)),
    3,
    urgent.map((one) => [
      one.sku,
      one.title,
      `${one.shopName} (${platformWord(one.platform, language)})`,
      count(one.available),
      count(one.inTransit),
      count(one.perDay, 1),
      count(one.daysOfCover),
      count(one.reorderPoint),
      count(one.suggested),
    ]),
  )
}

function warningTable(
  all: ReportBody['dead'],
  names: readonly ('available' | 'quietDays' | 'sold' | 'expected')[],
  language: Language,
): string {
  if (all.length === 0) return `<p>${say('none', language)}</p>`
  const heads = ([...(['sku', 'product', 'shop'] as const), ...names] as const).map((name) =>
    say(name, language),
  )
  return table(
    heads,
    3,
    all.map((one) => [
      one.sku,
      one.title,
      one.shopName,
      ...names.map((name) => count(Number(one.detail[name]), 1)),
    ]),
  )
}

/** Columns from `numbersFrom` on are numbers and stand to the right. */
function table(heads: readonly string[], numbersFrom: number, rows: readonly string[][]): string {
  const cell = (tag: 'th' | 'td') => (text: string, i: number) =>
    `<${tag}${i >= numbersFrom ? ' class="n"' : ''}>${esc(text)}</${tag}>`
  return `<table><thead><tr>${heads.map(cell('th')).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`).join('')}</tbody></table>`
}
