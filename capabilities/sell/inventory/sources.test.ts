import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { doudianGateway } from '#engines/doudian/doudian.ts'
import { api } from '#kernel/api.ts'
import type { Doudian } from '#kernel/doudian.ts'
import { fault } from '#kernel/fault.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { type Json, OURS, openRoom, type Room } from './room.fixture.ts'
import connectSandbox from './sandbox.ts'

describe('stock of every platform, from the sandbox over HTTP', { timeout: 100_000 }, () => {
  let it: TestLedger
  let sandbox: Sandbox
  let room: Room

  before(async () => {
    it = await testLedger([migrationsOf('inventory', 'sell')])
    sandbox = await startSandbox({ live: false })
    room = await openRoom({
      ledger: it.ledger,
      platformUrl: sandbox.url,
      doudian: await sandboxDoudian(sandbox),
    })
    const url = await room.app.listen({ host: '127.0.0.1', port: 0 })
    const ours = api(url, '')
    assert.equal(await connectSandbox(ours, sandbox.url, () => true), 6)
    assert.equal(await connectSandbox(ours, sandbox.url, () => true), 0, 'again, nothing is new')
    await room.work()
  })
  after(async () => {
    await room.close()
    await sandbox.close()
    await it.close()
  })

  const shops = async (platform: string): Promise<Json[]> =>
    (await room.api('GET', '/shops')).items.filter((shop: Json) => shop.platform === platform)
  const numbers = async (shopId: string): Promise<Record<string, number>> => {
    const all: [string, number][] = []
    for (let cursor = ''; ; ) {
      const { items, next } = await room.api(
        'GET',
        `/items?shopId=${shopId}&limit=500&sort=sku${cursor && `&cursor=${cursor}`}`,
      )
      all.push(...items.map((one: Json) => [one.sku, one.available]))
      if (!next) return Object.fromEntries(all)
      cursor = next
    }
  }
  const assertSame = (ours: Record<string, number>, theirs: Record<string, number>) =>
    assert.deepEqual(
      Object.keys(theirs)
        .filter((sku) => ours[sku] !== theirs[sku])
        .slice(0, 5),
      [],
    )
  const control = async (path: string, method = 'GET', body?: object): Promise<Json> =>
    (
      await fetch(sandbox.url + path, {
        method,
        ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
      })
    ).json()
  /** What the sandbox holds of goods on sale, added up by code as we do. */
  const truth = async (platform: string, shop: string) => {
    const rows = await control(`/_sandbox/${platform}/shops/${encodeURIComponent(shop)}/stock`)
    const sums: Record<string, number> = {}
    for (const { sku, available, isOnSale } of rows)
      if (isOnSale !== false) sums[sku] = (sums[sku] ?? 0) + available
    return sums
  }

  for (const platform of ['shopify', 'taobao', 'pdd'] as const) {
    test(`${platform}: every SKU has the platform's number, and a changed one follows`, async () => {
      const [told] = await control(`/_sandbox/${platform}/shops`)
      const shop = (await shops(platform)).find((one) => [told.shop, told.name].includes(one.name))
      assert.equal(shop.state, 'idle', JSON.stringify(shop.failure))
      const before = await truth(platform, told.shop)
      assert.ok(Object.keys(before).length > 10)
      assertSame(await numbers(shop.shopId), before)

      const [row] = await control(`/_sandbox/${platform}/shops/${encodeURIComponent(told.shop)}/stock`)
      await control(`/_sandbox/${platform}/shops/${encodeURIComponent(told.shop)}/stock`, 'PUT', {
        sku: row.sku,
        ...(row.location ? { locationId: row.location.id } : {}),
        available: row.available + 17,
      })
      await room.api('POST', `/shops/${shop.shopId}/pull`)
      await room.work()
      assertSame(await numbers(shop.shopId), await truth(platform, told.shop))
      const [again] = (await shops(platform)).filter((one) => one.shopId === shop.shopId)
      assert.equal(again.lastPull.differed, 1)
    })
  }

  test('doudian: shops appear by themselves, with held units', async () => {
    const [shop] = await shops('doudian')
    assert.equal(shop.state, 'idle', JSON.stringify(shop.failure))
    const { items } = await room.api('GET', `/items?shopId=${shop.shopId}&limit=500`)
    assert.ok(items.length > 10)
    assert.ok(items.every((one: Json) => one.title !== '' && one.countedAtMs !== null))
  })

  test('an outage and a dead token are told at the shop, and neighbours go on', async () => {
    const [told] = await control('/_sandbox/pdd/shops')
    await control(`/_sandbox/pdd/shops/${told.shop}`, 'PUT', { isTokenLive: false })
    for (const shop of await shops('pdd')) await room.api('POST', `/shops/${shop.shopId}/pull`)
    await room.work()
    const states = new Map((await shops('pdd')).map((shop) => [shop.name, shop]))
    const lost = states.get(told.name)
    assert.equal(lost.state, 'failed')
    assert.match(lost.failure.code, /^pdd\//)
    assert.ok(lost.nextPullAtMs > Date.now())
    assert.deepEqual(
      [...states.values()].filter((shop) => shop !== lost).map(({ state }) => state),
      ['idle'],
    )
  })

  test('credentials are sealed, needed, and never answered', async () => {
    const rows = await it.ledger.everywhere.query(
      "select sealed from inventory.shop where platform = 'shopify'",
    )
    for (const { sealed } of rows) assert.match(sealed, /^v1\./)
    assert.doesNotMatch(JSON.stringify(await room.api('GET', '/shops')), /accessToken|sealed/)
    const problem = await room.api(
      'POST',
      '/shops',
      { platform: 'taobao', name: 'x', credentials: { appKey: '1' } },
      400,
    )
    assert.equal(problem.code, 'inventory/credentials')
    await room.api('POST', '/shops', { platform: 'doudian', name: 'x' }, 400)
  })

  test('with past sales the SKUs have a plan, and a removed shop is gone with all its numbers', async () => {
    const [shop] = await shops('shopify')
    const { items } = await room.api('GET', `/items?shopId=${shop.shopId}&sort=velocity&limit=50`)
    assert.ok(items.some((one: Json) => one.plan.suggested !== null))
    await room.api('DELETE', `/shops/${shop.shopId}`)
    const left = await it.ledger.everywhere.query('select 1 from inventory.demand where shop_id = $1', [
      shop.shopId,
    ])
    assert.deepEqual([left.length, (await shops('shopify')).length], [0, 1])
  })
})

/** The gateway straight, with a token of its own: what order-sync does with care is left out here. */
async function sandboxDoudian(sandbox: Sandbox): Promise<Doudian> {
  const gateway = doudianGateway({ url: sandbox.url })
  const app = { appKey: sandbox.clientKey, appSecret: sandbox.clientSecret }
  const state = (await (await fetch(`${sandbox.url}/_sandbox/doudian/state`)).json()) as {
    shops: { shopId: string }[]
  }
  const tokens = new Map<string, string>()
  for (const { shopId } of state.shops) {
    const answer = await gateway.createToken(app, { shopId })
    assert.ok(answer.ok)
    tokens.set(shopId, answer.data.accessToken)
  }
  return {
    shops: async () => state.shops.map(({ shopId }) => ({ shopId, workspaceId: OURS, name: shopId })),
    async call<T>(shopId: string, method: string, params: Record<string, unknown>) {
      const answer = await gateway.call<T>({ app, accessToken: tokens.get(shopId)!, method, params })
      if (!answer.ok) throw fault('unavailable', 'doudian/refused', answer.refusal.description)
      return answer.data
    },
  }
}
