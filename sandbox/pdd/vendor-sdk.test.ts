// A published POP client for Node against our counterpart. It has its host built in: the address is exchanged in it.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'

const require = createRequire(import.meta.url)
const PddSdk = require('pdd-sdk').default
const wire = require('pdd-sdk/dist/request_utils.js').default

let sandbox: Sandbox
let client: ReturnType<typeof visitor>
// biome-ignore lint/suspicious/noExplicitAny: the control API's own shape
let mall: any

before(async () => {
  sandbox = await startSandbox({ seed: 9 })
  client = visitor(sandbox)
  mall = (await client.control('GET', '/pdd/shops'))[0]
  wire.defaults.baseURL = `${sandbox.url}/api/router`
})
after(() => sandbox.close())

const vendor = (clientSecret = mall.clientSecret) => new PddSdk({ clientId: mall.clientId, clientSecret })
const truth = () => client.control('GET', `/pdd/shops/${mall.shop}/stock`)
type Row = { skuId: string; sku: string; available: number; isPromoted: boolean; productId: string }

test('the client lists goods page by page, in JSON bodies', async () => {
  const seen: string[] = []
  for (let page = 1; ; page++) {
    const ask = { page, page_size: 100, access_token: mall.accessToken }
    const { goods_list_get_response: said } = await vendor().execute('pdd.goods.list.get', ask)
    assert.equal(said.total_count, mall.goods)
    for (const { goods_name, sku_list } of said.goods_list) {
      assert.match(goods_name, /\p{Script=Han}/u)
      for (const { sku_id } of sku_list) seen.push(String(sku_id))
    }
    if (said.goods_list.length < 100) break
  }
  assert.deepEqual(
    seen,
    (await truth()).map(({ skuId }: Row) => skuId),
  )
})

test('the client sets and adds stock', async () => {
  const row = (await truth()).find(({ isPromoted, available }: Row) => !isPromoted && available > 5)
  const ask = { goods_id: Number(row.productId), sku_id: Number(row.skuId), access_token: mall.accessToken }
  const update = (more: object) => vendor().execute('pdd.goods.quantity.update', { ...ask, ...more })
  const now = async () => (await truth()).find(({ skuId }: Row) => skuId === row.skuId).available
  assert.equal((await update({ quantity: 60 })).goods_quantity_update_response.is_success, true)
  await update({ quantity: -25, update_type: 2 })
  assert.equal(await now(), 35)
  await assert.rejects(update({ quantity: -36, update_type: 2 }), (said: object) => {
    assert.partialDeepStrictEqual(said, { error_response: { error_code: 21001 } })
    return true
  })
})

test('the client sees a wrong sign, a foreign token and a rate limit as POP says them', async () => {
  const refusedWith = (error_code: number) => (said: object) => {
    assert.partialDeepStrictEqual(said, { error_response: { error_code } })
    return true
  }
  const ask = { page: 1, page_size: 1, access_token: mall.accessToken }
  await assert.rejects(vendor('wrong').execute('pdd.goods.list.get', ask), refusedWith(20004))
  const foreign = { ...ask, access_token: 'x' }
  await assert.rejects(vendor().execute('pdd.goods.list.get', foreign), refusedWith(20032))
  await assert.rejects(vendor().execute('pdd.goods.list.get', { ...ask, page_size: 101 }), refusedWith(21001))
  await client.control('PUT', '/pdd/limits', { 'pdd.goods.list.get': 1 })
  await vendor().execute('pdd.goods.list.get', ask)
  await assert.rejects(vendor().execute('pdd.goods.list.get', ask), refusedWith(70031))
})
