import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { videoList } from '#engines/douyin/requests.ts'
import { days, hours } from '#kernel/clock.ts'
import type { DouyinRequest } from '#kernel/douyin.ts'
import { isFault } from '#kernel/fault.ts'
import type { AccountId } from '#kernel/id.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { OURS, openRoom, THEIRS } from './open-room.fixture.ts'
import { connectSandboxAccounts } from './sandbox-accounts.fixture.ts'

let ledger: TestLedger
let sandbox: Sandbox
let room: Awaited<ReturnType<typeof openRoom>>
let keeper: Awaited<ReturnType<typeof room.keeper>>
let control: ReturnType<typeof visitor>['control']
let openIds: string[]

before(async () => {
  ledger = await testLedger([migrationsOf('open-platform', 'connect')])
  sandbox = await startSandbox({ seed: 5 })
  control = visitor(sandbox).control
  openIds = [...sandbox.world.accounts.keys()]
  // The room's own workers would refresh in the middle of what these tests look at.
  room = await openRoom({ ledger: ledger.ledger, sandbox, workers: false })
  keeper = await room.keeper()
})
after(async () => {
  keeper?.close()
  await room?.close()
  await sandbox?.close()
  await ledger?.close()
})
beforeEach(async () => {
  await control('PUT', '/faults', {})
  await control('PUT', '/clock', { offsetMs: 0 })
  await control('PUT', '/quotas', {})
  await control('DELETE', '/requests')
})

async function connect(openId = openIds[0]!): Promise<AccountId> {
  const { json } = await room.api('POST', '/authorisations')
  const consented = await fetch(`${json.url}&auto=${openId}`, { redirect: 'manual' })
  const back = await fetch(consented.headers.get('location')!, { redirect: 'manual' })
  const location = back.headers.get('location')!
  assert.match(location, /^\/open-platform\?account=acc_/)
  return location.split('=')[1] as AccountId
}
/** As if its time were over; the keeper that is looked at forgets it at once, others when they hear of it. */
async function endAccess(accountId: AccountId): Promise<void> {
  await keeper.discredit((await room.store.held(accountId))!)
}
const status = async (accountId: AccountId) => (await room.store.find(OURS, accountId))?.status
const kinds = async (accountId: AccountId) =>
  (await room.store.events(OURS, accountId, { limit: 50 })).map((event) => event.kind)
const calls = async (path: string) => (await control('GET', '/requests')).endpoints[path]?.calls ?? 0
const soon = () => Date.now() + 10_000
const interactive = { lane: 'interactive', timeoutMs: 10_000 } as const
const deniedWith = (code: string) => (error: unknown) =>
  isFault(error) && error.kind === 'denied' && error.code === code

test('an account is authorised over the consent page; its state works once', async () => {
  const accountId = await connect()
  const { json: account } = await room.api('GET', `/accounts/${accountId}`)
  assert.equal(account.status, 'active')
  assert.equal(account.openId, openIds[0])
  assert.notEqual(account.nickname, '')
  assert.equal(account.renewalsLeft, 5)
  assert.ok(Math.abs(account.reauthoriseByMs - Date.now() - days(165)) < hours(1))
  assert.equal((await room.api('GET', `/accounts/${accountId}`, { 'x-workspace': THEIRS })).status, 404)
  assert.equal((await room.api('GET', '/accounts', { 'x-no-one': '1' })).status, 401)
  assert.deepEqual((await room.api('GET', '/accounts', { 'x-workspace': THEIRS })).json, {
    items: [],
    next: null,
  })

  const { json } = await room.api('POST', '/authorisations')
  const consented = await fetch(`${json.url}&auto=${openIds[0]}`, { redirect: 'manual' })
  const callback = consented.headers.get('location')!
  await fetch(callback, { redirect: 'manual' })
  const again = await fetch(callback, { redirect: 'manual' })
  assert.equal(again.headers.get('location'), '/open-platform?error=open-platform%2Fstate')
  const denied = await fetch(`${(await room.api('POST', '/authorisations')).json.url}&auto=deny`, {
    redirect: 'manual',
  })
  const refused = await fetch(denied.headers.get('location')!, { redirect: 'manual' })
  assert.equal(refused.headers.get('location'), '/open-platform?error=open-platform%2Frefused')
})

