// Shopify's own client against our counterpart, and the corners of its GraphQL.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createAdminApiClient } from '@shopify/admin-api-client'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'

let sandbox: Sandbox
let client: ReturnType<typeof visitor>
// biome-ignore lint/suspicious/noExplicitAny: the control API's own shape
let shop: any

before(async () => {
  sandbox = await startSandbox({ seed: 9 })
  client = visitor(sandbox)
  shop = (await client.control('GET', '/shopify/shops'))[0]
})
after(() => sandbox.close())

const vendor = (accessToken = shop.accessToken, retries = 0) =>
  createAdminApiClient({
    storeDomain: `${shop.shop}.myshopify.com`,
    apiVersion: '2026-07',
    accessToken,
    retries,
    // It insists on https to the shop's domain; only the origin is exchanged.
    customFetchApi: (url, init) => fetch(sandbox.url + new URL(url).pathname, init as RequestInit),
  })

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the platform says
type Said = { data?: any; errors?: any; extensions?: any }
const said = (operation: string, variables: object = {}, as = vendor()): Promise<Said> =>
  as.request(operation, { variables })

const PAGES = `#graphql
  query Variants($first: Int = 60, $after: String, $withTitle: Boolean!) {
    rows: productVariants(first: $first, after: $after) {
      edges { cursor node { ...Stock } }
      pageInfo { hasNextPage endCursor }
    }
  }
  fragment Stock on ProductVariant {
    sku
    product @include(if: $withTitle) { title }
    inventoryItem { id inventoryLevels(first: 5) { nodes { id location { id } ... on InventoryLevel { quantities(names: ["available", "on_hand"]) { name quantity } } } } }
  }`

test('the client pages through all variants, and the bill is in the extensions', async () => {
  const skus: string[] = []
  let after: string | null = null
  do {
    const { data, errors, extensions }: Said = await said(PAGES, { after, withTitle: true })
    assert.equal(errors, undefined)
    for (const { node } of data.rows.edges) {
      skus.push(node.sku)
      assert.match(node.product.title, /\p{Script=Han}/u)
      for (const level of node.inventoryItem.inventoryLevels.nodes)
        assert.match(level.id, /^gid:\/\/shopify\/InventoryLevel\/\d+\?inventory_item_id=\d+$/)
    }
    const { requestedQueryCost, actualQueryCost, throttleStatus } = extensions.cost
    assert.ok(actualQueryCost <= requestedQueryCost && throttleStatus.restoreRate === 100)
    after = data.rows.pageInfo.hasNextPage ? data.rows.pageInfo.endCursor : null
  } while (after)
  assert.equal(skus.length, shop.skus)
  assert.equal(new Set(skus).size, skus.length)
})

const SET = `mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { inventoryAdjustmentGroup { reason } userErrors { code field } }
}`

test('the client writes stock: compared, once for each key, all or nothing', async () => {
  const [row, other] = await client.control('GET', `/shopify/shops/${shop.shop}/stock`)
  const quantity = (changeFromQuantity: number | null, value: number, one = row) => ({
    inventoryItemId: one.skuId,
    locationId: one.location.id,
    quantity: value,
    changeFromQuantity,
  })
  const set = async (key: string, quantities: object[]) => {
    const input = { name: 'available', reason: 'correction', quantities }
    return (await said(SET, { input, key })).data.inventorySetQuantities
  }
  const now = async () => (await client.control('GET', `/shopify/shops/${shop.shop}/stock`))[0].available
  const answer = await set('k1', [quantity(row.available, 501)])
  assert.deepEqual(answer, { inventoryAdjustmentGroup: { reason: 'correction' }, userErrors: [] })
  await client.control('PUT', `/shopify/shops/${shop.shop}/stock`, { sku: row.sku, available: 502 })
  assert.deepEqual(await set('k1', [quantity(row.available, 501)]), answer, 'the first result again')
  assert.equal(await now(), 502, 'and nothing done')
  const [{ code }] = (await set('k1', [quantity(null, 7)])).userErrors
  assert.equal(code, 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH')
  const stale = await set('k2', [quantity(null, 7), quantity(other.available + 1, 7, other)])
  assert.equal(stale.userErrors[0].code, 'CHANGE_FROM_QUANTITY_STALE')
  assert.equal(await now(), 502)
})

test('the client sees THROTTLED, a 401 and an unknown field as Shopify says them', async () => {
  await client.control('PUT', `/shopify/shops/${shop.shop}`, {
    throttleStatus: { currentlyAvailable: 0, restoreRate: 0 },
  })
  const throttled = await said('{ shop { name } }')
  assert.equal(throttled.errors?.graphQLErrors?.[0]?.extensions.code, 'THROTTLED')
  assert.equal(throttled.extensions.cost.actualQueryCost, null)
  await client.control('PUT', `/shopify/shops/${shop.shop}`, {
    throttleStatus: { currentlyAvailable: 2_000, restoreRate: 100 },
  })
  assert.equal((await said('{ shop { name } }', {}, vendor('shpat_no'))).errors?.networkStatusCode, 401)
  const unknown = await said('{ shop { colour } }')
  assert.match(unknown.errors.graphQLErrors![0].message, /Field 'colour' doesn't exist on type 'Shop'/)
  const noKey = await said(SET.replace('@idempotent(key: $key)', ''), {
    input: { name: 'available', quantities: [] },
    key: 'k',
  })
  assert.match(noKey.errors.graphQLErrors![0].message, /@idempotent/)
})

test('the client’s own retries pass over 503', async () => {
  await client.control('PUT', '/shopify/faults', { script: [{ match: '/admin/api', times: 1, status: 503 }] })
  const { data } = await said('{ shop { name } }', {}, vendor(shop.accessToken, 2))
  assert.equal(data.shop.name, shop.shop)
})
