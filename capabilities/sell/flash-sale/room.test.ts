import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '#kernel/clock.ts'
import type { Fact } from '#kernel/fact-log.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { type OpenRoom, OURS, openRoom } from './room.fixture.ts'

const sku = (name: string, stock: number) => ({ sku: name, priceFen: 100, stock })
const open = () => ({ name: 'Eleven', opensAtMs: Date.now() - 1_000, closesAtMs: Date.now() + 3_600_000 })

let nth = 0
const click = (buyerId: string, name = 'A', quantity = 1) => ({
  attemptId: `c${++nth}`,
  buyerId,
  items: [{ sku: name, quantity }],
})

for (const engine of ['postgres', 'redis'] as const) {
  describe(`the room on ${engine}`, () => {
    let it: TestLedger
    let room: OpenRoom
    let skip: string | undefined
    let asked = 0
    before(async () => {
      const real = engine === 'redis' ? realEngine('redis') : { url: undefined }
      if ('skip' in real) {
        skip = real.skip
        return
      }
      it = await testLedger([migrationsOf('flash-sale', 'sell')])
      room = await openRoom({
        ledger: it.ledger,
        redisUrl: real.url,
        // Five seconds ahead of everybody: nothing here may depend on it.
        clock: { ...systemClock, now: () => Date.now() + 5_000 },
        around: (store) => ({
          ...store,
          reserve(saleId, attempt) {
            asked += 1
            return store.reserve(saleId, attempt)
          },
        }),
      })
    })
    after(async () => {
      await room?.close()
      await it?.close()
    })
    const story = (says: string, body: () => Promise<void>) =>
      test(says, { timeout: 30_000 }, (context) => (skip ? context.skip(skip) : body()))
    const sale = async (change: object = {}): Promise<string> => {
      const { status, json } = await room.api('POST', '/sales', { ...open(), skus: [sku('A', 2)], ...change })
      assert.equal(status, 200, JSON.stringify(json))
      return json.saleId
    }
    const ask = (saleId: string, body: object) => room.api('POST', `/sales/${saleId}/reservations`, body)

    story('reserve, pay, give back: over HTTP, with the ledger beside', async () => {
      const saleId = await sale()
      const [one, two] = [click('ann'), click('bob')]
      const first = await ask(saleId, one)
      assert.equal(first.json.answer, 'reserved')
      assert.deepEqual((await ask(saleId, one)).json, first.json)
      await ask(saleId, two)
      assert.deepEqual((await ask(saleId, click('cat'))).json, { answer: 'sold-out', sku: 'A' })
      const settle = async (id: string, what: string) =>
        (await room.api('POST', `/sales/${saleId}/reservations/${id}/${what}`)).json.outcome
      assert.equal(await settle(one.attemptId, 'confirm'), 'confirmed')
      assert.equal(await settle(one.attemptId, 'release'), 'was-confirmed')
      assert.equal(await settle(two.attemptId, 'release'), 'released')
      assert.equal(await settle(two.attemptId, 'confirm'), 'was-released')
      const board = await until(async () => {
        const { json } = await room.api('GET', `/sales/${saleId}`)
        return json.total.sold === 1 && json.total.held === 0 ? json : null
      })
      assert.deepEqual(board.total, { stock: 2, free: 1, held: 0, sold: 1 })
      assert.equal(board.isExact, true)
      const { items } = await until(async () => {
        const { json } = await room.api('GET', `/sales/${saleId}/reservations`)
        return json.items.filter((each: { settledAtMs: number }) => each.settledAtMs).length === 2
          ? json
          : null
      })
      assert.deepEqual(
        items.map(({ reservationId, state, reason }: Record<string, string>) => [
          reservationId,
          state,
          reason,
        ]),
        [
          [one.attemptId, 'sold', null],
          [two.attemptId, 'released', 'buyer'],
        ].sort(),
      )
    })

    story('mistakes are named: quantities, SKUs, sales, workspaces', async () => {
      const saleId = await sale()
      for (const quantity of [0, -1, 1.5, 1e9]) {
        const { status, json } = await ask(saleId, click('ann', 'A', quantity))
        assert.deepEqual([status, json.field], [400, 'items.0.quantity'], String(quantity))
      }
      assert.equal((await ask(saleId, click('ann', 'Z'))).json.code, 'flash-sale/unknown-sku')
      assert.equal((await ask('sale_none', click('ann'))).json.code, 'flash-sale/unknown-sale')
      const stranger = await room.api('POST', `/sales/${saleId}/reservations`, click('eve'), {
        'x-workspace': 'ws_theirs',
      })
      assert.equal(stranger.status, 404)
      const mine = click('ann')
      await ask(saleId, mine)
      assert.equal((await ask(saleId, { ...mine, buyerId: 'eve' })).status, 409)
      assert.equal((await room.api('POST', `/sales/${saleId}/reservations/nobody/confirm`)).status, 404)
      assert.equal(
        (await room.api('POST', '/sales', { ...open(), closesAtMs: 0, skus: [sku('A', 1)] })).json.field,
        'closesAtMs',
      )
    })

    story('sold out is answered from memory, without the store, until units are back', async () => {
      const saleId = await sale()
      await ask(saleId, click('ann'))
      const held = click('bob')
      await ask(saleId, held)
      await until(async () => {
        const before = asked
        const { json } = await ask(saleId, click('cat'))
        assert.equal(json.answer, 'sold-out')
        return asked === before
      })
      const before = asked
      const refused = click('dan')
      for (let i = 0; i < 50; i++) await ask(saleId, i === 0 ? refused : click(`d${i}`))
      assert.equal(asked, before)
      assert.equal(
        (await ask(saleId, held)).json.answer,
        'reserved',
        'who has units is not told that they are gone',
      )
      await room.api('POST', `/sales/${saleId}/reservations/${held.attemptId}/release`)
      await until(async () => (await ask(saleId, click('eve'))).json.answer === 'reserved')
      assert.equal((await ask(saleId, refused)).json.answer, 'sold-out', 'the first answer')
    })

    story('a sale edited while it is open: raised when sold out, paused, closed', async () => {
      const saleId = await sale({ skus: [sku('A', 1)] })
      const edit = (change: object) => room.api('PATCH', `/sales/${saleId}`, change)
      const answer = async () => (await ask(saleId, click('ann'))).json.answer
      assert.equal(await answer(), 'reserved')
      assert.equal(await answer(), 'sold-out')
      assert.equal((await edit({ stock: [{ sku: 'A', stock: 3 }] })).json.total.free, 2)
      await until(async () => (await answer()) === 'reserved')
      assert.equal((await edit({ stock: [{ sku: 'A', stock: 0 }] })).json.code, 'flash-sale/stock-gone')
      await edit({ status: 'paused' })
      await until(async () => (await answer()) === 'not-open')
      await edit({ status: 'closed' })
      await until(async () => (await answer()) === 'closed')
    })

    story('an unpaid hold comes back, is told once, and paying it then is told, too', async () => {
      const saleId = await sale({ holdSeconds: 1, skus: [sku('A', 1)] })
      const late = click('ann')
      await ask(saleId, late)
      await until(async () => (await room.api('GET', `/sales/${saleId}`)).json.total.free === 1)
      const factsOf = async (name: string) =>
        (
          await it.ledger.everywhere.query<{ n: number }>(
            "select count(*)::int as n from fact_log.outbox where name = $1 and data->>'saleId' = $2",
            [name, saleId],
          )
        )[0]!.n
      await until(async () => (await factsOf('stock.released')) === 1)
      assert.equal(await factsOf('stock.reserved'), 1)
      assert.equal(await factsOf('stock.sold-out'), 1)
      const paid = {
        name: 'order.paid',
        workspaceId: OURS,
        data: { orderId: '7', attemptId: late.attemptId },
        atMs: Date.now(),
      }
      const consumer = room.opened.consumers![0]!
      await it.ledger.across((tx) => consumer.handle([paid as unknown as Fact], tx))
      assert.equal(await factsOf('stock.paid-too-late'), 1)
    })

    story('a paid order makes its hold a sale', async () => {
      const saleId = await sale()
      const mine = click('ann')
      await ask(saleId, mine)
      await until(() => room.books.saleOf(OURS, mine.attemptId))
      const paid = {
        name: 'order.paid',
        workspaceId: OURS,
        data: { orderId: '8', attemptId: mine.attemptId },
        atMs: Date.now(),
      }
      const consumer = room.opened.consumers![0]!
      for (let i = 0; i < 2; i++)
        await it.ledger.across((tx) => consumer.handle([paid as unknown as Fact], tx))
      await until(async () => (await room.api('GET', `/sales/${saleId}`)).json.total.sold === 1)
    })

    story('one unit of drift raises one alarm, and putting it right closes it', async () => {
      const saleId = await sale({ skus: [sku('A', 10)] })
      await ask(saleId, click('ann'))
      await until(async () => (await room.books.counts(saleId)).skus[0]!.held === 1)
      const shift = (from: string, to: string) =>
        it.ledger.everywhere.query(
          `update flash_sale.sku set ${from} = ${from} - 1, ${to} = ${to} + 1 where sale_id = $1`,
          [saleId],
        )
      await shift('free', 'held')
      const alarms = async () => (await room.api('GET', `/sales/${saleId}`)).json.alarms
      const raised = await until(async () => ((await alarms()).length > 0 ? alarms() : null))
      assert.deepEqual([raised.at(-1).sku, raised.at(-1).closedAtMs], ['A', null])
      await shift('held', 'free')
      await until(async () => (await alarms()).every((each: { closedAtMs: number }) => each.closedAtMs))
    })

    story('the stream shows the board, again and again', async () => {
      const saleId = await sale()
      const stop = new AbortController()
      const reply = await fetch(`${room.url}/sales/${saleId}/stream`, { signal: stop.signal })
      let text = ''
      const decoder = new TextDecoder()
      for await (const chunk of reply.body!) {
        text += decoder.decode(chunk)
        if (text.split('event: board').length > 2) break
      }
      stop.abort()
      const board = JSON.parse(/data: (.+)/.exec(text)![1]!)
      assert.deepEqual(board.total, { stock: 2, free: 2, held: 0, sold: 0 })
    })

    story('a rehearsal sells a copy, exactly, and leaves the sale alone', async () => {
      const saleId = await sale({ skus: [sku('A', 50), sku('B', 30)], limitPerBuyer: 1 })
      const { json } = await room.api('POST', `/sales/${saleId}/rehearsals`, { buyers: 1_000 })
      const report = await until(async () => {
        const { json: now } = await room.api('GET', `/rehearsals/${json.saleId}`)
        return now.state === 'running' ? null : now
      }, 25_000)
      assert.deepEqual(
        [report.state, report.sold, report.isExact, report.changedAnswers],
        ['done', 80, true, 0],
      )
      assert.equal((await room.api('GET', `/sales/${saleId}`)).json.total.free, 80)
      const { json: summary } = await room.api('GET', '/summary')
      assert.equal(summary.store, engine)
    })
  })
}
