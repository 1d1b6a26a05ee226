import { stringify } from 'csv-stringify/sync'
import type { Backtest } from './backtest.ts'
import type { FileReport, FileSku } from './file-report.ts'

const SHOWN = 25
const percent = (share: number) => `${(100 * share).toFixed(1)} %`

/** The report for a terminal: how the file was read, how the levels would have fared, the SKUs that sell most. */
export function asText({ source, policy, backtest, skus }: FileReport): string {
  const { counts, bad } = source
  const without = skus.filter((one) => one.reorderPoint === null).length
  return [
    `${source.fromDate} to ${source.toDate}: ${counts.lines} lines, ${counts.sales} sales, ${counts.cancelled} cancelled the same day, ${counts.returned} returned, ${counts.unpriced} without a price, ${counts.bad} not readable`,
    `columns: ${Object.entries(source.columns)
      .map(([field, heading]) => `${field} = ${heading}`)
      .join(', ')}`,
    ...bad.first.map(({ line, reason }) => `  line ${line}: ${reason}`),
    ...(counts.bad > bad.first.length ? [`  and ${counts.bad - bad.first.length} more`] : []),
    '',
    ...backtestText(backtest),
    '',
    `${skus.length} SKUs, service level ${policy.serviceLevel}, lead time ${policy.leadDays} days, a look every ${policy.reviewDays} days; ${without} sold for less than 14 days: no suggestion`,
    ...table(skus.slice(0, SHOWN)),
    ...(skus.length > SHOWN ? [`and ${skus.length - SHOWN} more: --json or --out <file> has all`] : []),
  ].join('\n')
}

function backtestText(backtest: FileReport['backtest']): string[] {
  if ('none' in backtest) return [`backtest: none, ${backtest.none}`]
  return [
    `backtest ${backtest.fromDate} to ${backtest.toDate}: ${backtest.skus} SKUs with 20 weeks of history, ${backtest.skuWeeks} SKU-weeks`,
    `  without a stock-out ${percent(backtest.shareWithoutStockOut)} (wanted ${percent(backtest.serviceLevel)}); levels that covered their cycle ${percent(backtest.shareCovered)}, of SKUs that sell ${percent(backtest.shareCoveredActive)}`,
    `  units served ${percent(backtest.fillRate)}, ${backtest.meanWeeksOfStock.toFixed(1)} weeks of stock at the week's end`,
    `  by week ${weeks(backtest)}`,
  ]
}

const weeks = (backtest: Backtest) =>
  backtest.byWeek.map(({ from, share }) => `${from.slice(5)} ${(100 * share).toFixed(1)}`).join('  ')

const HEADINGS = [
  'SKU',
  'sold',
  'a day',
  'expected',
  'reorder at',
  'stock',
  'cover',
  'order',
  'warnings',
  'title',
]

function table(skus: readonly FileSku[]): string[] {
  const rows = skus.map((one) => [
    one.sku,
    String(one.unitsSold),
    number(one.perDay, 2),
    number(one.expected, 1),
    number(one.reorderPoint, 0),
    number(one.available, 0),
    one.daysOfCover === null ? '' : `${one.daysOfCover.toFixed(0)} d`,
    number(one.suggested, 0),
    one.warnings.join(' '),
    one.title.slice(0, 40),
  ])
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]!.length)))
  return [HEADINGS, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
}

const number = (value: number | null, digits: number) => (value === null ? '' : value.toFixed(digits))

const COLUMNS = [
  'sku',
  'title',
  'abc',
  'unitsSold',
  'unitsReturned',
  'firstSaleDate',
  'lastSaleDate',
  'knownDays',
  'perDay',
  'expected',
  'leadDemand',
  'reorderPoint',
  'basis',
  'available',
  'daysOfCover',
  'suggested',
  'warnings',
] as const satisfies readonly (keyof FileSku)[]

/** All SKUs as CSV, one line each. */
export const asCsv = ({ skus }: FileReport): string =>
  stringify(
    skus.map((one) =>
      COLUMNS.map((column) => (column === 'warnings' ? one.warnings.join(' ') : one[column])),
    ),
    { header: true, columns: COLUMNS.map((key) => ({ key })) },
  )
