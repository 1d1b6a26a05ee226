import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { isFault } from '#kernel/fault.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { until } from '#testing/until.ts'
import { readAfterSalePage } from './after-sales.ts'
import { type Answer, type DoudianApp, doudianGateway } from './doudian.ts'
import { type DoudianOrder, ORDER_STATUS, readOrder, readOrderDetail, readOrderPage } from './orders.ts'
import { readDecrypted, readProductPage, readSkuStock, readSkus } from './products.ts'
import { PUSH_ACCEPTED, PUSH_REFUSED, readPush } from './push.ts'
import {
  afterSaleList,
  type DoudianRequest,
  decrypt,
  orderDetail,
  orderSearch,
  productList,
  skuList,
  skuStock,
  syncStock,
} from './requests.ts'
import { verdict } from './verdict.ts'

const DAY = 86_400_000
const SHOP = '1234567001'
let sandbox: Sandbox
let app: DoudianApp
before(async () => {
  sandbox = await startSandbox({ seed: 5, drift: 0.5, webhookRetryDelaysMs: [50, 100] })
  app = { appKey: sandbox.clientKey, appSecret: sandbox.clientSecret }
})
after(() => sandbox.close())

async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
  const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
  const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
  const reply = await fetch(`${sandbox.url}/_sandbox/${path}`, {
    method,
    headers: { 'content-type': type },
    ...text,
  })
  const answer = (await reply.json()) as T
  assert.equal(reply.status, 200, JSON.stringify(answer))
  return answer
}
const truthOf = async (shopId: string) =>
  (await (await fetch(`${sandbox.url}/_sandbox/doudian/shops/${shopId}/orders`)).text())
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

const gateway = () => doudianGateway({ url: sandbox.url })
async function tokenOf(shopId = SHOP): Promise<string> {
  return good(await gateway().createToken(app, { shopId })).accessToken
}
function good<T>(answer: Answer<T>): T {
  assert.ok(answer.ok, JSON.stringify(answer))
  return answer.data
}
async function asking(shopId = SHOP) {
  const accessToken = await tokenOf(shopId)
  return async (request: DoudianRequest) => gateway().call<unknown>({ app, accessToken, ...request })
}
const lately = () => ({ fromMs: Date.now() - 89 * DAY, untilMs: Date.now() + DAY })
const row = (nth: number, more: object = {}) => ({
  orderId: String(6_900_000_000_000_000_000n + BigInt(nth)),
  createdAtMs: Date.now() - DAY + nth * 100,
  items: [{ code: `A${nth % 50}`, quantity: 1 + (nth % 3), priceFen: 990 }],
  ...more,
})

test('a verdict comes from the sub code, the code, the status, in this order', () => {
  assert.equal(verdict(10000, '', 200).class, 'ok')
  assert.equal(verdict(10000, '', 500).class, 'retry')
  assert.equal(verdict(40003, 'isv.access-token-expired', 200).class, 'refresh-token')
  assert.equal(verdict(40003, 'isv.signature-invalid', 200).class, 'invalid')
  assert.equal(verdict(50001, 'dop.token-generate-failed:token-expired', 200).class, 'reauthorise')
  assert.equal(verdict(50001, '', 200).class, 'retry')
  assert.equal(verdict(60000, '', 200).class, 'rate')
  assert.equal(verdict(30001, 'isv.app-permissions-insufficient', 200).class, 'permission')
  assert.equal(verdict(30001, 'dop.authorization-closed', 200).class, 'reauthorise')
  assert.equal(verdict(null, '', 404).class, 'invalid')
  assert.equal(verdict(null, '', 0).class, 'retry')
  assert.equal(verdict(123456, '', 200).class, 'retry', 'a code that is not known yet loses no work')
})

