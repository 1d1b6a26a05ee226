import assert from 'node:assert/strict'
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { dice } from '#sandbox/random.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { type FileOrder, readFile } from './exchange.ts'
import { controlOf, type OpenRoom, OURS, openRoom, THEIRS } from './open-room.fixture.ts'
import { cadenceOf } from './pull.ts'
import { dayAfter, dayOf } from './reconciliation.ts'
import { subscriber } from './subscriber.fixture.ts'
import { assertEqualToPlatform, live, ourLine } from './truth.fixture.ts'

const SHOP = '7000000005'
/** Fewer than by default: each is a look of the worker. */
const TRIES = 3
const TODAY = dayOf(Date.now(), 'Asia/Shanghai')
let it: TestLedger
let sandbox: Sandbox
let room: OpenRoom
let control: ReturnType<typeof controlOf>

before(async () => {
  it = await testLedger([migrationsOf('order-sync', 'sell')])
  sandbox = await startSandbox({ seed: 21 })
  control = controlOf(sandbox)
  await control('PUT', `/doudian/shops/${SHOP}`, { name: '拉取店' })
  room = await openRoom({
    ledger: it.ledger,
    sandbox,
    workers: ['fulfilment'],
    facts: true,
    env: { ORDER_SYNC_REPORT_MAIL_TO: 'a@example.com', ORDER_SYNC_DELIVERY_TRIES: `${TRIES}` },
  })
  await room.post('/shops', { shopId: SHOP, backfillDays: 0 })
})
after(async () => {
  await room?.close()
  await sandbox?.close()
  await it?.close()
})
afterEach(() => control('PUT', '/faults', {}))

const exported = async () =>
  (await room.request('GET', '/export?format=ndjson')).text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const ours = async () =>
  (await exported()).filter((row: { shopId: string }) => row.shopId === SHOP).map(ourLine)
const worker = (name: string) => room.opened.workers!.find((one) => one.name === `order-sync/${name}`)!
const running = async (name: string, done: () => Promise<unknown>) => {
  const stop = new AbortController()
  const run = worker(name).run(stop.signal)
  await until(done, 30_000).finally(() => stop.abort())
  await run
}

test('without a single push the pull finds everything, and pulls wider and more often from then on', async () => {
  await live(control, SHOP, 60, dice('pull'))
  await control('PUT', '/faults', {
    endpoints: ['/order/', '/afterSale/'],
    errorRate: 0.15,
    errorCodes: [60000, 500, 40003],
  })
  const shop = async () => (await room.get('/shops')).items[0]
  await running('pull', async () => (await shop()).lastPullAtMs !== null)
  await new Promise((done) => setTimeout(done, 6_000))
  await room.post(`/shops/${SHOP}/pull`)
  const firstAtMs = (await shop()).lastPullAtMs
  await running('pull', async () => (await shop()).lastPullAtMs > firstAtMs)
  assert.equal(await assertEqualToPlatform(control, SHOP, await ours()), 60)
  assert.ok((await shop()).lagSeconds < 60)
  // Looked at again and again, an order that nothing happened to has one line for its page.
  const { timeline } = await room.get(`/orders/${SHOP}/${(await exported())[0].orderId}`)
  assert.ok(
    timeline.filter(({ source }: { source: string }) => source === 'pull').length <= 2,
    JSON.stringify(timeline),
  )
  assert.equal(cadenceOf({ found: 100, missed: 1 }, 60).isHealthy, true)
  assert.deepEqual(cadenceOf({ found: 100, missed: 3 }, 60), {
    overlapMs: 3_600_000,
    everyMs: 15_000,
    isHealthy: false,
  })
})

