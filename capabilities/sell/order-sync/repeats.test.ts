// What every fast path for repeats promises, seen through the inbox that it serves: a message is taken once, to the last part
// of its key, and whoever sends it again is told so without anything being written.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openRedis } from '#engines/redis/redis.ts'
import { systemClock } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import type { Conflict, Conflicts } from './conflicts.ts'
import { postgresInbox } from './inbox.postgres.ts'
import type { Inbox } from './inbox.ts'
import type { Message } from './push.ts'
import { postgresRepeats } from './repeats.postgres.ts'
import { redisRepeats } from './repeats.redis.ts'
import type { Repeats } from './repeats.ts'

interface UnderTest {
  repeats: Repeats
  close(): void | Promise<void>
}

const WORKSPACE = 'ws_repeats' as WorkspaceId

function repeatsContract(engine: string, open: () => Promise<UnderTest | { skip: string }>): void {
  describe(`repeats on ${engine}`, () => {
    let it: TestLedger
    let opened: UnderTest | undefined
    let skip: string | undefined
    let inbox: Inbox
    const logged: Conflict[] = []

    before(async () => {
      const answer = await open()
      if ('skip' in answer) {
        skip = answer.skip
        return
      }
      opened = answer
      it = await testLedger([migrationsOf('order-sync', 'sell')])
      const conflicts = { add: (conflict: Conflict) => void logged.push(conflict) } as unknown as Conflicts
      const parts = { conflicts, repeats: opened.repeats, clock: systemClock }
      // Nothing takes effect here: the parts of effects are never asked.
      inbox = postgresInbox(it.ledger, parts as never)
    })
    after(async () => {
      await opened?.close()
      await it?.close()
    })

    const send = (shopId: string, messages: readonly Message[]) => {
      const body = Buffer.from(`body of ${messages.map(({ msgId }) => msgId)}`)
      return inbox.accept({ workspaceId: WORKSPACE, shopId, body, remote: '127.0.0.1', messages })
    }
    const written = async () => {
      const [row] = await it.ledger.everywhere.query<{ messages: number; posts: number }>(
        'select (select count(*)::int from order_sync.message) as messages, (select count(*)::int from order_sync.post) as posts',
      )
      return row!
    }

    test('taken once, known to the last part of its key, also within one body and at one moment', async (t) => {
      if (!opened) return t.skip(skip)
      const msgId = `m-${process.pid}-${Date.now()}`
      const one: Message = {
        nth: 0,
        tag: '100',
        msgId,
        version: 'v1',
        orderId: '6921052297377971987',
        data: '',
      }
      const others = [
        { ...one, nth: 1, version: 'v2' },
        { ...one, nth: 2, msgId: `${msgId}x` },
        { ...one, nth: 3, orderId: '' },
      ]
      await send('1', [one])
      assert.deepEqual([await written(), logged.length], [{ messages: 1, posts: 0 }, 0])
      await Promise.all([send('1', [one]), send('1', [one]), send('2', [one])])
      assert.deepEqual([await written(), logged.length], [{ messages: 2, posts: 0 }, 2])
      await send('1', [{ ...one, nth: 4 }, ...others, { ...others[0]!, nth: 5 }])
      assert.deepEqual([await written(), logged.length], [{ messages: 5, posts: 1 }, 4])
      await send('1', others)
      assert.deepEqual([await written(), logged.length], [{ messages: 5, posts: 1 }, 7])
      assert.deepEqual(
        new Set(logged.map(({ kind, workspaceId, shopId }) => `${kind} ${workspaceId} ${shopId}`)),
        new Set([`repeat ${WORKSPACE} 1`]),
      )
      const bodies = await it.ledger.everywhere.query<{ nth: number; body: string }>(
        'select m.nth, coalesce(m.body, p.body) as body from order_sync.message m left join order_sync.post p using (post_id) order by m.id',
      )
      assert.ok(bodies.every(({ body }) => body.startsWith(`body of ${msgId}`)))
    })

    test('a ledger that fails leaves nothing known: the message sent again is taken', async (t) => {
      if (!opened) return t.skip(skip)
      const msgId = `f-${process.pid}-${Date.now()}`
      const fresh: Message = { nth: 0, tag: '100', msgId, version: 'v', orderId: '', data: '' }
      // No column takes such a number.
      await assert.rejects(send('1', [{ ...fresh, nth: 2 ** 40 }]))
      const { messages } = await written()
      await send('1', [fresh])
      assert.equal((await written()).messages, messages + 1)
    })
  })
}

repeatsContract('postgres', async () => ({ repeats: postgresRepeats(), close: () => {} }))

for (const engine of ['redis', 'redis-cluster'] as const) {
  repeatsContract(engine, async () => {
    const real = realEngine(engine)
    if ('skip' in real) return real
    const redis = await openRedis(real.url)
    return { repeats: redisRepeats(redis), close: redis.close }
  })
  test(`on ${engine} a repeat is known without the ledger, and only what was noted is`, async (t) => {
    const real = realEngine(engine)
    if ('skip' in real) return t.skip(real.skip)
    const redis = await openRedis(real.url)
    t.after(redis.close)
    const repeats = redisRepeats(redis)
    const one = {
      shopId: '1',
      orderId: '6921052297377971987',
      msgId: `k-${process.pid}-${Date.now()}`,
      version: 'v1',
    }
    const other = { ...one, version: 'v2' }
    assert.deepEqual(await repeats.seen([one, other]), [false, false])
    await repeats.note([one])
    await until(async () => (await repeats.seen([one]))![0])
    assert.deepEqual(await repeats.seen([one, other, one]), [true, false, true])
    assert.deepEqual(await repeats.seen([]), [])
  })
}
