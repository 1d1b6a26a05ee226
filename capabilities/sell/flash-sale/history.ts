import { type Clock, seconds } from '#kernel/clock.ts'
import { describe } from '#kernel/fault.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Books } from './books.ts'
import type { Count, Sale } from './flash-sale.ts'
import type { meters } from './meter.ts'
import type { Store } from './store.ts'

interface Parts {
  books: Books
  store: Store
  clock: Clock
}

/** Writes down every second what this process has answered; ends with what was left. */
export async function recordAnswers(
  { books, meters: all, clock, log }: Omit<Parts, 'store'> & { meters: ReturnType<typeof meters>; log: Log },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(seconds(1), signal)
    const answered = all.drain()
    // A second that cannot be written is a gap in a picture, and no reason to serve nobody.
    if (answered.length > 0)
      await books
        .addAnswers(answered)
        .catch((error) => log.warn(describe(error), 'a second of history is lost'))
    if (signal.aborted) return
  }
}

const MOST_SALES = 1_000
/** Where nothing changes, a point from time to time shows that we were looking. */
const AT_LEAST_EVERY_MS = seconds(60)
const DROP_EVERY_MS = seconds(600)

/** Writes down the units of a sale when they have changed, and drops what is older than `keepHours`. */
export function unitsRecorder({ books, store, clock }: Parts, keepHours: number) {
  const last = new Map<string, { units: string; atMs: number }>()
  let droppedAtMs = 0
  return async (sale: Sale): Promise<void> => {
    const nowMs = clock.now()
    if (nowMs - droppedAtMs > DROP_EVERY_MS) {
      droppedAtMs = nowMs
      await books.dropSeconds(keepHours)
    }
    const units = totalOf(await store.counts(sale.saleId))
    const before = last.get(sale.saleId)
    const text = JSON.stringify(units)
    if (before?.units === text && nowMs - before.atMs < AT_LEAST_EVERY_MS) return
    await books.addUnits(sale, units)
    last.delete(sale.saleId)
    last.set(sale.saleId, { units: text, atMs: nowMs })
    if (last.size > MOST_SALES) last.delete(last.keys().next().value!)
  }
}

export function totalOf(counts: readonly Count[]): Count {
  const total = { stock: 0, free: 0, held: 0, sold: 0 }
  for (const { stock, free, held, sold } of counts) {
    total.stock += stock
    total.free += free
    total.held += held
    total.sold += sold
  }
  return total
}
