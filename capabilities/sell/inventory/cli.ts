import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { InvalidArgumentError } from 'commander'
import { parse } from 'csv-parse'
import type { Verbs } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { Day } from './demand.ts'
import { fileReport } from './file-report.ts'
import { asCsv, asText } from './file-report-text.ts'
import { salesBook } from './sales-book.ts'
import { FIELDS, type Field } from './sales-columns.ts'
import { type BadLine, dayOf, isBad, type SalesLine, salesFile } from './sales-csv.ts'

interface ReportOptions extends Partial<Record<Field, string>> {
  orders: string
  stock?: string
  serviceLevel: number
  leadDays: number
  weeks: number
  dates: 'mdy' | 'dmy'
  until?: number
  json?: boolean
  out?: string
}

const verbs: Verbs = (program) => {
  const inventory = program.command('inventory').description('what runs out next, and how much to buy')
  const report = inventory
    .command('report')
    .description('reorder points and a backtest from a CSV of sales (.gz too); needs no shop and no platform')
    .requiredOption('--orders <file>', 'the sales, one line per item sold')
    .option('--stock <file>', 'a CSV with the columns sku and available')
    .option('--service-level <share>', 'share of order cycles without a stock-out', within(0.5, 0.999), 0.95)
    .option('--lead-days <days>', 'days from an order to its arrival', within(0, 180, true), 7)
    .option('--weeks <weeks>', 'weeks that the backtest judges', within(1, 52, true), 8)
    .option('--until <date>', 'as if the file ended with this day, such as 2026-01-31', lastDay)
    .option('--dates <order>', 'how to read 3/4/2026: mdy or dmy', oneOf(['mdy', 'dmy']), 'mdy')
    .option('--json', 'the whole report as JSON')
    .option('--out <file>', 'writes it there: .csv has the SKUs, .json the whole report')
  for (const field of FIELDS)
    report.option(`--${field} <heading>`, `the column of the ${field}, if it is not found by itself`)
  // A file stands for itself: no platform is opened for it.
  report.action(async (options: ReportOptions) => {
    const file = salesFile(options.orders, { columns: options, dates: options.dates })
    const book = await salesBook(upTo(file.lines(), options.until))
    const made = fileReport(book, file.columns(), {
      serviceLevel: options.serviceLevel,
      leadDays: options.leadDays,
      weeks: options.weeks,
      ...(options.stock ? { stock: await stockOf(options.stock) } : {}),
    })
    const json = () => JSON.stringify(made, null, 1)
    if (options.out) await writeFile(options.out, options.out.endsWith('.json') ? json() : asCsv(made))
    if (options.json) await print(json())
    else await print(asText(made))
  })
}

export default verbs

/** The process ends by itself after a command: what is still in the pipe would be lost. */
const print = (text: string) =>
  new Promise<void>((done, fail) =>
    process.stdout.write(`${text}\n`, (error) => (error ? fail(error) : done())),
  )

async function* upTo(lines: AsyncIterable<SalesLine | BadLine>, until: Day | undefined) {
  for await (const line of lines) if (until === undefined || isBad(line) || line.day <= until) yield line
}

function lastDay(raw: string): Day {
  const day = dayOf(raw, 'mdy')
  if (day !== null) return day
  throw new InvalidArgumentError('It must be a day such as 2026-01-31.')
}

function within(least: number, most: number, isWhole = false) {
  return (raw: string): number => {
    const value = Number(raw)
    if (raw.trim() !== '' && value >= least && value <= most && (!isWhole || Number.isInteger(value)))
      return value
    throw new InvalidArgumentError(`It must be ${isWhole ? 'a whole number ' : ''}from ${least} to ${most}.`)
  }
}

function oneOf(choices: readonly string[]) {
  return (raw: string): string => {
    if (choices.includes(raw)) return raw
    throw new InvalidArgumentError(`It must be one of ${choices.join(', ')}.`)
  }
}

async function stockOf(path: string): Promise<Map<string, number>> {
  const stock = new Map<string, number>()
  const bytes = createReadStream(path)
  const rows = bytes.pipe(
    parse({ columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()), bom: true }),
  )
  bytes.on('error', (error) => rows.destroy(error))
  try {
    for await (const row of rows as AsyncIterable<Record<string, string>>) {
      const units = Number(row['available'] || Number.NaN)
      if (!row['sku'] || !Number.isInteger(units)) throw new Error('a line lacks sku or available')
      stock.set(row['sku'].trim().toUpperCase(), units)
    }
  } catch (cause) {
    throw fault(
      'invalid',
      'inventory/bad-stock-file',
      `${path} is no stock file: ${(cause as Error).message}`,
      {
        cause,
        cure: 'It needs a heading line with sku and available, and whole numbers of units.',
      },
    )
  }
  return stock
}
