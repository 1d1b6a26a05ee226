import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayAfter, dayOf, dayWindow, differencesOf } from './reconciliation.ts'
import { pages } from './walk.ts'

const hours = (day: string, zone: string) => {
  const { fromMs, untilMs } = dayWindow(day, zone)
  return (untilMs - fromMs) / 3_600_000
}

test('a day has the hours that its zone gives it', () => {
  assert.equal(
    new Date(dayWindow('2026-03-01', 'Asia/Shanghai').fromMs).toISOString(),
    '2026-02-28T16:00:00.000Z',
  )
  assert.equal(hours('2026-03-01', 'Asia/Shanghai'), 24)
  // Shanghai had summer time in 1986: it began on 4 May and ended on 14 September.
  assert.equal(hours('1986-05-04', 'Asia/Shanghai'), 23)
  assert.equal(hours('1986-09-14', 'Asia/Shanghai'), 25)
  assert.equal(hours('2026-03-29', 'Europe/Berlin'), 23)
  assert.equal(hours('2026-10-25', 'Europe/Berlin'), 25)
  // Midnight itself was skipped in São Paulo on 4 November 2018, and came twice on 18 February 2018.
  assert.equal(hours('2018-11-04', 'America/Sao_Paulo'), 23)
  assert.equal(hours('2018-02-17', 'America/Sao_Paulo') + hours('2018-02-18', 'America/Sao_Paulo'), 49)
})

test('days follow each other without a gap or an overlap, through every change of the clock', () => {
  for (const zone of ['Asia/Shanghai', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu']) {
    for (let day = '2018-01-01'; day < '2019-01-01'; day = dayAfter(day)) {
      assert.equal(dayWindow(day, zone).untilMs, dayWindow(dayAfter(day), zone).fromMs, `${day} ${zone}`)
      assert.equal(dayOf(dayWindow(day, zone).fromMs, zone), day)
      assert.equal(dayOf(dayWindow(day, zone).untilMs - 1, zone), day)
    }
  }
})

const theirs = {
  orderId: '6921052297377971987',
  buyer: null,
  page: {
    status: 'paid' as const,
    times: { created: 1_000, paid: 2_000 },
    lines: [],
    itemsFen: 100,
    freightFen: 0,
    discountFen: 0,
    paidFen: 100,
    updatedAtMs: 2_000,
  },
}
const ours = {
  orderId: theirs.orderId,
  status: 'paid' as const,
  times: { created: 1_000, paid: 2_000 },
  totalFen: 100,
  paidFen: 100,
  isExtra: false,
}

test('each difference has its name, and only one', () => {
  const named = (over: Partial<typeof ours>) =>
    differencesOf({ ...ours, ...over }, theirs).map(({ kind }) => kind)
  assert.deepEqual(differencesOf(ours, theirs), [])
  assert.deepEqual(
    differencesOf(null, theirs).map(({ kind, offFen }) => [kind, offFen]),
    [['missing', 100]],
  )
  assert.deepEqual(named({ isExtra: true }), ['missing'])
  assert.deepEqual(named({ status: 'created' as never, times: { created: 1_000 } as never, paidFen: 0 }), [
    'status',
    'amount',
  ])
  assert.deepEqual(named({ paidFen: 99 }), ['amount'])
  assert.deepEqual(named({ times: { created: 1_000, paid: 3_000 } }), ['time'])
  assert.deepEqual(named({ times: { created: 1_999, paid: 2_000 } }), [], 'the platform tells seconds')
})

test('a walk by time sees everything: more than a page in one second, and items that move on while it reads', async () => {
  let items = Array.from({ length: 57 }, (_, nth) => ({ id: nth, atMs: 1_000 * Math.floor(nth / 23) }))
  let reads = 0
  const read = async ({ fromMs, untilMs }: { fromMs: number; untilMs: number }, page: number) => {
    reads++
    const found = items
      .filter(({ atMs }) => atMs >= Math.floor(fromMs / 1000) * 1000 && atMs < untilMs)
      .sort((a, b) => a.atMs - b.atMs || a.id - b.id)
    const answer = { items: found.slice(page * 10, page * 10 + 10), total: found.length, seenAtMs: 9_000 }
    // Behind each page one of its items moves to the end, as an order does that is shipped meanwhile.
    if (reads <= 5)
      items = items.map((one) => (one.id === answer.items[0]?.id ? { ...one, atMs: 8_000 } : one))
    return answer
  }
  const seen = new Set<number>()
  let reached = 0
  for await (const step of pages(
    read,
    ({ atMs }) => atMs,
    { fromMs: 0, untilMs: 10_000 },
    { pageSize: 10 },
  )) {
    for (const { id } of step.items) seen.add(id)
    assert.ok(step.reachedMs >= reached)
    reached = step.reachedMs
    assert.ok(reads < 40)
  }
  assert.equal(seen.size, 57)
  assert.equal(reached, 9_000)
})