test('a sandbox is connected as a whole, each account once', async () => {
  const consentUrl = async () => (await room.api('POST', '/authorisations')).json.url as string
  const known = new Set([openIds[0]!])
  assert.equal(await connectSandboxAccounts({ url: sandbox.url, consentUrl, known }), openIds.length - 1)
  const { json } = await room.api('GET', '/accounts?limit=500')
  assert.equal(json.items.length, openIds.length)
  const first = await room.api('GET', '/accounts?limit=2')
  const second = await room.api('GET', `/accounts?limit=2&cursor=${first.json.next}`)
  assert.equal(
    new Set([...first.json.items, ...second.json.items].map((one) => one.accountId)).size,
    Math.min(4, openIds.length),
  )
})

test('a grant taken back in mid-run: the call says so, the account is marked, others go on', async () => {
  const [gone, well] = [await connect(openIds[0]), await connect(openIds[1])]
  await room.douyin.call(gone, videoList(), interactive)
  await control('POST', `/accounts/${openIds[0]}/revoke`, {})
  await assert.rejects(room.douyin.call(gone, videoList(), interactive), deniedWith('open-platform/revoked'))
  assert.equal(await status(gone), 'revoked')
  const before = await calls('/oauth/refresh_token/')
  await assert.rejects(room.douyin.call(gone, videoList(), interactive), deniedWith('open-platform/revoked'))
  assert.equal(await calls('/oauth/refresh_token/'), before, 'a lost account is not asked for again')
  await room.douyin.call(well, videoList(), interactive)
  const { json: summary } = await room.api('GET', '/summary')
  assert.equal(summary.total - summary.active, 1)
  const overview = await room.opened.overview!(OURS)
  assert.equal(overview.needs?.find((need) => need.kind === 'reauthorise')?.count, 1)
  assert.equal(await connect(openIds[0]), gone)
  assert.equal(await status(gone), 'active')
})

test('refresh answers 500 five times, then works: the account stays connected all along', async () => {
  const accountId = await connect()
  await endAccess(accountId)
  await control('PUT', '/faults', { script: [{ match: '/oauth/refresh_token/', times: 5, status: 500 }] })
  const seen = new Set<string>()
  const waiting = keeper.of(accountId, soon())
  await until(async () => {
    seen.add((await status(accountId))!)
    return seen.has('retrying')
  })
  const held = await waiting
  assert.ok(held.accessExpiresAtMs > Date.now() + days(14))
  assert.equal(await status(accountId), 'active')
  assert.deepEqual(await kinds(accountId).then((all) => all.slice(0, 6)), [
    'refreshed',
    ...Array(5).fill('retry-scheduled'),
  ])
  assert.equal(await calls('/oauth/refresh_token/'), 6)
})

test('drops, time-outs, busy codes and wrong credentials never end an account', async () => {
  const accountId = await connect()
  const steps = [
    { action: 'drop' },
    { code: 2100004 },
    { code: 10001 },
    { status: 502 },
    { action: 'dropAfter' },
  ]
  for (const step of steps) {
    await endAccess(accountId)
    await control('PUT', '/faults', { script: [{ match: '/oauth/refresh_token/', times: 1, ...step }] })
    await keeper.of(accountId, soon())
    assert.equal(await status(accountId), 'active', JSON.stringify(step))
  }
  await control('PUT', '/faults', { script: [{ match: '/oauth/refresh_token/', times: 9, code: 10003 }] })
  assert.equal(await keeper.refreshNow(accountId), 'failed')
  assert.equal(await status(accountId), 'retrying')
  // The token is still good: callers do not notice.
  await room.douyin.call(accountId, videoList(), interactive)
})

