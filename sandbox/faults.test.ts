import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Sandbox, startSandbox } from './sandbox.ts'
import { type Tokens, visitor } from './visitor.ts'

const nowMs = Date.parse('2026-03-05T09:00:00+08:00')
let sandbox: Sandbox
let client: ReturnType<typeof visitor>
let openId: string
let tokens: Tokens

before(async () => {
  sandbox = await startSandbox({ seed: 11, nowMs })
  client = visitor(sandbox)
  openId = [...sandbox.world.accounts.keys()][0]!
  tokens = await client.authorise(openId)
})
beforeEach(async () => {
  await client.control('PUT', '/faults', {})
  await client.control('PUT', '/quotas', {})
  await client.control('DELETE', '/requests')
})
after(() => sandbox.close())

const list = () =>
  client.get('/api/douyin/v1/video/video_list/', { open_id: openId, count: 5 }, tokens.access_token)
const requests = () => client.control('GET', '/requests')

test('a script answers 500 five times, then works, and every call is counted', async () => {
  await client.control('PUT', '/faults', {
    script: [{ match: '/oauth/refresh_token/', times: 5, status: 500 }],
  })
  const statuses: number[] = []
  for (let nth = 0; nth < 6; nth++) statuses.push((await client.refresh(tokens.refresh_token)).status)
  assert.deepEqual(statuses, [500, 500, 500, 500, 500, 200])
  assert.equal((await list()).status, 200)
  const { endpoints, total } = await requests()
  assert.equal(total, 7)
  assert.deepEqual(endpoints['/oauth/refresh_token/'], {
    calls: 6,
    handled: 1,
    outcomes: { 'status:500': 5, ok: 1 },
  })
})

test('a script can wait, answer a code, an empty token, or cut the line before or after the work', async () => {
  const script = [
    { match: '/oauth/refresh_token/', times: 1, after: 1, code: 10001 },
    { match: '/oauth/refresh_token/', times: 1, action: 'emptyToken' },
    { match: '/item/comment/reply/', times: 1, action: 'drop' },
    { match: '/item/comment/reply/', times: 1, action: 'dropAfter' },
    { match: '/item/comment/reply/', times: 1, action: 'double' },
  ]
  await client.control('PUT', '/faults', { script })
  const empty = (await client.refresh(tokens.refresh_token)).json.data
  assert.equal(empty.access_token, '', 'the waiting step lets the first call pass on to the next step')
  assert.equal(Number((await client.refresh(tokens.refresh_token)).json.data.error_code), 10001)
  assert.equal((await client.refresh(tokens.refresh_token)).json.data.access_token, tokens.access_token)

  const itemId = (await list()).json.data.list[0].item_id
  const body = { item_id: itemId, content: '好的' }
  const reply = () => client.post('/item/comment/reply/', { open_id: openId }, tokens.access_token, body)
  const total = async () => (await client.rows('comments')).filter((row) => row['content'] === '好的').length
  await assert.rejects(reply)
  assert.equal(await total(), 0)
  await assert.rejects(reply)
  assert.equal(await total(), 1)
  await reply()
  assert.equal(await total(), 3)
  const { outcomes } = (await requests()).endpoints['/item/comment/reply/']
  assert.deepEqual(outcomes, { dropped: 1, 'dropped-after': 1, ok: 1 })
})

test('rates happen about as often as said, the same for the same seed, and only where said', async () => {
  const faults = { endpoints: ['/api/douyin/'], errorRate: 0.3, errorCodes: [500, 2100004], http429Rate: 0.2 }
  const run = async () => {
    await client.control('PUT', '/faults', faults)
    const seen: (number | string)[] = []
    for (let nth = 0; nth < 60; nth++) {
      const { status, json } = await list()
      seen.push(status === 200 ? json.extra.error_code : status)
    }
    return seen
  }
  const first = await run()
  assert.deepEqual(await run(), first)
  for (const kind of [0, 500, 2100004, 429]) assert.ok(first.includes(kind), `saw ${kind}`)
  for (let nth = 0; nth < 20; nth++) {
    assert.equal((await client.refresh(tokens.refresh_token)).status, 200)
  }
})

test('slowness delays the answer', async () => {
  await client.control('PUT', '/faults', { slowRate: 1, slowMs: 150 })
  const startedMs = performance.now()
  await list()
  assert.ok(performance.now() - startedMs >= 145)
})

test('a quota counts per scope, shows what remains, and returns at 08:00 in Shanghai', async () => {
  await client.control('PUT', '/clock', { nowMs })
  await client.control('PUT', '/quotas', { perDay: { 'video.list.bind': 2 } })
  const seen: (string | null)[] = []
  for (let nth = 0; nth < 2; nth++) seen.push((await list()).headers.get('x-ratelimit-remaining'))
  assert.deepEqual(seen, ['1', '0'])
  const refused = await list()
  assert.equal(refused.status, 200)
  assert.equal(refused.json.extra.error_code, 2190001)
  await client.control('PUT', '/faults', { gatewayCodes: true })
  assert.equal((await list()).json.extra.error_code, 28003017)
  await client.control('PUT', '/clock', { nowMs: Date.parse('2026-03-06T07:59:00+08:00') })
  assert.equal((await list()).json.extra.error_code, 28003017)
  await client.control('PUT', '/clock', { nowMs: Date.parse('2026-03-06T08:00:01+08:00') })
  assert.equal((await list()).json.extra.error_code, 0)
})

test('the quota can speak HTTP 429 with Retry-After', async () => {
  await client.control('PUT', '/clock', { nowMs })
  await client.control('PUT', '/quotas', { perDay: { '*': 0 }, as429: true })
  const { status, headers } = await list()
  assert.equal(status, 429)
  assert.equal(headers.get('x-ratelimit-remaining'), '0')
  assert.ok(Math.abs(Number(headers.get('retry-after')) - 23 * 3600) < 60)
})
