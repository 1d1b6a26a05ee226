import type { Answer, Attempt } from './flash-sale.ts'
import type { Store } from './store.ts'

/**
 * What this process knows to be gone. Once a SKU has nothing left, nearly every attempt still to come is lost: it is
 * answered from here. An attempt that the store has decided before still gets its first answer, from the store.
 */
export interface Latch {
  /** `sold-out`, or null: ask the store. */
  answer(saleId: string, attempt: Attempt): Answer | null
  /** Looks at the store which SKUs are gone, and holds on to that until {@link Latch.open}. */
  look(saleId: string): Promise<void>
  /** Units are back, or the terms have changed: the store answers again. Without a sale: of all. */
  open(saleId?: string): void
}

/** A refusal, made once for all who get it. */
interface Refusal {
  saleId: string
  answer: Answer
}

interface Closed {
  refusals: ReadonlyMap<string, Refusal>
  decided: ReadonlySet<string>
  untilMs: number
}

/** A sale with more attempts than this is not latched: every process would have to know them all. */
const MOST_DECIDED = 300_000
/** Attempts refused from memory, which stay refused. */
const MOST_REFUSED = 100_000
const MOST_SALES = 500
/** The bell opens a latch. This is for the day on which nobody is left to ring it. */
const HELD_MS = 30_000

export function latch(store: Pick<Store, 'soldOut'>, monotonicMs = () => performance.now()): Latch {
  const closed = new Map<string, Closed>()
  // By attempt; two generations, so that forgetting the older half costs nothing.
  let refused = new Map<string, Refusal>()
  let refusedBefore = new Map<string, Refusal>()
  /** Grows whenever units may be back: a look that began before must not close the latch. */
  let openings = 0

  const refuse = (attemptId: string, refusal: Refusal): Answer => {
    refused.set(attemptId, refusal)
    if (refused.size >= MOST_REFUSED / 2) {
      refusedBefore = refused
      refused = new Map()
    }
    return refusal.answer
  }

  return {
    answer(saleId, { attemptId, items }) {
      const before = refused.get(attemptId) ?? refusedBefore.get(attemptId)
      if (before?.saleId === saleId) return before.answer
      const gone = closed.get(saleId)
      if (!gone || gone.decided.has(attemptId)) return null
      if (gone.untilMs < monotonicMs()) {
        closed.delete(saleId)
        return null
      }
      for (const { sku } of items) {
        const refusal = gone.refusals.get(sku)
        if (refusal) return refuse(attemptId, refusal)
      }
      return null
    },
    async look(saleId) {
      const before = openings
      const found = await store.soldOut(saleId, MOST_DECIDED)
      if (!found || found.skus.length === 0 || openings !== before) return
      closed.set(saleId, {
        refusals: new Map(found.skus.map((sku) => [sku, { saleId, answer: { answer: 'sold-out', sku } }])),
        decided: new Set(found.attempts),
        untilMs: monotonicMs() + HELD_MS,
      })
      if (closed.size > MOST_SALES) closed.delete(closed.keys().next().value!)
    },
    open(saleId) {
      openings += 1
      if (saleId === undefined) closed.clear()
      else closed.delete(saleId)
    },
  }
}