test('an empty token in an answer never replaces a good one', async () => {
  const accountId = await connect()
  const good = await keeper.of(accountId, soon())
  await control('PUT', '/faults', { emptyToken: true })
  assert.equal(await keeper.refreshNow(accountId), 'failed')
  const held = await room.store.held(accountId)
  assert.equal(held?.accessToken, good.accessToken)
  assert.equal(held?.status, 'retrying')
  await endAccess(accountId)
  await assert.rejects(keeper.of(accountId, Date.now() + 300), (e) => isFault(e) && e.kind === 'unavailable')
  await control('PUT', '/faults', {})
  await keeper.of(accountId, soon())
  assert.equal(await status(accountId), 'active')
})

test('a refresh token that ran out needs a person, and says which one it is', async () => {
  const accountId = await connect()
  await control('PUT', '/clock', { offsetMs: days(31) })
  await ledger.ledger.everywhere.query(
    'update open_platform.account set access_expires_at = now(), refresh_expires_at = now() where account_id = $1',
    [accountId],
  )
  await assert.rejects(keeper.of(accountId, soon()), deniedWith('open-platform/reauthorise'))
  assert.equal(await status(accountId), 'reauthorise')
  const facts = await ledger.ledger.everywhere.query(
    "select data from fact_log.outbox where name = 'account.lost' and key = $1 order by seq desc limit 1",
    [accountId],
  )
  assert.deepEqual(facts[0]!['data'], { accountId, openId: openIds[0], reason: 'reauthorise', code: 10010 })
})

for (const offset of [10, -10]) {
  test(`the platform's clock is ${offset} minutes off: nobody notices`, async () => {
    await control('PUT', '/clock', { offsetMs: offset * 60_000 })
    const accountId = await connect()
    await endAccess(accountId)
    await room.douyin.call(accountId, videoList(), interactive)
    assert.ok((await room.store.find(OURS, accountId))!.accessExpiresAtMs > Date.now() + days(14))
  })
}

test('a token that the platform ends early is refreshed once, in the middle of the calls', async () => {
  const accountId = await connect()
  await room.douyin.call(accountId, videoList(), interactive)
  await control('PUT', '/clock', { offsetMs: days(16) })
  await control('DELETE', '/requests')
  await Promise.all(Array.from({ length: 40 }, () => room.douyin.call(accountId, videoList(), interactive)))
  assert.equal(await calls('/oauth/refresh_token/'), 1)
})

test('the keeper renews and refreshes ahead of time, and callers are never held up by it', async () => {
  const accountId = await connect()
  await ledger.ledger.everywhere.query(
    "update open_platform.account set refresh_expires_at = now() + interval '2 days', access_expires_at = now() + interval '5 hours' where account_id = $1",
    [accountId],
  )
  await control('PUT', '/faults', { script: [{ match: '/oauth/re', times: 3, action: 'slow', slowMs: 700 }] })
  const signal = new AbortController().signal
  const tending = keeper.tend(signal)
  const sinceMs = performance.now()
  for (let i = 0; i < 50; i++) await room.douyin.call(accountId, videoList(), interactive)
  const tookMs = performance.now() - sinceMs
  await tending
  await keeper.tend(signal)
  assert.deepEqual((await kinds(accountId)).slice(0, 2).sort(), ['refreshed', 'renewed'])
  const account = await room.store.find(OURS, accountId)
  assert.equal(account?.renewals, 1)
  assert.ok(tookMs < 5_000, `${tookMs}`)
})

test('renewals used up: the account lives on with what it has', async () => {
  const accountId = await connect()
  await ledger.ledger.everywhere.query(
    "update open_platform.account set refresh_expires_at = now() + interval '2 days' where account_id = $1",
    [accountId],
  )
  await control('PUT', '/faults', {
    script: [{ match: '/oauth/renew_refresh_token/', times: 1, code: 10020 }],
  })
  await keeper.tend(new AbortController().signal)
  const { json } = await room.api('GET', `/accounts/${accountId}`)
  assert.equal(json.status, 'active')
  assert.equal(json.renewalsLeft, 0)
  assert.equal(json.lastEvent.kind, 'refused')
})

