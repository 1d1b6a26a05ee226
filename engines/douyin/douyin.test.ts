import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { isFault } from '#kernel/fault.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { douyinWire } from './douyin.ts'
import { readEnvelope } from './envelope.ts'
import {
  parseCommentList,
  parseFansData,
  parseHotSentences,
  parseItemBase,
  parseTrendingSentences,
  parseUserInfo,
  parseVideoData,
  parseVideoList,
} from './parse.ts'
import {
  commentList,
  commentReplies,
  fansData,
  hotSentences,
  itemBase,
  trendingSentences,
  userInfo,
  videoData,
  videoList,
} from './requests.ts'
import { isSigned, webhookSignature } from './signature.ts'
import { PLATFORM_CODES, verdict } from './verdict.ts'
import { logIdAtMs, readWebhook } from './webhook.ts'

const SECRET = 'test_client_secret'
const W1 = '{"event":"verify_webhook","client_key":"abc","content":{"challenge":12345}}'
const W2 =
  '{"event":"im_receive_msg","client_key":"aw-test","from_user_id":"u-1","to_user_id":"b-1","content":"{\\"conversation_short_id\\":\\"@c1\\",\\"server_message_id\\":\\"@m1\\",\\"conversation_type\\":1,\\"create_time\\":1700000000000,\\"message_type\\":\\"text\\",\\"text\\":\\"你好\\"}"}'

test('webhook signatures: the known vectors, and nothing else', () => {
  assert.equal(webhookSignature(SECRET, W1), 'ed6b1797456b888e29a8fcc49521ba7e1993f7bc')
  assert.equal(webhookSignature(SECRET, W2), '30edad59e780e78cac2147afe634d23ea823a5fe')
  assert.equal(isSigned(SECRET, Buffer.from(W1), 'ed6b1797456b888e29a8fcc49521ba7e1993f7bc'), true)
  for (const wrong of [
    '',
    'ed6b',
    'ED6B1797456B888E29A8FCC49521BA7E1993F7BC',
    webhookSignature('other', W1),
  ]) {
    assert.equal(isSigned(SECRET, Buffer.from(W1), wrong), false)
  }
  assert.equal(isSigned(SECRET, Buffer.from(`${W1} `), webhookSignature(SECRET, W1)), false)
})

test('a webhook is read whether its content is an object or text', () => {
  assert.deepEqual(readWebhook(W1)?.content, { challenge: 12345 })
  assert.partialDeepStrictEqual(readWebhook(W2)?.content, { message_type: 'text', text: '你好' })
  assert.equal(readWebhook('{"event":"x","content":"plain words"}')?.content, 'plain words')
  assert.equal(readWebhook('[]'), null)
  assert.equal(readWebhook('{'), null)
  assert.equal(logIdAtMs('20201213141516ABCDEF'), Date.parse('2020-12-13T14:15:16+08:00'))
  assert.equal(logIdAtMs('nonsense'), null)
})

test('every code has one line; each class comes from the code, the status only where there is no code', () => {
  const codes = PLATFORM_CODES.map(([code]) => code)
  assert.equal(new Set(codes).size, codes.length)
  assert.equal(verdict(0, 200).class, 'ok')
  assert.equal(verdict(10010, 200).class, 'reauthorise')
  assert.equal(verdict(2190008, 200).class, 'refresh-token')
  assert.equal(verdict(28003017, 200).class, 'quota')
  assert.equal(verdict(2190001, 429).class, 'quota')
  assert.equal(verdict(2100004, 429).class, 'rate')
  assert.equal(verdict(null, 500).class, 'retry')
  assert.equal(verdict(0, 500).class, 'retry')
  assert.equal(verdict(null, 0).class, 'retry')
  assert.equal(verdict(null, 404).class, 'invalid')
  assert.equal(verdict(99999999, 200).class, 'retry', 'a code that is not known yet loses no work')
})

test('both envelopes, numbers as text', () => {
  assert.deepEqual(
    readEnvelope({ data: { error_code: '2190008', description: 'd' }, extra: { logid: 'l' } }),
    {
      code: 2190008,
      description: 'd',
      logId: 'l',
      data: { error_code: '2190008', description: 'd' },
    },
  )
  assert.equal(readEnvelope({ data: { error_code: 0 }, extra: { error_code: 0, sub_error_code: 7 } }).code, 7)
  assert.equal(readEnvelope({ err_no: 28001003, err_msg: 'no', log_id: 'b' }).code, 28001003)
  assert.equal(readEnvelope({ err_no: 0, data: { x: 1 } }).code, 0)
  assert.equal(readEnvelope('text').code, null)
})

test('a field that is missing is named, one that is new is reported', () => {
  const video = {
    item_id: '@a',
    create_time: '1571075129',
    statistics: { play_count: '3', digg_count: 1, comment_count: 0 },
  }
  const parsed = parseVideoList({
    list: [{ ...video, brand_new: 1 }],
    cursor: 5,
    has_more: true,
    more_new: 2,
  })
  assert.deepEqual(parsed.drift.sort(), ['list.brand_new', 'more_new'])
  assert.equal(parsed.cursor, '5')
  assert.equal(parsed.list[0]!.createdAtMs, 1571075129000)
  assert.equal(parsed.list[0]!.statistics.playCount, 3)
  assert.throws(
    () => parseVideoList({ list: [{ ...video, item_id: undefined }], cursor: 0, has_more: false }),
    (e) => isFault(e) && e.field === 'list.item_id',
  )
  assert.throws(
    () => parseVideoList({ cursor: 0, has_more: false }),
    (e) => isFault(e) && e.field === 'list',
  )
  assert.throws(
    () => parseCommentList({ list: [], has_more: true }),
    (e) => isFault(e) && e.field === 'cursor',
  )
})