test('a token that ends early is refreshed once by all; both tokens gone, a self-use app asks anew', async () => {
  await control('POST', `/doudian/tokens/${SHOP}/expire`, {})
  await control('DELETE', '/requests')
  const [{ orderId }] = await control('GET', `/doudian/shops/${SHOP}/orders`)
  const { doudian } = room.opened.provides!
  const asked = Array.from({ length: 20 }, () =>
    doudian!.call(SHOP, 'order.orderDetail', { shop_order_id: orderId }),
  )
  assert.equal((await Promise.all(asked)).length, 20)
  const requests = JSON.stringify(await control('GET', '/requests'))
  assert.match(requests, /token\/refresh/)
  await control('POST', `/doudian/tokens/${SHOP}/expire`, { refresh: true })
  await doudian!.call(SHOP, 'order.orderDetail', { shop_order_id: orderId })
  assert.deepEqual(
    (await doudian!.shops()).map(({ shopId, workspaceId }) => [shopId, workspaceId]),
    [[SHOP, OURS]],
  )
  await assert.rejects(
    doudian!.call(SHOP, 'order.orderDetail', {}),
    (error: { kind: string }) => error.kind === 'invalid',
  )
  const [row] = await it.ledger.everywhere.query('select access_token from order_sync.shop')
  assert.match(row!['access_token'], /^v1\./)
})

test('a back-fill that is cut off goes on where it was', async () => {
  const LOADED = '7000000006'
  const now = Date.now()
  const orders = Array.from({ length: 950 }, (_, nth) => ({
    orderId: `69210000000000${String(nth).padStart(5, '0')}`,
    createdAtMs: now - 80 * 86_400_000 + nth * 7_000_000,
    items: [{ code: 'A', name: '旧单', quantity: 1 + (nth % 3), priceFen: 990 }],
  }))
  await control('PUT', `/doudian/shops/${LOADED}/orders`, orders)
  const { backfillId } = await room.post('/shops', { shopId: LOADED, backfillDays: 90 })
  await control('PUT', '/faults', {
    script: [{ match: '/order/searchList', after: 3, times: 99, code: 30001 }],
  })
  await assert.rejects(room.runJob('order-sync/backfill', { backfillId }))
  const [half] = (await room.get(`/backfills?shopId=${LOADED}`)).items
  assert.ok(
    half.orders >= 300 && half.orders < 950 && half.share > 0.2 && half.share < 0.9,
    JSON.stringify(half),
  )
  await control('PUT', '/faults', {})
  await control('DELETE', '/requests')
  await room.runJob('order-sync/backfill', { backfillId })
  const [done] = (await room.get(`/backfills?shopId=${LOADED}`)).items
  assert.deepEqual([done.state, done.fresh, done.share], ['done', 950, 1])
  const reads = (await control('GET', '/requests')) as Record<string, { called?: number }>
  assert.ok(JSON.stringify(reads).length > 0)
  const mine = (await exported()).filter((row: { shopId: string }) => row.shopId === LOADED).map(ourLine)
  assert.equal(await assertEqualToPlatform(control, LOADED, mine), 950)
})

test('a platform that goes away in the middle leaves a report that says up to when it is true; the next one finishes it', async () => {
  const LOADED = '7000000006'
  const day = dayAfter(TODAY, -1)
  const { fromMs } = (await import('./reconciliation.ts')).dayWindow(day, 'Asia/Shanghai')
  const orders = Array.from({ length: 2_500 }, (_, nth) => ({
    orderId: `69220000000000${String(nth).padStart(5, '0')}`,
    createdAtMs: fromMs + nth * 30_000,
    items: [{ code: 'B', name: '新单', quantity: 1, priceFen: 500 }],
  }))
  await control('PUT', `/doudian/shops/${LOADED}/orders`, orders)
  await control('PUT', '/faults', {
    script: [{ match: '/order/searchList', after: 22, times: 99, code: 30001 }],
  })
  const input = { workspaceId: OURS, shopId: LOADED, day, repair: true, mail: true }
  await assert.rejects(
    room.runJob('order-sync/reconcile', input),
    (error: { code: string }) => error.code === 'order-sync/partial',
  )
  const partial = await room.get(`/reports/${LOADED}/${day}`)
  assert.equal(partial.isPartial, true)
  assert.equal(partial.byKind.missing.found, partial.compared)
  assert.ok(partial.trueUntilMs > fromMs && partial.trueUntilMs < fromMs + 2_500 * 30_000)
  await control('PUT', '/faults', {})
  await room.runJob('order-sync/reconcile', input)
  const whole = await room.get(`/reports/${LOADED}/${day}`)
  assert.deepEqual(
    [whole.isPartial, whole.compared, whole.byKind.missing.found, whole.byKind.missing.repaired],
    [false, 2_500, 2_500, 2_500],
  )
  const csv = (await room.request('GET', `/reports/${LOADED}/${day}/download`)).text
  assert.equal(csv.split('\n').length, 2_502)
  assert.match(csv, /漏单/)
  assert.equal(room.mails.length, 1)
  assert.match(room.mails[0]!.subject, new RegExp(`对账 ${day} 店铺 ${LOADED}`))
  assert.equal(
    (await room.get('/series/differences')).items.find((one: { day: string }) => one.day === day).byKind
      .missing,
    2_500,
  )
  assert.equal(
    (await room.request('GET', `/reports/${LOADED}/${day}`, { headers: { 'x-workspace': THEIRS } })).status,
    404,
  )
})

