import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Clock } from '#kernel/clock.ts'
import type { StockItem } from '#kernel/stock.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { errorFault } from './answer.ts'
import { type SignMethod, topSignature } from './signature.ts'
import { type TaobaoCredentials, type TaobaoOptions, taobao } from './taobao.ts'
import { topTime, untilTomorrowMs } from './time.ts'

const SECRET = 'helloworld'
const CALL = {
  method: 'taobao.item.seller.get',
  app_key: '12345678',
  session: 'test',
  timestamp: '2016-01-01 12:00:00',
  format: 'json',
  v: '2.0',
  fields: 'num_iid,title,nick,price,num',
  num_iid: '11223344',
}

test('signatures: the known vectors of all three methods', () => {
  const vectors: [SignMethod, string][] = [
    ['md5', '66987CB115214E59E6EC978214934FB8'],
    ['hmac', 'D56D7858309C31B6251083A874D48273'],
    ['hmac-sha256', '04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8'],
  ]
  for (const [sign_method, signature] of vectors) {
    assert.equal(topSignature(sign_method, SECRET, { ...CALL, sign_method }), signature)
    assert.equal(topSignature(sign_method, SECRET, { ...CALL, sign_method, sign: 'old' }), signature)
  }
})

test('signatures: a call from the platform, and the greeting of the message channel', () => {
  const { app_key, timestamp } = CALL
  const asked = { app_key, method: 'qimen.x.y', timestamp, sign_method: 'md5' }
  assert.equal(topSignature('md5', SECRET, asked, '{"a":1}'), '5893D58C4FDB5653D05A0DCDB8908178')
  const greeting = { app_key, group_name: 'default', timestamp: '1451620800000' }
  assert.equal(topSignature('md5', SECRET, greeting), '2E03D1348D7B65A366F8DB4BD1435983')
})

test('time is told in Shanghai', () => {
  assert.equal(topTime(Date.parse('2026-03-05T16:30:00Z')), '2026-03-06 00:30:00')
  assert.equal(untilTomorrowMs(Date.parse('2026-03-05T15:59:00Z')), 60_000)
})

test('codes: what to do about each', () => {
  const of = (code: number, sub_code = '', sub_msg = '') =>
    errorFault({ code, msg: 'm', sub_code, sub_msg }, 0, ['s3cret'])
  assert.equal(of(27).kind, 'denied')
  assert.equal(of(11).code, 'taobao/permission')
  assert.equal(of(10).kind, 'unavailable')
  assert.equal(of(15, 'isp.top-remote-connection-timeout').kind, 'unavailable')
  assert.equal(of(15, 'isv.item-not-exist').kind, 'missing')
  assert.equal(of(50, 'isv.invalid-parameter').kind, 'invalid')
  assert.equal(of(25).kind, 'invalid')
  const ban = of(7, 'accesscontrol.limited-by-api-access-count', 'This ban will last for 12 more seconds')
  assert.equal(ban.retryAfterMs, 12_000)
  assert.equal(of(7, 'accesscontrol.limited-by-app-access-count').retryAfterMs, 16 * 3_600_000)
  assert.doesNotMatch(of(41, 'isv.x', 'bad value s3cret').message, /s3cret/)
})

let sandbox: Sandbox
let client: ReturnType<typeof visitor>
let seller: TaobaoCredentials
let path: string
let slept: number[] = []
const clock: Clock = { now: () => Date.now(), sleep: async (ms) => void slept.push(ms) }
const open = (options: TaobaoOptions = {}) => taobao({ url: sandbox.url, clock, ...options })

before(async () => {
  sandbox = await startSandbox({ seed: 5 })
  client = visitor(sandbox)
  const [first] = await client.control('GET', '/taobao/shops')
  seller = { appKey: first.appKey, appSecret: first.appSecret, session: first.session }
  path = `/taobao/shops/${encodeURIComponent(first.shop)}`
})
beforeEach(async () => {
  slept = []
  await client.control('PUT', '/taobao/faults', {})
  await client.control('PUT', path, { isSessionLive: true })
})
after(() => sandbox.close())

