import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { HOUSE } from '#kernel/id.ts'
import { until } from '#testing/until.ts'
import type { Books, NewSale } from './books.ts'
import { type Answer, type Attempt, basketFrom, type Operation, type Sale } from './flash-sale.ts'
import { applied, operations, shelfOf } from './shelf.contract.ts'
import type { Store } from './store.ts'

export interface StoresUnderTest {
  /** Two processes' views of one store. */
  stores: readonly [Store, Store]
  /** Over how many shards the first SKU of each sale is spread, the others over half as many; 1 if not said. */
  shards?: number
  books: Books
  close(): Promise<void>
}

export const newSale = (change: Partial<NewSale> = {}): NewSale => ({
  name: 'test',
  opensAtMs: Date.now() - 60_000,
  closesAtMs: Date.now() + 3_600_000,
  holdSeconds: 600,
  limitPerBuyer: null,
  skus: [{ sku: 'A', title: 'A', priceFen: 9_900, stock: 10, limitPerBuyer: null }],
  isRehearsal: false,
  ...change,
})

export const sku = (name: string, stock: number, limitPerBuyer: number | null = null) => ({
  sku: name,
  title: name,
  priceFen: 100,
  stock,
  limitPerBuyer,
})

let nth = 0
export const attempt = (buyerId: string, items = 'A=1', attemptId = `t${++nth}`): Attempt => ({
  attemptId,
  buyerId,
  items: basketFrom(items),
})

