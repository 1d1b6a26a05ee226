import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { openRedis, type Redis, type Script } from '#engines/redis/redis.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { fault } from '#kernel/fault.ts'
import { HOUSE } from '#kernel/id.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { audit } from './audit.ts'
import { postgresBooks } from './books.postgres.ts'
import type { Books } from './books.ts'
import type { Sale } from './flash-sale.ts'
import { ARRIVED, GIVE, TAKE } from './moves.redis.ts'
import { SNAPSHOT } from './scripts.redis.ts'
import { homeOf, keyOf, keysOf, spread, tagOf } from './shelf.redis.ts'
import { attempt, newSale, sku } from './store.contract.ts'
import { redisStore } from './store.redis.ts'
import type { Store } from './store.ts'

const SHARDS = 4
const context = { factLog: { appendIn: putInOutbox } as FactLog }

test('units are spread evenly, and over no more shards than the SKU wants', () => {
  assert.deepEqual(spread(10, 4, 4), [3, 3, 2, 2])
  assert.deepEqual(spread(3, 2, 4), [2, 1, 0, 0])
  assert.deepEqual(spread(0, 4, 4), [0, 0, 0, 0])
})

test('where a buyer is at home never changes', () => {
  assert.deepEqual(
    ['ann', 'bob', 'cat', 'buyer-1'].map((id) => homeOf(id, 7)),
    ['ann', 'bob', 'cat', 'buyer-1'].map((id) => homeOf(id, 7)),
  )
  const homes = Map.groupBy(
    Array.from({ length: 700 }, (_, i) => `b${i}`),
    (id) => homeOf(id, 7),
  )
  for (const [, ids] of homes) assert.ok(ids.length > 60 && ids.length < 140)
})

