import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { HOUSE } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { postgresBooks } from './books.postgres.ts'
import { lockSale, look } from './shelf.postgres.ts'
import { attempt, newSale, sku } from './store.contract.ts'
import { postgresStore } from './store.postgres.ts'

const BUYERS = 20_000
const BATCH = 400

const { ledger, close } = await testLedger([migrationsOf('flash-sale', 'sell')])
after(close)
const context = { factLog: { appendIn: putInOutbox } as FactLog }

/** Rows of attempts that this transaction has read, by whatever plan. */
const rowsRead = async (tx: Tx): Promise<number> => {
  const [row] = await tx.query<{ n: number }>(
    `select (seq_tup_read + idx_tup_fetch)::int as n from pg_stat_xact_all_tables
      where relid = 'flash_sale.attempt'::regclass`,
  )
  return row!.n
}

test('in the first minute of a sale, before the planner has statistics, a batch reads only its own buyers', {
  timeout: 60_000,
}, async () => {
  const books = postgresBooks(ledger, context)
  const store = postgresStore(ledger, context)
  const { saleId } = await books.create(HOUSE, newSale({ skus: [sku('A', BUYERS * 2)] }))
  const crowd = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => attempt(`buyer-${from + n}`, 'A=1', `attempt-${from + n}`))
  for (let from = 0; from < BUYERS; from += BATCH)
    await Promise.all(crowd(from, BATCH).map((one) => store.reserve(saleId, one)))

  await ledger.across(async (tx) => {
    const sale = await lockSale(tx, saleId)
    // Half of them have bought before, and come again with another attempt.
    const operations = crowd(BUYERS - BATCH / 2, BATCH).map((one) => ({
      do: 'reserve' as const,
      attempt: { ...one, attemptId: `again-${one.attemptId}` },
    }))
    const before = await rowsRead(tx)
    const shelf = await look(tx, sale, operations)
    assert.equal(shelf.bought.size, BATCH)
    assert.equal((await rowsRead(tx)) - before, BATCH / 2)
  })
})
