import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { controlOf, type OpenRoom, OURS, openRoom, THEIRS } from './open-room.fixture.ts'

const SHOP = '7000000001'
let it: TestLedger
let sandbox: Sandbox
let room: OpenRoom
let second: OpenRoom
let control: ReturnType<typeof controlOf>

before(async () => {
  it = await testLedger([migrationsOf('order-sync', 'sell')])
  sandbox = await startSandbox({ seed: 5 })
  control = controlOf(sandbox)
  await control('PUT', `/doudian/shops/${SHOP}`, { name: '测试店' })
  room = await openRoom({ ledger: it.ledger, sandbox, workers: ['pushes', 'wanted'] })
  second = await openRoom({ ledger: it.ledger, sandbox, workers: ['pushes'] })
  const { shop } = await room.post('/shops', { shopId: SHOP, backfillDays: 0 })
  assert.equal(shop.name, '测试店')
})
after(async () => {
  await room?.close()
  await second?.close()
  await sandbox?.close()
  await it?.close()
})

const signOf = (body: string) =>
  createHash('md5')
    .update(sandbox.clientKey + body + sandbox.clientSecret)
    .digest('hex')
const push = async (
  body: string,
  {
    headers = {},
    shop = SHOP,
    at = room,
  }: { headers?: Record<string, string>; shop?: string; at?: OpenRoom } = {},
) => {
  const reply = await fetch(`${at.url}/api/order-sync/push/${shop}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'app-id': sandbox.clientKey,
      'event-sign': signOf(body),
      ...headers,
    },
    body,
  })
  return { status: reply.status, text: await reply.text() }
}
let serial = 0
const newOrderId = () => `69210522973779${String(++serial).padStart(5, '0')}`
const message = (tag: string, orderId: string, over: object = {}, msgId = `${orderId}::${tag}`) => ({
  tag,
  msg_id: msgId,
  // The ids are integers beyond 2^53, as the platform writes them.
  data: JSON.stringify({
    p_id: 'P',
    s_ids: ['P'],
    shop_id: 'S',
    order_status: 2,
    order_type: 0,
    biz: 2,
    ...over,
  })
    .replaceAll('"P"', orderId)
    .replaceAll('"S"', SHOP),
})
const at = Math.floor(Date.now() / 1000) - 600
const order = async (orderId: string) => (await room.request('GET', `/orders/${SHOP}/${orderId}`)).json
const known = (orderId: string, status: string) =>
  until(async () => {
    const found = await order(orderId)
    return found?.status === status && found
  })
const conflicts = async (query = '') => (await room.get(`/conflicts?limit=500${query}`)).items
const OK = '{"code":0,"msg":"success"}'

test('the probe of the address, signed in either way, is answered exactly', async () => {
  const probe = JSON.stringify([{ tag: '0', msg_id: '0', data: '2026-03-01T10:00:00+08:00' }])
  assert.deepEqual(await push(probe), { status: 200, text: OK })
  const hmac = createHmac('sha256', sandbox.clientSecret)
    .update(sandbox.clientKey + probe + sandbox.clientSecret)
    .digest('hex')
  assert.equal(
    (await push(probe, { headers: { 'event-sign': hmac, 'sign-method': 'hmac-sha256' } })).text,
    OK,
  )
  assert.equal((await push(probe, { headers: { 'event-sign': 'no' } })).status, 401)
  const { verified } = await control('PUT', '/doudian/pushes/target', {
    shopId: SHOP,
    url: `${room.url}/api/order-sync/push/{shopId}`,
  })
  assert.equal(verified, true)
})

test('durable before the reply, and its raw body kept as it came', async () => {
  const orderId = newOrderId()
  const body = ` ${JSON.stringify([message('100', orderId, { create_time: at })])} `
  assert.deepEqual(await push(body), { status: 200, text: OK })
  const [row] = await it.ledger.everywhere.query(
    'select order_id from order_sync.message where order_id = $1',
    [orderId],
  )
  assert.equal(row?.['order_id'], orderId, 'a 19-digit id keeps all its digits')
  await known(orderId, 'created')
  const [kept] = (await room.get(`/messages?orderId=${orderId}`)).items
  assert.equal((await room.get(`/messages/${kept.id}`)).body, body)
  assert.equal(
    (await room.request('GET', `/messages/${kept.id}`, { headers: { 'x-workspace': THEIRS } })).status,
    404,
  )
})

test('"paid" before "created": right at once, and the timeline says why the late one moved nothing', async () => {
  const orderId = newOrderId()
  await push(JSON.stringify([message('101', orderId, { pay_time: at + 60, pay_amount: '4391' })]))
  const paid = await known(orderId, 'paid')
  assert.equal(paid.paidFen, 4_391)
  await push(JSON.stringify([message('100', orderId, { create_time: at })]))
  const after = await until(async () => {
    const found = await order(orderId)
    return found.timeline.length === 2 && found
  })
  assert.equal(after.status, 'paid')
  assert.equal(after.times.created, at * 1000)
  assert.equal(after.timeline[1].outcome, 'late')
  assert.match(after.timeline[1].why, /paid already/)
})

test('twice is once: refused repeats are answered, counted, and can be read', async () => {
  const orderId = newOrderId()
  const body = JSON.stringify([message('100', orderId, { create_time: at })])
  await push(body)
  await Promise.all(Array.from({ length: 10 }, () => push(body)))
  await known(orderId, 'created')
  const found = await until(async () => {
    const rows = (await conflicts('&kind=repeat')).filter(
      (row: { orderId: string }) => row.orderId === orderId,
    )
    return rows.length === 10 && rows
  })
  assert.equal(found[0].msgId, `${orderId}::100`)
  assert.equal((await order(orderId)).timeline.length, 1)
  assert.ok((await room.get('/summary')).pushes24h.repeats >= 10)
})

test('two processes take the same push at once: one effect', async () => {
  const orderIds = Array.from({ length: 40 }, newOrderId)
  const bodies = orderIds.map((orderId) =>
    JSON.stringify([message('101', orderId, { pay_time: at, pay_amount: 100 })]),
  )
  const answers = await Promise.all(bodies.flatMap((body) => [push(body), push(body, { at: second })]))
  assert.ok(answers.every(({ text }) => text === OK))
  for (const orderId of orderIds) assert.equal((await known(orderId, 'paid')).timeline.length, 1)
  const [row] = await it.ledger.everywhere.query<{ n: number }>(
    'select count(*)::int as n from order_sync.message where order_id = any($1)',
    [orderIds],
  )
  assert.equal(row!.n, 40)
})

test('one id with two contents: both are merged, and somebody is told', async () => {
  const orderId = newOrderId()
  await push(JSON.stringify([message('100', orderId, { create_time: at }, 'one-id')]))
  await known(orderId, 'created')
  await push(JSON.stringify([message('101', orderId, { pay_time: at + 1, pay_amount: 5 }, 'one-id')]))
  await known(orderId, 'paid')
  assert.equal((await conflicts('&kind=other-content'))[0].msgId, 'one-id')
})

test('forged: 401, nothing applied, in the log of conflicts', async () => {
  const orderId = newOrderId()
  const body = JSON.stringify([message('101', orderId, { pay_time: at, pay_amount: 1 })])
  const signs = ['', 'x', signOf(`${body} `), signOf(body).toUpperCase()]
  for (const sign of signs) assert.equal((await push(body, { headers: { 'event-sign': sign } })).status, 401)
  assert.equal((await push(body, { headers: { 'app-id': 'another' } })).status, 401)
  const found = (await conflicts('&kind=forged')).filter((row: { head: string }) =>
    row.head.includes(orderId),
  )
  assert.equal(found.length, 5)
  assert.deepEqual(
    new Set(found.map((row: { reason: string }) => row.reason)),
    new Set(['wrong signature', 'no signature']),
  )
  assert.equal((await room.request('GET', `/orders/${SHOP}/${orderId}`)).status, 404)
  assert.deepEqual(
    (await room.request('GET', '/conflicts', { headers: { 'x-workspace': THEIRS } })).json.items,
    [],
  )
})

test('a shop that we do not know: refused with 404 so that it is sent again, and logged', async () => {
  const orderId = newOrderId()
  const body = JSON.stringify([message('100', orderId, { create_time: at })])
  const answer = await push(body, { shop: '999' })
  assert.equal(answer.status, 404)
  assert.equal(JSON.parse(answer.text).code, 'order-sync/unknown-shop')
  assert.equal((await conflicts('&kind=unknown-shop')).length, 0, 'it belongs to no workspace of people')
  const rows = await room.ports.conflicts.list('house', { limit: 10, kind: 'unknown-shop' })
  assert.equal(rows[0].shopId, '999')
})

test('malformed JSON inside data: parked with its reason, the rest of the array goes on', async () => {
  const [good, worse] = [newOrderId(), newOrderId()]
  const bad = { tag: '101', msg_id: `bad-${good}`, data: `{"p_id":${worse},"pay_time":` }
  const list = { tag: '101', msg_id: `list-${good}`, data: '[1]' }
  const other = {
    tag: '100',
    msg_id: `other-${good}`,
    data: `{"p_id":${worse},"shop_id":12,"create_time":${at}}`,
  }
  const nobody = { tag: '100', msg_id: `nobody-${good}`, data: '{"create_time":1}' }
  const product = { tag: '400', msg_id: `product-${good}`, data: '{}' }
  const body = JSON.stringify([bad, message('100', good, { create_time: at }), list, other, nobody, product])
  assert.equal((await push(body)).text, OK)
  await known(good, 'created')
  const parked = (await room.get('/messages?state=parked')).items
  assert.deepEqual(parked.map((row: { reason: string }) => row.reason).sort(), [
    'It is about shop 12, and came to 7000000001',
    'It names no order',
    'Its data is no JSON object',
    'Its data is no JSON object',
  ])
  await until(async () => (await conflicts('&kind=unreadable')).length === 3)
  await until(async () => (await conflicts('&kind=other-shop')).length === 1)
  assert.equal((await room.get('/messages?state=ignored')).items[0].msgId, `product-${good}`)
  assert.equal((await room.post(`/messages/${parked[0].id}/retry`)).state, 'received')
})

test('a signed body that is no push is kept whole, and a person is told', async () => {
  for (const body of ['{"tag":"100"}', 'no json \0 at all', '"\u001e"', ''])
    assert.equal((await push(body)).text, OK, body)
  const rows = await until(async () => {
    const found = (await room.get('/messages?state=parked')).items.filter(
      (row: { tag: string }) => row.tag === 'unreadable',
    )
    return found.length === 4 && found
  })
  assert.equal(rows[0].reason, 'The body is no array of messages')
  assert.equal((await push(JSON.stringify('x'.repeat(2_000_000))).catch(() => ({ status: 413 }))).status, 413)
})

test('an order with 500 items and one of 0 fen, pushed by the platform and read back whole', async () => {
  const items = Array.from({ length: 500 }, (_, nth) => ({
    code: `SKU-${nth}`,
    name: `商品${nth}`,
    quantity: 2,
    priceFen: 100 + nth,
  }))
  const large = await control('POST', `/doudian/shops/${SHOP}/orders`, { items, postFen: 800 })
  const free = await control('POST', `/doudian/shops/${SHOP}/orders`, {
    items: [{ code: 'GIFT', name: '赠品', quantity: 1, priceFen: 0 }],
  })
  for (const { orderId } of [large, free])
    await control('POST', `/doudian/shops/${SHOP}/orders/${orderId}/advance`, { to: 'paid' })
  const full = await until(async () => {
    const found = await order(large.orderId)
    return (
      found?.status === 'paid' &&
      found.lines.length === 500 &&
      found.totalFen !== null &&
      found.paidFen > 0 &&
      found
    )
  })
  assert.equal(full.paidFen, large.payFen)
  assert.equal(full.imbalance, null)
  assert.equal(full.itemsFen + full.freightFen - full.discountFen, full.paidFen)
  const nothing = await until(async () => {
    const found = await order(free.orderId)
    return found?.status === 'paid' && found.totalFen !== null && found
  })
  assert.deepEqual([nothing.totalFen, nothing.paidFen, nothing.imbalance], [0, 0, null])
})

test("buyers are masked for viewers; an operator's look is written down; search by hash", async () => {
  const placed = await control('POST', `/doudian/shops/${SHOP}/orders`, {})
  const found = await until(async () => {
    const one = await order(placed.orderId)
    return one?.buyerMask && one
  })
  assert.match(found.buyerMask.name, /\*/)
  assert.match(found.buyerMask.phone, /\*{4}/)
  const [row] = await it.ledger.everywhere.query('select * from order_sync.purchase where order_id = $1', [
    placed.orderId,
  ])
  for (const plain of [placed.buyer.phone, placed.buyer.openId])
    assert.ok(!JSON.stringify(row).includes(plain))
  const path = `/orders/${SHOP}/${placed.orderId}/reveal`
  assert.equal((await room.request('POST', path, { body: {}, headers: { 'x-role': 'viewer' } })).status, 403)
  assert.ok((await room.post(path)).phone)
  const [audited] = await it.ledger.everywhere.query(
    "select actor from platform.audit where action = 'reveal' and subject = $1",
    [`order:${SHOP}/${placed.orderId}`],
  )
  assert.equal(audited?.['actor'], 'user:test')
  const byBuyer = await room.get(`/orders?buyer=${encodeURIComponent(placed.buyer.openId)}`)
  assert.ok(byBuyer.items.some((one: { orderId: string }) => one.orderId === placed.orderId))
  const byTail = await room.get(`/orders?q=${placed.orderId.slice(-6)}`)
  assert.ok(byTail.items.some((one: { orderId: string }) => one.orderId === placed.orderId))
  assert.deepEqual((await room.get('/orders', { 'x-workspace': THEIRS })).items, [])
  assert.equal((await room.ports.catalogue.order(OURS, SHOP, placed.orderId)).buyer.hash, found.buyer.hash)
})
