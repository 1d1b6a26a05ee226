import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { days, hours, minutes } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { dateOf, shanghaiDay } from './demand.ts'
import {
  closed,
  type HandClock,
  handClock,
  type Json,
  openRoom,
  paid,
  placed,
  type Room,
} from './room.fixture.ts'

const NOW_MS = Date.parse('2026-03-04T10:00:00+08:00')

describe('the room over HTTP', { timeout: 100_000 }, () => {
  let it: TestLedger
  let room: Room
  let clock: HandClock

  before(async () => {
    it = await testLedger([migrationsOf('inventory', 'sell')])
    clock = handClock(NOW_MS)
    room = await openRoom({ ledger: it.ledger, clock })
    await room.api('POST', '/shops', { platform: 'csv', name: '仓库', shopId: 'shop_1' })
  })
  after(async () => {
    await room.close()
    await it.close()
  })

  const item = (sku: string): Promise<Json> =>
    room.api('GET', `/items/shop_1/${sku}`).then((detail: Json) => detail.item)
  const numbers = async (sku: string) => {
    const { available, reserved, inTransit } = await item(sku)
    return { available, reserved, inTransit }
  }

  test('a stock file is counted in; lines that cannot be read are named and the others count', async () => {
    const answer = await room.api(
      'POST',
      '/shops/shop_1/stock',
      'sku,available,title,cost,in_transit\nA,100,帽子,12.50,0\nB,x,坏行,1,0\n,5,,,\nC,3,袜子,,7\nD,1,手套,1.234,0\n',
    )
    assert.deepEqual(answer, {
      skus: 2,
      differed: 0,
      bad: 3,
      firstBad: [
        { line: 3, reason: 'available is no whole number' },
        { line: 4, reason: 'no SKU' },
        { line: 6, reason: 'cost or price is no amount in yuan' },
      ],
    })
    assert.deepEqual(await numbers('C'), { available: 3, reserved: 0, inTransit: 7 })
    assert.equal((await item('A')).costFen, 1_250)
    await room.api('POST', '/shops/shop_1/stock', 'name,number\nA,1', 400)
  })

  test('an order holds units, its payment sells them, its end before shipping gives them back; told again nothing moves', async () => {
    const order = { orderId: '1', units: { A: 4 }, atMs: NOW_MS + minutes(1) }
    await room.take([placed(order), placed(order)])
    assert.deepEqual(await numbers('A'), { available: 96, reserved: 4, inTransit: 0 })
    const later = { ...order, atMs: NOW_MS + minutes(2) }
    await room.take([paid(later)])
    await room.take([paid(later), placed(order)])
    assert.deepEqual(await numbers('A'), { available: 96, reserved: 0, inTransit: 0 })
    const demand = async () =>
      (
        await it.ledger.everywhere.query<{ units: number }>(
          "select units from inventory.demand where sku = 'A'",
        )
      )[0]?.units
    assert.equal(await demand(), 4)
    await room.take([closed({ ...order, atMs: NOW_MS + minutes(3) }, { wasPaid: true, wasShipped: false })])
    assert.deepEqual(await numbers('A'), { available: 100, reserved: 0, inTransit: 0 })
    assert.equal(await demand(), 0)
    const moved = await room.api('GET', '/items/shop_1/A/movements')
    assert.deepEqual(
      moved.items.map((one: Json) => [one.kind, one.units, one.available, one.orderId]),
      [
        ['released', 4, 100, '1'],
        ['sold', 0, 96, '1'],
        ['reserved', -4, 96, '1'],
        ['imported', 100, 100, null],
      ],
    )
  })

  test('an order that was shipped and then closed gives nothing back; a bare payment says nothing of stock', async () => {
    const order = { orderId: '2', units: { A: 5, Z: 1 }, atMs: NOW_MS + minutes(4) }
    await room.take([
      paid(order),
      closed({ ...order, atMs: NOW_MS + minutes(5) }, { wasPaid: true, wasShipped: true }),
    ])
    assert.deepEqual(await numbers('A'), { available: 95, reserved: 0, inTransit: 0 })
    assert.deepEqual(
      await numbers('Z'),
      { available: 0, reserved: 0, inTransit: 0 },
      'never counted: unknown',
    )
    assert.equal((await item('Z')).countedAtMs, null)
    const bare = paid(order)
    await room.take([{ ...bare, data: { orderId: '3', paidAtMs: NOW_MS } }])
  })

  test('a count replaces the number, and what orders took after it was asked for stays taken', async () => {
    clock.set(NOW_MS + hours(1))
    const countedAtMs = NOW_MS + minutes(30)
    await room.take([placed({ orderId: '4', units: { A: 2 }, atMs: NOW_MS + minutes(40) })])
    const taken = await room.books.count({
      workspaceId: 'ws_ours' as WorkspaceId,
      shopId: 'shop_1',
      platform: 'csv',
      counts: [{ sku: 'A', title: '', variant: '', available: 90, reserved: null }],
      countedAtMs,
      how: 'counted',
      by: null,
    })
    assert.deepEqual(taken, { skus: 1, differed: 1 })
    assert.deepEqual(await numbers('A'), { available: 88, reserved: 2, inTransit: 0 })
    await room.take([paid({ orderId: '5', units: { A: 1 }, atMs: NOW_MS + minutes(20) })])
    assert.equal((await numbers('A')).available, 88, 'an order from before the count is in it')
  })

  test('too few days: no suggestion. With sales of half a year there is one, with its inputs and a fan', async () => {
    assert.equal((await item('A')).plan.basis, 'too-few-days')
    assert.equal((await item('A')).plan.suggested, null)
    const today = shanghaiDay(clock.now())
    const lines = ['日期,商家编码,数量']
    for (let sku = 0; sku < 30; sku++)
      for (let day = today - 180; day < today; day++)
        if ((day * 7 + sku * 13) % 5 < 2) lines.push(`${dateOf(day)},S${sku},${1 + ((day + sku) % 3)}`)
    lines.push('31.12.2025,S0,1', '2026-02-30,S0,1', `${dateOf(today)},S0,two`)
    const told = await room.api('POST', '/shops/shop_1/sales', lines.join('\n'))
    assert.equal(told.skus, 30)
    assert.equal(told.bad, 3)
    await room.api(
      'POST',
      '/shops/shop_1/stock',
      `sku,available,title,cost\n${Array.from({ length: 30 }, (_, i) => `S${i},${i},商品${i},2`).join('\n')}`,
    )
    const { item: one, inputs, demand, policy } = await room.api('GET', '/items/shop_1/S4')
    assert.equal(one.plan.basis, 'measured')
    assert.ok(one.plan.reorderPoint >= one.plan.expected, JSON.stringify(one.plan))
    assert.equal(one.plan.suggested, one.plan.reorderPoint - one.available)
    assert.deepEqual(policy, { serviceLevel: 0.95, leadDays: 7, reviewDays: 7 })
    assert.equal(inputs.weekPattern.length, 7)
    assert.equal(demand.at(-1).date, dateOf(today))
    const fan = await room.api('GET', '/items/shop_1/S20/fan?days=28')
    assert.equal(fan.dates.length, 28)
    for (const line of fan.remaining)
      for (let i = 1; i < line.length; i++) assert.ok(line[i] <= line[i - 1], 'what is left never grows')
    assert.ok(fan.remaining[4][13] <= fan.remaining[0][13])
    assert.equal(await room.api('GET', '/items/shop_1/C/fan'), null)
  })

  test('wishes of a SKU win over the shop, the shop over the workspace; more wanted, more suggested', async () => {
    const now = async () => {
      const { item: one, policy } = await room.api('GET', '/items/shop_1/S7')
      return { level: policy.serviceLevel, leadDays: policy.leadDays, reorderPoint: one.plan.reorderPoint }
    }
    const usual = await now()
    await room.api('PUT', '/wishes', { serviceLevel: 0.6 })
    await room.work()
    const lower = await now()
    await room.api('PATCH', '/shops/shop_1', { serviceLevel: 0.97 })
    await room.work()
    const higher = await now()
    await room.api('PATCH', '/items/shop_1/S7', { leadDays: 28, costFen: 500 })
    const longest = await now()
    assert.deepEqual(
      [usual, lower, higher, longest].map(({ level, leadDays }) => [level, leadDays]),
      [
        [0.95, 7],
        [0.6, 7],
        [0.97, 7],
        [0.97, 28],
      ],
    )
    assert.ok(lower.reorderPoint < usual.reorderPoint && usual.reorderPoint <= higher.reorderPoint)
    assert.ok(higher.reorderPoint < longest.reorderPoint)
    await room.api('PATCH', '/items/shop_1/S7', { leadDays: null })
    await room.api('PATCH', '/shops/shop_1', { serviceLevel: null })
    await room.api('PUT', '/wishes', { serviceLevel: null })
    await room.work()
    assert.deepEqual(await now(), usual)
  })

  test('lists: every SKU once over pages, filters hold, a foreign cursor is refused', async () => {
    for (const sort of ['cover', 'suggested', 'velocity', 'available', 'sku']) {
      const seen: string[] = []
      for (let cursor = ''; ; ) {
        const page = await room.api('GET', `/items?sort=${sort}&limit=7${cursor && `&cursor=${cursor}`}`)
        seen.push(...page.items.map((one: Json) => one.sku))
        if (!page.next) break
        cursor = page.next
      }
      assert.equal(seen.length, 33)
      assert.equal(new Set(seen).size, 33, sort)
    }
    const q = await room.api('GET', `/items?q=${encodeURIComponent('帽')}`)
    assert.deepEqual(
      q.items.map((one: Json) => one.sku),
      ['A'],
    )
    const short = await room.api('GET', '/items?coverTo=5&limit=500')
    assert.ok(short.items.length > 0 && short.items.every((one: Json) => one.plan.daysOfCover <= 5))
    const due = await room.api('GET', '/items?isDue=true&platform=csv&limit=500')
    assert.ok(due.items.every((one: Json) => one.plan.suggested > 0))
    await room.api('GET', '/items?cursor=nonsense', undefined, 400)
    await room.api('GET', '/items?sort=sku&cursor=WzFd', undefined, 400)
  })

  test('a warning is told once per episode, ends above where it began, can be silenced, and is mailed once', async () => {
    await room.api('PUT', '/wishes', { recipients: ['buyer@shop.example'] })
    const open = async () => (await room.api('GET', '/warnings?kind=stock-out-ahead&limit=500')).items
    const facts = await room.facts('inventory.stock-out-ahead')
    const ended = (await room.api('GET', '/warnings?kind=stock-out-ahead&state=closed&limit=500')).items
    assert.equal(facts.length, (await open()).length + ended.length, 'each episode once')
    const [first] = (await open()).filter((one: Json) => one.sku === 'S5')
    await room.api('POST', '/shops/shop_1/stock', 'sku,available\nS5,5')
    assert.equal(
      (await room.facts('inventory.stock-out-ahead')).length,
      facts.length,
      'still the same episode',
    )

    const { leadDemand } = (await item('S5')).plan
    await room.api('POST', '/shops/shop_1/stock', `sku,available\nS5,${leadDemand}`)
    assert.ok(
      (await open()).some((one: Json) => one.sku === 'S5'),
      'on the edge it goes on',
    )
    await room.api('POST', '/shops/shop_1/stock', `sku,available\nS5,${leadDemand * 2}`)
    assert.ok(!(await open()).some((one: Json) => one.sku === 'S5'))
    await room.api('POST', '/shops/shop_1/stock', 'sku,available\nS5,1')
    assert.equal(
      (await room.facts('inventory.stock-out-ahead')).length,
      facts.length + 1,
      'a new episode is told',
    )

    const again = (await open()).find((one: Json) => one.sku === 'S5')
    assert.notEqual(again.warningId, first.warningId)
    await room.api('POST', `/warnings/${again.warningId}/ignore`, { untilMs: Date.now() + days(400) })
    assert.ok(!(await open()).some((one: Json) => one.sku === 'S5'))
    assert.equal((await room.api('GET', '/warnings?state=silent')).items.length, 1)
    await room.run('inventory/mail')
    await room.run('inventory/mail')
    assert.equal(room.mails.length, 1)
    assert.match(room.mails[0]!.text, /S1\b/)
    assert.doesNotMatch(room.mails[0]!.text, /S5\b/)
    await room.api('POST', '/warnings/warn_none/ignore', { untilMs: null }, 404)
  })

  test('a purchase list is a sheet; what was ordered is in transit and not suggested again', async () => {
    const { items } = await room.api('GET', '/purchase-list')
    const line = items.find((one: Json) => one.sku === 'S2')
    assert.equal(line.amountFen, 200 * line.suggested)
    const sheet: string = await room.api('GET', '/purchase-list.csv')
    assert.equal(sheet.trim().split('\n').length, items.length + 1)
    assert.match(sheet, /S2,商品2/)
    await room.api('POST', '/transit', { moves: [{ shopId: 'shop_1', sku: 'S2', units: line.suggested }] })
    await room.work()
    assert.equal((await item('S2')).plan.suggested, 0)
    const stock: string = await room.api('GET', '/export/stock.csv')
    assert.equal(stock.trim().split('\n').length, 34)
  })

  test('the charts, the summary and the weekly report add up; a report is made once and stays', async () => {
    const [platform] = (await room.api('GET', '/charts/platforms')).items
    assert.equal(platform.skus, 33)
    assert.equal(
      Object.values(platform.buckets as Record<string, number>).reduce((a, b) => a + b, 0),
      33,
    )
    const cells = (await room.api('GET', '/charts/matrix')).items
    assert.equal(
      cells.reduce((sum: number, cell: Json) => sum + cell.skus, 0),
      33,
    )
    const summary = await room.api('GET', '/summary')
    assert.equal(summary.skus, 33)
    assert.ok(summary.health.score >= 0 && summary.health.score <= 100)

    clock.set(Date.parse('2026-03-09T08:00:00+08:00'))
    const before = room.mails.length
    await room.run('inventory/weekly')
    await room.run('inventory/weekly')
    assert.equal(room.mails.length, before + 1, 'one mail a week')
    const mail = room.mails.at(-1)!
    assert.match(mail.subject, /2026-03-02 – 2026-03-08/)
    assert.match(mail.html!, /<table/)
    assert.doesNotMatch(mail.html!, /<svg|<img|<script/)
    const first = await room.api('GET', '/reports/2026-03-09')
    await room.api('POST', '/shops/shop_1/stock', 'sku,available\nS9,0')
    await room.api('POST', '/reports', {})
    assert.deepEqual(await room.api('GET', '/reports/2026-03-09'), first)
    const page: string = await room.api('GET', '/reports/2026-03-09/page?lang=en')
    assert.match(page, /@page \{ size: A4/)
    assert.match(page, /<svg/)
    await room.api('GET', '/reports/2026-03-02', undefined, 404)
    await room.api('GET', '/reports/2026-99-99', undefined, 404)
  })

  test('orders that come in at once, in any order, from several readers: each unit once, and nobody locks anybody out', async () => {
    await room.api('POST', '/shops', { platform: 'csv', name: '二仓', shopId: 'shop_2' })
    const skus = ['X1', 'X2', 'X3']
    for (const shop of ['shop_1', 'shop_2'])
      await room.api(
        'POST',
        `/shops/${shop}/stock`,
        `sku,available\n${skus.map((sku) => `${sku},1000`).join('\n')}`,
      )
    const atMs = clock.now() + minutes(1)
    const readers = Array.from({ length: 12 }, (_, reader) =>
      Array.from({ length: 10 }, (_, nth) => {
        const turned = (reader + nth) % 2 === 0
        return paid({
          orderId: `many-${reader}-${nth}`,
          units: Object.fromEntries((turned ? skus : [...skus].reverse()).map((sku) => [sku, 1])),
          atMs,
          shopId: turned ? 'shop_1' : 'shop_2',
        })
      }),
    )
    await Promise.all([...readers.map(room.take), room.api('POST', '/shops/shop_1/pull', undefined, 400)])
    for (const shop of ['shop_1', 'shop_2'])
      for (const sku of skus)
        assert.equal((await room.api('GET', `/items/${shop}/${sku}`)).item.available, 1000 - 60)
  })

  test('a workspace whose mail cannot be sent keeps no other from its own', async () => {
    const theirs = 'ws_theirs' as WorkspaceId
    room.as({ workspaceId: theirs })
    await room.api('POST', '/shops', { platform: 'csv', name: '别家', shopId: 'shop_9' })
    await room.api('POST', '/shops/shop_9/stock', 'sku,available\nQ,1')
    await room.api('PUT', '/wishes', { recipients: ['broken@shop.example'] })
    room.as({ workspaceId: 'ws_ours' as WorkspaceId })
    clock.set(Date.parse('2026-03-16T08:00:00+08:00'))
    const before = room.mails.length
    await assert.rejects(room.run('inventory/weekly'), /refused/)
    assert.equal(room.mails.length, before + 1)
  })

  test('a stranger sees nothing of it; a viewer may not write', async () => {
    room.as({ workspaceId: 'ws_other' as WorkspaceId })
    assert.deepEqual((await room.api('GET', '/items')).items, [])
    assert.deepEqual((await room.api('GET', '/shops')).items, [])
    assert.deepEqual((await room.api('GET', '/warnings')).items, [])
    await room.api('GET', '/items/shop_1/A', undefined, 404)
    await room.api('GET', '/reports/2026-03-09', undefined, 404)
    room.as({ workspaceId: 'ws_ours' as WorkspaceId, role: 'viewer' })
    await room.api('POST', '/shops', { platform: 'csv', name: 'x' }, 403)
    room.as({ role: 'owner' })
  })
})
