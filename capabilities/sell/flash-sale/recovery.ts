import { type Clock, seconds } from '#kernel/clock.ts'
import { describe } from '#kernel/fault.ts'
import type { Leases } from '#kernel/lease.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Books } from './books.ts'
import type { Sale } from './flash-sale.ts'
import type { Store, StreamEntry } from './store.ts'

export interface Recovery {
  /** Puts a store that has lost intents right again, once, in whichever process asks first. */
  start(saleId: string): void
  /** The same, awaited. `false` when another process is at it. */
  run(saleId: string): Promise<boolean>
  /** Hands what this process was told, and the store has forgotten, to the ledger. */
  confess(saleId: string): Promise<void>
}

interface Parts {
  books: Books
  store: Store
  leases: Leases
  clock: Clock
  log: Log
}

const LEASE_MS = seconds(30)
/** How long other processes have to tell the ledger what they were told. */
const CONFESSION_MS = 600
const READ_LIMIT = 500

/**
 * A Redis that was killed may have lost its last second. It is recognised by what it does not remember; then nobody is
 * served until the ledger has all that is known anywhere (what it has booked, what is left of the stream, what processes
 * were told lately), and Redis was filled from it.
 */
export function recovery({ books, store, leases, clock, log }: Parts): Recovery {
  const { stream } = store
  const running = new Set<string>()

  const confess = async (saleId: string) => {
    const forgotten = (await stream?.forgotten(saleId)) ?? []
    const sale = forgotten.length > 0 ? await books.find(saleId) : null
    if (!sale) return
    log.warn({ saleId, intents: forgotten.length }, 'the store forgot intents that we were told')
    await restore(sale, forgotten)
  }

  /** What buyers were promised is booked as long as there are units; the rest is named. */
  const restore = async (sale: Sale, entries: readonly StreamEntry[]) => {
    const gone = await books.restore(sale, entries)
    await books.report(
      sale,
      [],
      gone.map((attemptId) => ({
        sku: attemptId,
        place: 'lost' as const,
        expected: 1,
        found: 0,
        detail: `The buyer of ${attemptId} was told "reserved"; the store lost it, and its units went to others.`,
      })),
    )
  }

  const run = async (saleId: string): Promise<boolean> => {
    const lease = await leases.acquire(`flash-sale/recover:${saleId}`, LEASE_MS)
    if (!lease || !stream) return false
    try {
      const sale = await books.find(saleId)
      if (!sale) return false
      await stream.suspend(sale)
      await bookRest(sale)
      // Only now: a promise that is put back before the rest is booked would take the unit of somebody who has it.
      await books.tell(saleId, 'recover')
      await confess(saleId)
      await clock.sleep(CONFESSION_MS)
      await bookOrphans(sale)
      const { skus } = await books.counts(saleId)
      const position = await stream.rebuild(sale, { skus, attempts: books.attempts(saleId) })
      await books.reposition(saleId, position)
      await books.tell(saleId, 'terms')
      log.warn({ saleId }, 'the store was filled again from the ledger')
      return true
    } finally {
      await lease.release()
    }
  }

  /** What the stream still has is booked first: it happened. */
  const bookRest = async (sale: Sale) => {
    for (;;) {
      const { position } = await books.counts(sale.saleId)
      const entries = await stream!.read(sale.saleId, position, READ_LIMIT)
      if (entries.length === 0) return
      await books.book(sale, position, entries)
    }
  }

  /** What is left in a shard builds on units that another one has forgotten giving. */
  const bookOrphans = async (sale: Sale) => {
    for (let after = (await books.counts(sale.saleId)).position; ; ) {
      const orphans = await stream!.between(sale.saleId, after, null, READ_LIMIT)
      if (orphans.length === 0) return
      const atMs = (one: StreamEntry) => one.entries[0]?.atMs ?? 0
      await restore(
        sale,
        orphans.toSorted((a, b) => atMs(a) - atMs(b)),
      )
      after = orphans.at(-1)!.position
    }
  }

  return {
    run,
    confess,
    start(saleId) {
      if (running.has(saleId)) return
      running.add(saleId)
      void run(saleId)
        .catch((error) => log.error({ saleId, ...describe(error) }, 'the store could not be filled again'))
        .finally(() => running.delete(saleId))
    },
  }
}
