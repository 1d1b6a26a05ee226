import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { benchParts, benchShop, DAY } from './reconcile-bench.fixture.ts'
import type { Measured, ReconcileOrder } from './reconcile-process.fixture.ts'

const ORDERS = 100_000
/** One in so many of ours is wrong: one more missing, one status, one amount, one time, one extra. */
const WRONG_EVERY = 100

/**
 * A shop-day of 100,000 orders, 1 % of ours wrong in one way or another: compared and repaired, beside reading both sides
 * once. The platform answers from memory in this process in the gateway's own JSON, so what is measured is our side.
 */
export default {
  name: 'reconcile',
  async run(): Promise<void> {
    const it = await testLedger([migrationsOf('order-sync', 'sell')])
    try {
      const parts = await benchParts(it.ledger, { total: ORDERS })
      const shop = await benchShop(parts)
      for (let at = 0; at < ORDERS; at += 1_000)
        await it.ledger.across((tx) => parts.orders.apply(tx, parts.seed(shop, at, 1_000, WRONG_EVERY)))
      await it.ledger.everywhere.query('vacuum analyze order_sync.purchase').catch(() => {})

      const order = { connection: it.connection, role: it.role, platformUrl: parts.platformUrl }
      const [peer] = await runs({ ...order, work: 'read-once' })
      const [ours, again] = await runs({ ...order, work: 'reconcile-twice' })
      const beside = ({ tookMs }: Measured) =>
        `${(tookMs / 1000).toFixed(2)} s   ${(tookMs / peer!.tookMs).toFixed(2)}x`
      const peak = ({ peakBytes }: Measured) => `${(peakBytes / 1_048_576).toFixed(0)} MB`
      const report = await parts.reports.find(shop.workspaceId, shop.shopId, DAY)
      const kinds = Object.entries(report!.byKind).map(
        ([kind, { found, repaired }]) => `${kind} ${found}/${repaired}`,
      )
      console.log(`named/repaired: ${kinds.join(', ')}; compared ${report!.compared}, equal ${report!.equal}`)
      console.log(`reading both sides once        ${beside(peer!)}`)
      console.log(`compared and repaired          ${beside(ours!)} (goal <= 3x)`)
      console.log(`memory of the process, peak    ${peak(ours!)} (goal < 300 MB)`)
      console.log(`compared again, nothing to do  ${beside(again!)}, peak of both ${peak(again!)}`)
    } finally {
      await it.close()
    }
  },
}

async function runs(order: ReconcileOrder): Promise<Measured[]> {
  const child = fork(join(import.meta.dirname, 'reconcile-process.fixture.ts'))
  child.send(order)
  const [answer] = (await once(child, 'message')) as [Measured[]]
  child.kill()
  return answer
}
