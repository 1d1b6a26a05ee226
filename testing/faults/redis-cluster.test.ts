import assert from 'node:assert/strict'
import { redisFactStream } from '#engines/redis/fact-stream.redis.ts'
import { openRedis } from '#engines/redis/redis.ts'
import { eventually, survivesKills, withEngines } from './kills.ts'

withEngines('redis-cluster loses nothing that it acknowledged', ['redis-cluster'], async (engines) => {
  const redis = await openRedis(engines.urls['redis-cluster']!, { timeoutMs: 2000 })
  const stream = redisFactStream(redis, { partitions: 4, keepDays: 1 })
  await survivesKills(stream, { engines, name: 'redis-cluster', kills: 2 }).finally(async () => {
    await stream.close()
    await redis.close()
  })
})

withEngines(
  'one lost node of a Redis Cluster does not stop the others',
  ['redis-cluster'],
  async (engines) => {
    const redis = await openRedis(engines.urls['redis-cluster']!, { timeoutMs: 2000 })
    const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`)
    await Promise.all(keys.map((key) => redis.send(key, ['SET', key, '1'])))
    await engines.kill('redis-cluster', 1)
    const ask = () => Promise.allSettled(keys.map((key) => redis.send(key, ['GET', key])))
    const answers = await ask()
    assert.ok(answers.some((answer) => answer.status === 'fulfilled'))
    for (const answer of answers) {
      if (answer.status === 'rejected') assert.equal(answer.reason.kind, 'unavailable', String(answer.reason))
    }
    await engines.restart('redis-cluster', 1)
    await eventually(() => Promise.all(keys.map((key) => redis.send(key, ['GET', key]))))
    await redis.close()
  },
)

withEngines(
  'a replica takes over from a master of a Redis Cluster',
  ['redis-cluster'],
  async (engines) => {
    const redis = await openRedis(engines.urls['redis-cluster']!, { timeoutMs: 2000 })
    const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`)
    await Promise.all(keys.map((key) => redis.send(key, ['SET', key, '1'])))
    await engines.kill('redis-cluster', 0)
    const answers = await eventually(() => Promise.all(keys.map((key) => redis.send(key, ['INCR', key]))))
    assert.equal(answers.length, 30)
    await redis.close()
  },
  { replicas: 1 },
)
