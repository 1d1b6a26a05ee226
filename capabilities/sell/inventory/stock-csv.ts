import type { Readable } from 'node:stream'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { fenFromYuan } from '#kernel/money.ts'
import type { Count } from './books.ts'
import type { Catalogue, ItemView, PurchaseLine } from './catalogue.ts'
import type { BadLine } from './sales-csv.ts'

const MOST_LINES = 200_000
const MOST_UNITS = 1_000_000_000

/** Columns of a stock file, the same in and out; `sku` and `available` have to be there. */
const FIELDS = {
  sku: ['sku', '商家编码', 'sku编码', '规格编码'],
  available: ['available', 'stock', 'quantity', '可用', '库存', '数量'],
  title: ['title', 'name', '商品', '商品名称'],
  variant: ['variant', '规格'],
  inTransit: ['in_transit', 'intransit', '在途'],
  cost: ['cost', 'cost_yuan', '成本', '成本价'],
  price: ['price', 'price_yuan', '价格', '售价'],
  serviceLevel: ['service_level', 'servicelevel', '服务水平'],
  leadDays: ['lead_days', 'leaddays', '提前期'],
} as const
type Field = keyof typeof FIELDS

/** Reads a stock file. Lines that cannot be read are named and left out; the others count. */
export function stockFrom(text: string): { counts: Count[]; bad: BadLine[] } {
  let rows: { record: string[]; info: { lines: number } }[]
  try {
    rows = parse(text, {
      bom: true,
      delimiter: [',', ';', '\t'],
      info: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    }) as never
  } catch (cause) {
    throw fault('invalid', 'inventory/bad-file', 'This is not readable as CSV', {
      cause,
      cure: (cause as Error).message.slice(0, 200),
    })
  }
  const [head, ...lines] = rows
  if (lines.length > MOST_LINES)
    throw fault('invalid', 'inventory/too-much', `The file has more than ${MOST_LINES} lines`)
  const headings = (head?.record ?? []).map((heading) => heading.trim().toLowerCase())
  const at = (field: Field) =>
    headings.findIndex((heading) => (FIELDS[field] as readonly string[]).includes(heading))
  for (const field of ['sku', 'available'] as const) {
    if (at(field) >= 0) continue
    throw fault('invalid', 'inventory/no-column', `No column is known as ${field}`, {
      field,
      cure: `The first line names the columns, such as sku,available,title,cost. It has: ${headings.slice(0, 20).join(', ')}`,
    })
  }
  const places = Object.fromEntries(
    Object.keys(FIELDS).map((field) => [field, at(field as Field)]),
  ) as Record<Field, number>
  const counts: Count[] = []
  const bad: BadLine[] = []
  for (const { record, info } of lines) {
    const count = countOf((field) => (places[field] < 0 ? '' : (record[places[field]] ?? '').trim()))
    if (typeof count === 'string') bad.push({ line: info.lines, reason: count })
    else counts.push(count)
  }
  return { counts, bad }
}

function countOf(cell: (field: Field) => string): Count | string {
  const sku = cell('sku')
  const available = wholeOf(cell('available'))
  const inTransit = cell('inTransit') === '' ? null : wholeOf(cell('inTransit'))
  const serviceLevel = cell('serviceLevel') === '' ? null : Number(cell('serviceLevel'))
  const leadDays = cell('leadDays') === '' ? null : wholeOf(cell('leadDays'))
  if (sku === '' || sku.length > 200) return 'no SKU'
  if (available === undefined) return 'available is no whole number'
  if (inTransit === undefined || (inTransit ?? 0) < 0) return 'in transit is no number of units'
  if (serviceLevel !== null && !(serviceLevel >= 0.5 && serviceLevel <= 0.999))
    return 'service level is not from 0.5 to 0.999'
  if (leadDays === undefined || (leadDays !== null && (leadDays < 0 || leadDays > 180)))
    return 'lead days are not from 0 to 180'
  try {
    const fen = (text: string) => (text === '' ? null : fenFromYuan(text.replace(/^[¥￥]/, '')))
    return {
      sku,
      title: cell('title').slice(0, 300),
      variant: cell('variant').slice(0, 200),
      available,
      reserved: null,
      inTransit,
      costFen: fen(cell('cost')),
      priceFen: fen(cell('price')),
      serviceLevel,
      leadDays,
    }
  } catch {
    return 'cost or price is no amount in yuan'
  }
}

const wholeOf = (text: string): number | undefined =>
  /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= MOST_UNITS ? Number(text) : undefined

const PAGE_ROWS = 500
const yuanOf = (fen: number | null) => (fen === null ? '' : (fen / 100).toFixed(2))
const STOCK_COLUMNS = [
  'shop',
  'platform',
  'sku',
  'title',
  'variant',
  'available',
  'reserved',
  'in_transit',
  'per_day',
  'days_of_cover',
  'reorder_point',
  'suggested',
  'cost',
  'price',
  'service_level',
  'lead_days',
]

/** All SKUs of a workspace as CSV, read page by page. What this writes, `stockFrom` reads. */
export function stockCsv(
  catalogue: Catalogue,
  workspaceId: WorkspaceId,
  shopId: string | undefined,
): Readable {
  const out = stringify({ header: true, columns: STOCK_COLUMNS, escape_formulas: true })
  const write = async () => {
    for (let after: string | undefined; ; ) {
      const { items, next } = await catalogue.items({
        workspaceId,
        shopId,
        sort: 'sku',
        after,
        limit: PAGE_ROWS,
      })
      for (const item of items)
        if (!out.write(stockRow(item))) await new Promise((done) => out.once('drain', done))
      if (next === null) break
      after = next
    }
    out.end()
  }
  write().catch((error) => out.destroy(error))
  return out
}

const stockRow = ({ plan, ...item }: ItemView) => [
  item.shopName,
  item.platform,
  item.sku,
  item.title,
  item.variant,
  item.available,
  item.reserved,
  item.inTransit,
  plan?.perDay?.toFixed(3) ?? '',
  plan?.daysOfCover?.toFixed(1) ?? '',
  plan?.reorderPoint ?? '',
  plan?.suggested ?? '',
  yuanOf(item.costFen),
  yuanOf(item.priceFen),
  item.serviceLevel ?? '',
  item.leadDays ?? '',
]

const PURCHASE_COLUMNS = [
  '店铺 shop',
  '平台 platform',
  'SKU',
  '商品 product',
  '规格 variant',
  '可用 available',
  '在途 in transit',
  '日销 a day',
  '可售天数 cover',
  '补货点 reorder at',
  '建议补货 order',
  '成本价 cost',
  '金额 amount',
]

/** The purchase list as a sheet for the supplier or the buyer, with a byte-order mark so that Excel reads Chinese. */
export function purchaseCsv(lines: readonly PurchaseLine[]): Readable {
  const out = stringify({ header: true, columns: PURCHASE_COLUMNS, bom: true, escape_formulas: true })
  for (const one of lines) {
    out.write([
      one.shopName,
      one.platform,
      one.sku,
      one.title,
      one.variant,
      one.available,
      one.inTransit,
      one.perDay.toFixed(2),
      one.daysOfCover?.toFixed(1) ?? '',
      one.reorderPoint,
      one.suggested,
      yuanOf(one.costFen),
      yuanOf(one.amountFen),
    ])
  }
  out.end()
  return out
}