test('a wrong status that we were told is put right, and named once', async () => {
  const [wrong] = (await room.get(`/orders?shopId=${SHOP}&status=paid`)).items
  await it.ledger.everywhere.query(
    `update order_sync.purchase set state = jsonb_set(state, '{heard,statuses}', '{"finished": 99999999999999}'), status = 'finished' where order_id = $1`,
    [wrong.orderId],
  )
  const input = { workspaceId: OURS, shopId: SHOP, day: TODAY, repair: true, mail: false }
  await room.runJob('order-sync/reconcile', input)
  const named = (await room.get(`/reports/${SHOP}/${TODAY}/differences?kind=status`)).items
  assert.deepEqual(
    named.map((one: { orderId: string; ours: string; theirs: string }) => [
      one.orderId,
      one.ours,
      one.theirs,
    ]),
    [[wrong.orderId, 'finished', 'paid']],
  )
  const detail = await room.get(`/orders/${SHOP}/${wrong.orderId}`)
  assert.equal(detail.status, 'paid')
  assert.equal(detail.timeline.at(-1).source, 'repair')
  assert.deepEqual(detail.differences, [{ day: TODAY, kind: 'status', isRepaired: true }])
})

test('deliveries: signed, in the order of an order, tried again, given up with a reason, delivered again by time', async (t) => {
  let isDown = true
  const warehouse = await subscriber({ fails: () => (isDown ? 500 : 0) })
  t.after(warehouse.close)
  const { subscriber: one, secret } = await room.post('/subscribers', {
    name: '仓库',
    url: warehouse.url,
    kinds: ['order.created', 'order.paid'],
  })
  warehouse.setSecret(secret)
  assert.equal(
    (await room.request('POST', '/subscribers', { body: { name: 'x', url: 'ftp://x' } })).status,
    400,
  )
  const placed = await control('POST', `/doudian/shops/${SHOP}/orders`, {})
  await control('POST', `/doudian/shops/${SHOP}/orders/${placed.orderId}/advance`, { to: 'paid' })
  await room.post(`/orders/${SHOP}/${placed.orderId}/pull`)
  const list = async () => (await room.get(`/deliveries?orderId=${placed.orderId}`)).items
  await until(async () => (await list()).at(-1)?.tries === 1)
  await until(async () => {
    await it.ledger.everywhere.query("update order_sync.delivery set next_at = now() where state = 'waiting'")
    return (await list()).every((delivery: { state: string }) => delivery.state === 'dead')
  }, 30_000)
  const [paid, created] = await list()
  assert.deepEqual([created.kind, paid.kind], ['order.created', 'order.paid'])
  const attempts = (await room.get(`/deliveries/${created.deliveryId}/attempts`)).items
  assert.equal(attempts.length, TRIES)
  assert.deepEqual([attempts[0].status, attempts[0].reason], [500, 'It answered 500'])
  isDown = false
  const replay = {
    from: placed.createdAtMs - 2_000,
    until: Date.now() + 1_000,
    subscriberId: one.subscriberId,
  }
  assert.ok((await room.post('/deliveries/replay', replay)).replayed >= 2)
  await until(() => warehouse.heard.filter(({ data }) => data.orderId === placed.orderId).length === 2)
  const heard = warehouse.heard.filter(({ data }) => data.orderId === placed.orderId)
  assert.deepEqual(
    heard.map(({ type, id }) => [type, id]),
    [
      ['order.created', created.messageId],
      ['order.paid', paid.messageId],
    ],
  )
  assert.deepEqual(warehouse.wrong, [])
  const outside = await room.post('/subscribers', { name: '内网', url: 'http://10.0.0.1/x' })
  await room.post(`/deliveries/${(await list())[0].deliveryId}/replay`)
  assert.equal(
    (await room.request('DELETE', `/subscribers/${outside.subscriber.subscriberId}`)).json.isGone,
    true,
  )
  assert.equal(
    (await room.request('PATCH', `/subscribers/${one.subscriberId}`, { body: { isPaused: true } })).json
      .isPaused,
    true,
  )
})

