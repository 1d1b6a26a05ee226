import { openRedis } from '#engines/redis/redis.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { limiterContract } from './limiter.contract.ts'
import { postgresLimiter } from './limiter.postgres.ts'
import { redisLimiter } from './limiter.redis.ts'

limiterContract('postgres', async () => {
  const { ledger, close } = await testLedger([migrationsOf('open-platform', 'connect')])
  return { limiters: [postgresLimiter(ledger), postgresLimiter(ledger)], close }
})

for (const engine of ['redis', 'redis-cluster'] as const) {
  limiterContract(engine, async () => {
    const real = realEngine(engine)
    if ('skip' in real) return real
    const [one, two] = [await openRedis(real.url), await openRedis(real.url)]
    return {
      limiters: [redisLimiter(one), redisLimiter(two)],
      async close() {
        await one.close()
        await two.close()
      },
    }
  })
}
