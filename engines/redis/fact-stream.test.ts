import { factStreamContract } from '#kernel/fact-stream.contract.ts'
import { realEngine } from '#testing/engines.ts'
import { redisFactStream } from './fact-stream.redis.ts'
import { openRedis } from './redis.ts'

for (const engine of ['redis', 'redis-cluster'] as const) {
  factStreamContract(engine, async () => {
    const real = realEngine(engine)
    if ('skip' in real) return real
    const redis = await openRedis(real.url)
    const prefix = `test-facts-${process.pid}-${Date.now()}`
    const stream = redisFactStream(redis, { partitions: 4, keepDays: 7, prefix })
    return {
      stream,
      async close() {
        await stream.close()
        await redis.close()
      },
    }
  })
}
