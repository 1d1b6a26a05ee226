import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '#kernel/clock.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { aheadOf, nextTurnMs } from './queue.ts'
import { type OpenRoom, openRoom } from './room.fixture.ts'
import { turns } from './turn.ts'

test('turns keep their order and their distance, whenever buyers come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 500 }),
      (gaps, perSecond) => {
        const opensAtMs = 3_000
        let nowMs = 0
        let last: number | null = null
        for (const [i, gapMs] of gaps.entries()) {
          nowMs += gapMs
          const turn: number = nextTurnMs({ nowMs, opensAtMs, perSecond }, last)
          assert.ok(turn >= opensAtMs && turn >= nowMs)
          if (last !== null) assert.ok(turn - last >= 1000 / perSecond - 1e-6)
          const ahead = aheadOf({ number: i + 1, turnAtMs: turn, nowMs }, opensAtMs, perSecond)
          assert.ok(ahead >= 0 && ahead <= i)
          last = turn
        }
      },
    ),
  )
})

test('before it opens everybody who came before is ahead; afterwards those whose turn is still to come', () => {
  const ticket = (number: number, turnAtMs: number, nowMs: number) => ({ number, turnAtMs, nowMs })
  assert.equal(aheadOf(ticket(1, 1_000, 0), 1_000, 10), 0)
  assert.equal(aheadOf(ticket(8, 1_700, 0), 1_000, 10), 7)
  assert.equal(aheadOf(ticket(8, 1_700, 1_450), 1_000, 10), 2)
  assert.equal(aheadOf(ticket(8, 1_700, 1_700), 1_000, 10), 0)
})

