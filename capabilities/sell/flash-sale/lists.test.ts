import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import type { Second } from './books.ts'
import { type OpenRoom, openRoom } from './room.fixture.ts'

let it: TestLedger
let room: OpenRoom
before(async () => {
  it = await testLedger([migrationsOf('flash-sale', 'sell')])
  room = await openRoom({ ledger: it.ledger })
})
after(async () => {
  await room?.close()
  await it?.close()
})

const HOUR = 3_600_000
const sale = async (change: object = {}): Promise<string> => {
  const { status, json } = await room.api('POST', '/sales', {
    ...{ name: 'Eleven', opensAtMs: Date.now() - HOUR, closesAtMs: Date.now() + HOUR },
    skus: [{ sku: 'A', priceFen: 100, stock: 10 }],
    ...change,
  })
  assert.equal(status, 200, JSON.stringify(json))
  return json.saleId
}
let nth = 0
const take = (saleId: string, buyerId: string, sku = 'A') =>
  room.api('POST', `/sales/${saleId}/reservations`, {
    ...{ attemptId: `l${nth++}`, buyerId, items: [{ sku, quantity: 1 }] },
  })
const edit = (saleId: string, change: object) => room.api('PATCH', `/sales/${saleId}`, change)

test('sales are listed with their units, and found by state, SKU and text', async () => {
  const open = await sale({
    name: 'Friday 100%',
    skus: [{ sku: 'mug_1', title: 'Blue mug', priceFen: 1, stock: 5 }],
  })
  const coming = await sale({ name: 'Next week', opensAtMs: Date.now() + HOUR / 2 })
  const paused = await sale({ name: 'Held up' })
  await edit(paused, { status: 'paused' })
  const closed = await sale({ name: 'Long gone' })
  await edit(closed, { status: 'closed' })
  await take(open, 'ann', 'mug_1')
  const found = async (query: string) =>
    (await room.api('GET', `/sales?${query}`)).json.items.map(({ saleId }: { saleId: string }) => saleId)
  assert.deepEqual(await found('state=open'), [open])
  assert.deepEqual(await found('state=coming'), [coming])
  assert.deepEqual(await found('state=paused'), [paused])
  assert.deepEqual(await found('state=closed'), [closed])
  assert.deepEqual(await found('sku=mug_1'), [open])
  assert.deepEqual(await found('sku=mug'), [])
  assert.deepEqual(await found('text=blue'), [open])
  assert.deepEqual(await found(`text=${encodeURIComponent('100%')}`), [open])
  assert.deepEqual(await found(`text=${encodeURIComponent('_')}&sku=mug_1`), [open], 'a SKU has one')
  assert.deepEqual(await found(`text=${encodeURIComponent('m%g')}`), [], 'a sign is a sign')
  assert.deepEqual(await found('isRehearsal=true'), [])
  const [first] = (await room.api('GET', '/sales?state=open')).json.items
  assert.deepEqual(first.units, { stock: 5, free: 4, held: 1, sold: 0 })
  const paged = await room.api('GET', '/sales?limit=3')
  const rest = await room.api('GET', `/sales?limit=3&cursor=${paged.json.next}`)
  assert.equal(paged.json.items.length + rest.json.items.length, 4)
})

test('a sale that is over stays over', async () => {
  for (const end of [{ status: 'closed' }, { closesAtMs: Date.now() - 1 }]) {
    const saleId = await sale()
    assert.equal((await edit(saleId, end)).status, 200)
    for (const change of [
      { status: 'on' },
      { status: 'paused' },
      { closesAtMs: Date.now() + 2 * HOUR },
      { stock: [{ sku: 'A', stock: 99 }] },
    ]) {
      const { status, json } = await edit(saleId, change)
      assert.deepEqual([status, json.code], [409, 'flash-sale/ended'], JSON.stringify(change))
    }
    assert.equal((await edit(saleId, { name: 'Renamed', status: 'closed' })).json.sale.name, 'Renamed')
    assert.equal((await take(saleId, 'ann')).json.answer, 'closed')
  }
})