test('tokens: the same pair while it lives, refresh spends the old one, a code works once', async () => {
  const wire = gateway()
  const first = good(await wire.createToken(app, { shopId: SHOP }))
  assert.deepEqual([first.shopId, first.shopName], [SHOP, '山野食集旗舰店'])
  const again = good(await wire.createToken(app, { shopId: SHOP }))
  assert.equal(again.accessToken, first.accessToken)
  const second = good(await wire.refreshToken(app, first.refreshToken))
  assert.notEqual(second.accessToken, first.accessToken)
  const spent = await wire.refreshToken(app, first.refreshToken)
  assert.ok(!spent.ok && spent.refusal.class === 'reauthorise')
  const old = await wire.call({ app, accessToken: first.accessToken, ...productList({ page: 1 }) })
  assert.ok(!old.ok && old.refusal.class === 'refresh-token')

  await control('POST', `doudian/tokens/${SHOP}/expire`)
  const late = await wire.call({ app, accessToken: second.accessToken, ...productList({ page: 1 }) })
  assert.ok(!late.ok && late.refusal.subCode === 'isv.access-token-expired')
  good(await wire.refreshToken(app, second.refreshToken))

  const { code } = await control<{ code: string }>('POST', 'doudian/codes', { shopId: SHOP })
  assert.equal(good(await wire.createToken(app, { code })).shopId, SHOP)
  const twice = await wire.createToken(app, { code })
  assert.ok(!twice.ok && twice.refusal.class === 'invalid')
  const stranger = await wire.createToken(app, { shopId: '42' })
  assert.ok(!stranger.ok && stranger.refusal.class === 'reauthorise')
})

test('both digests are taken; a wrong secret, an old clock and an unsorted body are not', async () => {
  const md5 = doudianGateway({ url: sandbox.url, signMethod: 'md5' })
  good(await md5.createToken(app, { shopId: SHOP }))
  const wrong = await gateway().createToken({ ...app, appSecret: 'x' }, { shopId: SHOP })
  assert.ok(!wrong.ok && wrong.refusal.subCode === 'isv.signature-invalid')
  const slow = doudianGateway({ url: sandbox.url, clock: { now: () => Date.now() - 700_000 } })
  const late = await slow.createToken(app, { shopId: SHOP })
  assert.ok(!late.ok && late.refusal.subCode === 'isv.timestamp-invalid')
  const unsorted = doudianGateway({
    url: sandbox.url,
    fetch: (url, init) => fetch(url, { ...init, body: '{"shop_id":"1","code":""}' }),
  })
  const refused = await unsorted.createToken(app, { shopId: SHOP })
  assert.ok(!refused.ok && refused.refusal.subCode === 'isv.signature-invalid')
})

/** Every order of a window, page after page from 0. */
async function all(shopId: string, size = 100): Promise<DoudianOrder[]> {
  const ask = await asking(shopId)
  const found: DoudianOrder[] = []
  for (let page = 0; ; page++) {
    const request = orderSearch({ page, size, by: 'create_time', window: lately() })
    const { orders, total } = readOrderPage(good(await ask(request)))
    found.push(...orders)
    if (orders.length === 0) {
      assert.equal(found.length, total)
      return found
    }
  }
}

test('the built-in shop, page by page from 0, is the truth; amounts add up; detail reads the same', async () => {
  const orders = await all(SHOP, 70)
  const truth = await truthOf(SHOP)
  assert.ok(truth.length > 300)
  assert.deepEqual(
    orders.map(({ orderId, status, amounts }) => [orderId, status, amounts.payFen]),
    truth.map(({ orderId, status, payFen }) => [orderId, status, payFen]),
  )
  for (const { amounts, items } of orders) {
    const sums = items.reduce((total, item) => total + item.sumFen, 0)
    const paid = items.reduce((total, item) => total + item.payFen, 0)
    assert.equal(sums + amounts.postFen - amounts.promotionFen + amounts.modifyFen, amounts.payFen)
    assert.equal(paid + amounts.postFen, amounts.payFen)
    assert.ok(items.every((item) => item.sumFen === item.quantity * item.priceFen))
  }
  assert.ok(new Set(orders.map((order) => order.status)).size >= 4)
  assert.ok(
    orders.some((order) => order.mainStatus === 21) && orders.some((order) => order.mainStatus === 39),
  )
  const one = orders.find((order) => order.items.length > 1)!
  assert.match(one.items[1]!.productId, /^\d{19}$/)
  const ask = await asking()
  assert.deepEqual(readOrderDetail(good(await ask(orderDetail(one.orderId)))), one)
  const plain = readDecrypted(
    good(await ask(decrypt([{ orderId: one.orderId, cipherText: one.receiver.phoneCipher }]))),
  )
  const { buyer } = truth.find(({ orderId }) => orderId === one.orderId)
  assert.equal(plain.get(one.receiver.phoneCipher), buyer.phone)
  assert.ok(!one.receiver.phoneCipher.includes(buyer.phone) && one.receiver.phoneMask.includes('****'))
})