test('a token is for one buyer of one sale, for its time, and made by nobody else', () => {
  const keys = newVaultKey('k1')
  let nowMs = 1_000_000
  const clock = { ...systemClock, now: () => nowMs }
  const ours = turns(vault(keys), clock)
  const token = ours.token('sale_1', 'ann', nowMs + 60_000)
  const code = (check: () => void) => {
    try {
      check()
      return null
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  assert.equal(
    code(() => ours.check('sale_1', 'ann', token)),
    null,
  )
  assert.equal(
    code(() => turns(vault(`${newVaultKey('k2')},${keys}`), clock).check('sale_1', 'ann', token)),
    null,
  )
  assert.equal(
    code(() => ours.check('sale_1', 'ann', undefined)),
    'flash-sale/no-token',
  )
  assert.equal(
    code(() => ours.check('sale_1', 'bob', token)),
    'flash-sale/bad-token',
  )
  assert.equal(
    code(() => ours.check('sale_2', 'ann', token)),
    'flash-sale/bad-token',
  )
  const forged = turns(vault(newVaultKey('k1')), clock).token('sale_1', 'ann', nowMs + 60_000)
  const [version, key, nonce, body] = token.split('.')
  const flipped = `${body!.slice(0, -2)}${body!.at(-2) === 'A' ? 'B' : 'A'}${body!.at(-1)}`
  for (const bad of [
    forged,
    `${version}.${key}.${nonce}.${flipped}`,
    `${version}.${key}.${nonce}.`,
    `${version}.${key}..${body}`,
    'v1.k1.AAAA.AAAA',
    'x',
    '....',
    'é'.repeat(200),
  ])
    assert.equal(
      code(() => ours.check('sale_1', 'ann', bad)),
      'flash-sale/bad-token',
      bad,
    )
  nowMs += 69_000
  assert.equal(
    code(() => ours.check('sale_1', 'ann', token)),
    null,
    'nobody is early for the clock of a process',
  )
  nowMs += 2_000
  assert.equal(
    code(() => ours.check('sale_1', 'ann', token)),
    'flash-sale/token-expired',
  )
})

describe('the queue of a sale, in two processes with clocks 10 s apart', () => {
  let it: TestLedger
  let rooms: [OpenRoom, OpenRoom]
  const keys = newVaultKey('k1')
  before(async () => {
    it = await testLedger([migrationsOf('flash-sale', 'sell')])
    const room = (skewMs: number) =>
      openRoom({
        ...{ ledger: it.ledger, vaultKeys: keys, workers: false },
        clock: { ...systemClock, now: () => Date.now() + skewMs },
      })
    rooms = [await room(-5_000), await room(5_000)]
  })
  after(async () => {
    for (const room of rooms ?? []) await room.close()
    await it?.close()
  })
  const sale = async (change: object = {}): Promise<string> => {
    const { status, json } = await rooms[0].api('POST', '/sales', {
      ...{ name: 'Queue', opensAtMs: Date.now() - 1_000, closesAtMs: Date.now() + 3_600_000 },
      skus: [{ sku: 'A', priceFen: 100, stock: 100 }],
      admission: { perSecond: 20 },
      ...change,
    })
    assert.equal(status, 200, JSON.stringify(json))
    return json.saleId
  }
  const ticket = (saleId: string, buyerId: string, at = 0) =>
    rooms[at % 2]!.api('POST', `/sales/${saleId}/tickets`, { buyerId })
  let nth = 0
  const reserve = (saleId: string, buyerId: string, token?: string, at = 0) =>
    rooms[at % 2]!.api('POST', `/sales/${saleId}/reservations`, {
      ...{ attemptId: `q${nth++}`, buyerId, items: [{ sku: 'A', quantity: 1 }] },
      ...(token ? { token } : {}),
    })

  test('first come, first served: one number each, in the order of coming, however often they ask', async () => {
    const saleId = await sale({
      opensAtMs: Date.now() + 60_000,
      admission: { perSecond: 2, tokenSeconds: 60 },
    })
    for (let i = 0; i < 6; i++) assert.equal((await ticket(saleId, `b${i}`, i)).json.number, i + 1)
    const again = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ticket(saleId, i % 2 ? `b${i % 6}` : `n${i % 10}`, i >> 1)),
    )
    const numbers = new Map<string, Set<number>>()
    for (const [i, { json }] of again.entries()) {
      const buyer = i % 2 ? `b${i % 6}` : `n${i % 10}`
      numbers.set(buyer, (numbers.get(buyer) ?? new Set()).add(json.number))
    }
    assert.ok([...numbers.values()].every((each) => each.size === 1))
    const all = [...numbers.values()].flatMap((each) => [...each]).sort((a, b) => a - b)
    assert.deepEqual(new Set(all).size, all.length)
    const last = (await ticket(saleId, 'zoe', 1)).json
    assert.deepEqual([last.state, last.token, last.ahead], ['waiting', null, last.number - 1])
    const first = (await ticket(saleId, 'b0')).json
    assert.equal(last.turnAtMs - first.turnAtMs, (last.number - 1) * 500)
    assert.ok(first.waitSeconds > 50 && first.waitSeconds <= 61)
  })

  test('only with the token of his own turn does a buyer get in, in whichever process', async () => {
    const saleId = await sale()
    assert.deepEqual((await reserve(saleId, 'ann')).json.code, 'flash-sale/no-token')
    const { token, state } = (await ticket(saleId, 'ann')).json
    assert.equal(state, 'admitted')
    assert.equal((await reserve(saleId, 'ann', token, 0)).json.answer, 'reserved')
    assert.equal((await reserve(saleId, 'ann', token, 1)).json.answer, 'reserved')
    const eve = await reserve(saleId, 'eve', token, 1)
    assert.deepEqual([eve.status, eve.json.code, eve.json.field], [403, 'flash-sale/bad-token', 'token'])
    const other = await sale()
    assert.equal((await reserve(other, 'ann', token)).json.code, 'flash-sale/bad-token')
  })

  test('turns come one after the other, and nobody is let in before', async () => {
    const saleId = await sale({ admission: { perSecond: 4 } })
    const tickets: { number: number; state: string; turnAtMs: number }[] = []
    for (let i = 0; i < 5; i++) tickets.push((await ticket(saleId, `b${i}`, i)).json)
    assert.deepEqual(
      tickets.map(({ number }) => number),
      [1, 2, 3, 4, 5],
    )
    assert.equal(tickets[4]!.state, 'waiting')
    const distances = tickets.slice(1).map(({ turnAtMs }, i) => turnAtMs - tickets[i]!.turnAtMs)
    assert.ok(
      distances.every((ms) => ms >= 249),
      String(distances),
    )
    const admitted = await until(async () => {
      const { json } = await ticket(saleId, 'b4', 1)
      return json.state === 'admitted' && json
    })
    assert.equal(admitted.turnAtMs, tickets[4]!.turnAtMs)
    assert.equal((await reserve(saleId, 'b4', admitted.token)).json.answer, 'reserved')
  })

  test('an opening that is moved takes the line along, in its order and with its distances', async () => {
    const opensAtMs = Date.now() + 60_000
    const saleId = await sale({ opensAtMs, admission: { perSecond: 1 } })
    const early = [await ticket(saleId, 'ann'), await ticket(saleId, 'bob')].map(({ json }) => json)
    assert.equal(
      (await rooms[0].api('PATCH', `/sales/${saleId}`, { opensAtMs: opensAtMs + 30_000 })).status,
      200,
    )
    const late = [await ticket(saleId, 'ann'), await ticket(saleId, 'bob', 1)].map(({ json }) => json)
    for (const i of [0, 1]) assert.ok(Math.abs(late[i]!.turnAtMs - early[i]!.turnAtMs - 30_000) <= 1)
    assert.deepEqual(
      late.map(({ number }) => number),
      [1, 2],
    )
    assert.ok((await ticket(saleId, 'cat')).json.turnAtMs - late[1]!.turnAtMs >= 999)
  })

  test('a sale without a queue gives no tickets, nor does one that is over', async () => {
    const plain = await sale({ admission: null })
    assert.equal((await ticket(plain, 'ann')).json.code, 'flash-sale/no-queue')
    assert.equal((await reserve(plain, 'ann')).json.answer, 'reserved')
    const over = await sale()
    await rooms[0].api('PATCH', `/sales/${over}`, { status: 'closed' })
    assert.equal((await ticket(over, 'ann')).json.code, 'flash-sale/ended')
    assert.equal((await ticket(over, 'a b')).status, 400)
  })
})
