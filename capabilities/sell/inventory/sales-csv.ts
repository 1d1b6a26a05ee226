import { createReadStream } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { fault } from '#kernel/fault.ts'
import { DAY_MS, type Day } from './demand.ts'
import { type Columns, columnsOf, type Field } from './sales-columns.ts'

/** One line of a sales file that could be read. */
export interface SalesLine {
  line: number
  day: Day
  sku: string
  /** Below zero: taken back. */
  quantity: number
  /** Null where the file has no prices. */
  price: number | null
  order: string
  customer: string
  title: string
}

export interface BadLine {
  line: number
  reason: string
}

export interface SalesFileOptions {
  /** Headings of columns that are not found by themselves. */
  columns?: Partial<Record<Field, string>>
  /** How to read 3/4/2026. */
  dates?: 'mdy' | 'dmy'
  /** Codes are taken letter by letter; otherwise `85123a` is `85123A`, as people type both. */
  keepsCase?: boolean
}

export interface SalesReader {
  /** Known once the first line has been read. */
  columns(): Record<string, string>
  lines(): AsyncGenerator<SalesLine | BadLine>
}

const LONGEST_RECORD = 100_000
const MOST_UNITS = 1_000_000_000

export const isBad = (line: SalesLine | BadLine): line is BadLine => 'reason' in line

/** A CSV of sales in a file, gzipped or not. */
export const salesFile = (path: string, options: SalesFileOptions = {}): SalesReader =>
  salesReader(path, () => bytesOf(path), options)

/** Reads a CSV of sales as a stream. A line that cannot be read is an answer, never an error. */
export function salesReader(
  name: string,
  open: () => Promise<Readable>,
  options: SalesFileOptions = {},
): SalesReader {
  let headings: string[] = []
  let columns: Columns = {}
  return {
    columns: () => Object.fromEntries(Object.entries(columns).map(([field, at]) => [field, headings[at]!])),
    async *lines() {
      const skipped: BadLine[] = []
      const parser = parse({
        bom: true,
        delimiter: [',', ';', '\t'],
        info: true,
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        max_record_size: LONGEST_RECORD,
        skip_records_with_error: true,
        on_skip: (error) =>
          void skipped.push({ line: Number(error?.['lines'] ?? 0), reason: 'not readable as CSV' }),
      })
      const bytes = await open()
      bytes.on('error', (error) => parser.destroy(error))
      const records = bytes.pipe(parser) as AsyncIterable<{ record: string[]; info: { lines: number } }>
      try {
        for await (const { record, info } of records) {
          while (skipped.length > 0) yield skipped.shift()!
          if (headings.length === 0) {
            headings = record
            columns = columnsOf(headings, options.columns ?? {})
          } else yield lineOf(record, info.lines, columns, options)
        }
        yield* skipped
      } catch (cause) {
        const { code, message, lines } = cause as { code?: string; message: string; lines?: number }
        if (code?.startsWith('Z_')) throw broken(name, 'its compression is damaged', cause)
        if (!code?.startsWith('CSV_')) throw cause
        // The reader lost its place: what came before counts, and the rest is named.
        yield { line: lines ?? 0, reason: `from here on not readable as CSV: ${message.slice(0, 120)}` }
      } finally {
        bytes.destroy()
        parser.destroy()
      }
      if (headings.length === 0) throw broken(name, 'it is empty')
    },
  }
}

async function bytesOf(path: string): Promise<Readable> {
  const file = await openFile(path).catch((cause) => {
    throw fault('missing', 'inventory/no-file', `Cannot open ${path}`, { cause })
  })
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0).finally(() => file.close())
  const plain = createReadStream(path)
  if (bytesRead < 2 || buffer[0] !== 0x1f || buffer[1] !== 0x8b) return plain
  const unzipped = createGunzip()
  plain.on('error', (error) => unzipped.destroy(error))
  return plain.pipe(unzipped)
}

const broken = (name: string, why: string, cause?: unknown) =>
  fault('invalid', 'inventory/bad-file', `${name} cannot be read: ${why}`, { cause })

function lineOf(
  record: readonly string[],
  line: number,
  columns: Columns,
  options: SalesFileOptions,
): SalesLine | BadLine {
  const cell = (field: Field) => (columns[field] === undefined ? '' : (record[columns[field]] ?? '').trim())
  const bad = (reason: string): BadLine => ({ line, reason })
  const sku = cell('sku')
  if (sku === '') return bad('no SKU')
  if (sku.length > 200) return bad('SKU too long')
  const quantity = numberOf(cell('quantity'))
  if (quantity === null) return bad('quantity is no number')
  if (!Number.isInteger(quantity) || Math.abs(quantity) > MOST_UNITS)
    return bad('quantity is no whole number of units')
  const day = dayOf(cell('date'), options.dates ?? 'mdy')
  if (day === null) return bad('date not understood')
  const price = columns.price === undefined ? null : numberOf(cell('price'))
  if (columns.price !== undefined && price === null) return bad('price is no number')
  return {
    line,
    day,
    sku: options.keepsCase ? sku : sku.toUpperCase(),
    quantity,
    price,
    order: cell('order'),
    customer: cell('customer'),
    title: cell('title').slice(0, 200),
  }
}

/** `1,234.50`, `¥12.3`, `-3`; null for all else. */
function numberOf(text: string): number | null {
  const plain = text.replace(/^[¥￥$£€]/, '').replace(/,(?=\d{3}\b)/g, '')
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null
}

const YEAR_FIRST = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)/
const YEAR_LAST = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)/

/** The day as it is written: a file's dates are the merchant's own. Years from 1990 to 2100. */
export function dayOf(text: string, dates: 'mdy' | 'dmy'): Day | null {
  const first = YEAR_FIRST.exec(text)
  if (first) return checked(Number(first[1]), Number(first[2]), Number(first[3]))
  const compact = /^(\d{4})(\d\d)(\d\d)$/.exec(text)
  if (compact) return checked(Number(compact[1]), Number(compact[2]), Number(compact[3]))
  const last = YEAR_LAST.exec(text)
  if (!last) return null
  const [month, day] = dates === 'mdy' ? [last[1], last[2]] : [last[2], last[1]]
  return checked(Number(last[3]), Number(month), Number(day))
}

function checked(year: number, month: number, day: number): Day | null {
  const at = new Date(Date.UTC(year, month - 1, day))
  const isReal = at.getUTCMonth() === month - 1 && at.getUTCDate() === day
  return isReal && year >= 1990 && year <= 2100 ? at.getTime() / DAY_MS : null
}