test('every SKU of every item on sale is listed once, ids and Chinese titles intact', async () => {
  const engine = open()
  const items: StockItem[] = []
  let cursor: string | null = null
  do {
    const page = await engine.listStock(seller, cursor)
    items.push(...page.items)
    cursor = page.next
  } while (cursor)
  const rows = (all: { sku: string }[]) => all.toSorted((a, b) => (a.sku < b.sku ? -1 : 1))
  const told = items.map(({ variant: _, location: __, ...item }) => item)
  assert.ok(items.every(({ location }) => location === null))
  assert.deepEqual(rows(told), rows(await client.control('GET', `${path}/stock`)))
  assert.ok(items.some(({ skuId }) => skuId && skuId.length === 19 && !Number.isSafeInteger(Number(skuId))))
  assert.ok(items.some(({ variant }) => variant?.startsWith('颜色:')))
  assert.ok(items.some(({ skuId }) => skuId === null))
})

for (const signMethod of ['md5', 'hmac', 'hmac-sha256'] as const) {
  test(`stock is set, under signature ${signMethod}`, async () => {
    const engine = open({ signMethod })
    const rows = await client.control('GET', `${path}/stock`)
    for (const row of [rows[0], rows.find(({ skuId }: { skuId: string | null }) => skuId === null)]) {
      const change = { productId: row.productId, skuId: row.skuId, available: row.available + 3 }
      assert.deepEqual(await engine.setStock(seller, change), { available: row.available + 3 })
      const now = await client.control('GET', `${path}/stock`)
      assert.equal(now.find(({ sku }: { sku: string }) => sku === row.sku).available, row.available + 3)
    }
    const nothing = { productId: '1', skuId: null, available: 1 }
    await assert.rejects(engine.setStock(seller, nothing), { kind: 'missing', code: 'taobao/missing' })
    const below = { productId: rows[0].productId, skuId: rows[0].skuId, available: -1 }
    await assert.rejects(engine.setStock(seller, below), { kind: 'invalid' })
  })
}

test('throttling and outages are waited out; a write is not done again after an outage', async () => {
  const method = '/router/rest/taobao.items.onsale.get'
  await client.control('PUT', '/taobao/faults', {
    script: [
      { match: method, times: 1, code: 7 },
      { match: method, times: 1, code: 15 },
      { match: method, times: 1, status: 502 },
    ],
  })
  assert.ok((await open().listStock(seller, null)).items.length > 0)
  assert.equal(slept.length, 3)
  assert.equal(slept[0], 1_000)
  await client.control('PUT', '/taobao/faults', {
    script: [{ match: '/router/rest/taobao.item.quantity.update', times: 1, status: 500 }],
  })
  const [row] = await client.control('GET', `${path}/stock`)
  const change = { productId: row.productId, skuId: row.skuId, available: 1 }
  await assert.rejects(open().setStock(seller, change), { kind: 'unavailable' })
  assert.equal(slept.length, 3)
})

test('an ended session, a wrong secret and a clock that is off are told apart, without secrets', async () => {
  await client.control('PUT', path, { isSessionLive: false })
  await assert.rejects(open().listStock(seller, null), {
    kind: 'denied',
    code: 'taobao/session',
    status: 401,
  })
  await client.control('PUT', path, { isSessionLive: true })
  const late: Clock = { ...clock, now: () => Date.now() - 11 * 60_000 }
  await assert.rejects(open({ clock: late }).listStock(seller, null), /\(31 \)/)
  await assert.rejects(
    open().listStock({ ...seller, appSecret: 'nonsense-secret' }, null),
    (error: Error) => {
      assert.match(error.message, /\(25 \)/)
      assert.doesNotMatch(error.message, /nonsense-secret/)
      return true
    },
  )
  await assert.rejects(open().listStock(seller, '2501'), { code: 'taobao/cursor' })
  assert.deepEqual(slept, [])
})