for (const engine of ['redis', 'redis-cluster'] as const) {
  describe(`shards on ${engine}`, () => {
    let it: TestLedger
    let redis: Redis
    let books: Books
    let store: Store
    let skip: string | undefined
    before(async () => {
      const real = realEngine(engine)
      if ('skip' in real) {
        skip = real.skip
        return
      }
      it = await testLedger([migrationsOf('flash-sale', 'sell')])
      redis = await openRedis(real.url)
      books = postgresBooks(it.ledger, context)
      store = redisStore(redis)
    })
    after(async () => {
      await redis?.close()
      await it?.close()
    })
    const story = (says: string, body: () => Promise<void>) =>
      test(says, { timeout: 60_000 }, (context) => (skip ? context.skip(skip) : body()))

    const open = async (stock: number, shards = SHARDS): Promise<Sale> => {
      const sale = await books.create(HOUSE, newSale({ skus: [{ ...sku('A', stock), shards }] }))
      await store.open(sale)
      return sale
    }
    /** Everything the streams tell is booked, a few entries at a time. */
    const book = async (sale: Sale) => {
      for (;;) {
        const { position } = await books.counts(sale.saleId)
        const entries = await store.stream!.read(sale.saleId, position, 7)
        if (entries.length === 0) return
        assert.equal(await books.book(sale, position, entries), true)
      }
    }
    const isExact = async (sale: Sale) => {
      await book(sale)
      assert.deepEqual(await audit(books, store, sale), { drifts: [], isBehind: false })
      assert.deepEqual((await books.counts(sale.saleId)).skus, await store.counts(sale.saleId))
    }

    story('a process that ends between any two steps of a move loses no unit and doubles none', async () => {
      let cuts = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ step: fc.integer({ min: 0, max: 9 }), isDone: fc.boolean() }), {
            minLength: 1,
            maxLength: 6,
          }),
          async (plans) => {
            const sale = await open(12)
            const { saleId } = sale
            const told: string[] = []
            let nth = 0
            const buyAt = async (shop: Store, shard: number) => {
              const buyerId = buyerAt(shard, nth++)
              const { answer } = await shop.reserve(saleId, attempt(buyerId))
              if (answer === 'reserved') told.push(buyerId)
              return answer
            }
            for (const plan of plans) {
              const dying = redisStore(cutAt(redis, plan, () => cuts++))
              // All of them at home in one shard, which has to be brought what they want.
              await Promise.allSettled([0, 1, 2, 3].map(() => buyAt(dying, 1)))
              const { stock, free, held, sold } = (await store.counts(saleId))[0]!
              assert.deepEqual([stock, free + held + sold], [12, 12])
            }
            // Who was cut off may or may not have got one; what is left goes to others, to the last unit.
            for (let i = 0; ; i++) if ((await buyAt(store, i % SHARDS)) === 'sold-out') break
            const [count] = await store.counts(saleId)
            assert.deepEqual(count, { sku: 'A', stock: 12, free: 0, held: 12, sold: 0 })
            await isExact(sale)
            const booked = await books.reservations(HOUSE, saleId, { limit: 50 })
            assert.equal(booked.length, 12)
            const buyers = new Set(booked.map(({ buyerId }) => buyerId))
            assert.deepEqual(new Set(told).difference(buyers), new Set())
          },
        ),
        { numRuns: 12 },
      )
      assert.ok(cuts > 3, `only ${cuts} processes ended in the middle`)
    })

    const callOf = (saleId: string, script: Script, shard: number, args: string[]) =>
      redis.run<(string | number)[]>(script, keysOf(tagOf(saleId, shard)), ['', ...args])

    story('a unit that is never gone is never missed, wherever it turns up while one looks', async () => {
      for (const change of ['released and taken', 'moved'] as const) {
        const sale = await open(2)
        const { saleId } = sale
        const first = attempt(buyerAt(0, 0))
        assert.equal((await store.reserve(saleId, first)).answer, 'reserved')
        // One unit is left, in the second shard. Between the looks at the first and at the second it is in the first.
        const looking = redisStore(
          hooked(redis, tagOf(saleId, 0), tagOf(saleId, 1), async () => {
            if (change === 'moved') {
              const [, , epoch, move] = (await callOf(saleId, GIVE, 1, ['0', 'A=1'])) as string[]
              await callOf(saleId, TAKE, 0, ['1', epoch!, move!])
              await callOf(saleId, ARRIVED, 1, ['0', epoch!, move!])
              return
            }
            const release = { do: 'release', reservationId: first.attemptId, reason: 'buyer' } as const
            assert.equal(await store.settle(saleId, release), 'released')
            assert.equal((await store.reserve(saleId, attempt(buyerAt(1, 1)))).answer, 'reserved')
          }),
        )
        assert.equal((await looking.reserve(saleId, attempt(buyerAt(2, 2)))).answer, 'reserved', change)
        await isExact(sale)
      }
    })

    story('a step that is repeated, late or of another epoch changes nothing', async () => {
      const sale = await open(8)
      const { saleId } = sale
      const call = (script: Script, shard: number, ...args: string[]) => callOf(saleId, script, shard, args)
      const [, , epoch, move] = (await call(GIVE, 0, '1', 'A=2')) as string[]
      assert.deepEqual((await call(GIVE, 0, '1', 'A=1')).slice(2), [epoch, move], 'the same, not one more')
      assert.equal((await store.counts(saleId))[0]!.free, 8, 'on its way, and free')
      for (let i = 0; i < 3; i++) assert.equal((await call(TAKE, 1, '0', epoch!, move!))[2], 1)
      await call(ARRIVED, 0, '1', epoch!, move!)
      const [, , , second] = (await call(GIVE, 0, '1', 'A=9')) as string[]
      assert.match(second!, /\|$|A=0|^$/, 'nothing is left to give')
      assert.equal((await call(TAKE, 1, '0', epoch!, move!))[2], 1)
      assert.equal((await call(TAKE, 1, '0', 'another', '7|0-1|A=5'))[2], 0)
      assert.deepEqual(await call(TAKE, 1, '0', epoch!, '7|0-1|A=5'), ['behind'])
      const shards = (await store.shards(saleId)).map(([count]) => count!.free)
      assert.deepEqual(shards, [0, 4, 2, 2])
      await isExact(sale)
    })

    story('a shard that has forgotten a move is found out, and the sale is filled again', async () => {
      const sale = await open(8)
      const { saleId } = sale
      const moves = keyOf(tagOf(saleId, 1), 'moves')
      for (let i = 0; i < 4; i++) await store.reserve(saleId, attempt(buyerAt(1, i)))
      await book(sale)
      await redis.send(moves, ['DEL', moves])
      assert.deepEqual(await audit(books, store, sale), { drifts: [], isBehind: true })
      await refill(sale)
      await isExact(sale)
      assert.deepEqual((await store.counts(saleId))[0], { sku: 'A', stock: 8, free: 4, held: 4, sold: 0 })
    })

    story('a sale that Redis has lost comes back from the ledger, buyers at home as before', async () => {
      const sale = await open(20)
      const { saleId } = sale
      const mine = Array.from({ length: 9 }, (_, i) => attempt(`b${i}`))
      const first = await Promise.all(mine.map((each) => store.reserve(saleId, each)))
      await store.settle(saleId, { do: 'confirm', reservationId: mine[0]!.attemptId })
      await book(sale)
      for (let shard = 0; shard < SHARDS; shard++) {
        for (const part of [
          'sale',
          'stock',
          'bought',
          'attempts',
          'holds',
          'intents',
          'moves',
          'claims',
        ] as const) {
          const key = keyOf(tagOf(saleId, shard), part)
          await redis.send(key, ['DEL', key])
        }
      }
      await assert.rejects(store.reserve(saleId, attempt('late')), { code: 'flash-sale/behind' })
      await assert.rejects(store.setStock(sale, 'A', 30), { code: 'flash-sale/behind' })
      await refill(sale)
      assert.deepEqual(await Promise.all(mine.map((each) => store.reserve(saleId, each))), first)
      const eve = { ...mine[1]!, buyerId: 'eve' }
      assert.deepEqual(await store.reserve(saleId, eve), { answer: 'attempt-taken' })
      assert.deepEqual((await store.counts(saleId))[0], { sku: 'A', stock: 20, free: 11, held: 8, sold: 1 })
      assert.equal(await store.setStock(sale, 'A', 30), true)
      await isExact(sale)
    })

    story(
      'beyond what can be remembered outside of hours nobody is answered, and nothing is kept',
      async () => {
        for (const shards of [1, SHARDS]) {
          const skus = [{ ...sku('A', 5), shards }]
          const sale = await books.create(HOUSE, newSale({ opensAtMs: Date.now() + 60_000, skus }))
          await store.open(sale)
          const early = attempt('ann')
          assert.deepEqual(await store.reserve(sale.saleId, early), { answer: 'not-open' })
          for (let shard = 0; shard < shards; shard++) {
            const key = keyOf(tagOf(sale.saleId, shard), 'sale')
            await redis.send(key, ['HSET', key, 'off', '200000', 'offClaims', '200000'])
          }
          const late = attempt('bob')
          assert.deepEqual(await store.reserve(sale.saleId, late), { answer: 'later', because: 'not-open' })
          assert.deepEqual(await store.reserve(sale.saleId, early), { answer: 'not-open' })
          await store.publish({ ...sale, opensAtMs: Date.now() - 1_000 })
          assert.equal((await store.reserve(sale.saleId, late)).answer, 'reserved')
          assert.deepEqual(await store.reserve(sale.saleId, early), { answer: 'not-open' })
        }
      },
    )

    story('as many units as buyers, each with one at most: nobody is ever told sold-out', async () => {
      const buyers = 8
      const sale = await open(buyers)
      const { saleId } = sale
      const shops = [store, redisStore(redis)] as const
      const answers: string[] = []
      // Whoever asks finds a unit free somewhere: released a moment ago in another shard, or on its way.
      const shopping = Array.from({ length: buyers }, async (_, i) => {
        for (let round = 0; round < 30; round++) {
          const wish = attempt(buyerAt((i + round) % SHARDS, i))
          const { answer } = await shops[(i + round) % 2]!.reserve(saleId, wish)
          answers.push(answer)
          const release = { do: 'release', reservationId: wish.attemptId, reason: 'buyer' } as const
          if (answer === 'reserved') await shops[round % 2]!.settle(saleId, release)
        }
      })
      await Promise.all(shopping)
      assert.deepEqual(new Set(answers), new Set(['reserved']))
      assert.equal((await store.counts(saleId))[0]!.free, buyers)
      await isExact(sale)
    })

    story('while units move to and fro, no look sees one too many or too few', async () => {
      const sale = await open(60)
      const { saleId } = sale
      const other = redisStore(redis)
      let isOver = false
      const looking = (async () => {
        let looks = 0
        for (; !isOver; looks++) {
          const { stock, free, held, sold } = (await other.counts(saleId))[0]!
          assert.deepEqual([stock, free + held + sold], [60, 60])
          const snapshot = await other.stream!.snapshot(saleId)
          assert.equal(snapshot!.skus[0]!.stock, 60)
        }
        return looks
      })()
      const shoppers = Array.from({ length: 40 }, async (_, i) => {
        const shop = i % 2 === 0 ? store : other
        for (let round = 0; round < 4; round++) {
          const wish = attempt(buyerAt(round % 3, i), `A=${1 + (i % 3)}`)
          const { answer } = await shop.reserve(saleId, wish)
          if (answer !== 'reserved') continue
          await shop.settle(saleId, { do: 'release', reservationId: wish.attemptId, reason: 'buyer' })
        }
      })
      await Promise.all(shoppers)
      isOver = true
      assert.ok((await looking) > 0)
      assert.equal((await store.counts(saleId))[0]!.free, 60)
      await isExact(sale)
    })

    const refill = async (sale: Sale) => {
      const stream = store.stream!
      await stream.suspend(sale)
      await book(sale)
      const { skus } = await books.counts(sale.saleId)
      const position = await stream.rebuild(sale, { skus, attempts: books.attempts(sale.saleId) })
      await books.reposition(sale.saleId, position)
    }
  })
}

