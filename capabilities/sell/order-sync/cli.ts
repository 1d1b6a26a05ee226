import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '#kernel/api.ts'
import type { Verbs } from '#kernel/capability.ts'
import { describe, fault, isFault } from '#kernel/fault.ts'
import { type FileOrder, type Format, readFile } from './exchange.ts'
import { DIFFERENCES } from './reconciliation.ts'
import { DIFFERENCE_WORDS } from './report-text.ts'
import type { ReportRow } from './reports.ts'

const ROOM = '/api/order-sync'
const LOOK_EVERY_MS = 250
const ROWS_AT_ONCE = 100

interface ReconcileOptions {
  shop: string
  date: string
  repair?: boolean
  out?: string
  json?: boolean
}

const verbs: Verbs = (program, connect) => {
  program
    .command('reconcile')
    .description("compares a day of a shop with the platform's list and names each difference")
    .requiredOption('--shop <id>', 'the shop')
    .requiredOption('--date <day>', 'the day in Shanghai, as 2026-03-01')
    .option('--repair', 'put right what differs')
    .option('--out <file>', 'write the differences as CSV')
    .option('--json', 'the report as one JSON object')
    .action(async ({ shop, date, repair, out, json }: ReconcileOptions) => {
      const api = await connect()
      try {
        const report = await reconcileNow(api, { shopId: shop, day: date, repair: repair === true })
        if (out) await write(api.lines(`${ROOM}/reports/${shop}/${date}/download`), out)
        if (json) console.log(JSON.stringify(report))
        else print(report, out)
        // A difference that was not repaired, or half a report, is no success for a script.
        const left = DIFFERENCES.reduce(
          (sum, kind) => sum + report.byKind[kind].found - report.byKind[kind].repaired,
          0,
        )
        if (left > 0 || report.isPartial) process.exitCode = 1
      } finally {
        await api.close()
      }
    })

  const orders = program.command('orders').description('orders as files')
  orders
    .command('export')
    .description('writes all orders with their lines')
    .option('--format <format>', 'ndjson or csv', 'ndjson')
    .option('--shop <id>', 'of one shop only')
    .option('--out <file>', 'where to; otherwise to standard output')
    .option('--json', 'when done, one JSON object that says how much was written (with --out)')
    .action(async (options: { format: string; shop?: string; out?: string; json?: boolean }) => {
      const format = formatOf(options.format)
      const api = await connect()
      try {
        const query = { format, ...(options.shop ? { shopId: options.shop } : {}) }
        const lines = await write(api.lines(`${ROOM}/export`, query), options.out)
        if (options.out && options.json) console.log(JSON.stringify({ format, out: options.out, lines }))
        else if (options.out) console.error(`${lines} lines in ${options.out}`)
      } finally {
        await api.close()
      }
    })
  orders
    .command('import')
    .description('takes orders of a file; a file taken twice changes nothing')
    .argument('<file>', '.csv or .ndjson, as `orders export` writes it')
    .option('--format <format>', 'ndjson or csv; otherwise by the ending of the name')
    .option('--json', 'one JSON object that says what came of it')
    .action(async (file: string, options: { format?: string; json?: boolean }) => {
      const format = formatOf(options.format ?? (file.endsWith('.csv') ? 'csv' : 'ndjson'))
      const api = await connect()
      try {
        const total = await importFile(api, file, format)
        if (options.json) console.log(JSON.stringify({ file, ...total }))
        else
          console.log(
            `${total.fresh} new, ${total.changed} changed, ${total.same} as before, ${total.late} older than what is known`,
          )
      } finally {
        await api.close()
      }
    })
}

export default verbs

