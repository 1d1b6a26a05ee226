// A published TOP client for Node against our counterpart: its signing, its envelope, its reading of long ids.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import TopClient from 'topsdk'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'

// It writes the time in the zone of its process.
process.env['TZ'] = 'Asia/Shanghai'

let sandbox: Sandbox
let client: ReturnType<typeof visitor>
// biome-ignore lint/suspicious/noExplicitAny: the control API's own shape
let shop: any

before(async () => {
  sandbox = await startSandbox({ seed: 9 })
  client = visitor(sandbox)
  shop = (await client.control('GET', '/taobao/shops'))[0]
})
after(() => sandbox.close())

const vendor = (secret = shop.appSecret) =>
  new TopClient(shop.appKey, secret, { endpoint: `${sandbox.url}/router/rest` })
const truth = () => client.control('GET', `/taobao/shops/${encodeURIComponent(shop.shop)}/stock`)

test('the client lists items and their SKUs, by POST and by GET', async () => {
  const fields = 'num_iid,title,num'
  const ask = { fields, page_no: 2, page_size: 40, session: shop.session }
  const page = await vendor().execute('taobao.items.onsale.get', ask)
  assert.equal(page.total_results, shop.items)
  assert.equal(page.items.item.length, 40)
  assert.deepEqual(Object.keys(page.items.item[0]).sort(), ['num', 'num_iid', 'title'])
  const num_iids = page.items.item.map((item: { num_iid: number }) => item.num_iid).join(',')
  const skus = await vendor().execute('taobao.item.skus.get', {
    fields: 'sku_id,num_iid,quantity,properties_name',
    num_iids,
    session: shop.session,
  })
  const known = new Set((await truth()).map(({ skuId }: { skuId: string }) => skuId))
  assert.ok(skus.skus.sku.length > 0)
  for (const { sku_id } of skus.skus.sku) {
    assert.equal(typeof sku_id, 'string', '19 digits are text to this client')
    assert.ok(known.has(sku_id))
  }
})

test('the client sets and adds stock', async () => {
  const row = (await truth()).find(
    ({ skuId, available }: { skuId: string; available: number }) => skuId && available > 2,
  )
  const ask = { num_iid: Number(row.productId), outer_id: row.sku, session: shop.session }
  const set = await vendor().execute('taobao.item.quantity.update', { ...ask, quantity: 40 })
  assert.equal(set.item.skus.sku[0].quantity, 40)
  await vendor().execute('taobao.item.quantity.update', { ...ask, quantity: -15, type: 2 })
  const now = async () => (await truth()).find(({ sku }: { sku: string }) => sku === row.sku).available
  assert.equal(await now(), 25)
  await assert.rejects(vendor().execute('taobao.item.quantity.update', { ...ask, quantity: -26, type: 2 }), {
    code: 50,
  })
  const many = { num_iid: ask.num_iid, outerid_quantities: `${row.sku}:-99`, type: 2, session: shop.session }
  await vendor().execute('taobao.skus.quantity.update', many)
  assert.equal(await now(), 0, 'in this method a sum below zero becomes zero')
})

test('the client sees a wrong signature, no session and a fault as TOP says them', async () => {
  const ask = { fields: 'num_iid', session: shop.session }
  await assert.rejects(vendor('wrong').execute('taobao.items.onsale.get', ask), {
    name: 'TOPClientError',
    code: 25,
  })
  await assert.rejects(vendor().execute('taobao.items.onsale.get', { fields: 'num_iid' }), { code: 26 })
  const unsold = { fields: 'num_iid', session: 'x' }
  await assert.rejects(vendor().execute('taobao.items.onsale.get', unsold), { code: 27 })
  await assert.rejects(vendor().execute('taobao.nonsense.get', ask), { code: 22 })
  await client.control('PUT', '/taobao/faults', { script: [{ match: '/router/rest', times: 1, code: 7 }] })
  await assert.rejects(vendor().execute('taobao.items.onsale.get', ask), {
    code: 7,
    sub_code: 'accesscontrol.limited-by-api-access-count',
  })
  assert.ok(await vendor().execute('taobao.items.onsale.get', ask))
})
