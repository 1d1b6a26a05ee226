import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { OURS, openRoom, THEIRS } from './open-room.fixture.ts'
import { connectSandboxAccounts } from './sandbox-accounts.fixture.ts'

let it: TestLedger
let sandbox: Sandbox
let room: Awaited<ReturnType<typeof openRoom>>
let control: ReturnType<typeof visitor>['control']
let openId: string

before(async () => {
  it = await testLedger([migrationsOf('open-platform', 'connect')])
  sandbox = await startSandbox({ seed: 9, webhookRetryDelaysMs: [50, 50] })
  control = visitor(sandbox).control
  openId = [...sandbox.world.accounts.keys()][0]!
  room = await openRoom({ ledger: it.ledger, sandbox })
  const consentUrl = async () => (await room.api('POST', '/authorisations')).json.url
  await connectSandboxAccounts({ url: sandbox.url, consentUrl })
})
after(async () => {
  await room?.close()
  await sandbox?.close()
  await it?.close()
})

const sign = (body: string | Buffer) =>
  createHash('sha1').update(sandbox.clientSecret).update(body).digest('hex')
const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${room.url}/api/open-platform/webhook`, {
    method: 'POST',
    body: body as BodyInit,
    headers: { 'content-type': 'application/json', 'x-douyin-signature': sign(body), ...headers },
  })
const event = (name: string, content: unknown, over: object = {}) =>
  JSON.stringify({
    event: name,
    client_key: sandbox.clientKey,
    from_user_id: 'fan',
    to_user_id: openId,
    content,
    ...over,
  })
const rows = (where = 'true') =>
  it.ledger.everywhere.query(`select * from open_platform.webhook where ${where} order by id`)
const facts = (msgId: string) =>
  it.ledger.everywhere.query(
    "select * from fact_log.outbox where name = 'webhook.received' and data->>'msgId' = $1",
    [msgId],
  )
const done = (msgId: string) =>
  until(async () => (await rows(`msg_id = '${msgId}' and state <> 'received'`))[0])
const counts = async () => (await room.api('GET', '/summary')).json.webhooks24h

test("the platform's own check of the address", async () => {
  const { verified } = await control('PUT', '/webhooks/target', {
    url: `${room.url}/api/open-platform/webhook`,
  })
  assert.equal(verified, true)
  const unsigned = await post(event('verify_webhook', { challenge: 1 }), { 'x-douyin-signature': 'no' })
  assert.equal(unsigned.status, 401)
})

test('durable before the 200, its fact once, its body as it came', async () => {
  const body = `${event('new_video_digg', '{"action_type":1,"item_id":"6910012345678907919"}')} `
  const answer = await post(body, { 'msg-id': 'm-1' })
  assert.equal(answer.status, 200)
  assert.equal((await rows("msg_id = 'm-1'")).length, 1)
  const row = await done('m-1')
  assert.equal(row['state'], 'done')
  const [fact] = await facts('m-1')
  assert.deepEqual(fact!['data'].content, { action_type: 1, item_id: '6910012345678907919' })
  const { json } = await room.api('GET', `/webhooks/${row['id']}`)
  assert.equal(json.body, body)
  assert.equal(fact!['data'].accountId, json.accountId)
  assert.equal((await room.api('GET', `/webhooks/${row['id']}`, { 'x-workspace': THEIRS })).status, 404)
})

test('doubled: answered each time, worked on once, counted', async () => {
  const before = await counts()
  const body = event('new_follow_action', { action_type: 1 })
  await Promise.all(Array.from({ length: 20 }, () => post(body, { 'msg-id': 'm-2' })))
  await done('m-2')
  await post(body, { 'msg-id': 'm-2' })
  assert.equal((await facts('m-2')).length, 1)
  assert.equal((await rows("msg_id = 'm-2'"))[0]!['duplicates'], 20)
  const after = await counts()
  assert.equal(after.received - before.received, 1)
  assert.equal(after.duplicates - before.duplicates, 20)
})

test('without a Msg-Id the same bytes are the same message', async () => {
  const body = event('create_video', { item_id: '@x' })
  await post(body)
  await post(body)
  const msgId = createHash('sha1').update(body).digest('hex')
  await done(msgId)
  assert.equal((await facts(msgId)).length, 1)
})

test('a wrong signature is refused, counted and kept; nothing else happens', async () => {
  const before = await counts()
  const body = event('authorize', { scopes: [] })
  for (const signature of ['', 'x', sign(`${body} `), sign(body).toUpperCase()]) {
    const answer = await post(body, { 'msg-id': 'forged', 'x-douyin-signature': signature })
    assert.equal(answer.status, 401)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  }
  assert.equal((await counts()).rejected - before.rejected, 4)
  assert.deepEqual(await rows("msg_id = 'forged'"), [])
  const [kept] = await room.inbox.rejections(1)
  assert.equal(kept?.reason, 'wrong signature')
  assert.equal(kept?.bodyHead, body)
  for (let i = 0; i < 1_100; i++) room.inbox.reject({ ...kept!, atMs: Date.now() })
  assert.equal((await room.inbox.rejections(5_000)).length, 1_000)
  assert.equal((await counts()).rejected - before.rejected, 1_104)
})

test('a body of 5 MB is refused with 413, one just under the limit is taken', async () => {
  const large = Buffer.alloc(5 * 1024 * 1024, 'x')
  const answer = await post(large).catch((error: Error) => error)
  // The server may close the connection before such a body is through.
  if (!(answer instanceof Error)) assert.equal(answer.status, 413)
  const body = event('x_large', { text: 'x'.repeat(1_000_000) })
  assert.equal((await post(body, { 'msg-id': 'large' })).status, 200)
  assert.equal((await done('large'))['state'], 'done')
})

test('unknown events are kept and told; what is no event is kept with a reason', async () => {
  await post(event('brand_new_event', 'just words'), { 'msg-id': 'm-new' })
  assert.equal((await done('m-new'))['state'], 'done')
  assert.equal((await facts('m-new'))[0]!['data'].content, 'just words')
  assert.equal((await post('not json \0 at all', { 'msg-id': 'm-bad' })).status, 200)
  assert.equal((await done('m-bad'))['state'], 'failed')
  assert.equal(
    (await post(event('x', 1, { to_user_id: 'nobody of ours' }), { 'msg-id': 'm-house' })).status,
    200,
  )
  assert.equal((await done('m-house'))['workspace_id'], 'house')
})

test('replayed by hand: worked on once more', async () => {
  const { json } = await room.api('GET', '/webhooks?limit=500&event=new_follow_action')
  const row = json.items.find((item: { msgId: string }) => item.msgId === 'm-2')
  assert.equal((await room.api('POST', `/webhooks/${row.id}/replay`)).json.state, 'received')
  await done('m-2')
  assert.equal((await facts('m-2')).length, 2)
  assert.equal((await room.api('POST', `/webhooks/${row.id}/replay`, { 'x-workspace': THEIRS })).status, 404)
})

test('taking back and giving again, in whatever order it is told', async () => {
  const status = async () =>
    (await it.ledger.everywhere.query('select * from open_platform.account where open_id = $1', [openId]))[0]!
  const accountId = (await status())['account_id']
  const stamp = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace(/\D/g, '')
  const tell = async (msgId: string, name: string, scopes: string[] | null, atMs: number) => {
    const over = { from_user_id: openId, log_id: `${stamp(atMs)}ABCDEF` }
    await post(event(name, scopes ? { scopes } : {}, over), { 'msg-id': msgId })
    return done(msgId)
  }
  const old = await tell('late', 'unauthorize', null, Date.now() - 3_600_000)
  assert.match(old['reason'], /older/)
  assert.equal((await status())['status'], 'active')
  await tell('part', 'unauthorize', ['item.comment'], Date.now() + 2_000)
  assert.equal((await status())['status'], 'active')
  assert.ok(!(await status())['scopes'].includes('item.comment'))
  await tell('all', 'unauthorize', null, Date.now() + 2_000)
  assert.equal((await status())['status'], 'revoked')
  const lost = await it.ledger.everywhere.query(
    "select 1 from fact_log.outbox where name = 'account.lost' and key = $1",
    [accountId],
  )
  assert.equal(lost.length, 1)
  assert.equal((await room.store.events(OURS, accountId, { limit: 1 }))[0]!.kind, 'revoked')
})

test('a storm from the sandbox, doubled, late and out of order: each message once', async () => {
  await control('DELETE', '/webhooks')
  await control('PUT', '/faults', { webhook: { doubleRate: 0.1, reorderRate: 0.1, delayMs: 50 } })
  await control('POST', '/webhooks/burst', { count: 600, ratePerSecond: 3_000 })
  const told = await until(async () => {
    const { entries, queued, inFlight } = await control('GET', '/webhooks?limit=1000')
    return (
      entries.length === 600 &&
      queued + inFlight === 0 &&
      entries.every((e: { state: string }) => e.state === 'delivered') &&
      entries
    )
  })
  const sent = new Set<string>(told.map((entry: { msgId: string }) => entry.msgId))
  await until(async () => (await rows("state = 'received'")).length === 0)
  const stored = await it.ledger.everywhere.query(
    'select msg_id from open_platform.webhook where msg_id = any($1)',
    [[...sent]],
  )
  assert.equal(stored.length, sent.size)
  const once = await it.ledger.everywhere.query(
    "select data->>'msgId' as id, count(*)::int as n from fact_log.outbox where name = 'webhook.received' and data->>'msgId' = any($1) group by 1",
    [[...sent]],
  )
  assert.equal(once.length, sent.size)
  assert.deepEqual(
    once.filter(({ n }) => n !== 1),
    [],
  )
})
