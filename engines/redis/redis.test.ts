import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { realEngine } from '#testing/engines.ts'
import { redisLeases } from './lease.redis.ts'
import { openRedis, script } from './redis.ts'

for (const engine of ['redis', 'redis-cluster'] as const) {
  const real = realEngine(engine)
  const it = (promise: string, body: (url: string) => Promise<void>) =>
    test(`${engine}: ${promise}`, { timeout: 60_000 }, async (t) =>
      'skip' in real ? t.skip(real.skip) : body(real.url),
    )
  const newKey = () => `{test-${process.pid}-${Date.now()}-${Math.random()}}`

  it('sends commands of one tick in order, and says its version', async (url) => {
    const redis = await openRedis(url)
    const key = newKey()
    const lengths = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => redis.send<number>(key, ['RPUSH', key, String(i)])),
    )
    assert.deepEqual(
      lengths,
      Array.from({ length: 1000 }, (_, i) => i + 1),
    )
    assert.match((await redis.probe()).version, /^\d+\.\d+/)
    await redis.close()
  })

  it('runs a script that the server does not know, or has forgotten', async (url) => {
    const redis = await openRedis(url)
    const key = newKey()
    const add = script(`return redis.call('INCRBY', KEYS[1], ARGV[1]) -- ${key}`)
    assert.equal(await redis.run(add, [key], ['2']), 2)
    assert.equal(await redis.run(add, [key], ['3']), 5)
    await redis.send(key, ['SCRIPT', 'FLUSH'])
    assert.equal(await redis.run(add, [key], ['4']), 9)
    await redis.close()
  })

  it('leaves the error of a wrong command as it is: a bug, not a fault', async (url) => {
    const redis = await openRedis(url)
    const key = newKey()
    await redis.send(key, ['SET', key, 'text'])
    await assert.rejects(redis.send(key, ['LPUSH', key, 'x']), /WRONGTYPE/)
    await redis.close()
  })

  it('gives a lease to one, with a fence that grows, and takes it back when it runs out', async (url) => {
    const redis = await openRedis(url)
    const leases = redisLeases(redis)
    const name = newKey()
    const all = await Promise.all(Array.from({ length: 20 }, () => leases.acquire(name, 60_000)))
    const held = all.filter((lease) => lease !== null)
    assert.equal(held.length, 1)
    const [first] = held
    assert.equal(await first!.renew(50), true)
    let second = null
    for (let i = 0; i < 200 && !second; i++) {
      await delay(20)
      second = await leases.acquire(name, 60_000)
    }
    assert.ok(second && second.fence > first!.fence)
    assert.equal(await first!.renew(60_000), false)
    await first!.release()
    assert.equal(await leases.acquire(name, 60_000), null)
    await second.release()
    const third = await leases.acquire(name, 60_000)
    assert.ok(third && third.fence > second.fence)
    await redis.close()
  })
}

test('a Redis that is away is unavailable', { timeout: 60_000 }, async () => {
  await assert.rejects(openRedis('redis://127.0.0.1:1'), { kind: 'unavailable', code: 'redis/away' })
  await assert.rejects(openRedis('redis-cluster://127.0.0.1:1,127.0.0.1:2'), { kind: 'unavailable' })
  await assert.rejects(openRedis('redis-cluster://'), { kind: 'invalid', code: 'redis/url' })
})