/** What every store promises. */
export function storeContract(engine: string, open: () => Promise<StoresUnderTest | { skip: string }>): void {
  describe(`store on ${engine}`, () => {
    let it: StoresUnderTest
    let skip: string | undefined
    before(async () => {
      const opened = await open()
      if ('skip' in opened) skip = opened.skip
      else it = opened
    })
    after(() => it?.close())
    const promise = (says: string, body: () => Promise<void>) =>
      test(says, { timeout: 60_000 }, (context) => (skip ? context.skip(skip) : body()))
    const sale = async (change: Partial<NewSale> = {}): Promise<Sale> => {
      const wanted = newSale(change)
      const { shards = 1 } = it
      const skus = wanted.skus.map((each, i) => ({
        ...each,
        shards: i === 0 ? shards : Math.ceil(shards / 2),
      }))
      const made = await it.books.create(HOUSE, { ...wanted, skus })
      await it.stores[0].open(made)
      return made
    }
    const either = (i: number) => it.stores[i % 2 === 0 ? 0 : 1]
    const tally = (answers: readonly Answer[]) => {
      const sum: Record<string, number> = {}
      for (const { answer } of answers) sum[answer] = (sum[answer] ?? 0) + 1
      return sum
    }
    const counted = async ({ saleId }: Sale, name = 'A') => {
      const { sku: _, ...count } = (await it.stores[1].counts(saleId)).find((each) => each.sku === name)!
      return count
    }

    promise(
      'as many as there are, however many ask at once in two processes, doubled clicks included',
      async () => {
        const one = await sale({ skus: [sku('A', 100)] })
        const clicks = Array.from({ length: 300 }, (_, i) => attempt(`b${i}`))
        const answers = await Promise.all(
          [...clicks, ...clicks].map((click, i) => either(i).reserve(one.saleId, click)),
        )
        assert.deepEqual(tally(answers), { reserved: 200, 'sold-out': 400 })
        assert.deepEqual(answers.slice(0, 300), answers.slice(300))
        assert.deepEqual(await counted(one), { stock: 100, free: 0, held: 100, sold: 0 })
      },
    )

    promise('several requests of one buyer in one batch stay within the limits', async () => {
      const one = await sale({ limitPerBuyer: 3, skus: [sku('A', 100, 2), sku('B', 100)] })
      const ask = (items: string) => it.stores[0].reserve(one.saleId, attempt('ann', items))
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => ask('A=1')),
        ...[1, 2, 3].map(() => ask('B=1')),
      ])
      assert.deepEqual(tally(answers), { reserved: 3, 'limit-reached': 5 })
      // Between shards, what is asked at once has no order.
      if (it.shards) return
      assert.deepEqual(answers[2], { answer: 'limit-reached', sku: 'A' })
      assert.deepEqual(answers[7], { answer: 'limit-reached', sku: null })
    })

    promise('a basket whole or not at all, in the same batch as its rivals', async () => {
      const one = await sale({ skus: [sku('A', 10), sku('B', 2)] })
      const answers = await Promise.all(
        Array.from({ length: 5 }, (_, i) => either(i).reserve(one.saleId, attempt(`b${i}`, 'A=2,B=1'))),
      )
      assert.deepEqual(tally(answers), { reserved: 2, 'sold-out': 3 })
      assert.deepEqual(await counted(one, 'A'), { stock: 10, free: 6, held: 4, sold: 0 })
    })

    promise(
      'confirm and release: each after each has one answer, and a released unit is sold again',
      async () => {
        const one = await sale({ skus: [sku('A', 2)] })
        const { saleId } = one
        const [a, b] = [attempt('ann'), attempt('bob')]
        await Promise.all([it.stores[0].reserve(saleId, a), it.stores[1].reserve(saleId, b)])
        const confirm = (of: Attempt, i = 0) =>
          either(i).settle(saleId, { do: 'confirm', reservationId: of.attemptId })
        const release = (of: Attempt, i = 0) =>
          either(i).settle(saleId, { do: 'release', reservationId: of.attemptId, reason: 'buyer' })
        assert.deepEqual(await Promise.all([confirm(a), confirm(a), release(a)]), [
          'confirmed',
          'confirmed',
          'was-confirmed',
        ])
        assert.deepEqual(await Promise.all([release(b), release(b), confirm(b)]), [
          'released',
          'released',
          'was-released',
        ])
        assert.equal(await confirm(attempt('cat')), 'unknown')
        assert.deepEqual(await counted(one), { stock: 2, free: 1, held: 0, sold: 1 })
        assert.equal((await it.stores[1].reserve(saleId, attempt('dan'))).answer, 'reserved')
        const again = await it.stores[1].reserve(saleId, b)
        assert.equal(again.answer, 'reserved', 'the first answer, though it was released since')
      },
    )

    promise('stock raised while sold out is sold; it cannot be lowered below what is gone', async () => {
      const one = await sale({ skus: [sku('A', 1)] })
      const { saleId } = one
      await it.stores[0].reserve(saleId, attempt('ann'))
      const late = attempt('bob')
      assert.deepEqual(await it.stores[1].reserve(saleId, late), { answer: 'sold-out', sku: 'A' })
      assert.deepEqual((await it.stores[1].soldOut(saleId, 10))!.skus, ['A'])
      assert.equal(await it.stores[1].setStock(one, 'A', 3), true)
      assert.equal(await it.stores[1].setStock(one, 'A', 3), true)
      assert.deepEqual(await counted(one), { stock: 3, free: 2, held: 1, sold: 0 })
      assert.equal(
        (await it.stores[0].reserve(saleId, late)).answer,
        'sold-out',
        'the first answer, for ever',
      )
      assert.equal((await it.stores[0].reserve(saleId, attempt('bob'))).answer, 'reserved')
      assert.equal(await it.stores[0].setStock(one, 'A', 1), false)
      assert.equal(await it.stores[0].setStock(one, 'A', 2), true)
      assert.deepEqual(await counted(one), { stock: 2, free: 0, held: 2, sold: 0 })
    })

    promise('terms that change while the sale is open hold from then on', async () => {
      const one = await sale({ opensAtMs: Date.now() + 3_600_000, closesAtMs: Date.now() + 7_200_000 })
      const ask = async () => (await it.stores[0].reserve(one.saleId, attempt('ann'))).answer
      const change = async (terms: Parameters<Books['change']>[2]) =>
        it.stores[1].publish(await it.books.change(HOUSE, one.saleId, terms))
      assert.equal(await ask(), 'not-open')
      const early = attempt('eve')
      assert.equal((await it.stores[0].reserve(one.saleId, early)).answer, 'not-open')
      await change({ opensAtMs: Date.now() - 1 })
      assert.equal(await ask(), 'reserved')
      assert.deepEqual(
        await it.stores[1].reserve(one.saleId, early),
        { answer: 'not-open' },
        'the first answer, for ever',
      )
      await change({ status: 'paused' })
      assert.equal(await ask(), 'not-open')
      await change({ status: 'on' })
      assert.equal(await ask(), 'reserved')
      await change({ closesAtMs: Date.now() - 1 })
      const late = attempt('eve')
      for (const store of [...it.stores, ...it.stores])
        assert.deepEqual(await store.reserve(one.saleId, late), { answer: 'closed' })
    })

    promise('unpaid holds come back exactly once, whoever looks; a paid one stays sold', async () => {
      const one = await sale({ holdSeconds: 1, skus: [sku('A', 30)] })
      const { saleId } = one
      const clicks = Array.from({ length: 30 }, (_, i) => attempt(`b${i}`))
      await Promise.all(clicks.map((click) => it.stores[0].reserve(saleId, click)))
      await it.stores[0].settle(saleId, { do: 'confirm', reservationId: clicks[0]!.attemptId })
      let released = 0
      await until(async () => {
        const swept = await Promise.all([0, 1, 2, 3].map((i) => either(i).expire(saleId, 12)))
        released += swept.reduce((sum, units) => sum + units, 0)
        return released >= 29
      })
      assert.equal(released, 29)
      assert.deepEqual(await counted(one), { stock: 30, free: 29, held: 0, sold: 1 })
      assert.equal(
        await it.stores[1].settle(saleId, { do: 'confirm', reservationId: clicks[1]!.attemptId }),
        'was-released',
      )
    })

    promise('what nobody sells and whose attempt it is not', async () => {
      const { saleId } = await sale()
      assert.deepEqual(await it.stores[0].reserve(saleId, attempt('ann', 'Z=1')), {
        answer: 'unknown-sku',
        sku: 'Z',
      })
      const mine = attempt('ann')
      await it.stores[0].reserve(saleId, mine)
      assert.deepEqual(await it.stores[1].reserve(saleId, { ...mine, buyerId: 'eve' }), {
        answer: 'attempt-taken',
      })
    })

    promise('units that are left are sold, whoever asks for them and wherever they are', async () => {
      const one = await sale({ skus: [sku('A', 40), sku('B', 8)] })
      // Everybody wants two: no unit may be left behind as an odd one in some corner.
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, i) => either(i).reserve(one.saleId, attempt(`b${i}`, 'A=2'))),
      )
      assert.deepEqual(tally(answers), { reserved: 20, 'sold-out': 40 })
      for (let i = 0; i < 8; i++)
        assert.equal((await either(i).reserve(one.saleId, attempt(`c${i}`, 'B=1'))).answer, 'reserved')
      const last = await it.stores[0].reserve(one.saleId, attempt('zoe', 'B=1'))
      assert.deepEqual(last, { answer: 'sold-out', sku: 'B' })
      assert.equal(await it.stores[0].setStock(one, 'B', 9), true)
      assert.equal((await it.stores[1].reserve(one.saleId, attempt('zoe', 'B=1'))).answer, 'reserved')
    })

    promise('random operations, in random batches, are answered as the rule answers them', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(operations, { minLength: 1, maxLength: 8 }), { maxLength: 8 }),
          async (batches) => {
            const terms = { limitPerBuyer: 3, skus: [sku('A', 4, 2), sku('B', 3)] }
            const one = await sale(terms)
            const shelf = shelfOf({ A: { stock: 4, limit: 2 }, B: { stock: 3 } }, { limitPerBuyer: 3 })
            for (const [nthBatch, batch] of batches.entries()) {
              // Reservations and settlements travel on lanes of their own: a batch is of one sort.
              const sort = batch[0]!.do === 'reserve'
              const mine = batch.filter((each) => (each.do === 'reserve') === sort)
              const store = either(nthBatch)
              const ask = (each: Operation) =>
                each.do === 'reserve'
                  ? store.reserve(one.saleId, each.attempt)
                  : store.settle(one.saleId, each)
              const answers: (Answer | string)[] = []
              // Between shards, what is asked at once has no order: there it is asked one after the other.
              if (it.shards) for (const each of mine) answers.push(await ask(each))
              else answers.push(...(await Promise.all(mine.map(ask))))
              const expected = mine.map((each) => applied(shelf, each, Date.now()))
              assert.deepEqual(answers.map(withoutTime), expected.map(withoutTime))
            }
            for (const [name, { limitPerBuyer: _, ...count }] of shelf.skus)
              assert.deepEqual(await counted(one, name), count)
          },
        ),
        { numRuns: 25 },
      )
    })
  })
}

const withoutTime = (answer: Answer | string) =>
  typeof answer === 'object' && 'expiresAtMs' in answer ? { ...answer, expiresAtMs: 0 } : answer