async function reconcileNow(
  api: Api,
  ask: { shopId: string; day: string; repair: boolean },
): Promise<ReportRow> {
  let { jobId } = await api.post<{ jobId: string | null }>(`${ROOM}/reconciliations`, ask)
  while (jobId === null) {
    // Somebody else is at it: ours comes after that.
    await wait(LOOK_EVERY_MS)
    jobId = (await api.post<{ jobId: string | null }>(`${ROOM}/reconciliations`, ask)).jobId
  }
  for (;;) {
    const { state, error } = await api.get<{ state: string; error: string | null }>(
      `${ROOM}/reconciliations/${jobId}`,
    )
    if (state === 'completed') break
    // A first try that failed has left what it found; the job goes on with it later.
    if (state === 'failed' || state === 'cancelled' || (state === 'delayed' && error)) {
      const report = await api.get<ReportRow>(`${ROOM}/reports/${ask.shopId}/${ask.day}`).catch(() => null)
      if (report) return report
      throw fault('unavailable', 'order-sync/reconcile', error ?? 'The reconciliation did not end')
    }
    await wait(LOOK_EVERY_MS)
  }
  return api.get<ReportRow>(`${ROOM}/reports/${ask.shopId}/${ask.day}`)
}

function print(report: ReportRow, out: string | undefined): void {
  const { shopId, day, compared, equal, isPartial, partialWhy, trueUntilMs } = report
  const share = compared === 0 ? 100 : (100 * equal) / compared
  console.log(`${shopId} ${day}: ${compared} compared, ${equal} equal (${share.toFixed(3)} %)`)
  for (const kind of DIFFERENCES) {
    const { found, repaired } = report.byKind[kind]
    if (found > 0)
      console.log(
        `  ${DIFFERENCE_WORDS[kind].zh} ${DIFFERENCE_WORDS[kind].en}: ${found}, repaired ${repaired}`,
      )
  }
  if (isPartial) console.log(`  true until ${new Date(trueUntilMs).toISOString()} only: ${partialWhy}`)
  if (out) console.log(`  written to ${out}`)
}

type Outcome = { fresh: number; changed: number; same: number; late: number }

async function importFile(api: Api, file: string, format: Format): Promise<Outcome> {
  const total: Outcome = { fresh: 0, changed: 0, same: 0, late: 0 }
  let waiting: FileOrder[] = []
  const flush = async () => {
    if (waiting.length === 0) return
    const done = await api.post<Outcome>(`${ROOM}/import`, { orders: waiting.map(bodyOf) })
    for (const key of Object.keys(total) as (keyof Outcome)[]) total[key] += done[key]
    waiting = []
  }
  const read = async () => {
    for await (const order of readFile(createReadStream(file), format)) {
      waiting.push(order)
      if (waiting.length >= ROWS_AT_ONCE) await flush()
    }
    await flush()
  }
  await read().catch(unusable(file))
  return total
}

/** What an export says beyond what an import takes (sums that follow from the rest) is left out. */
function bodyOf(order: FileOrder): FileOrder {
  const {
    shopId,
    orderId,
    platform,
    status,
    times,
    lines,
    itemsFen,
    freightFen,
    discountFen,
    paidFen,
    updatedAtMs,
  } = order
  const { refunds, buyer } = order
  return {
    ...{ shopId, orderId, platform, status, times, lines, itemsFen, freightFen, discountFen, updatedAtMs },
    paidFen: paidFen ?? 0,
    ...(refunds ? { refunds } : {}),
    ...(buyer ? { buyer } : {}),
  }
}

function formatOf(text: string): Format {
  if (text === 'csv' || text === 'ndjson') return text
  throw fault('invalid', 'order-sync/bad-option', `--format must be ndjson or csv, not "${text}"`)
}

/** Writes line by line as fast as the reader takes them; answers with their number. */
async function write(lines: AsyncIterable<string>, out: string | undefined): Promise<number> {
  let count = 0
  const counted = async function* () {
    for await (const line of lines) {
      count++
      yield `${line}\n`
    }
  }
  if (out) await pipeline(counted, createWriteStream(out)).catch(unusable(out))
  else
    for await (const text of counted()) if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  return count
}

/** A file that cannot be opened, read or written is the caller's to put right: a sentence, not a stack. */
const unusable = (file: string) => (error: unknown) => {
  if (isFault(error)) throw error
  throw fault('invalid', 'order-sync/file', `${file}: ${describe(error).message}`, { cause: error })
}
