import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { redisFactStream } from '#engines/redis/fact-stream.redis.ts'
import { openRedis } from '#engines/redis/redis.ts'
import { isFault } from '#kernel/fault.ts'
import { eventually, fact, survivesKills, withEngines } from './kills.ts'

withEngines('redis loses nothing that it acknowledged', ['redis'], async (engines) => {
  const redis = await openRedis(engines.urls['redis']!, { timeoutMs: 2000 })
  const stream = redisFactStream(redis, { partitions: 4, keepDays: 1 })
  await survivesKills(stream, { engines, name: 'redis', kills: 2 }).finally(async () => {
    await stream.close()
    await redis.close()
  })
})

withEngines('a reader that waits outlives the Redis that it waits for', ['redis'], async (engines) => {
  const redis = await openRedis(engines.urls['redis']!, { timeoutMs: 2000 })
  const stream = redisFactStream(redis, { partitions: 1, keepDays: 1 })
  const signal = new AbortController().signal
  const read = () => stream.read({ partition: 0, after: '0-0', limit: 10, waitMs: 1000, signal })
  const waiting = read().catch((error: unknown) => error)
  await delay(200)
  await engines.kill('redis')
  const answer = await waiting
  assert.ok(isFault(answer) && answer.kind === 'unavailable', String(answer))
  await engines.restart('redis')
  await eventually(() => stream.append([fact('a', 7)]))
  assert.deepEqual(
    (await eventually(read)).map((each) => each.data),
    [7],
  )
  await stream.close()
  await redis.close()
})
