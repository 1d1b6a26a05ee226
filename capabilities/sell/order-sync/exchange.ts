import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify/sync'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { BuyerBook } from './buyers.ts'
import type { Catalogue, ExportRow } from './catalogue.ts'
import { type Line, MILESTONES, type OrderStatus, type Page, STATUSES, type Times } from './order-sync.ts'
import type { Entry } from './orders.ts'

export type Format = 'ndjson' | 'csv'

/** One order as a file tells it. What an export wrote can be read again, and changes nothing then. */
export interface FileOrder
  extends Omit<
    ExportRow,
    'totalFen' | 'refundedFen' | 'refunds' | 'itemsFen' | 'freightFen' | 'discountFen' | 'paidFen'
  > {
  itemsFen: number
  freightFen: number
  discountFen: number
  paidFen: number
  refunds?: ExportRow['refunds']
  buyer?: { id?: string; name?: string; phone?: string; address?: string }
}

/** In CSV an order has a row for each of its lines; all of them say the same of the order. New columns come at the end only. */
const ORDER_COLUMNS = ['shopId', 'orderId', 'platform', 'status'] as const
const MONEY_COLUMNS = ['itemsFen', 'freightFen', 'discountFen', 'paidFen'] as const
const LINE_COLUMNS = [
  'lineId',
  'productId',
  'skuId',
  'sku',
  'name',
  'quantity',
  'sumFen',
  'linePaidFen',
] as const
export const CSV_COLUMNS: readonly string[] = [
  ...ORDER_COLUMNS,
  ...MILESTONES.map((milestone) => `${milestone}At`),
  ...MONEY_COLUMNS,
  'refundedFen',
  'updatedAt',
  ...LINE_COLUMNS,
]

const PAGE_ROWS = 500

/** The text of an export in pieces of one page. Orders whose page was never seen have no lines and no amounts, and are left out. */
export async function* exported(
  catalogue: Catalogue,
  format: Format,
  ask: { workspaceId: WorkspaceId; shopId?: string | undefined },
): AsyncGenerator<string> {
  if (format === 'csv') yield stringify([CSV_COLUMNS])
  for (let after = ''; ; ) {
    const rows = await catalogue.export(ask.workspaceId, { shopId: ask.shopId, after, limit: PAGE_ROWS })
    if (rows.length === 0) return
    after = `${rows.at(-1)!.shopId} ${rows.at(-1)!.orderId}`
    const whole = rows.filter((row) => row.itemsFen !== null)
    if (format === 'csv') yield stringify(whole.flatMap(csvRows), { escape_formulas: true })
    else yield whole.map((row) => `${JSON.stringify(row)}\n`).join('')
  }
}

function csvRows(row: ExportRow): unknown[][] {
  const iso = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString())
  const order = [
    ...ORDER_COLUMNS.map((name) => row[name]),
    ...MILESTONES.map((milestone) => iso(row.times[milestone])),
    ...MONEY_COLUMNS.map((name) => row[name]),
    row.refundedFen,
    iso(row.updatedAtMs),
  ]
  return row.lines.map(({ lineId, productId, skuId, sku, name, quantity, sumFen, paidFen }) => [
    ...order,
    ...[lineId, productId, skuId, sku, name, quantity, sumFen, paidFen],
  ])
}

/** Orders of a file, whichever of the two formats it has. Faults name the line. */
export async function* readFile(
  chunks: AsyncIterable<Buffer | string>,
  format: Format,
): AsyncGenerator<FileOrder> {
  if (format === 'ndjson') yield* readLines(chunks)
  else yield* readCsv(chunks)
}

async function* readLines(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<FileOrder> {
  const decoder = new TextDecoder()
  let rest = ''
  let nth = 0
  const read = (line: string): FileOrder => {
    nth++
    try {
      return JSON.parse(line) as FileOrder
    } catch {
      throw badLine(nth, 'is no JSON')
    }
  }
  for await (const chunk of chunks) {
    const parts = (
      rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))
    ).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) if (line.trim()) yield read(line)
  }
  if (rest.trim()) yield read(rest)
}

type CsvRow = Record<string, string>

