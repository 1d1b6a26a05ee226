import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Clock } from '#kernel/clock.ts'
import type { StockItem } from '#kernel/stock.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { answerOf, errorFault } from './answer.ts'
import { type PddCredentials, type PddOptions, pdd } from './pdd.ts'
import { messageDigest, popSignature, wireText } from './signature.ts'

const CALL = {
  access_token: 'asd78172s8ds9a921j9qqwda12312w1w21211',
  client_id: '1',
  order_status: '1',
  page: '1',
  page_size: '10',
  timestamp: '1480411125',
  type: 'pdd.order.number.list.get',
}

test('signatures: the known vectors', () => {
  const sign = (data_type: string) => popSignature('testSecret', { ...CALL, data_type })
  assert.equal(sign('XML'), 'E4DE3ED21002510DED352819E7AE6775')
  assert.equal(sign('JSON'), '92A61361F6F8FDECCF611A19D1CE9F16')
  assert.equal(popSignature('testSecret', { ...CALL, data_type: 'XML', sign: 'x' }), sign('XML'))
  assert.equal(wireText(true), 'true')
  assert.equal(wireText([1, 'a']), '[1,"a"]')
})

test('the digest of the message channel: the known vectors', () => {
  assert.equal(
    messageDigest('app', 1_700_000_000_000, 'secret'),
    'OTgxODMwNDI2NWZiN2NiNzA2NzIxOTI0ZjJlMDMxMjE=',
  )
  assert.equal(
    messageDigest('1', 1_480_411_125_000, 'testSecret'),
    'NWNjNmE4NmM0ZWRkYzRlYzJmZDFiOTAzMmMxOTgyYjc=',
  )
})

test('codes: what to do about each; the root of an answer has any name', () => {
  const of = (error_code: number, sub_msg = '') =>
    errorFault({ error_code, error_msg: 'm', sub_msg }, ['s3cret'])
  assert.partialDeepStrictEqual({ ...of(10019) }, { kind: 'denied', code: 'pdd/token', status: 401 })
  assert.equal(of(20005).code, 'pdd/ip')
  assert.equal(of(70036).kind, 'denied')
  assert.equal(of(52101).kind, 'limited')
  assert.equal(of(52103).kind, 'unavailable')
  assert.equal(of(50001).kind, 'unavailable')
  assert.equal(of(20004).kind, 'invalid')
  assert.equal(of(99_999).kind, 'invalid')
  assert.doesNotMatch(of(10000, 'bad s3cret').message, /s3cret/)
  const text = '{"order_sn_increment_get_response":{"id":4611686044197143543}}'
  assert.equal(answerOf({ status: 200, headers: new Headers(), text }, [])['id'], '4611686044197143543')
})

let sandbox: Sandbox
let client: ReturnType<typeof visitor>
let mall: PddCredentials
let path: string
let slept: number[] = []
const clock: Clock = { now: () => Date.now(), sleep: async (ms) => void slept.push(ms) }
const open = (options: PddOptions = {}) => pdd({ url: sandbox.url, clock, ...options })
type Row = {
  sku: string
  isOnSale: boolean
  isPromoted: boolean
  available: number
  skuId: string
  productId: string
}
const truth = (): Promise<Row[]> => client.control('GET', `${path}/stock`)

before(async () => {
  sandbox = await startSandbox({ seed: 5 })
  client = visitor(sandbox)
  const [first] = await client.control('GET', '/pdd/shops')
  mall = { clientId: first.clientId, clientSecret: first.clientSecret, accessToken: first.accessToken }
  path = `/pdd/shops/${first.shop}`
})
beforeEach(async () => {
  slept = []
  await client.control('PUT', '/pdd/faults', {})
  await client.control('PUT', '/pdd/limits', {})
  await client.control('PUT', path, { isTokenLive: true })
})
after(() => sandbox.close())

test('every SKU of the goods on sale is listed once, as it is', async () => {
  const items: StockItem[] = []
  let cursor: string | null = null
  let pages = 0
  do {
    const page = await open().listStock(mall, cursor)
    items.push(...page.items)
    cursor = page.next
    pages++
  } while (cursor)
  const told = items.map(({ variant: _, location: __, ...item }) => item)
  const right = (await truth())
    .filter(({ isOnSale }) => isOnSale)
    .map(({ isOnSale: _, isPromoted: __, ...row }) => row)
  assert.ok(pages > 2)
  assert.deepEqual(told, right)
})

test('stock is set; goods on a promotion slot cannot be lowered', async () => {
  const rows = await truth()
  const row = rows.find(({ isPromoted }) => !isPromoted)!
  const change = { productId: row.productId, skuId: row.skuId, available: row.available + 7 }
  assert.deepEqual(await open().setStock(mall, change), { available: row.available + 7 })
  assert.equal((await truth()).find(({ skuId }) => skuId === row.skuId)!.available, row.available + 7)
  const promoted = rows.find(({ isPromoted, available }) => isPromoted && available > 0)!
  const lower = { productId: promoted.productId, skuId: promoted.skuId, available: promoted.available - 1 }
  await assert.rejects(open().setStock(mall, lower), { kind: 'conflict', code: 'pdd/refused' })
  await assert.rejects(open().setStock(mall, { ...change, productId: '1' }), { kind: 'invalid' })
})

test('throttling and outages are waited out; a write is not done again after an outage', async () => {
  const type = '/api/router/pdd.goods.list.get'
  await client.control('PUT', '/pdd/faults', {
    script: [
      { match: type, times: 1, code: 52101 },
      { match: type, times: 1, code: 52103 },
      { match: type, times: 1, action: 'drop' },
    ],
  })
  assert.ok((await open().listStock(mall, null)).items.length > 0)
  assert.equal(slept.length, 3)
  await client.control('PUT', '/pdd/faults', {
    script: [{ match: '/api/router/pdd.goods.quantity.update', times: 1, code: 50000 }],
  })
  const [row] = await truth()
  const change = { productId: row!.productId, skuId: row!.skuId, available: row!.available + 1 }
  await assert.rejects(open().setStock(mall, change), { kind: 'unavailable', code: 'pdd/internal' })
  assert.equal(slept.length, 3)
})

test('beyond the rate limit the call is limited, and free again in the next window', async () => {
  await client.control('PUT', '/pdd/limits', { 'pdd.goods.list.get': 2 })
  const engine = open({ tries: 2 })
  await engine.listStock(mall, null)
  await engine.listStock(mall, '2')
  await assert.rejects(engine.listStock(mall, '3'), { kind: 'limited', code: 'pdd/throttled' })
  const later: Clock = {
    ...clock,
    sleep: async () => void (await client.control('PUT', '/clock', { advanceMs: 60_000 })),
  }
  assert.ok((await open({ clock: later }).listStock(mall, '3')).items.length > 0)
  await client.control('PUT', '/clock', { offsetMs: 0 })
})

test('an ended token, a wrong secret and a clock that is off are told apart', async () => {
  await client.control('PUT', path, { isTokenLive: false })
  await assert.rejects(open().listStock(mall, null), { kind: 'denied', code: 'pdd/token', status: 401 })
  await client.control('PUT', path, { isTokenLive: true })
  await assert.rejects(open().listStock({ ...mall, accessToken: 'other' }, null), /20032/)
  await assert.rejects(open().listStock({ ...mall, clientSecret: 'nonsense' }, null), /20004/)
  const late: Clock = { ...clock, now: () => Date.now() - 11 * 60_000 }
  await assert.rejects(open({ clock: late }).listStock(mall, null), /10001/)
  assert.deepEqual(slept, [])
})
