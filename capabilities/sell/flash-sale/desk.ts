import type { Clock } from '#kernel/clock.ts'
import { fault, isFault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Books, News } from './books.ts'
import {
  type Answer,
  type Attempt,
  checkedAttempt,
  type OffHours,
  type Sale,
  type Settlement,
} from './flash-sale.ts'
import type { Latch } from './latch.ts'
import type { meters } from './meter.ts'
import type { Recovery } from './recovery.ts'
import type { Settling, Store } from './store.ts'
import type { Turns } from './turn.ts'

/** Where buyers are answered: knows sales and what is gone by heart, asks the store for the rest. */
export interface Desk {
  /** The sale, if it is of this workspace; a `missing` fault otherwise. */
  sale(workspaceId: WorkspaceId, saleId: string): Promise<Sale>
  /** At once where it can be answered from memory. */
  reserve(
    workspaceId: WorkspaceId,
    saleId: string,
    attempt: Attempt,
    token?: string,
  ): Answer | Promise<Answer>
  settle(
    workspaceId: WorkspaceId,
    saleId: string,
    operation: Settling,
  ): Promise<Exclude<Settlement, 'unknown'>>
  hear(news: News): void
}

interface Parts {
  books: Books
  store: Store
  latch: Latch
  meters: ReturnType<typeof meters>
  recovery: Recovery
  turns: Turns
  clock: Clock
}

const MOST_SALES = 2_000
/** News tells of every change; this bounds how long a process that missed one is wrong. */
const KNOWN_MS = 10_000
/** So near to its end a sold-out sale is asked about: clocks differ, and `closed` is the better answer. */
const NEARLY_CLOSED_MS = 10_000

export function desk({ books, store, latch, meters, recovery, turns, clock }: Parts): Desk {
  const known = new Map<string, { sale: Sale; atMs: number }>()
  const loading = new Map<string, Promise<Sale>>()

  const load = async (saleId: string): Promise<Sale> => {
    const sale = await books.find(saleId)
    if (!sale) throw unknownSale()
    if (store.stream) store.stream.trust(saleId, (await books.counts(saleId)).position)
    const isNew = !known.has(saleId)
    known.set(saleId, { sale, atMs: clock.now() })
    if (known.size > MOST_SALES) known.delete(known.keys().next().value!)
    if (isNew) await latch.look(saleId).catch(() => {})
    return sale
  }

  const find = (saleId: string): Promise<Sale> => {
    let one = loading.get(saleId)
    if (!one) {
      one = load(saleId).finally(() => loading.delete(saleId))
      loading.set(saleId, one)
    }
    return one
  }

  /** By heart when it can, so that an answer from memory costs no turn of the loop. */
  const saleNow = (workspaceId: WorkspaceId, saleId: string): Sale | Promise<Sale> => {
    const it = known.get(saleId)
    if (it && clock.now() - it.atMs < KNOWN_MS) return ours(it.sale, workspaceId)
    if (it) {
      it.atMs = clock.now()
      void find(saleId).catch(() => known.delete(saleId))
      return ours(it.sale, workspaceId)
    }
    return find(saleId).then((sale) => ours(sale, workspaceId))
  }

  /** A store that has forgotten is put right by whoever finds out. */
  const helping = (saleId: string) => (error: unknown) => {
    if (isFault(error) && error.code === 'flash-sale/behind') recovery.start(saleId)
    throw error
  }

  const fromMemory = ({ saleId, closesAtMs }: Sale, attempt: Attempt): Answer | null =>
    clock.now() < closesAtMs - NEARLY_CLOSED_MS ? latch.answer(saleId, attempt) : null

  /** Where a sale has a queue, only those whose turn it is are asked in. */
  const admit = ({ saleId, admission }: Sale, { buyerId }: Attempt, token: string | undefined) => {
    if (admission) turns.check(saleId, buyerId, token)
  }

  const decided = (sale: Sale, attempt: Attempt, token: string | undefined, sinceMs: number) => {
    admit(sale, attempt, token)
    const { saleId } = sale
    const said = (answer: Answer): Answer => {
      meters.of(saleId).count(answer.answer, performance.now() - sinceMs)
      return spoken(answer)
    }
    const remembered = fromMemory(sale, attempt)
    // One link for the store's answer, and no more: this is the way that every unit goes.
    return remembered ? said(remembered) : store.reserve(saleId, attempt).then(said, helping(saleId))
  }

  return {
    sale: async (workspaceId, saleId) => saleNow(workspaceId, saleId),

    reserve(workspaceId, saleId, wanted, token) {
      const sinceMs = performance.now()
      const attempt = checkedAttempt(wanted)
      const sale = saleNow(workspaceId, saleId)
      return sale instanceof Promise
        ? sale.then((found) => decided(found, attempt, token, sinceMs))
        : decided(sale, attempt, token, sinceMs)
    },

    async settle(workspaceId, saleId, operation) {
      await saleNow(workspaceId, saleId)
      const answer = await store.settle(saleId, operation).catch(helping(saleId))
      if (answer === 'unknown') throw unknownReservation()
      return answer
    },

    hear({ saleId, what }) {
      switch (what) {
        case 'sold-out':
          if (known.has(saleId)) void latch.look(saleId).catch(() => {})
          break
        case 'units':
          latch.open(saleId)
          if (known.has(saleId)) void latch.look(saleId).catch(() => {})
          break
        case 'terms':
          latch.open(saleId)
          known.delete(saleId)
          break
        case 'recover':
          void recovery.confess(saleId).catch(() => {})
          break
        case 'everything':
          latch.open()
          known.clear()
      }
    },
  }
}

/** What is no answer to a buyer is a fault. */
function spoken(answer: Answer): Answer {
  switch (answer.answer) {
    case 'unknown-sku':
      throw unknownSku(answer.sku)
    case 'attempt-taken':
      throw attemptTaken()
    case 'later':
      throw later(answer.because)
    default:
      return answer
  }
}

function ours(sale: Sale, workspaceId: WorkspaceId): Sale {
  if (sale.workspaceId !== workspaceId) throw unknownSale()
  return sale
}

const unknownSale = () => fault('missing', 'flash-sale/unknown-sale', 'There is no such sale')
const unknownReservation = () =>
  fault('missing', 'flash-sale/unknown-reservation', 'There is no such reservation in this sale')
const unknownSku = (sku: string) =>
  fault('missing', 'flash-sale/unknown-sku', `This sale does not sell ${sku}`, { field: 'items' })
const later = (because: OffHours) =>
  fault(
    'limited',
    `flash-sale/${because}`,
    'The sale is not selling, and too many have asked to be told so',
    {
      retryAfterMs: 5_000,
    },
  )
const attemptTaken = () =>
  fault('conflict', 'flash-sale/attempt-taken', 'This attemptId belongs to another buyer', {
    field: 'attemptId',
    cure: 'Make a new attemptId for every click.',
  })