test('what the list does not do: size above 100, the 91st day, beyond 10,000, an empty window', async () => {
  const ask = await asking()
  const window = lately()
  const requests = [
    orderSearch({ page: 0, size: 101, by: 'create_time', window }),
    orderSearch({ page: 0, by: 'update_time', window: { ...window, fromMs: Date.now() - 91 * DAY } }),
    orderSearch({ page: 100, size: 100, by: 'create_time', window }),
    orderSearch({
      page: 0,
      by: 'create_time',
      window: { fromMs: 1_700_000_000_000, untilMs: 1_700_000_000_000 },
    }),
    { method: 'order.searchList', params: { page: 0, size: 10 } },
  ]
  for (const request of requests) {
    const answer = await ask(request)
    assert.ok(!answer.ok && answer.refusal.class === 'invalid', JSON.stringify(request))
  }
  const missing = await ask(orderDetail('1'))
  assert.ok(!missing.ok && missing.refusal.class === 'invalid')
})

test('faults on the way: 60000, HTTP 500, 429, a cut connection, no token in the answer, nobody there', async () => {
  const ask = await asking()
  const path = '/product/listV2'
  const cases = [
    [{ code: 60000 }, 'rate', false],
    [{ code: 20000 }, 'retry', true],
    [{ code: 40003 }, 'refresh-token', false],
    [{ status: 500 }, 'retry', true],
    [{ action: 'drop' }, 'retry', true],
    [{ action: 'dropAfter' }, 'retry', true],
  ] as const
  for (const [step, expected, mayHaveHappened] of cases) {
    await control('PUT', 'faults', { script: [{ match: path, times: 1, ...step }] })
    const answer = await ask(productList({ page: 1 }))
    assert.ok(!answer.ok)
    assert.deepEqual([answer.refusal.class, answer.refusal.mayHaveHappened], [expected, mayHaveHappened])
    good(await ask(productList({ page: 1 })))
  }
  await control('PUT', 'faults', { http429Rate: 1, retryAfterSeconds: 3 })
  const limited = await ask(productList({ page: 1 }))
  assert.ok(!limited.ok && limited.refusal.class === 'rate' && limited.refusal.retryAfterMs === 3_000)
  await control('PUT', 'faults', { emptyToken: true })
  const empty = await gateway().createToken(app, { shopId: SHOP })
  assert.ok(!empty.ok && empty.refusal.class === 'retry')
  await control('PUT', 'faults', {})
  const gone = createServer()
  await new Promise<void>((done) => gone.listen(0, '127.0.0.1', done))
  const { port } = gone.address() as AddressInfo
  await new Promise((done) => gone.close(done))
  const nobody = await doudianGateway({ url: `http://127.0.0.1:${port}` }).createToken(app, { shopId: SHOP })
  assert.ok(!nobody.ok && !nobody.refusal.mayHaveHappened)
})

test('100,000 orders are loaded and read; an order of 500 items and one of 0 fen', async () => {
  const lines: string[] = []
  for (let nth = 0; nth < 100_000; nth++) lines.push(JSON.stringify(row(nth)))
  const loaded = await control<{ orders: number }>('PUT', 'doudian/shops/77/orders', lines.join('\n'))
  assert.equal(loaded.orders, 100_000)
  const ask = await asking('77')
  const page = readOrderPage(
    good(await ask(orderSearch({ page: 99, by: 'create_time', window: lately(), ascending: true }))),
  )
  assert.equal(page.total, 100_000)
  assert.equal(page.orders[0]!.orderId, '6900000000000009900')

  const items = Array.from({ length: 500 }, (_, nth) => ({ code: `B${nth}`, quantity: 1, priceFen: nth }))
  await control('PUT', 'doudian/shops/78/orders', [
    row(1, { items, postFen: 800 }),
    row(2, { items: [{ code: 'gift', quantity: 1, priceFen: 0 }], state: 'paid' }),
  ])
  const [big, free] = await all('78')
  assert.equal(big!.items.length, 500)
  assert.equal(new Set(big!.items.map((item) => item.skuOrderId)).size, 500)
  assert.equal(big!.amounts.payFen, (499 * 500) / 2 + 800)
  assert.deepEqual([free!.amounts.payFen, free!.status], [0, ORDER_STATUS.preparing])
})

test('a bad row is named and nothing is replaced', async () => {
  await control('PUT', 'doudian/shops/79/orders', [row(1)])
  const reply = await fetch(`${sandbox.url}/_sandbox/doudian/shops/79/orders`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([row(1), row(2, { items: [] })]),
  })
  assert.equal(reply.status, 400)
  assert.match(await reply.text(), /row 2: items/)
  assert.equal((await truthOf('79')).length, 1)
})

