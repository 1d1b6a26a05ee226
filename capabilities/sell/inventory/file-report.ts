import { type Backtest, backtest, REVIEW_DAYS } from './backtest.ts'
import { type Day, dateOf, lastSale, mondayBefore } from './demand.ts'
import { forecastOn, outlooks } from './forecast.ts'
import {
  type AbcClass,
  abcOf,
  type Plan,
  planOf,
  quietDaysOf,
  recentOf,
  SPIKE_DAYS,
  stands,
  WARNINGS,
  type WarningKind,
} from './inventory.ts'
import type { SalesBook } from './sales-book.ts'

export interface FileReportAsk {
  serviceLevel: number
  leadDays: number
  /** Weeks that the backtest judges. */
  weeks: number
  /** Units on hand by SKU, where a stock file was given. */
  stock?: ReadonlyMap<string, number>
}

export interface FileReport {
  /** How the file was read: columns by heading, and every line that was not a sale, counted. */
  source: {
    columns: Record<string, string>
    fromDate: string
    toDate: string
    counts: SalesBook['counts']
    bad: SalesBook['bad']
  }
  policy: { serviceLevel: number; leadDays: number; reviewDays: number }
  /** Null with its reason when the file is too short for one. */
  backtest: Backtest | { none: string }
  skus: FileSku[]
}

export interface FileSku extends Omit<Plan, 'daysOfCover' | 'suggested'> {
  sku: string
  title: string
  abc: AbcClass
  unitsSold: number
  unitsReturned: number
  firstSaleDate: string
  lastSaleDate: string
  /** Null without a stock file, or for a SKU that is not in it. */
  available: number | null
  daysOfCover: number | null
  suggested: number | null
  warnings: WarningKind[]
}

const HISTORY_WEEKS = 20

/** Figures for every SKU of a sales file as of the day after its last line, and how our levels would have fared in it. */
export function fileReport(book: SalesBook, columns: Record<string, string>, ask: FileReportAsk): FileReport {
  const policy = { serviceLevel: ask.serviceLevel, leadDays: ask.leadDays, reviewDays: REVIEW_DAYS }
  const made = outlooks(book.all)
  const { bySku, spread } = forecastOn(book.all, book.end, { upTo: ask.leadDays + REVIEW_DAYS, made })
  const before = made.on(book.end - SPIKE_DAYS)
  const abc = abcOf(
    [...book.about].map(([key, { units, lastPrice }]) => ({ key, value: units * (lastPrice ?? 1) })),
  )
  const skus = book.all.map((one, i): FileSku => {
    const about = book.about.get(one.sku)!
    const available = ask.stock?.get(one.sku) ?? null
    const holding = { available: available ?? 0, inTransit: 0 }
    const plan = planOf(bySku.get(one.sku) ?? null, spread, holding, policy)
    const situation = {
      ...holding,
      plan,
      quietDays: quietDaysOf(one, book.end, one.first),
      knownDays: book.end - one.first,
      recent: recentOf(one, before[i] ?? null, spread, book.end),
    }
    const judged = available === null ? (['demand-spike'] as const) : WARNINGS
    return {
      sku: one.sku,
      title: about.title,
      abc: abc.get(one.sku) ?? 'C',
      unitsSold: about.units,
      unitsReturned: about.returned,
      firstSaleDate: dateOf(one.first),
      lastSaleDate: dateOf(lastSale(one, book.end) ?? one.first),
      ...plan,
      available,
      daysOfCover: available === null ? null : plan.daysOfCover,
      suggested: available === null ? null : plan.suggested,
      warnings: judged.filter((kind) => stands(kind, situation, false)),
    }
  })
  return {
    source: {
      columns,
      fromDate: dateOf(book.from),
      toDate: dateOf(book.end - 1),
      counts: book.counts,
      bad: book.bad,
    },
    policy,
    backtest: backtestOf(book, ask, made),
    skus: skus.sort((a, b) => b.unitsSold - a.unitsSold || (a.sku < b.sku ? -1 : 1)),
  }
}

/** Over as many of the last weeks as asked for, of SKUs that had twenty weeks behind them when these began. */
function backtestOf(
  book: SalesBook,
  { serviceLevel, leadDays, weeks }: FileReportAsk,
  made: ReturnType<typeof outlooks>,
): Backtest | { none: string } {
  const begins: Day = mondayBefore(book.end) - 7 * weeks
  if (!book.all.some((one) => begins - one.first >= HISTORY_WEEKS * 7)) {
    return { none: `no SKU has ${HISTORY_WEEKS} weeks of history before the last ${weeks} whole weeks` }
  }
  return backtest(
    book.all,
    { serviceLevel, leadDays, weeks, historyWeeks: HISTORY_WEEKS, end: book.end },
    made,
  )
}
