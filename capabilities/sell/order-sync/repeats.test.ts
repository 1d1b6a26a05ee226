import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openRedis } from '#engines/redis/redis.ts'
import { HOUSE } from '#kernel/id.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { postgresRepeats } from './repeats.postgres.ts'
import { redisRepeats } from './repeats.redis.ts'
import type { Repeat, Repeats } from './repeats.ts'

interface UnderTest {
  repeats: Repeats
  /** What the inbox does: the message becomes durable. */
  store(messages: readonly Repeat[]): Promise<void>
  close(): Promise<void>
}

/** What every fast path promises. */
function repeatsContract(engine: string, open: () => Promise<UnderTest | { skip: string }>): void {
  describe(`repeats on ${engine}`, () => {
    let it: UnderTest | undefined
    let skip: string | undefined
    before(async () => {
      const opened = await open()
      if ('skip' in opened) skip = opened.skip
      else it = opened
    })
    after(() => it?.close())

    test('known is what was stored and noted, to the last part of its key', async (t) => {
      if (!it) return t.skip(skip)
      const one: Repeat = {
        shopId: '1',
        orderId: '6921052297377971987',
        msgId: `m-${process.pid}-${Date.now()}`,
        version: 'v1',
      }
      const others = [
        { ...one, version: 'v2' },
        { ...one, msgId: `${one.msgId}x` },
        { ...one, orderId: '' },
        { ...one, shopId: '2' },
      ]
      assert.deepEqual(await it.repeats.seen([one]), [false])
      await it.store([one])
      await it.repeats.note([one])
      assert.deepEqual(await it.repeats.seen([one, ...others, one]), [true, false, false, false, false, true])
      await it.repeats.note([one])
      assert.deepEqual(await it.repeats.seen([]), [])
    })
  })
}

repeatsContract('postgres', async () => {
  const { ledger, close } = await testLedger([migrationsOf('order-sync', 'sell')])
  return {
    repeats: postgresRepeats(ledger),
    async store(messages) {
      for (const { shopId, orderId, msgId, version } of messages)
        await ledger.everywhere.query(
          "insert into order_sync.message (workspace_id, shop_id, post_id, nth, msg_id, version, tag, order_id) values ($1, $2, 'p', 0, $3, $4, '100', $5)",
          [HOUSE, shopId, msgId, version, orderId],
        )
    },
    close,
  }
})

for (const engine of ['redis', 'redis-cluster'] as const) {
  repeatsContract(engine, async () => {
    const real = realEngine(engine)
    if ('skip' in real) return real
    const redis = await openRedis(real.url)
    return { repeats: redisRepeats(redis), store: async () => {}, close: redis.close }
  })
}
