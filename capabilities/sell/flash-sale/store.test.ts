import { putInOutbox } from '#engines/postgres/outbox.ts'
import { openRedis } from '#engines/redis/redis.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { postgresBooks } from './books.postgres.ts'
import { storeContract } from './store.contract.ts'
import { postgresStore } from './store.postgres.ts'
import { redisStore } from './store.redis.ts'

const context = { factLog: { appendIn: putInOutbox } as FactLog }

storeContract('postgres', async () => {
  const { ledger, close } = await testLedger([migrationsOf('flash-sale', 'sell')])
  return {
    stores: [postgresStore(ledger, context), postgresStore(ledger, context)],
    books: postgresBooks(ledger, context),
    close,
  }
})

for (const [engine, shards] of [
  ['redis', undefined],
  ['redis', 4],
  ['redis-cluster', undefined],
  ['redis-cluster', 7],
] as const) {
  storeContract(shards ? `${engine}, ${shards} shards` : engine, async () => {
    const real = realEngine(engine)
    if ('skip' in real) return real
    const { ledger, close } = await testLedger([migrationsOf('flash-sale', 'sell')])
    const [one, two] = [await openRedis(real.url), await openRedis(real.url)]
    return {
      stores: [redisStore(one), redisStore(two)],
      books: postgresBooks(ledger, context),
      ...(shards ? { shards } : {}),
      async close() {
        await one.close()
        await two.close()
        await close()
      },
    }
  })
}
