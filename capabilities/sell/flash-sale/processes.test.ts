// The big stories: four real processes of `main.ts` on one ledger, clocks 5 s apart, asked over HTTP alone. A short run
// by default; STORIES=full makes it 50,000 buyers and 20 kills.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { realEngine } from '#testing/engines.ts'
import { type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { type Fleet, openFleet, type Reply } from './fleet.fixture.ts'

const isFull = process.env['STORIES'] === 'full'
const UNITS = 1_000
const BUYERS = isFull ? 50_000 : 4_000
const KILLS = isFull ? 20 : 3
const AT_ONCE = 256
const TIMEOUT_MS = isFull ? 420_000 : 90_000

const FLEET = [
  { roles: 'web,worker', skewMs: -5_000 },
  { roles: 'web', skewMs: 5_000 },
  { roles: 'web', skewMs: 0 },
  { roles: 'web', skewMs: 0 },
]

interface Attempt {
  attemptId: string
  buyerId: string
  items: { sku: string; quantity: number }[]
}

/** What buyers were told, as they were told it. */
interface Told {
  reserved: Set<string>
  paid: Set<string>
  changed: string[]
  answers: Record<string, number>
  requests: number
  unanswered: number
}

for (const engine of ['postgres', 'redis'] as const) {
  const real = engine === 'redis' ? realEngine('redis') : { url: undefined }

  describe(`four processes on ${engine}`, { skip: 'skip' in real ? real.skip : false }, () => {
    let it: TestLedger
    let fleet: Fleet
    before(async () => {
      it = await testLedger()
      fleet = await openFleet(it.connection, 'url' in real ? real.url : undefined, FLEET)
    })
    after(async () => {
      await fleet?.close()
      await it?.close()
    })

    const sale = async (stock: number, change: object = {}): Promise<string> => {
      const terms = { opensAtMs: Date.now() - 60_000, closesAtMs: Date.now() + 3_600_000, holdSeconds: 3_600 }
      const skus = [{ sku: 'A', priceFen: 100, stock }]
      const body = { name: 'story', limitPerBuyer: 1, ...terms, skus, ...change }
      const reply = await fleet.ask(0, 'POST', '/sales', body)
      assert.equal(reply?.status, 200, JSON.stringify(reply?.json))
      return reply!.json.saleId
    }
    const attempt = (id: string): Attempt => ({
      attemptId: id,
      buyerId: `b-${id}`,
      items: [{ sku: 'A', quantity: 1 }],
    })
    const reserveAt = (nth: number, saleId: string, what: Attempt) =>
      fleet.ask(nth, 'POST', `/sales/${saleId}/reservations`, what)

    /** Asks one process after the other until one answers, as whoever stands before the fleet would. */
    const insist = async (told: Told, nth: number, path: string, body: object = {}): Promise<Reply> => {
      for (let tries = 0; tries < 600; tries++) {
        told.requests += 1
        const reply = await fleet.ask(nth + tries, 'POST', path, body)
        if (reply?.status === 200) return reply
        if (reply && reply.status !== 503 && reply.status !== 429)
          assert.fail(`${reply.status} ${JSON.stringify(reply.json)}`)
        told.unanswered += 1
        await delay(20 + Math.random() * 80)
      }
      return assert.fail('nobody answers')
    }

    /** One buyer: some click twice at once at another process, some ask again later at a third, some pay. */
    const buy = async (told: Told, saleId: string, nth: number, pays: boolean) => {
      const path = `/sales/${saleId}/reservations`
      const mine = attempt(`a${nth}`)
      const click = async (at: number) => (await insist(told, at, path, mine)).json
      const [first, twin] = await Promise.all([click(nth), nth % 10 === 0 ? click(nth + 1) : undefined])
      const again = nth % 20 === 1 ? await click(nth + 2) : undefined
      for (const other of [twin, again])
        if (other && JSON.stringify(other) !== JSON.stringify(first)) told.changed.push(mine.attemptId)
      told.answers[first.answer] = (told.answers[first.answer] ?? 0) + 1
      if (first.answer !== 'reserved') return
      told.reserved.add(mine.attemptId)
      if (!pays) return
      const { json } = await insist(told, nth + 3, `${path}/${mine.attemptId}/confirm`)
      assert.equal(json.outcome, 'confirmed')
      told.paid.add(mine.attemptId)
    }
    const crowd = async (from: number, to: number, each: (nth: number) => Promise<void>) => {
      let next = from
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let nth = next++; nth < to; nth = next++) await each(nth)
        }),
      )
    }
    const newTold = (): Told => ({
      ...{ reserved: new Set(), paid: new Set(), changed: [], answers: {}, requests: 0, unanswered: 0 },
    })

    /** The store's count, the ledger's rows and counts, the facts and the buyers: all tell of the same units. */
    const addsUp = async (saleId: string, stock: number, told: Told) => {
      const ids = async (states: string) =>
        new Set(
          (
            await it.ledger.everywhere.query<{ id: string }>(
              'select attempt_id as id from flash_sale.attempt where sale_id = $1 and state = any($2)',
              [saleId, states.split(' ')],
            )
          ).map(({ id }) => id),
        )
      const board = await until(async () => {
        const reply = await fleet.ask(0, 'GET', `/sales/${saleId}`)
        if (reply?.status !== 200) return null
        const { held, sold } = reply.json.total
        return (await ids('held sold')).size === held + sold && reply.json
      }, 60_000)
      assert.equal(board.isExact, true, JSON.stringify(board.alarms))
      const { free, held, sold } = board.total
      assert.equal(free + held + sold, stock)
      const [taken, paid] = [await ids('held sold'), await ids('sold')]
      assert.deepEqual(told.reserved.difference(taken), new Set(), 'told "reserved", and forgotten')
      assert.deepEqual(told.paid.difference(paid), new Set(), 'told "confirmed", and forgotten')
      assert.deepEqual(told.changed, [], 'told two different things')
      const facts = await until(async () => {
        const [row] = await it.ledger.everywhere.query<{ n: number; different: number }>(
          `select count(*)::int as n, count(distinct data->>'reservationId')::int as different
             from fact_log.fact where name = 'stock.reserved' and data->>'saleId' = $1`,
          [saleId],
        )
        return row!.n >= taken.size && row
      }, 60_000)
      assert.deepEqual(facts, { n: taken.size, different: taken.size }, 'each reservation was told once')
      return board.total as { free: number; held: number; sold: number }
    }

    test('only the clock of the store opens and closes a sale', { timeout: TIMEOUT_MS }, async () => {
      const opensAtMs = Date.now() + 1_500
      const closesAtMs = opensAtMs + 1_500
      const saleId = await sale(UNITS, { opensAtMs, closesAtMs, holdSeconds: 100 })
      const seen = new Set<string>()
      const watch = async (nth: number) => {
        for (let i = 0; Date.now() < closesAtMs + 500; i++) {
          const beforeMs = Date.now()
          const { json } = (await reserveAt(nth, saleId, attempt(`${nth}-${i}`)))!
          const afterMs = Date.now()
          seen.add(`${nth} ${json.answer}`)
          // Whose process it was must not matter: the answer is right by a clock that is right.
          if (json.answer === 'not-open') assert.ok(beforeMs < opensAtMs)
          if (json.answer === 'closed') assert.ok(afterMs >= closesAtMs)
          if (json.answer === 'reserved') {
            assert.ok(afterMs >= opensAtMs && beforeMs < closesAtMs, 'reserved outside its time')
            const heldUntilMs = json.expiresAtMs - 100_000
            assert.ok(beforeMs - 1 <= heldUntilMs && heldUntilMs <= afterMs + 1, 'held by a wrong clock')
          }
          await delay(20)
        }
      }
      await Promise.all(FLEET.map((_, nth) => watch(nth)))
      const wanted = FLEET.flatMap((_, nth) =>
        ['closed', 'not-open', 'reserved'].map((said) => `${nth} ${said}`),
      )
      assert.deepEqual([...seen].sort(), wanted.sort())
    })

    const crowdStory = `${BUYERS} buyers on ${UNITS} units, two sales at once, doubled clicks, retries: each unit once`
    test(crowdStory, { timeout: TIMEOUT_MS }, async (t) => {
      const sales = [await sale(UNITS), await sale(UNITS)]
      const told = sales.map(newTold)
      const fromMs = performance.now()
      await crowd(0, 2 * BUYERS, (nth) => {
        const which = nth % 2
        return buy(told[which]!, sales[which]!, nth >> 1, true)
      })
      const seconds = (performance.now() - fromMs) / 1000
      for (const [i, saleId] of sales.entries()) {
        const total = await addsUp(saleId, UNITS, told[i]!)
        assert.deepEqual(total, { stock: UNITS, free: 0, held: 0, sold: UNITS })
        assert.equal(told[i]!.reserved.size, UNITS)
        t.diagnostic(
          `${saleId}: ${JSON.stringify(told[i]!.answers)}, sold ${total.sold} of ${UNITS}, none twice`,
        )
      }
      const requests = told.reduce((sum, each) => sum + each.requests, 0)
      t.diagnostic(
        `${requests} requests in ${seconds.toFixed(1)} s: ${Math.round(requests / seconds)} a second`,
      )
    })

    test(`kill -9 of any process, ${KILLS} rounds: nothing promised is lost`, {
      timeout: TIMEOUT_MS,
    }, async (t) => {
      const stock = KILLS * 150
      const saleId = await sale(stock)
      const told = newTold()
      const killed = FLEET.map(() => 0)
      for (let round = 0; round < KILLS; round++) {
        // The process that also sweeps, audits and books has its turn as well.
        const victim = round % 4 === 0 ? 0 : Math.floor(Math.random() * FLEET.length)
        const buying = crowd(round * 200, (round + 1) * 200, (nth) => buy(told, saleId, nth, nth % 2 === 0))
        await delay(Math.random() * 150)
        await fleet.kill(victim)
        killed[victim]! += 1
        await buying
        await fleet.start(victim)
      }
      const total = await addsUp(saleId, stock, told)
      assert.equal(total.free, 0)
      assert.equal(told.reserved.size, stock)
      t.diagnostic(
        `${KILLS} kills (${killed.join(', ')}), ${told.requests} requests, ${told.unanswered} not answered: ` +
          `${told.reserved.size} told reserved, ${told.paid.size} paid, ${total.held} held + ${total.sold} sold of ${stock}`,
      )
    })
  })
}