test('a file goes out and in again, in both formats, and changes nothing the second time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'doubloon-orders-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const before = await exported()
  for (const format of ['ndjson', 'csv'] as const) {
    const file = join(folder, `orders.${format}`)
    writeFileSync(file, (await room.request('GET', `/export?format=${format}`)).text)
    const orders = []
    for await (const order of readFile(createReadStream(file), format)) orders.push(order)
    assert.equal(orders.length, before.length)
    const tally = { fresh: 0, changed: 0, same: 0, late: 0 }
    for (let nth = 0; nth < 2; nth++)
      for (let at = 0; at < orders.length; at += 200) {
        const part = orders.slice(at, at + 200).map((order) => {
          const {
            refunds: _,
            totalFen: _t,
            refundedFen: _r,
            ...rest
          } = order as FileOrder & Record<string, unknown>
          return rest
        })
        const reply = await room.request('POST', '/import', { body: { orders: part } })
        assert.equal(reply.status, 200, reply.text)
        for (const key of Object.keys(tally) as (keyof typeof tally)[]) tally[key] += reply.json[key]
      }
    assert.deepEqual(tally, { fresh: 0, changed: 0, same: orders.length * 2, late: 0 }, format)
    const whole = await room.request('POST', '/import/file', {
      body: { format, text: readFileSync(file, 'utf8') },
    })
    assert.deepEqual(whole.json, { fresh: 0, changed: 0, same: orders.length, late: 0 }, format)
  }
  assert.deepEqual(await exported(), before)
  // In another workspace the same file is its own.
  const few = before
    .slice(0, 3)
    .map(({ totalFen: _, refundedFen: _r, ...order }: Record<string, unknown>) => order)
  const there = await room.request('POST', '/import', {
    body: { orders: few },
    headers: { 'x-workspace': THEIRS },
  })
  assert.equal(there.json.fresh, 3)
  // What comes before a bad line is taken, and the line is named.
  const text = [...before.slice(3, 5), { ...before[5], paidFen: 'much' }].map((order) =>
    JSON.stringify(order),
  )
  const bad = await room.request('POST', '/import/file', {
    body: { format: 'ndjson', text: text.join('\n') },
    headers: { 'x-workspace': THEIRS },
  })
  assert.equal(bad.status, 400)
  assert.match(bad.json.detail, new RegExp(`Order ${before[5].orderId}: paidFen must be integer`))
  const more = await room.request('POST', '/import/file', {
    body: { format: 'ndjson', text: text.slice(0, 2).join('\n') },
    headers: { 'x-workspace': THEIRS },
  })
  assert.deepEqual(more.json, { fresh: 0, changed: 0, same: 2, late: 0 })
  assert.deepEqual(await exported(), before)
  const spoilt = join(folder, 'spoilt.csv')
  writeFileSync(
    spoilt,
    'shopId,orderId,itemsFen,updatedAt,quantity,sumFen\n1,6.92105E+18,1,2026-01-01T00:00:00Z,1,1\n',
  )
  await assert.rejects(async () => {
    for await (const _ of readFile(createReadStream(spoilt), 'csv'));
  }, /a spreadsheet has rounded/)
})

test('vault keys rotate: tokens, buyers and secrets are sealed again', async () => {
  assert.equal(await room.opened.reseal!(), 0)
  const overview = await room.opened.overview!(OURS)
  assert.ok(overview.kpis!.length === 2)
  assert.equal((await room.opened.overview!(THEIRS)).freshness?.status, 'idle')
  assert.ok((await room.get('/flow')).items.length > 0)
  assert.ok(room.patches.some(({ topic }) => topic === 'order-sync/orders'))
})