test('refunds: a part moves only the after-sale, all of it closes the order', async () => {
  const items = [
    { code: 'A', quantity: 2, priceFen: 1_000 },
    { code: 'B', quantity: 1, priceFen: 500 },
  ]
  await control('PUT', 'doudian/shops/80/orders', [row(1, { state: 'shipped', items, postFen: 300 })])
  const [before] = await all('80')
  const at = `doudian/shops/80/orders/${before!.orderId}/refunds`
  const part = await control<{ afterSaleId: string }>('POST', at, {
    skuOrderId: before!.items[1]!.skuOrderId,
    amountFen: 200,
  })
  const ask = await asking('80')
  const [partly] = await all('80')
  assert.equal(partly!.updatedAtMs, before!.updatedAtMs)
  assert.deepEqual(
    partly!.items.map((item) => item.refundStatus),
    [0, 3],
  )
  await control('POST', at, {})
  const [closed] = await all('80')
  assert.deepEqual([closed!.status, closed!.mainStatus], [ORDER_STATUS.cancelled, 22])
  assert.ok(closed!.updatedAtMs > before!.updatedAtMs)
  const page = readAfterSalePage(good(await ask(afterSaleList({ page: 0, window: lately() }))))
  assert.equal(page.total, 2)
  assert.equal(page.hasMore, false)
  const found = page.afterSales.find(({ afterSaleId }) => afterSaleId === part.afterSaleId)!
  assert.deepEqual([found.refundFen, found.refundPostFen, found.orderId], [200, 0, before!.orderId])
  assert.deepEqual(page.afterSales.map((one) => one.isOfWholeOrder).sort(), [false, true])
  const sum = page.afterSales.reduce((total, one) => total + one.refundFen + one.refundPostFen, 0)
  assert.equal(sum, before!.amounts.payFen)
  const none = readAfterSalePage(good(await ask(afterSaleList({ page: 0, orderId: '1' }))))
  assert.equal(none.total, 0)
})

test('products, SKUs and stock; an increment happens once', async () => {
  const ask = await asking()
  const { products, total } = readProductPage(good(await ask(productList({ page: 1, size: 5 }))))
  assert.ok(total > products.length && products.length === 5)
  const [sku] = readSkus(good(await ask(skuList(products[0]!.productId))))
  assert.match(sku!.skuId, /^\d{19}$/)
  const { productId, skuId } = sku!
  const stock = async () => readSkuStock(good(await ask(skuStock(skuId)))).stock
  good(await ask(syncStock({ productId, skuId, stockNum: 50 })))
  assert.equal(await stock(), 50)
  const more = syncStock({ productId, skuId, stockNum: 7, incremental: true, idempotentId: 'once' })
  good(await ask(more))
  const again = await ask(more)
  assert.ok(!again.ok && again.refusal.class === 'repeated')
  assert.equal(await stock(), 57)
})