test('held units are listed in the order in which they come back, page by page', async () => {
  const saleId = await sale()
  const ends = new Map<string, number>()
  for (let i = 0; i < 5; i++) {
    const { json } = await take(saleId, `b${9 - i}`)
    ends.set(json.reservationId, json.expiresAtMs)
  }
  const ids: string[] = []
  for (let cursor = ''; ; ) {
    const query = `state=held&sort=expiry&limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
    const { json } = await room.api('GET', `/sales/${saleId}/reservations?${query}`)
    ids.push(...json.items.map(({ reservationId }: { reservationId: string }) => reservationId))
    if (!json.next) break
    cursor = json.next
  }
  assert.deepEqual(
    ids,
    [...ends.keys()].sort((a, b) => ends.get(a)! - ends.get(b)! || (a < b ? -1 : 1)),
  )
})

test('one buyer’s attempts, the latest first, refusals included', async () => {
  const saleId = await sale({ limitPerBuyer: 1 })
  const first = await take(saleId, 'ann')
  await take(saleId, 'ann')
  await take(saleId, 'bob')
  await room.api('POST', `/sales/${saleId}/reservations/${first.json.reservationId}/confirm`)
  const { json } = await room.api('GET', `/sales/${saleId}/buyers/ann/attempts`)
  assert.deepEqual(
    json.items.map(({ answer, state }: { answer: string; state: string }) => [answer, state]),
    [
      ['limit-reached', null],
      ['reserved', 'sold'],
    ],
  )
})

test('the course of a sale can be read later: units, answers and times', async () => {
  const saleId = await sale()
  await take(saleId, 'ann')
  await take(saleId, 'bob')
  await until(async () => {
    const { json } = await room.api('GET', `/sales/${saleId}/history`)
    const reserved = json.seconds.reduce((sum: number, each: Second) => sum + (each.answers.reserved ?? 0), 0)
    const units = json.seconds.findLast((each: Second) => each.units)?.units
    return reserved === 2 && units?.held === 2 && json
  })
  for (let i = 0; i < 3; i++) await take(saleId, `c${i}`)
  const { seconds } = await until(async () => {
    const { json } = await room.api('GET', `/sales/${saleId}/history`)
    return json.seconds.findLast((each: Second) => each.units)?.units.held === 5 && json
  })
  const timed = seconds.filter((each: Second) => each.p50Ms !== null)
  assert.ok(timed.length > 0 && timed.every((each: Second) => each.p50Ms! <= each.p999Ms!))
  const coarse = (await room.api('GET', `/sales/${saleId}/history?points=1`)).json
  assert.equal(coarse.seconds.length <= 2, true)
  assert.deepEqual(coarse.seconds.at(-1).units, { free: 5, held: 5, sold: 0 })
  await room.books.addAnswers([{ saleId, answers: { closed: 2 }, p50Ms: 1, p99Ms: 2, p999Ms: 3 }])
  await room.books.addAnswers([
    { saleId, answers: { closed: 3, reserved: 1 }, p50Ms: 1, p99Ms: 9, p999Ms: 9 },
  ])
  const both = (await room.api('GET', `/sales/${saleId}/history`)).json.seconds
  const closed = both.reduce((sum: number, each: Second) => sum + (each.answers.closed ?? 0), 0)
  assert.equal(closed, 5, 'what two processes answered in one second adds up')
  await it.ledger.everywhere.query(
    "update flash_sale.second set at = at - interval '2 days' where sale_id = $1",
    [saleId],
  )
  await room.books.dropSeconds(24)
  assert.deepEqual((await room.api('GET', `/sales/${saleId}/history`)).json.seconds.length <= 1, true)
})

test('the times of day are remembered only so often, then nobody is answered', async () => {
  const saleId = await sale({ opensAtMs: Date.now() + HOUR / 2 })
  const early = { attemptId: 'early', buyerId: 'ann', items: [{ sku: 'A', quantity: 1 }] }
  const ask = (body: object) => room.api('POST', `/sales/${saleId}/reservations`, body)
  assert.equal((await ask(early)).json.answer, 'not-open')
  await it.ledger.everywhere.query('update flash_sale.sale set off_hours = 200000 where sale_id = $1', [
    saleId,
  ])
  const late = await ask({ ...early, attemptId: 'later' })
  assert.deepEqual([late.status, late.json.code], [429, 'flash-sale/not-open'])
  assert.equal((await ask(early)).json.answer, 'not-open', 'who was answered is answered')
  await edit(saleId, { opensAtMs: Date.now() - 1 })
  assert.equal(
    (await ask({ ...early, attemptId: 'later' })).json.answer,
    'reserved',
    'who was not is not refused',
  )
})
