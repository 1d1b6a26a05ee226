import type { Worker } from '#kernel/capability.ts'
import { type Clock, seconds } from '#kernel/clock.ts'
import { describe, isFault } from '#kernel/fault.ts'
import { type Leases, whileLeased } from '#kernel/lease.ts'
import type { Log } from '#kernel/telemetry.ts'
import { audit } from './audit.ts'
import type { Books } from './books.ts'
import type { Sale } from './flash-sale.ts'
import { unitsRecorder } from './history.ts'
import type { Recovery } from './recovery.ts'
import type { Store } from './store.ts'

interface Parts {
  books: Books
  store: Store
  recovery: Recovery
  leases: Leases
  clock: Clock
  log: Log
}

const LEASE_MS = seconds(6)
const MOST_RUNNING = 500
const SWEEP = 500
const SWEEP_EVERY_MS = 500
const MOST_SWEEPS = 20
const READ = 200
const READ_EVERY_MS = 25
/** How long booked intents stay in the stream: whoever compares has that long to read them. */
const TRIM_AFTER_MS = seconds(15)

/** A loop over the running sales, in one process at a time. What fails for one sale is no matter to the others. */
function overSales(
  parts: Parts,
  name: string,
  everyMs: number,
  each: (sale: Sale) => Promise<boolean | undefined>,
): Worker {
  const { books, recovery, leases, clock, log } = parts
  const guarded = async (sale: Sale) => {
    try {
      return await each(sale)
    } catch (error) {
      if (isFault(error) && error.code === 'flash-sale/behind') recovery.start(sale.saleId)
      else log.warn({ worker: name, saleId: sale.saleId, ...describe(error) }, 'a sale waits')
      return false
    }
  }
  const work = async (lost: AbortSignal) => {
    let sales: Sale[] = []
    let lookedAtMs = 0
    while (!lost.aborted) {
      if (performance.now() - lookedAtMs > 500 || sales.length === 0) {
        sales = await books.running(MOST_RUNNING)
        lookedAtMs = performance.now()
      }
      let isBusy = false
      for (const sale of sales) {
        if (lost.aborted) return
        if (await guarded(sale)) isBusy = true
      }
      if (!isBusy) await clock.sleep(sales.length === 0 ? 250 : everyMs, lost)
    }
  }
  return {
    name,
    run: (signal) =>
      whileLeased(leases, { name, ttlMs: LEASE_MS, retryMs: LEASE_MS / 3, signal, sleep: clock.sleep }, work),
  }
}

/** Gives unpaid holds back: bounded steps, exactly once whoever takes them. */
const sweeper = (parts: Parts): Worker =>
  overSales(parts, 'flash-sale/sweep', SWEEP_EVERY_MS, async ({ saleId }) => {
    for (let i = 0; i < MOST_SWEEPS; i++) if ((await parts.store.expire(saleId, SWEEP)) < SWEEP) return false
    return true
  })

/** Compares all accounts of every running sale, again and again. */
const auditor = (parts: Parts, everyMs: number): Worker =>
  overSales(parts, 'flash-sale/audit', everyMs, async (sale) => {
    const { drifts, isBehind } = await audit(parts.books, parts.store, sale)
    if (isBehind) parts.recovery.start(sale.saleId)
    const opened = await parts.books.report(sale, isBehind ? ['rows'] : ['rows', 'store'], drifts)
    if (opened > 0) parts.log.error({ saleId: sale.saleId, drifts }, 'the units of a sale do not add up')
    return false
  })

/** Books what the store's stream tells: rows, counts and facts, each intent once. */
function bookkeeper(parts: Parts): Worker {
  const { books, store, clock } = parts
  const stream = store.stream!
  const positions = new Map<string, string>()
  const trims = new Map<string, { position: string; atMs: number }>()

  const trim = async (saleId: string, position: string) => {
    const due = trims.get(saleId)
    if (due && clock.now() - due.atMs < TRIM_AFTER_MS) return
    if (due) await stream.trim(saleId, due.position)
    trims.set(saleId, { position, atMs: clock.now() })
  }

  return overSales(parts, 'flash-sale/book', READ_EVERY_MS, async (sale) => {
    const { saleId } = sale
    const after = positions.get(saleId) ?? (await books.counts(saleId)).position
    const entries = await stream.read(saleId, after, READ)
    const last = entries.at(-1)?.position
    if (!last) return false
    const isOurs = await books.book(sale, after, entries)
    if (isOurs) positions.set(saleId, last)
    else positions.delete(saleId)
    if (isOurs) await trim(saleId, last)
    return true
  })
}

/** Writes down the course of every running sale. */
function historian(parts: Parts, keepHours: number): Worker {
  const record = unitsRecorder(parts, keepHours)
  return overSales(parts, 'flash-sale/history', seconds(1), async (sale) => {
    await record(sale)
    return false
  })
}

export const workers = (
  parts: Parts,
  { auditSeconds, historyHours }: { auditSeconds: number; historyHours: number },
): Worker[] => [
  sweeper(parts),
  historian(parts, historyHours),
  auditor(parts, seconds(auditSeconds)),
  ...(parts.store.stream ? [bookkeeper(parts)] : []),
]
