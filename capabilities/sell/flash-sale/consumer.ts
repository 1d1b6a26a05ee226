import type { Static } from 'typebox'
import type { Consumer, Fact, FactLog } from '#kernel/fact-log.ts'
import { tell } from '#kernel/fact-log.ts'
import { orderPaid } from '#kernel/facts/order.ts'
import { stockPaidTooLate } from '#kernel/facts/stock.ts'
import { fault } from '#kernel/fault.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Books } from './books.ts'
import type { Store } from './store.ts'

interface Parts {
  books: Books
  store: Store
  factLog: FactLog
  log: Log
}

/** A paid order makes its hold a sale. Twice is as once; too late is told, so that a person can refund it. */
export const paidOrders = ({ books, store, factLog, log }: Parts): Consumer => ({
  group: 'flash-sale/paid',
  facts: [orderPaid.name],
  async handle(facts, tx) {
    for (const { workspaceId, data, atMs } of facts as Fact<Static<typeof orderPaid.schema>>[]) {
      const { attemptId, orderId } = data
      if (!attemptId) continue
      const saleId = await books.saleOf(workspaceId, attemptId)
      if (!saleId) throw unknownAttempt(attemptId)
      const outcome = await store.settle(saleId, { do: 'confirm', reservationId: attemptId })
      if (outcome !== 'was-released') continue
      log.warn({ saleId, attemptId, orderId }, 'an order was paid after its units had been given back')
      const late = { saleId, reservationId: attemptId, orderId }
      await factLog.appendIn(tx, [tell(stockPaidTooLate, workspaceId, late, atMs)])
    }
  },
})

/** Puts the fact among the dead letters, with its reason: a payment is never dropped. */
const unknownAttempt = (attemptId: string) =>
  fault('missing', 'flash-sale/unknown-reservation', `No sale of this workspace has reserved ${attemptId}`)