async function* readCsv(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<FileOrder> {
  const rows = parse({ columns: true, bom: true, skip_empty_lines: true, relax_column_count_less: true })
  void (async () => {
    try {
      for await (const chunk of chunks)
        if (!rows.write(chunk)) await new Promise<void>((go) => rows.once('drain', go))
      rows.end()
    } catch (error) {
      rows.destroy(error as Error)
    }
  })()
  let order: FileOrder | undefined
  let nth = 1
  for await (const row of rows as AsyncIterable<CsvRow>) {
    nth++
    if (!order || order.orderId !== row['orderId'] || order.shopId !== (row['shopId'] ?? '')) {
      if (order) yield order
      order = orderOf(row, nth)
    }
    order.lines.push(lineOf(row, nth))
  }
  if (order) yield order
}

function orderOf(row: CsvRow, nth: number): FileOrder {
  const times: Times = {}
  for (const milestone of MILESTONES) {
    const text = row[`${milestone}At`]
    if (text) times[milestone] = timeOf(text, nth)
  }
  return {
    shopId: idOf(row['shopId'] || 'file', nth),
    orderId: idOf(row['orderId'] ?? '', nth),
    platform: row['platform'] || 'csv',
    status: (row['status'] || 'created') as OrderStatus,
    times,
    lines: [],
    itemsFen: wholeOf(row['itemsFen'], nth),
    freightFen: wholeOf(row['freightFen'] || '0', nth),
    discountFen: wholeOf(row['discountFen'] || '0', nth),
    paidFen: wholeOf(row['paidFen'] || '0', nth),
    updatedAtMs: timeOf(row['updatedAt'] ?? '', nth),
  }
}

const lineOf = (row: CsvRow, nth: number): Line => ({
  lineId: row['lineId'] || `${row['orderId']}-${nth}`,
  productId: row['productId'] ?? '',
  skuId: row['skuId'] ?? '',
  sku: row['sku'] || row['skuId'] || '',
  name: (row['name'] ?? '').replace(/^'(?=[=+\-@])/, ''),
  quantity: wholeOf(row['quantity'], nth),
  sumFen: wholeOf(row['sumFen'], nth),
  paidFen: wholeOf(row['linePaidFen'] || '0', nth),
})

const badLine = (nth: number, what: string) => fault('invalid', 'order-sync/bad-file', `Line ${nth} ${what}`)

function idOf(text: string, nth: number): string {
  // A spreadsheet that opened the file has made a number of the id, and its last digits are gone.
  if (/^\d[.,]\d+e\+\d+$/i.test(text))
    throw badLine(nth, `has an id that a spreadsheet has rounded (${text})`)
  if (!/^[\w.-]{1,40}$/.test(text)) throw badLine(nth, `has no id that can be one: "${text}"`)
  return text
}

function wholeOf(text: string | undefined, nth: number): number {
  const n = Number(text)
  if (text === undefined || text === '' || !Number.isSafeInteger(n))
    throw badLine(nth, `has "${text ?? ''}" where a whole number must be`)
  return n
}

function timeOf(text: string, nth: number): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw badLine(nth, `has "${text}" where a time must be`)
  return ms
}

/** An imported order as an entry. The file's version decides: an older file never moves an order back. */
export function fileEntry(order: FileOrder, workspaceId: WorkspaceId, book: BuyerBook, nowMs: number): Entry {
  if (!STATUSES.includes(order.status))
    throw fault(
      'invalid',
      'order-sync/bad-status',
      `Order ${order.orderId}: status must be one of ${STATUSES.join(', ')}`,
    )
  const { shopId, orderId, platform, buyer } = order
  const page: Page = {
    status: order.status,
    times: order.times,
    lines: order.lines,
    itemsFen: order.itemsFen,
    freightFen: order.freightFen,
    discountFen: order.discountFen,
    paidFen: order.paidFen,
    buyer: buyer
      ? book.seal(shopId, orderId, {
          id: buyer.id ?? '',
          name: buyer.name ?? '',
          phone: buyer.phone ?? '',
          address: buyer.address ?? '',
        })
      : null,
    updatedAtMs: order.updatedAtMs,
    // The same file says the same, whenever it is read: it must not win over a page of the same version.
    seenAtMs: order.updatedAtMs,
  }
  return {
    workspaceId,
    platform,
    seenAtMs: nowMs,
    sighting: {
      shopId,
      orderId,
      source: 'import',
      atMs: order.updatedAtMs,
      page,
      ...(order.refunds ? { refunds: order.refunds } : {}),
    },
  }
}
