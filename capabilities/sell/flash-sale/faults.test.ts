import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openRedis } from '#engines/redis/redis.ts'
import { withEngines } from '#testing/faults/kills.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { type OpenRoom, openRoom } from './room.fixture.ts'
import type { CrowdOrder, CrowdTold, ShopOrder } from './shop.fixture.ts'

interface Shop {
  child: ChildProcess
  /** All that buyers of this process were told `reserved` for, as it was told. */
  told: string[]
  crowd(order: CrowdOrder): Promise<CrowdTold>
  kill(): Promise<void>
}

async function openShop({ connection, role }: TestLedger, redisUrl?: string, skewMs = 0): Promise<Shop> {
  const child = fork(join(import.meta.dirname, 'shop.fixture.ts'))
  const told: string[] = []
  child.send({ connection, role, redisUrl, skewMs } satisfies ShopOrder)
  await once(child, 'message')
  child.on('message', (said: { reserved?: string }) => said.reserved && told.push(said.reserved))
  return {
    child,
    told,
    crowd: (order) =>
      new Promise((resolve, reject) => {
        const hear = (said: { told?: CrowdTold; failed?: string }) => {
          if (said.failed) reject(new Error(said.failed))
          if (said.told) resolve(said.told)
          if (said.failed || said.told) child.off('message', hear)
        }
        child.on('message', hear)
        child.once('exit', () => reject(new Error('killed')))
        child.send(order)
      }),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

const open = (stock: number, change: object = {}) => ({
  name: 'fault',
  opensAtMs: Date.now() - 60_000,
  closesAtMs: Date.now() + 3_600_000,
  holdSeconds: 600,
  skus: [{ sku: 'A', priceFen: 100, stock }],
  limitPerBuyer: 1,
  ...change,
})

const newSale = async (room: OpenRoom, stock: number): Promise<string> =>
  (await room.api('POST', '/sales', open(stock))).json.saleId

/** Everybody who was told `reserved` is in the ledger, nobody else is, and the units add up everywhere. */
async function isExact(
  room: OpenRoom,
  saleId: string,
  stock: number,
  told: readonly string[],
  exactly = true,
) {
  const board = await until(async () => {
    const { status, json } = await room.api('GET', `/sales/${saleId}`)
    if (status !== 200) return null
    const { skus } = await room.books.counts(saleId)
    return JSON.stringify(skus) === JSON.stringify(json.ledger) && json
  }, 40_000)
  const { free, held, sold } = board.total
  assert.equal(free + held + sold, stock)
  const booked: string[] = []
  for await (const page of room.books.attempts(saleId))
    for (const [id, { state }] of page) if (state === 'held' || state === 'sold') booked.push(id)
  assert.equal(booked.length, held + sold)
  assert.equal(new Set(booked).size, booked.length)
  assert.deepEqual(new Set(told).difference(new Set(booked)), new Set(), 'told "reserved" and forgotten')
  if (exactly) assert.equal(booked.length, new Set(told).size)
  assert.deepEqual(await room.books.rowDrift(saleId), [])
  return board.total
}

test('four processes with clocks 5 s apart, two sales, doubled clicks and retries: each unit once', {
  timeout: 110_000,
}, async (t) => {
  const it = await testLedger([migrationsOf('flash-sale', 'sell')])
  const room = await openRoom({ ledger: it.ledger })
  const shops = await Promise.all([-5_000, 0, 0, 5_000].map((skewMs) => openShop(it, undefined, skewMs)))
  t.after(async () => {
    for (const shop of shops) await shop.kill()
    await room.close()
    await it.close()
  })
  const [stock, buyers] = [500, 5_000]
  const sales = [await newSale(room, stock), await newSale(room, stock)]
  for (const saleId of sales) {
    // Processes overlap in the buyers that they serve: a buyer clicks here and there.
    const crowds = shops.map((shop, i) =>
      shop.crowd({ saleId, from: i * (buyers / 5), to: (i + 2) * (buyers / 5), pays: true }),
    )
    const told = await Promise.all(crowds)
    assert.deepEqual(
      told.flatMap(({ changed }) => changed),
      [],
    )
    const reserved = told.flatMap((each) => each.reserved)
    const total = await isExact(room, saleId, stock, reserved)
    assert.deepEqual(total, { stock, free: 0, held: 0, sold: stock })
    t.diagnostic(`${buyers} buyers, ${reserved.length} times told reserved, ${stock} sold, 0 twice`)
  }
})

const KILLS = 20

test(`kill -9 of the platform, ${KILLS} rounds: nobody who was told "reserved" is forgotten`, {
  timeout: 110_000,
}, async (t) => {
  const it = await testLedger([migrationsOf('flash-sale', 'sell')])
  const room = await openRoom({ ledger: it.ledger })
  t.after(async () => {
    await room.close()
    await it.close()
  })
  const stock = 2_000
  const saleId = await newSale(room, stock)
  const told: string[] = []
  for (let round = 0; round < KILLS; round++) {
    const shop = await openShop(it)
    const over = shop.crowd({ saleId, from: round * 60, to: round * 60 + 600, pays: false }).catch(() => {})
    await until(() => shop.told.length > 0 || undefined, 10_000).catch(() => {})
    await delay(Math.random() * 150)
    await shop.kill()
    await over
    told.push(...shop.told)
  }
  const total = await isExact(room, saleId, stock, told, false)
  assert.ok(total.held >= new Set(told).size)
  t.diagnostic(`${KILLS} kills; ${new Set(told).size} told reserved, ${total.held} held, 0 forgotten`)
})

withEngines(
  `kill -9 of the worker and of Redis (appendfsync always), ${KILLS} rounds`,
  ['redis'],
  async (engines) => {
    const it = await testLedger([migrationsOf('flash-sale', 'sell')])
    const redisUrl = engines.urls['redis']!
    const room = await openRoom({ ledger: it.ledger, redisUrl })
    let shop = await openShop(it, redisUrl)
    try {
      const stock = 3_900
      const saleId = await newSale(room, stock)
      const told: string[] = []
      for (let round = 0; round < KILLS; round++) {
        const over = shop
          .crowd({ saleId, from: round * 200, to: round * 200 + 200, pays: false })
          .catch(() => {})
        await until(() => shop.told.length > 0 || undefined, 10_000)
        await delay(Math.random() * 60)
        if (round % 3 === 2) {
          await shop.kill()
          told.push(...shop.told)
          shop = await openShop(it, redisUrl)
        } else {
          await engines.kill('redis')
          await engines.restart('redis')
          await over
        }
      }
      told.push(...shop.told)
      const total = await isExact(room, saleId, stock, told, false)
      console.log(
        `# ${KILLS} kills; ${new Set(told).size} told reserved, ${total.held} held of ${stock}, 0 forgotten`,
      )
    } finally {
      await shop.kill()
      await room.close()
      await it.close()
    }
  },
)

withEngines(
  'a Redis that comes back without its last second is found out, and filled again from the ledger',
  ['redis'],
  async (engines) => {
    const it = await testLedger([migrationsOf('flash-sale', 'sell')])
    const redisUrl = engines.urls['redis']!
    const room = await openRoom({ ledger: it.ledger, redisUrl })
    const redis = await openRedis(redisUrl, { timeoutMs: 2_000 })
    try {
      const stock = 60
      const saleId = await newSale(room, stock)
      const ask = async (nth: number) => {
        const attempt = { attemptId: `a${nth}`, buyerId: `b${nth}`, items: [{ sku: 'A', quantity: 1 }] }
        for (;;) {
          const { status, json } = await room.api('POST', `/sales/${saleId}/reservations`, attempt)
          if (status !== 503) return { id: attempt.attemptId, answer: json.answer as string }
          await delay(50)
        }
      }
      const crowd = (from: number, to: number) =>
        Promise.all(Array.from({ length: to - from }, (_, i) => ask(from + i)))
      const first = await crowd(0, 20)
      await redis.send('', ['SAVE'])
      const lost = await crowd(20, 40)
      await engines.kill('redis')
      await engines.restart('redis')
      const later = await crowd(40, 80)
      const told = [...first, ...lost, ...later]
        .filter(({ answer }) => answer === 'reserved')
        .map(({ id }) => id)
      assert.equal(told.length, stock, 'sold to the last unit, and not one more')
      const total = await isExact(room, saleId, stock, told)
      assert.equal(total.free, 0)
      console.log(
        `# ${lost.length} reservations lost by Redis, ${lost.length} put back, ${told.length} of ${stock} held`,
      )
    } finally {
      await redis.close()
      await room.close()
      await it.close()
    }
  },
  { appendOnly: false },
)

withEngines(
  'a replica takes over in the middle of a sale: nothing is sold twice, nobody is forgotten',
  ['redis-cluster'],
  async (engines) => {
    const it = await testLedger([migrationsOf('flash-sale', 'sell')])
    const room = await openRoom({ ledger: it.ledger, redisUrl: engines.urls['redis-cluster']! })
    try {
      const stock = 100
      const sales = await Promise.all(Array.from({ length: 6 }, () => newSale(room, stock)))
      const told = new Map<string, string[]>(sales.map((saleId) => [saleId, []]))
      const ask = async (saleId: string, nth: number) => {
        const attempt = { attemptId: `a${nth}`, buyerId: `b${nth}`, items: [{ sku: 'A', quantity: 1 }] }
        for (;;) {
          const { status, json } = await room.api('POST', `/sales/${saleId}/reservations`, attempt)
          if (json.answer === 'reserved') told.get(saleId)!.push(attempt.attemptId)
          if (status !== 503) return
          await delay(100)
        }
      }
      const crowd = (from: number, to: number) =>
        sales.flatMap((saleId) => Array.from({ length: to - from }, (_, i) => ask(saleId, from + i)))
      await Promise.all(crowd(0, 40))
      const during = crowd(40, 130)
      await engines.kill('redis-cluster', 0)
      await Promise.all(during)
      for (const saleId of sales)
        assert.equal((await isExact(room, saleId, stock, told.get(saleId)!)).free, 0)
    } finally {
      await room.close()
      await it.close()
    }
  },
  { replicas: 1 },
)
