import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { StockItem } from '#kernel/stock.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { type ShopifyCredentials, type ShopifyOptions, shopify } from './shopify.ts'
import { isRedirectSigned, isSigned, webhookSignature } from './signature.ts'

const BODY =
  '{"inventory_item_id":271878346596884015,"location_id":24826418,"available":5,"updated_at":"2026-11-22T20:00:00+08:00"}'

test('a webhook is signed over its raw bytes; a former secret still passes', () => {
  const signature = 'LugjeJR5UKcp5ETDYFCq55oegN4gTAQZFO2u+lthn48='
  assert.equal(Buffer.byteLength(BODY), 118)
  assert.equal(webhookSignature('hush', BODY), signature)
  assert.ok(isSigned(['new', 'hush'], Buffer.from(BODY), signature))
  assert.ok(!isSigned(['hush'], Buffer.from(`${BODY} `), signature))
  assert.ok(!isSigned(['hush'], Buffer.from(BODY), ''))
  assert.ok(!isSigned([], Buffer.from(BODY), signature))
})

test('the redirect after an installation is signed over the other pairs', () => {
  const query = new URLSearchParams(
    'code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173',
  )
  query.set('hmac', '4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20')
  assert.ok(isRedirectSigned('hush', query))
  query.set('shop', 'other-shop.myshopify.com')
  assert.ok(!isRedirectSigned('hush', query))
})

let sandbox: Sandbox
let client: ReturnType<typeof visitor>
let shop: ShopifyCredentials
let slept: number[] = []
/** Does not wait in earnest: moves the sandbox's clock on instead. */
const clock: Clock = {
  now: () => Date.now(),
  async sleep(ms) {
    slept.push(ms)
    await client.control('PUT', '/clock', { advanceMs: ms })
  },
}
const open = (options: ShopifyOptions = {}) => shopify({ url: sandbox.url, clock, ...options })
const truth = () => client.control('GET', `/shopify/shops/${shop.shop}/stock`)
const setBucket = (throttleStatus: object) =>
  client.control('PUT', `/shopify/shops/${shop.shop}`, { throttleStatus, isTokenLive: true })

before(async () => {
  sandbox = await startSandbox({ seed: 5 })
  client = visitor(sandbox)
  const [first] = await client.control('GET', '/shopify/shops')
  shop = { shop: first.shop, accessToken: first.accessToken }
})
beforeEach(async () => {
  slept = []
  await client.control('PUT', '/shopify/faults', {})
  await setBucket({ maximumAvailable: 2_000, restoreRate: 100, currentlyAvailable: 2_000 })
})
after(() => sandbox.close())

async function everything(engine = open()): Promise<StockItem[]> {
  const items: StockItem[] = []
  let cursor: string | null = null
  do {
    const page = await engine.listStock(shop, cursor)
    items.push(...page.items)
    cursor = page.next
  } while (cursor)
  return items
}
const bare = ({ variant: _, ...item }: StockItem) => item

test('every SKU at every location is listed once, as it is', async () => {
  const items = await everything()
  assert.ok(items.length > 250, `${items.length} rows over several pages`)
  assert.deepEqual(items.map(bare), await truth())
  assert.ok(items.some(({ variant }) => variant === null))
})

test('one SKU is found by the merchant’s code', async () => {
  const [wanted] = await truth()
  const { items, next } = await open().listStock(shop, null, { sku: wanted.sku })
  assert.equal(next, null)
  assert.ok(items.length > 0 && items.every(({ sku }) => sku === wanted.sku))
})

test('a throttled query waits as the bucket tells, and no longer than allowed', async () => {
  await setBucket({ maximumAvailable: 40, restoreRate: 5, currentlyAvailable: 0 })
  const before = (await client.control('GET', '/shopify/requests')).endpoints['/admin/api'].outcomes
  await open().listStock(shop, null)
  const { outcomes } = (await client.control('GET', '/shopify/requests')).endpoints['/admin/api']
  assert.ok(outcomes.THROTTLED > (before.THROTTLED ?? 0))
  assert.ok(slept.length > 0 && slept.every((ms) => ms >= 1_000 && ms % 1_000 === 0), String(slept))
  await setBucket({ maximumAvailable: 40, restoreRate: 5, currentlyAvailable: 0 })
  slept = []
  await assert.rejects(open({ longestWaitMs: 500 }).listStock(shop, null), {
    kind: 'limited',
    code: 'shopify/throttled',
  })
  assert.deepEqual(slept, [])
})