/** Some buyer who is at home in that shard. */
function buyerAt(shard: number, nth: number): string {
  for (let i = 0; ; i++) {
    const buyerId = `h${shard}.${nth}.${i}`
    if (homeOf(buyerId, SHARDS) === shard) return buyerId
  }
}

/** A connection on which `between` happens once, after a look at one shard and before that at another. */
function hooked(redis: Redis, first: string, second: string, between: () => Promise<void>): Redis {
  let seen: Promise<unknown> | undefined
  let happened: Promise<void> | undefined
  return {
    ...redis,
    async run<T>(script: Script, keys: readonly string[], args?: readonly (string | Buffer)[]) {
      if (script === SNAPSHOT && keys[0] === keyOf(second, 'sale')) {
        happened ??= seen!.then(between)
        await happened
      }
      const reply = redis.run<T>(script, keys, args)
      if (script === SNAPSHOT && keys[0] === keyOf(first, 'sale')) seen ??= reply
      return reply
    },
  }
}

/** A connection that is gone at the nth step of any move: before it was done, or after, when nobody hears of it. */
function cutAt(redis: Redis, { step, isDone }: { step: number; isDone: boolean }, cut: () => void): Redis {
  let steps = 0
  let isCut = false
  const gone = () => fault('unavailable', 'redis/away', 'cut')
  return {
    ...redis,
    async send(key, command) {
      if (isCut) throw gone()
      return redis.send(key, command)
    },
    async run(script, keys, args) {
      if (isCut) throw gone()
      if (script !== GIVE && script !== TAKE && script !== ARRIVED) return redis.run(script, keys, args)
      if (steps++ !== step) return redis.run(script, keys, args)
      isCut = true
      cut()
      if (isDone) await redis.run(script, keys, args)
      throw gone()
    },
  }
}
