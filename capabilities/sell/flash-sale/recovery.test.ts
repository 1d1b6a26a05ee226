import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openRedis, type Redis } from '#engines/redis/redis.ts'
import { systemClock } from '#kernel/clock.ts'
import type { Leases } from '#kernel/lease.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import type { Books } from './books.ts'
import { recovery } from './recovery.ts'
import { type OpenRoom, openRoom } from './room.fixture.ts'
import { keysOf, tagsOf } from './shelf.redis.ts'
import type { Store, StreamEntry } from './store.ts'

for (const shards of [1, 3]) {
  describe(`a Redis that forgets, ${shards === 1 ? 'one shard' : `${shards} shards`}`, () => {
    let it: TestLedger
    let redis: Redis
    let rooms: [OpenRoom, OpenRoom]
    let skip: string | undefined
    before(async () => {
      const real = realEngine('redis')
      if ('skip' in real) {
        skip = real.skip
        return
      }
      it = await testLedger([migrationsOf('flash-sale', 'sell')])
      redis = await openRedis(real.url)
      const open = () => openRoom({ ledger: it.ledger, redisUrl: real.url, workers: false })
      rooms = [await open(), await open()]
    })
    after(async () => {
      for (const room of rooms ?? []) await room.close()
      await redis?.close()
      await it?.close()
    })
    const story = (says: string, body: () => Promise<void>) =>
      test(says, { timeout: 30_000 }, (context) => (skip ? context.skip(skip) : body()))

    const sale = async (stock: number): Promise<string> => {
      const { json } = await rooms[0].api('POST', '/sales', {
        ...{ name: 'Forgetful', opensAtMs: Date.now() - 1_000, closesAtMs: Date.now() + 3_600_000 },
        skus: [{ sku: 'A', priceFen: 100, stock, shards }],
      })
      return json.saleId
    }
    let nth = 0
    const take = (saleId: string, buyerId: string, room = rooms[0], attemptId = `f${nth++}`) =>
      room.api('POST', `/sales/${saleId}/reservations`, {
        ...{ attemptId, buyerId, items: [{ sku: 'A', quantity: 1 }] },
      })
    const keys = (saleId: string) => tagsOf(saleId, shards).flatMap(keysOf)
    const forget = (saleId: string) => Promise.all(keys(saleId).map((key) => redis.send(key, ['DEL', key])))

    story('stock is not set on a shelf that is not there, and is once it was filled again', async () => {
      const saleId = await sale(5)
      await take(saleId, 'ann')
      await forget(saleId)
      const raise = () => rooms[1].api('PATCH', `/sales/${saleId}`, { stock: [{ sku: 'A', stock: 8 }] })
      const refused = await raise()
      assert.deepEqual([refused.status, refused.json.code], [503, 'flash-sale/behind'])
      assert.equal((await rooms[1].api('POST', `/sales/${saleId}/rebuild`)).json.isDone, true)
      assert.deepEqual((await raise()).json.total, { stock: 8, free: 7, held: 1, sold: 0 })
    })

    story('the rebuild route fills the store again; what buyers were told stands', async () => {
      const saleId = await sale(4)
      const first = await take(saleId, 'ann', rooms[0], 'mine')
      await rooms[0].api('POST', `/sales/${saleId}/reservations/mine/confirm`)
      await take(saleId, 'bob')
      const { status, json } = await rooms[0].api('POST', `/sales/${saleId}/rebuild`)
      assert.deepEqual([status, json], [200, { isDone: true }])
      assert.deepEqual((await take(saleId, 'ann', rooms[1], 'mine')).json, first.json)
      const board = await rooms[1].api('GET', `/sales/${saleId}`)
      assert.deepEqual(board.json.total, { stock: 4, free: 2, held: 1, sold: 1 })
      assert.equal(board.json.shards.length, shards === 1 ? 0 : shards)
      assert.equal((await rooms[0].api('POST', '/sales/sale_none/rebuild')).status, 404)
    })

    story('who was told "reserved", and whose unit went to another, is named in an alarm', async () => {
      const saleId = await sale(shards * 2)
      const copies = (from: (key: string) => string, to: (key: string) => string) =>
        Promise.all(
          keys(saleId).map(async (key) => {
            await redis.send(key, ['DEL', to(key)])
            await redis.send(key, ['COPY', from(key), to(key)])
          }),
        )
      const kept = (key: string) => `${key}:kept`
      const same = (key: string) => key
      // One buyer in each shard, so that every stream has a beginning; then the state of a second ago is kept.
      const before: string[] = []
      for (let i = 0; before.length < shards; i++) {
        const { json } = await take(saleId, `early${i}`)
        if (json.answer === 'reserved') before.push(json.reservationId)
      }
      await copies(same, kept)
      const told: string[] = []
      for (let i = 0; told.length < shards; i++) {
        const { json } = await take(saleId, `ann${i}`)
        if (json.answer === 'reserved') told.push(json.reservationId)
      }
      await copies(kept, same)
      const others: string[] = []
      for (let i = 0; others.length < shards; i++) {
        const { json } = await take(saleId, `bob${i}`, rooms[1])
        if (json.answer === 'reserved') others.push(json.reservationId)
      }
      const alarms = await until(async () => {
        await take(saleId, `cat${nth}`)
        const { status, json } = await rooms[0].api('GET', `/sales/${saleId}`)
        return status === 200 && json.alarms.length === shards && json.alarms
      })
      assert.deepEqual(
        new Set(alarms.map(({ place, sku }: { place: string; sku: string }) => `${place} ${sku}`)),
        new Set(told.map((attemptId) => `lost ${attemptId}`)),
      )
      const { json } = await rooms[0].api('GET', `/sales/${saleId}`)
      assert.deepEqual([json.total.free, json.total.held, json.isExact], [0, shards * 2, false])
      const facts = await it.ledger.everywhere.query<{ n: number }>(
        "select count(*)::int as n from fact_log.outbox where name = 'stock.drifted' and data->>'saleId' = $1",
        [saleId],
      )
      assert.equal(facts[0]!.n, shards)
      for (const key of keys(saleId)) await redis.send(key, ['DEL', kept(key)])
    })
  })
}

test('what is left of the stream is booked before anybody is asked for promises', async () => {
  const steps: string[] = []
  const step =
    <T>(name: string, answer: T) =>
    async () => {
      steps.push(name)
      return answer
    }
  const left: StreamEntry[][] = [[{ position: '1-0', entries: [] }], []]
  const books = {
    find: async () => ({ saleId: 's' }),
    counts: async () => ({ position: '', skus: [] }),
    book: step('book', undefined),
    tell: async (_saleId: string, what: string) => void steps.push(what),
    reposition: async () => {},
    attempts: () => [],
  }
  const stream = {
    suspend: step('suspend', undefined),
    read: async () => left.shift(),
    forgotten: step('confess', []),
    between: async () => [],
    rebuild: step('rebuild', '2-0'),
  }
  const { run } = recovery({
    books: books as unknown as Books,
    store: { stream } as unknown as Store,
    leases: { acquire: async () => ({ release: async () => {} }) } as unknown as Leases,
    clock: { ...systemClock, sleep: async () => {} },
    log: rootLog({ level: 'silent' }),
  })
  assert.equal(await run('s'), true)
  assert.deepEqual(steps, ['suspend', 'book', 'recover', 'confess', 'rebuild', 'terms'])
})
