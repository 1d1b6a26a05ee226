import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { withEngines } from '#testing/faults/kills.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { openRoom } from './room.fixture.ts'

const ROUNDS = 4
const STOCK = 240
const SHARDS = 9

withEngines(
  `kill -9 of one node after the other, ${ROUNDS} rounds, of a sale in ${SHARDS} shards: no unit lost or twice`,
  ['redis-cluster'],
  async (engines) => {
    const it = await testLedger([migrationsOf('flash-sale', 'sell')])
    const open = () => openRoom({ ledger: it.ledger, redisUrl: engines.urls['redis-cluster']! })
    const rooms = [await open(), await open()] as const
    try {
      const { json: sale } = await rooms[0].api('POST', '/sales', {
        ...{ name: 'fault', opensAtMs: Date.now() - 1_000, closesAtMs: Date.now() + 3_600_000 },
        ...{ holdSeconds: 600, limitPerBuyer: 2 },
        // All units begin in two of nine shards: nearly every buyer has to be brought his.
        skus: [
          { sku: 'A', priceFen: 100, stock: STOCK, shards: 2 },
          { sku: 'B', priceFen: 100, stock: 9, shards: SHARDS },
        ],
      })
      const { saleId } = sale
      const told = new Set<string>()
      const ask = async (nth: number) => {
        const attempt = { attemptId: `a${nth}`, buyerId: `b${nth}`, items: [{ sku: 'A', quantity: 1 }] }
        for (let tries = 0; tries < 300; tries++) {
          const { status, json } = await rooms[tries % 2]!.api(
            'POST',
            `/sales/${saleId}/reservations`,
            attempt,
          )
          if (json.answer === 'reserved') told.add(attempt.attemptId)
          if (status !== 503) return json.answer
          await delay(60)
        }
        return 'gave-up'
      }
      const crowd = (from: number, to: number) =>
        Promise.all(Array.from({ length: to - from }, (_, i) => ask(from + i)))
      for (let round = 0; round < ROUNDS; round++) {
        const asking = crowd(round * 80, round * 80 + 80)
        await delay(Math.random() * 40)
        await engines.kill('redis-cluster', round % 3)
        await engines.restart('redis-cluster', round % 3)
        const answers = await asking
        assert.ok(!answers.includes('gave-up'))
      }
      // Whoever still wants one, until there is none.
      for (let nth = ROUNDS * 80; (await ask(nth)) === 'reserved'; nth++);
      const board = await until(async () => {
        const { status, json } = await rooms[1].api('GET', `/sales/${saleId}`)
        const { skus } = await rooms[0].books.counts(saleId)
        return status === 200 && JSON.stringify(skus) === JSON.stringify(json.ledger) && json
      }, 30_000)
      assert.deepEqual(board.ledger[0], { sku: 'A', stock: STOCK, free: 0, held: STOCK, sold: 0 })
      assert.equal(board.isExact, true)
      assert.deepEqual(await rooms[0].books.rowDrift(saleId), [])
      const booked = new Set<string>()
      for await (const page of rooms[0].books.attempts(saleId))
        for (const [id, { state }] of page) if (state === 'held') booked.add(id)
      assert.equal(booked.size, STOCK)
      assert.deepEqual(told.difference(booked), new Set(), 'told "reserved" and forgotten')
      console.log(
        `# ${ROUNDS} kills; ${told.size} told reserved, ${booked.size} of ${STOCK} held, 0 forgotten`,
      )
    } finally {
      for (const room of rooms) await room.close()
      await it.close()
    }
  },
)