/** A receiver of pushes: keeps what it took, answers what it is told to. */
async function receiver(answer: { status: number; body: string }, wants: 'anything' | 'signed' = 'anything') {
  const taken: { body: Buffer; headers: IncomingHttpHeaders; url: string }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    taken.push({ body, headers: request.headers, url: request.url! })
    const good = wants === 'anything' || gateway().verifyPush(app, body, request.headers)
    response.writeHead(good ? answer.status : 403).end(good ? answer.body : JSON.stringify(PUSH_REFUSED))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/push/{shopId}`
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { taken, url, answer, close }
}
type Ledger = {
  entries: { state: string; msgId: string; attempts: unknown[] }[]
  counts: Record<string, number>
}

test('pushes: probed first, both signatures, long ids, tried again until the exact reply', async () => {
  const there = await receiver({ status: 200, body: '{"code":0}' })
  try {
    await control('PUT', 'doudian/shops/81/orders', [row(1, { state: 'created' })])
    const target = { url: there.url, shopId: '81', sign: 'mixed' }
    const refused = await control<{ verified: boolean }>('PUT', 'doudian/pushes/target', target)
    assert.equal(refused.verified, false, 'a reply without msg is not the reply')
    there.answer.body = JSON.stringify(PUSH_ACCEPTED)
    const accepted = await control<{ verified: boolean }>('PUT', 'doudian/pushes/target', target)
    assert.equal(accepted.verified, true)
    const wire = gateway()
    const probe = there.taken.at(-1)!
    assert.equal(probe.url, '/push/81')
    assert.ok(wire.verifyPush(app, probe.body, probe.headers))
    assert.ok(wire.readPush(probe.body)?.isProbe)

    there.taken.length = 0
    there.answer.status = 500
    const order = row(1).orderId
    await control('POST', `doudian/shops/81/orders/${order}/advance`, {})
    await until(() => there.taken.length > 0)
    there.answer.status = 200
    for (let nth = 0; nth < 12; nth++) await control('POST', 'doudian/shops/81/orders', {})
    const delivered = async () => (await control<Ledger>('GET', 'doudian/pushes?shopId=81')).entries
    await until(async () => (await delivered()).filter(({ state }) => state === 'delivered').length === 13)
    assert.ok(there.taken.every(({ body, headers }) => wire.verifyPush(app, body, headers)))
    assert.deepEqual(
      new Set(there.taken.map(({ headers }) => headers['event-sign']?.length)),
      new Set([32, 64]),
    )
    const paid = there.taken
      .flatMap(({ body }) => wire.readPush(body)!.messages)
      .find(({ tag }) => tag === '101')!
    assert.deepEqual(
      [paid.event, paid.orderId, paid.shopId, paid.orderStatus],
      ['trade.paid', order, '81', 2],
    )
    assert.ok((await delivered())[0]!.attempts.length > 1)
  } finally {
    there.close()
  }
})

test('pushes on a bad day: dropped, doubled and reordered ones, and forged ones that do not verify', async () => {
  const there = await receiver({ status: 200, body: JSON.stringify(PUSH_ACCEPTED) }, 'signed')
  try {
    await control(
      'PUT',
      'doudian/shops/82/orders',
      Array.from({ length: 200 }, (_, nth) => row(nth)),
    )
    await control('PUT', 'doudian/pushes/target', { url: there.url, shopId: '82' })
    await control('DELETE', 'doudian/pushes')
    there.taken.length = 0
    await control('PUT', 'faults', {
      webhook: { dropRate: 0.05, doubleRate: 0.1, reorderRate: 0.1, forgeRate: 0.05 },
    })
    const { messages } = await control<{ messages: number }>('POST', 'doudian/shops/82/replay', {
      ratePerSecond: 2_000,
    })
    assert.equal(messages, 800)
    const counts = async () => (await control<Ledger>('GET', 'doudian/pushes?limit=1')).counts
    const settled = (of: Record<string, number>) =>
      (of['delivered'] ?? 0) + (of['dropped'] ?? 0) === messages && (of['forged'] ?? 0) > 10
    await until(async () => settled(await counts()))
    await control('PUT', 'faults', {})
    const wire = gateway()
    const [right, wrong] = [true, false].map((is) =>
      there.taken
        .filter(({ body, headers }) => wire.verifyPush(app, body, headers) === is)
        .flatMap(({ body }) => wire.readPush(body)!.messages.map(({ msgId }) => msgId)),
    )
    assert.ok(wrong!.length > 10 && wrong!.every((msgId) => !right!.includes(msgId)))
    assert.equal((await counts())['forged-accepted'], undefined)
    assert.ok(
      there.taken.some(({ body }) => wire.readPush(body)!.messages.length > 1),
      'several in one',
    )
    const kinds = new Set(right)
    assert.ok(kinds.size < 800 && kinds.size > 700, `${kinds.size} of 800 came`)
    assert.ok(right!.length > kinds.size, 'some came twice')
  } finally {
    there.close()
    await control('PUT', 'faults', {})
  }
})

test('a push that is none, or whose data is no JSON, reads as what it is', () => {
  for (const none of ['', '{}', '[]', '[1]', '[{"tag":"100"}]', '{"tag":"0"}'])
    assert.equal(readPush(none), null)
  const read = readPush('[{"tag":"100","msg_id":"1","data":"{broken"},{"tag":999,"msg_id":2,"data":"{}"}]')!
  assert.deepEqual(
    read.messages.map(({ event, data, dataText, orderId }) => ({ event, data, dataText, orderId })),
    [
      { event: 'trade.created', data: null, dataText: '{broken', orderId: null },
      { event: 'other', data: {}, dataText: '{}', orderId: null },
    ],
  )
  assert.throws(
    () => readOrder({ order_id: '1', create_time: 1 }),
    (error) => isFault(error) && error.kind === 'unavailable',
  )
})
