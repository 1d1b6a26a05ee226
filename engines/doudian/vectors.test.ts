import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifyPush } from './push.ts'
import { paramJson, pushSignature, requestSignature } from './signature.ts'

const K = { appKey: '3409409348479354011', appSecret: '2ad2355c-01d0-11f8-91dc-05a8cd1054b1' }
const at = '1700000000'

/** Golden vectors: the request, its HMAC-SHA256, its MD5. */
const VECTORS: [
  name: string,
  method: string,
  timestamp: string,
  params: object,
  hmac: string,
  md5: string,
][] = [
  [
    'O1 keys sorted at every level, inside arrays too',
    'order.searchList',
    at,
    {
      update_time_start: 1699990000,
      update_time_end: 1700000000,
      size: 10,
      page: 0,
      order_by: 'update_time',
      order_asc: false,
      combine_status: [{ order_status: '2,3', main_status: '2' }],
    },
    '0bde6c95d1f751ece9491360cd4fbaf96ce2e585e4fe683a70762b3ac5bedad7',
    '54add254c20015fa74f5e9b245498dfa',
  ],
  [
    'O2 a long id as text',
    'order.orderDetail',
    at,
    { shop_order_id: '4781320682406083640' },
    '039d62900eceef97d795f92d931ed6012c6ce418aaa1a265ac65aa6bf7dcd79a',
    '0c2cb7454f2dfad06c9e753a48671538',
  ],
  [
    'O3 an empty code',
    'token.create',
    at,
    { shop_id: '323423', grant_type: 'authorization_self', code: '' },
    '7b0cdedce0ebccfa1b754102d5e385a949746e77dccb8f1102de54ae1aeecebe',
    'd1febb5c077c578ec341f3225dc1e2b4',
  ],
  [
    'O4 a date as timestamp',
    'product.getGoodsCategory',
    '2020-09-15 14:48:13',
    { page: '1', cid: '12' },
    '7bb73a7e14f593bbac6615fc5c30bf6ccc348c060e80e9a2edd96744a1fb8312',
    'cf5c13e551eb2f3e4e883a472e2c12f8',
  ],
  [
    'O5 nothing is escaped',
    'sku.syncStock',
    at,
    { stock_num: 300, sku_id: '123', product_id: '123456', incremental: true, idempotent_id: '<a&b>库存' },
    'fb49e494c729944e66bc48ad5373d6af620449c066b411636f410d84e5b0a70a',
    '4a58f27d37bbf71e8668b71fafe3d794',
  ],
]

for (const [name, method, timestamp, params, hmac, md5] of VECTORS) {
  test(`request signature: ${name}`, () => {
    const signed = { method, timestamp, paramJson: paramJson(params) }
    assert.equal(requestSignature(K, signed), hmac)
    assert.equal(requestSignature(K, signed, 'md5'), md5)
  })
}

test('request signature: O6 the text is signed as it is', () => {
  const app = { appKey: 'ak', appSecret: 'secret' }
  const signed = { method: 'shop.info', paramJson: '{"b":2,"a":1}', timestamp: at }
  assert.equal(
    requestSignature(app, signed),
    '9d569a7bbb94e30e04a1983983e2d5eafae1e285062cd848b08f8a4b68091b4f',
  )
  assert.equal(requestSignature(app, signed, 'md5'), '9306cc18d4ba3acda437785ff8a621b8')
})

test('param_json: sorted by text and not as numbers, undefined left out, long integers whole', () => {
  assert.equal(paramJson({}), '{}')
  assert.equal(paramJson({ 9: 1, 10: [{ b: null, a: undefined }] }), '{"10":[{"b":null}],"9":1}')
  assert.equal(
    paramJson({ id: 4781320682406083640n, list: [undefined] }),
    '{"id":4781320682406083640,"list":[null]}',
  )
})

const app = { appKey: 'app-123', appSecret: 'secret-456' }
const PUSHES: [name: string, body: string, md5: string, hmac: string][] = [
  [
    'P1 the probe',
    '[{"tag":"0","msg_id":"0","data":"probe"}]',
    'd94fb4393b783116c26fc9175ae83283',
    '7e0bd8b248471435f5a09b27cbc1a07f2cb00f625810bde9f3cc5b0ba7bc4a11',
  ],
  [
    'P2 an order',
    '[{"tag":"100","msg_id":"04288::100:1618990587:6837","data":"{\\"p_id\\":4781320682406083640,\\"s_ids\\":[4781320682406083640],\\"shop_id\\":323423,\\"order_status\\":1,\\"order_type\\":0,\\"create_time\\":1618990587,\\"biz\\":2}"}]',
    '5558ab73273ca7921cdbb7b062e3974f',
    '38a526896d2bce454c85db24bff13ca0343b552d1c91094142a6692a94507d25',
  ],
]

for (const [name, text, md5, hmac] of PUSHES) {
  test(`push signature: ${name}, either form, and nothing else`, () => {
    const body = Buffer.from(text)
    assert.equal(pushSignature(app, body), md5)
    assert.equal(pushSignature(app, body, 'hmac-sha256'), hmac)
    const verified = (headers: Record<string, string>, of = body) => verifyPush(app, of, headers)
    assert.ok(verified({ 'event-sign': md5 }))
    assert.ok(verified({ 'event-sign': hmac }))
    assert.ok(verified({ 'event-sign': hmac, 'sign-method': 'hmac-sha256', 'app-id': 'app-123' }))
    assert.ok(!verified({ 'event-sign': md5, 'sign-method': 'hmac-sha256' }))
    assert.ok(!verified({ 'event-sign': md5, 'app-id': 'another' }))
    assert.ok(!verified({ 'event-sign': md5 }, Buffer.from(`${text} `)))
    for (const wrong of ['', md5.slice(1), md5.toUpperCase(), hmac.replace(/.$/, '0x'), 'é'.repeat(32)])
      assert.ok(!verified({ 'event-sign': wrong }), wrong)
    assert.ok(!verified({}))
  })
}