test('faults of every sort on the way: 60 calls, 60 answers', async () => {
  const accountId = await connect()
  await control('PUT', '/faults', {
    endpoints: ['/api/'],
    dropRate: 0.05,
    doubleRate: 0.1,
    errorRate: 0.1,
    slowRate: 0.1,
    slowMs: 50,
    http429Rate: 0.02,
    retryAfterSeconds: 0,
  })
  const answers = await Promise.all(
    Array.from({ length: 60 }, () =>
      room.douyin.call<{ list: unknown[] }>(accountId, videoList(), { lane: 'batch', timeoutMs: 15_000 }),
    ),
  )
  assert.ok(answers.every((answer) => Array.isArray(answer.list)))
})

test('a banned account and a missing scope are refusals, not retries', async () => {
  const accountId = await connect(openIds[1])
  const unknown: DouyinRequest = {
    family: 'x',
    method: 'GET',
    path: '/item/comment/list/',
    query: { item_id: 'nope' },
  }
  await assert.rejects(
    room.douyin.call(accountId, unknown, interactive),
    (e) => isFault(e) && e.code === 'douyin/2190007',
  )
  await control('POST', `/accounts/${openIds[1]}/revoke`, { scopes: ['video.list.bind'] })
  await assert.rejects(
    room.douyin.call(accountId, videoList(), interactive),
    deniedWith('douyin/scope-missing'),
  )
  assert.equal(await status(accountId), 'active')
  await control('POST', `/accounts/${openIds[1]}/ban`, {})
  await assert.rejects(room.douyin.call(accountId, videoList(), interactive), deniedWith('douyin/banned'))
  assert.equal(await status(accountId), 'banned')
  await control('POST', `/accounts/${openIds[1]}/ban`, { banned: false })
  assert.equal((await room.api('POST', `/accounts/${accountId}/refresh`)).json.outcome, 'done')
  assert.equal(await status(accountId), 'active')
})

test('the app has one token, asked for once by all', async () => {
  const request: DouyinRequest = {
    family: 'hotsearch.sentences',
    method: 'GET',
    path: '/hotsearch/sentences/',
  }
  await Promise.all(Array.from({ length: 50 }, () => room.douyin.callAsApp(request, interactive)))
  assert.equal(await calls('/oauth/client_token/'), 1)
  await control('PUT', '/clock', { offsetMs: hours(3) })
  await Promise.all(Array.from({ length: 50 }, () => room.douyin.callAsApp(request, interactive)))
  assert.equal(await calls('/oauth/client_token/'), 2)
})

test('disconnected: tokens are gone, the trail stays', async () => {
  const accountId = await connect()
  const { json } = await room.api('POST', `/accounts/${accountId}/disconnect`)
  assert.equal(json.status, 'disconnected')
  await assert.rejects(
    room.douyin.call(accountId, videoList(), interactive),
    deniedWith('open-platform/disconnected'),
  )
  assert.equal((await room.api('GET', `/accounts/${accountId}/events`)).json.items[0].kind, 'disconnected')
  const [audited] = await ledger.ledger.everywhere.query(
    'select actor from platform.audit where subject = $1',
    [`account:${accountId}`],
  )
  assert.equal(audited!['actor'], 'user:test')
})

test('a used-up quota is not asked again until it is restored', async () => {
  const accountId = await connect()
  await control('PUT', '/quotas', { perDay: { 'video.list.bind': 12 } })
  for (let i = 0; i < 12; i++) await room.douyin.call(accountId, videoList(), interactive)
  const isQuota = (error: unknown) =>
    isFault(error) && error.kind === 'limited' && (error.retryAfterMs ?? 0) > 0
  await assert.rejects(room.douyin.call(accountId, videoList(), interactive), isQuota)
  const before = await calls('/api/douyin/v1/video/video_list/')
  await assert.rejects(room.douyin.call(accountId, videoList(), interactive), isQuota)
  assert.equal(await calls('/api/douyin/v1/video/video_list/'), before)
  const { json } = await room.api('GET', '/quota')
  const quota = json.items.find((item: { family: string }) => item.family === 'video.list')
  assert.equal(quota.state, 'used-up')
  assert.equal(quota.restoresAtMs % days(1), 0)
  const low = await ledger.ledger.everywhere.query(
    "select 1 from fact_log.outbox where name = 'account.quota-low'",
  )
  assert.equal(low.length, 1)
})