let sandbox: Sandbox
before(async () => {
  sandbox = await startSandbox({ seed: 11, drift: 0.5 })
})
after(() => sandbox.close())

test('every endpoint of the sandbox, through wire and parser, without drift', async () => {
  const wire = douyinWire({ url: sandbox.url })
  const app = { clientKey: sandbox.clientKey, clientSecret: sandbox.clientSecret }
  const client = visitor(sandbox)
  const [openId] = [...sandbox.world.accounts.keys()]
  const tokens = await wire.exchangeCode(app, await client.consent(openId!))
  assert.ok(tokens.ok)
  assert.equal(tokens.data.openId, openId)
  assert.ok(tokens.writtenAtMs !== null && Math.abs(tokens.writtenAtMs - Date.now()) < 5_000)
  const as = { accessToken: tokens.data.accessToken, openId: openId! }
  const data = async (request: Parameters<typeof wire.send>[0]) => {
    const answer = await wire.send(request, as)
    assert.ok(answer.ok, JSON.stringify(answer))
    return answer.data
  }
  const videos = parseVideoList(await data(videoList()))
  assert.deepEqual(videos.drift, [])
  const [video] = videos.list
  const numbers = parseVideoData(await data(videoData([video!.itemId])))
  assert.equal(numbers.list[0]!.itemId, video!.itemId)
  const base = parseItemBase(await data(itemBase(video!.itemId)))
  assert.ok(base.totalPlay >= 0)
  const comments = parseCommentList(await data(commentList(video!.itemId, { order: 'time_asc' })))
  assert.deepEqual(comments.drift, [])
  if (comments.list[0])
    parseCommentList(await data(commentReplies(video!.itemId, comments.list[0].commentId)))
  assert.equal(parseUserInfo(await data(userInfo())).openId, openId)
  assert.deepEqual(parseFansData(await data(fansData())).drift, [])
  const refreshed = await wire.refresh(app, tokens.data.refreshToken)
  assert.ok(refreshed.ok)
  const renewed = await wire.renew(app, tokens.data.refreshToken)
  assert.ok(renewed.ok && renewed.data.refreshToken !== tokens.data.refreshToken)

  const clt = await wire.clientToken(app)
  assert.ok(clt.ok)
  const hot = await wire.send(hotSentences(), { accessToken: clt.data.accessToken })
  assert.ok(hot.ok && parseHotSentences(hot.data).list.length > 0)
  const rising = await wire.send(trendingSentences(), { accessToken: clt.data.accessToken })
  assert.ok(rising.ok && parseTrendingSentences(rising.data).list.length > 0)
})

test('what goes wrong is an answer, never an exception', async () => {
  const wire = douyinWire({ url: sandbox.url })
  const app = { clientKey: sandbox.clientKey, clientSecret: sandbox.clientSecret }
  const client = visitor(sandbox)
  const cases = [
    [{ match: '/oauth/client_token/', times: 1, status: 500 }, 'retry'],
    [{ match: '/oauth/client_token/', times: 1, action: 'drop' }, 'retry'],
    [{ match: '/oauth/client_token/', times: 1, action: 'emptyToken' }, 'retry'],
    [{ match: '/oauth/client_token/', times: 1, code: 10020 }, 'rate'],
  ] as const
  for (const [step, expected] of cases) {
    await client.control('PUT', '/faults', { script: [step] })
    const answer = await wire.clientToken(app)
    assert.ok(!answer.ok)
    assert.equal(answer.refusal.class, expected, JSON.stringify(step))
  }
  await client.control('PUT', '/faults', { http429Rate: 1, retryAfterSeconds: 3 })
  const limited = await wire.clientToken(app)
  assert.ok(!limited.ok && limited.refusal.class === 'rate' && limited.refusal.retryAfterMs === 3_000)
  await client.control('PUT', '/faults', { slowRate: 1, slowMs: 2_000 })
  const late = await wire.clientToken(app, { timeoutMs: 100 })
  assert.ok(!late.ok && late.refusal.mayHaveHappened)
  await client.control('PUT', '/faults', {})
  const gone = createServer()
  await new Promise<void>((done) => gone.listen(0, '127.0.0.1', done))
  const { port } = gone.address() as AddressInfo
  await new Promise((done) => gone.close(done))
  const nobody = await douyinWire({ url: `http://127.0.0.1:${port}` }).clientToken(app)
  assert.ok(!nobody.ok && !nobody.refusal.mayHaveHappened)
})

test('an answer beyond the bound is not read to its end', async () => {
  const server = createServer((_request, response) => {
    const feed = () => {
      while (response.write('x'.repeat(65_536)));
      response.once('drain', feed)
    }
    feed()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    const wire = douyinWire({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      maxBytes: 1_000_000,
    })
    const answer = await wire.send(hotSentences(), { accessToken: 't' })
    assert.ok(!answer.ok && answer.refusal.class === 'retry')
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
