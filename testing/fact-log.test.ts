// The whole fact log (outbox, relay, groups, dead letters) with its facts carried by each outer engine. The embedded
// one is tested beside its code.
import { factLog } from '#engines/postgres/fact-log.ts'
import { postgresLeases } from '#engines/postgres/lease.ts'
import { systemClock } from '#kernel/clock.ts'
import { factLogContract, type OpenFactLog } from '#kernel/fact-log.contract.ts'
import type { FactStream } from '#kernel/fact-log.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { realEngine } from '#testing/engines.ts'
import { testLedger } from '#testing/ledger.ts'

const PARTITIONS = 4

async function over(stream: FactStream, closeEngine: () => Promise<void>): Promise<OpenFactLog> {
  const { ledger, close } = await testLedger()
  const facts = factLog({
    ledger,
    stream,
    leases: postgresLeases(ledger),
    clock: systemClock,
    log: rootLog({ level: 'silent' }),
  })
  return {
    ledger,
    facts,
    async close() {
      await closeEngine()
      await close()
    },
  }
}

for (const name of ['redis', 'redis-cluster'] as const) {
  factLogContract(name, async () => {
    const real = realEngine(name)
    if ('skip' in real) return real
    const { openRedis } = await import('#engines/redis/redis.ts')
    const { redisFactStream } = await import('#engines/redis/fact-stream.redis.ts')
    const redis = await openRedis(real.url)
    const prefix = `test-${process.pid}-${Date.now()}`
    return over(redisFactStream(redis, { partitions: PARTITIONS, keepDays: 1, prefix }), redis.close)
  })
}

factLogContract('kafka', async () => {
  const real = realEngine('kafka')
  if ('skip' in real) return real
  const { openKafka } = await import('#engines/kafka/kafka.ts')
  const { kafkaFactStream } = await import('#engines/kafka/fact-stream.kafka.ts')
  const kafka = await openKafka(real.url)
  const topic = `test-${process.pid}-${Date.now()}`
  return over(await kafkaFactStream(kafka, { partitions: PARTITIONS, keepDays: 1, topic }), kafka.close)
})
