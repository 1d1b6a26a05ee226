import type { FactLog } from '#kernel/fact-log.ts'
import type { Ledger } from '#kernel/ledger.ts'
import { book, type SaleKey } from './booking.postgres.ts'
import { decide, type Intent, type Operation, record, type Shelf } from './flash-sale.ts'
import { lockSale, look } from './shelf.postgres.ts'
import type { Entry, StreamEntry } from './store.ts'

/**
 * Books what a store was told and has forgotten: the buyer has the promise, so the unit is his as long as there is one.
 * What the ledger knows already changes nothing. Answers with the attempts for which no unit is left.
 */
export async function restoreForgotten(
  { ledger, factLog }: { ledger: Ledger; factLog: FactLog },
  { saleId, workspaceId }: SaleKey,
  forgotten: readonly StreamEntry[],
): Promise<string[]> {
  const entries = forgotten.flatMap((one) => one.entries)
  if (entries.length === 0) return []
  return ledger.across(async (tx) => {
    const sale = await lockSale(tx, saleId)
    const shelf = await look(tx, sale, entries.flatMap(operationOf))
    const gone: string[] = []
    const booked: Entry[] = []
    for (const entry of entries) {
      const intent = again(shelf, entry, sale.now)
      if (intent === 'gone') gone.push((entry as Intent).attemptId)
      else if (intent) {
        record(shelf, intent)
        booked.push(intent)
      }
    }
    await book(tx, { saleId, workspaceId }, booked, factLog)
    return gone
  })
}

function again(shelf: Shelf, entry: Entry, nowMs: number): Intent | 'gone' | null {
  if (entry.kind === 'reserve') {
    if (shelf.attempts.has(entry.attemptId)) return null
    const isThere = entry.items.every(({ sku, quantity }) => (shelf.skus.get(sku)?.free ?? 0) >= quantity)
    return isThere ? entry : 'gone'
  }
  const [operation] = operationOf(entry)
  return operation ? decide(shelf, operation, nowMs).intent : null
}

function operationOf(entry: Entry): Operation[] {
  switch (entry.kind) {
    case 'reserve':
      return [{ do: 'reserve', attempt: entry }]
    case 'confirm':
      return [{ do: 'confirm', reservationId: entry.attemptId }]
    case 'release':
      return [{ do: 'release', reservationId: entry.attemptId, reason: entry.reason }]
    default:
      return []
  }
}
