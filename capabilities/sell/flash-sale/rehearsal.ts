import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '#kernel/clock.ts'
import { isFault } from '#kernel/fault.ts'
import { newId } from '#kernel/id.ts'
import type { Books } from './books.ts'
import type { Desk } from './desk.ts'
import { type Answer, type Attempt, MOST_LINES, type Sale } from './flash-sale.ts'
import { type MeterReading, meter } from './meter.ts'
import type { SkuCount, Store } from './store.ts'

export interface RehearsalReport extends MeterReading {
  state: 'running' | 'done' | 'failed'
  saleId: string
  buyers: number
  /** Requests made: buyers, doubled clicks and retries. */
  requests: number
  done: number
  seconds: number
  /** Retries and doubled clicks that were answered otherwise than the first time. Must be 0. */
  changedAnswers: number
  faults: Record<string, number>
  sold: number
  ledger: SkuCount[]
  /** Whether free + held + sold is what was put on sale, and what is sold is what buyers were promised. */
  isExact: boolean
}

interface Parts {
  desk: Desk
  books: Books
  store: Store
  clock: Clock
}

const IN_FLIGHT = 2_000
/** One buyer in ten clicks twice at once; one in twenty asks again after the answer. */
const DOUBLED = 10
const RETRIED = 20
/** Answers from memory need no turn of the loop; the store's bell must be heard all the same. */
const BREATHE_EVERY = 100
const SAVE_EVERY_MS = 500
const BOOKED_WITHIN_MS = 15_000

/**
 * Runs a bounded load against a sale made for it: `buyers` buyers who want one basket each, click twice, ask again, and
 * pay for what they get. Nothing is simulated but the people: desk, latch, store and ledger are those of the platform.
 */
export async function rehearse(
  { desk, books, store, clock }: Parts,
  sale: Sale,
  buyers: number,
): Promise<RehearsalReport> {
  const meters = meter()
  const run = newId('run')
  const sinceMs = performance.now()
  const faults: Record<string, number> = {}
  const tally = { requests: 0, done: 0, changedAnswers: 0, promised: 0 }
  const { workspaceId, saleId } = sale

  const ask = async (attempt: Attempt): Promise<Answer | null> => {
    tally.requests += 1
    const fromMs = performance.now()
    for (let tries = 0; ; tries++) {
      try {
        const answer = await desk.reserve(workspaceId, saleId, attempt)
        meters.count(answer.answer, performance.now() - fromMs)
        return answer
      } catch (error) {
        const code = isFault(error) ? error.code : 'bug'
        faults[code] = (faults[code] ?? 0) + 1
        if (!isFault(error) || error.kind !== 'unavailable' || tries >= 20) return null
        await clock.sleep(50 + tries * 50)
      }
    }
  }
  const same = (first: Answer | null, again: Answer | null) => {
    if (JSON.stringify(first) !== JSON.stringify(again)) tally.changedAnswers += 1
  }

  const buy = async (nth: number) => {
    const attempt = { attemptId: `${run}.${nth}`, buyerId: `buyer-${nth}`, items: basketOf(sale, nth) }
    const [answer, twin] = await Promise.all([ask(attempt), nth % DOUBLED === 0 ? ask(attempt) : undefined])
    if (twin !== undefined) same(answer, twin)
    if (nth % RETRIED === 1) same(answer, await ask(attempt))
    if (answer?.answer === 'reserved') {
      tally.promised += attempt.items.length
      await desk.settle(workspaceId, saleId, { do: 'confirm', reservationId: answer.reservationId })
    }
    tally.done += 1
  }

  const report = async (state: RehearsalReport['state']): Promise<RehearsalReport> => {
    const seconds = (performance.now() - sinceMs) / 1000
    const ledger = await store.counts(saleId)
    const sold = ledger.reduce((sum, count) => sum + count.sold, 0)
    const adds = ledger.every(({ stock, free, held, sold }) => stock === free + held + sold)
    const { requests, done, changedAnswers, promised } = tally
    return {
      ...meters.read(),
      ...{ state, saleId, buyers, requests, done, changedAnswers, faults, sold, ledger },
      seconds: Number(seconds.toFixed(2)),
      perSecond: Math.round(requests / seconds),
      isExact: adds && sold === promised && changedAnswers === 0,
    }
  }

  let next = 0
  let isOver = false
  const crowd = Array.from({ length: Math.min(IN_FLIGHT, buyers) }, async () => {
    for (let nth = next++; nth < buyers; nth = next++) {
      await buy(nth)
      if (nth % BREATHE_EVERY === 0) await turn()
    }
  })
  const saving = (async () => {
    while (!isOver) {
      await clock.sleep(SAVE_EVERY_MS)
      if (!isOver) await books.saveRehearsal(saleId, await report('running')).catch(() => {})
    }
  })()
  await Promise.all(crowd)
  const final = await report('done')
  isOver = true
  await saving
  const isBooked = await booked(books, clock, saleId, final.ledger)
  return { ...final, isExact: final.isExact && isBooked }
}

/** Every other buyer of a sale with two SKUs wants the second, and so on. */
function basketOf({ skus }: Sale, nth: number) {
  const { sku } = skus[nth % Math.min(skus.length, MOST_LINES)]!
  return [{ sku, quantity: 1 }]
}

/** Whether the ledger comes to the same counts as the store. */
async function booked(books: Books, clock: Clock, saleId: string, ledger: readonly SkuCount[]) {
  for (let waited = 0; waited < BOOKED_WITHIN_MS; waited += 50) {
    const { skus } = await books.counts(saleId)
    const isSame = ledger.every((count) => skus.some((each) => isEqual(count, each)))
    if (isSame) return (await books.rowDrift(saleId)).length === 0
    await clock.sleep(50)
  }
  return false
}

const isEqual = (a: SkuCount, b: SkuCount) =>
  a.sku === b.sku && a.stock === b.stock && a.free === b.free && a.held === b.held && a.sold === b.sold
