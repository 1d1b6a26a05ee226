import { fault } from '#kernel/fault.ts'
import { type Day, type Series, series } from './demand.ts'
import { type BadLine, isBad, type SalesLine } from './sales-csv.ts'

/** All of a sales file that forecasts need: units by SKU and day, and what was left out and why. */
export interface SalesBook {
  all: Series[]
  /** By SKU. */
  about: Map<string, { title: string; units: number; returned: number; lastPrice: number | null }>
  counts: {
    lines: number
    sales: number
    /** Taken back on the day of the sale by the same buyer: never was demand. */
    cancelled: number
    /** Taken back otherwise: demand stays, the units come back. */
    returned: number
    /** No price: gifts, samples, corrections of stock. */
    unpriced: number
    bad: number
  }
  /** How many bad lines of each kind, and the first ones by number. */
  bad: { byReason: Record<string, number>; first: BadLine[] }
  from: Day
  end: Day
}

const MOST_SKUS = 200_000
const MOST_DAYS = 3_660
const BAD_SHOWN = 20

/**
 * Reads all lines. A cancellation that finds a sale of the same SKU, buyer, quantity and day takes it back as if it had
 * never been (a mistyped 80,000 is no demand); every other one is a return, and its sale stays demand.
 */
export async function salesBook(lines: AsyncIterable<SalesLine | BadLine>): Promise<SalesBook> {
  const counts = { lines: 0, sales: 0, cancelled: 0, returned: 0, unpriced: 0, bad: 0 }
  const bad: SalesBook['bad'] = { byReason: {}, first: [] }
  const about: SalesBook['about'] = new Map()
  const days = new Map<string, Map<Day, number>>()
  const open = new Map<string, number>()
  const cancellations: SalesLine[] = []
  let from = Number.POSITIVE_INFINITY
  let end = Number.NEGATIVE_INFINITY

  const add = (sku: string, day: Day, units: number) => {
    const own = days.get(sku) ?? new Map<Day, number>()
    days.set(sku, own)
    own.set(day, (own.get(day) ?? 0) + units)
    if (days.size > MOST_SKUS) throw tooMuch(`more than ${MOST_SKUS} SKUs`)
  }
  const keyOf = ({ sku, day, customer }: SalesLine, quantity: number) =>
    `${sku}|${day}|${customer}|${quantity}`
  const aboutSku = ({ sku, title, price }: SalesLine) => {
    const known = about.get(sku) ?? { title, units: 0, returned: 0, lastPrice: price }
    about.set(sku, known)
    if (title !== '') known.title = title
    if (price !== null && price > 0) known.lastPrice = price
    return known
  }

  for await (const line of lines) {
    counts.lines += 1
    if (isBad(line)) {
      counts.bad += 1
      const kind = line.reason.split(':')[0]!
      bad.byReason[kind] = (bad.byReason[kind] ?? 0) + 1
      if (bad.first.length < BAD_SHOWN) bad.first.push(line)
      continue
    }
    from = Math.min(from, line.day)
    end = Math.max(end, line.day + 1)
    if (line.price !== null && line.price <= 0) {
      counts.unpriced += 1
    } else if (line.quantity > 0) {
      counts.sales += 1
      aboutSku(line).units += line.quantity
      add(line.sku, line.day, line.quantity)
      const key = keyOf(line, line.quantity)
      open.set(key, (open.get(key) ?? 0) + 1)
    } else if (line.quantity < 0) cancellations.push(line)
  }

  // Only now: a file need not tell the sale before its cancellation.
  for (const line of cancellations) {
    const key = keyOf(line, -line.quantity)
    const known = open.get(key) ?? 0
    if (known > 0) {
      open.set(key, known - 1)
      counts.cancelled += 1
      aboutSku(line).units += line.quantity
      add(line.sku, line.day, line.quantity)
    } else {
      counts.returned += 1
      aboutSku(line).returned -= line.quantity
    }
  }
  if (counts.sales === 0)
    throw fault('invalid', 'inventory/no-sales', 'There is no readable line of sales in this file', {
      cure: bad.first[0] ? `Line ${bad.first[0].line}: ${bad.first[0].reason}` : 'It has only a heading.',
    })
  if (end - from > MOST_DAYS) throw tooMuch(`${end - from} days between its first and last date`)
  const all = [...days].flatMap(([sku, units]) => series(sku, units, end) ?? [])
  return { all, about, counts, bad, from, end }
}

const tooMuch = (what: string) =>
  fault('invalid', 'inventory/too-much', `The file has ${what}`, {
    cure: 'Check its columns, or split it.',
  })