test('429, 500 and a cut line are waited out; a wrong token is not, and is in no message', async () => {
  await client.control('PUT', '/shopify/faults', {
    script: [
      { match: '/admin/api', times: 2, status: 500 },
      { match: '/admin/api', times: 1, action: 'drop' },
    ],
  })
  assert.ok((await open().listStock(shop, null)).items.length > 0)
  assert.equal(slept.length, 3)
  await client.control('PUT', '/shopify/faults', { http429Rate: 1, retryAfterSeconds: 7 })
  await assert.rejects(open({ tries: 2 }).listStock(shop, null), { kind: 'limited', retryAfterMs: 7_000 })
  assert.equal(slept.at(-1), 7_000)
  await client.control('PUT', '/shopify/faults', {})
  const calls = slept.length
  await assert.rejects(open().listStock({ ...shop, accessToken: 'shpat_wrong' }, null), (error: Error) => {
    assert.partialDeepStrictEqual({ ...error }, { kind: 'denied', code: 'shopify/token', status: 401 })
    assert.doesNotMatch(JSON.stringify([error.message, error]), /shpat/)
    return true
  })
  assert.equal(slept.length, calls)
})

for (const apiVersion of ['2026-07', '2026-01']) {
  test(`stock is set, compared and kept from being set twice (${apiVersion})`, async () => {
    const engine = open({ apiVersion })
    const [{ sku, skuId, productId, location, available }] = await truth()
    const at = { productId, skuId, locationId: location.id }
    const now = async () => (await engine.listStock(shop, null, { sku })).items[0]!
    assert.deepEqual(await engine.setStock(shop, { ...at, available: 11, expected: available }), {
      available: 11,
    })
    assert.equal((await now()).available, 11)
    await assert.rejects(engine.setStock(shop, { ...at, available: 99, expected: 12 }), {
      kind: 'conflict',
      code: 'shopify/stale',
    })
    await engine.setStock(shop, { ...at, available: 12 })
    assert.equal((await now()).available, 12)
    const { reserved } = await now()
    await engine.setStock(shop, { ...at, available: 30, name: 'on_hand' })
    assert.equal((await now()).available, 30 - reserved!)
    const wrong = { ...at, skuId: 'gid://shopify/InventoryItem/1', available: 1 }
    await assert.rejects(engine.setStock(shop, wrong), { kind: 'missing' })
    await assert.rejects(engine.setStock(shop, { ...at, available: -1 }), { code: 'shopify/refused' })
    await assert.rejects(engine.setStock(shop, { ...at, locationId: null, available: 1 }), {
      field: 'locationId',
    })
  })
}

test('an answer that got lost is asked for again under the same key, and changes nothing twice', async () => {
  await client.control('PUT', '/shopify/faults', {
    script: [{ match: '/admin/api', times: 1, action: 'dropAfter' }],
  })
  const [{ skuId, productId, location, available }] = await truth()
  const change = { productId, skuId, locationId: location.id, available: available + 5, expected: available }
  await open().setStock(shop, change)
  assert.equal((await truth())[0].available, available + 5)
  await client.control('PUT', '/shopify/faults', {
    script: [{ match: '/admin/api', times: 1, action: 'dropAfter' }],
  })
  await assert.rejects(
    open({ apiVersion: '2026-01' }).setStock(shop, { ...change, expected: available + 5 }),
    {
      kind: 'unavailable',
    },
  )
})

test('a query that costs too much is refused, a bad one told', async () => {
  const engine = open()
  const levels = 'inventoryLevels(first: 250) { nodes { location { id } item { id } } }'
  await assert.rejects(
    engine.call(shop, { query: `{ inventoryItems(first: 250) { nodes { id ${levels} } } }` }),
    { code: 'shopify/max-cost' },
  )
  await assert.rejects(engine.call(shop, { query: '{ shop { nonsense } }' }), { code: 'shopify/query' })
  await assert.rejects(engine.call(shop, { query: '{ shop { ' }), { code: 'shopify/query' })
  await assert.rejects(engine.call({ ...shop, shop: 'evil.example/' }, { query: '{ shop { name } }' }), {
    code: 'shopify/shop',
  })
  assert.deepEqual(
    await shopify({ url: sandbox.url, clock: systemClock }).call(shop, { query: '{ shop { name } }' }),
    {
      shop: { name: shop.shop },
    },
  )
})
