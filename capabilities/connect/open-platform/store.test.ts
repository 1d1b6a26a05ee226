import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { days, hours } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { postgresStore } from './store.postgres.ts'
import type { Grant, Store } from './store.ts'

let it: TestLedger
let store: Store
const NOW = Date.now()
const OURS = 'ws_ours' as WorkspaceId
const THEIRS = 'ws_theirs' as WorkspaceId
const oldKey = newVaultKey('k1')
const context = (keys: string) => ({
  vault: vault(keys),
  factLog: { appendIn: putInOutbox } as FactLog,
  live: { publish: () => {}, subscribe: () => () => {} },
  audit: postgresAudit,
})

before(async () => {
  it = await testLedger([migrationsOf('open-platform', 'connect')])
  store = postgresStore(it.ledger, context(oldKey))
})
after(() => it.close())

let nth = 0
const grant = (over: Partial<Grant> = {}): Grant => ({
  workspaceId: OURS,
  openId: `open-${nth++}`,
  nickname: 'n',
  avatarUrl: '',
  scopes: ['user_info'],
  accessToken: 'act.1',
  refreshToken: 'rft.1',
  accessExpiresAtMs: NOW + days(15),
  refreshExpiresAtMs: NOW + days(30),
  renewals: 0,
  consentAtMs: NOW,
  logId: null,
  ...over,
})
const tokens = (name: string) => ({
  accessToken: `act.${name}`,
  refreshToken: `rft.${name}`,
  accessExpiresAtMs: NOW + days(15),
  refreshExpiresAtMs: NOW + days(30),
  renewals: 0,
})
const connect = async (over: Partial<Grant> = {}) => (await store.connect(grant(over), NOW)).accountId
const claim = (accountId: Awaited<ReturnType<typeof connect>>, tokenFence: number, holdMs = 60_000) =>
  store.claim({ accountId, tokenFence, nowMs: NOW, holdMs })
const refreshed = { kind: 'refreshed', atMs: NOW } as const
const kinds = async (accountId: string) =>
  (await store.events(OURS, accountId, { limit: 50 })).map((event) => event.kind)

test('tokens are sealed in the table and open only in their own row', async () => {
  const accountId = await connect()
  const [row] = await it.ledger.everywhere.query(
    'select * from open_platform.account where account_id = $1',
    [accountId],
  )
  assert.ok(!JSON.stringify(row).includes('act.1') && !JSON.stringify(row).includes('rft.1'))
  const other = await connect()
  await it.ledger.everywhere.query(
    'update open_platform.account set access_token = $2 where account_id = $1',
    [other, row!['access_token']],
  )
  await assert.rejects(store.held(other), /changed or belongs elsewhere/)
})

test('one claim at a time, and only for the tokens that were seen', async () => {
  const accountId = await connect()
  const claims = await Promise.all(Array.from({ length: 10 }, () => claim(accountId, 1)))
  const won = claims.filter((one) => one !== null)
  assert.equal(won.length, 1)
  assert.equal(await store.settle(won[0]!, { tokens: tokens('2') }, refreshed), true)
  assert.equal(await claim(accountId, 1), null, 'who saw the old tokens has nothing to refresh')
  const held = await store.held(accountId)
  assert.equal(held?.accessToken, 'act.2')
  assert.ok(await claim(accountId, held!.tokenFence))
})

test('a slow loser never overwrites the winner, and the trail says so', async () => {
  const accountId = await connect()
  const slow = await claim(accountId, 1, 1)
  await until(async () => (await claim(accountId, 1)) !== null)
  const [row] = await it.ledger.everywhere.query(
    'select fence from open_platform.account where account_id = $1',
    [accountId],
  )
  const winner = { fence: Number(row!['fence']), held: slow!.held }
  assert.equal(await store.settle(winner, { tokens: tokens('winner') }, refreshed), true)
  assert.equal(await store.settle(slow!, { tokens: tokens('loser') }, refreshed), false)
  assert.equal(
    await store.settle(
      slow!,
      { lost: 'reauthorise', code: 10010 },
      { kind: 'reauthorise-needed', atMs: NOW },
    ),
    false,
  )
  assert.equal((await store.held(accountId))?.accessToken, 'act.winner')
  assert.equal((await store.find(OURS, accountId))?.status, 'active')
  assert.deepEqual(await kinds(accountId), ['fenced-loser', 'fenced-loser', 'refreshed', 'issued'])
})

test('tokens that came late still count while nothing newer is there', async () => {
  const accountId = await connect()
  const slow = await claim(accountId, 1, 1)
  let second = await claim(accountId, 1)
  for (; second === null; second = await claim(accountId, 1));
  // The second one was refused because the first one's renewal had used the old token up.
  await store.settle(second, { lost: 'reauthorise', code: 10010 }, { kind: 'reauthorise-needed', atMs: NOW })
  assert.equal(await store.settle(slow!, { tokens: tokens('late') }, { kind: 'renewed', atMs: NOW }), true)
  const held = await store.held(accountId)
  assert.equal(held?.status, 'active')
  assert.equal(held?.refreshToken, 'rft.late')
})

test('a consent beats whoever is refreshing the old tokens', async () => {
  const openId = 'consented'
  const accountId = await connect({ openId })
  const refreshing = await claim(accountId, 1)
  const again = await store.connect(grant({ openId, accessToken: 'act.new' }), NOW)
  assert.deepEqual(again, { accountId, isNew: false, elsewhere: false })
  assert.equal(await store.settle(refreshing!, { tokens: tokens('old') }, refreshed), false)
  assert.equal((await store.held(accountId))?.accessToken, 'act.new')
})

test('a transient failure keeps the account; it is due again later', async () => {
  const accountId = await connect({ accessExpiresAtMs: NOW + hours(1) })
  const due = async (nowMs: number) =>
    (await store.due({ nowMs, refreshAheadMs: hours(24), renewAheadMs: hours(72), limit: 100 })).some(
      (account) => account.accountId === accountId,
    )
  assert.equal(await due(NOW), true)
  const held = await claim(accountId, 1)
  assert.equal(await due(NOW), false, 'somebody is at it')
  await store.settle(held!, { retryAtMs: NOW + 5_000 }, { kind: 'retry-scheduled', atMs: NOW, code: 500 })
  const account = await store.find(OURS, accountId)
  assert.equal(account?.status, 'retrying')
  assert.equal(account?.nextAttemptAtMs, NOW + 5_000)
  assert.equal(await due(NOW + 4_999), false)
  assert.equal(await due(NOW + 5_000), true)
  assert.ok((await store.callable()).some((one) => one.accountId === accountId))
})

test('one live account per open id: another workspace gets nothing, the holder gets the new tokens', async () => {
  const openId = 'shared'
  const accountId = await connect({ openId })
  const taken = await store.connect(grant({ openId, workspaceId: THEIRS, accessToken: 'act.b' }), NOW)
  assert.deepEqual(taken, { accountId, isNew: false, elsewhere: true })
  assert.equal((await store.held(accountId))?.accessToken, 'act.b')
  assert.equal(await store.find(THEIRS, accountId), null)
  const gone = { kind: 'disconnected', atMs: NOW } as const
  assert.equal(
    await store.lose(accountId, 'disconnected', gone, { workspaceId: THEIRS, actor: 'user:x' }),
    false,
  )
  assert.equal(
    await store.lose(accountId, 'disconnected', gone, { workspaceId: OURS, actor: 'user:x' }),
    true,
  )
  const [row] = await it.ledger.everywhere.query(
    'select * from open_platform.account where account_id = $1',
    [accountId],
  )
  assert.equal(row!['access_token'], null)
  const theirs = await store.connect(grant({ openId, workspaceId: THEIRS }), NOW)
  assert.equal(theirs.isNew, true)
  assert.ok((await store.find(THEIRS, theirs.accountId)) !== null)
})

test('the state of a consent works once, for ten minutes', async () => {
  const state = (hash: string) => ({ hash, workspaceId: OURS, actor: 'user:a', expiresAtMs: NOW + 600_000 })
  await store.startAuthorisation(state('h1'))
  assert.deepEqual(await store.takeAuthorisation('h1', NOW), { workspaceId: OURS, actor: 'user:a' })
  assert.equal(await store.takeAuthorisation('h1', NOW), null)
  await store.startAuthorisation(state('h2'))
  assert.equal(await store.takeAuthorisation('h2', NOW + 600_000), null)
})

test('the app token: one claim, the newest fence stands', async () => {
  const ask = { clientKey: 'app', tokenFence: 0, nowMs: NOW, holdMs: 1 }
  const slow = await store.claimAppToken(ask)
  let second = await store.claimAppToken(ask)
  for (; second === null; second = await store.claimAppToken(ask));
  const issued = { kind: 'issued', atMs: NOW } as const
  const token = (accessToken: string) => ({ accessToken, expiresAtMs: NOW + hours(2) })
  assert.equal(await store.settleAppToken('app', second.fence, token('clt.2'), issued), true)
  assert.equal(await store.settleAppToken('app', slow!.fence, token('clt.1'), issued), false)
  assert.equal((await store.appToken('app')).token?.accessToken, 'clt.2')
  assert.equal(await store.claimAppToken(ask), null)
})

test('a new vault key takes over, one row at a time', async () => {
  const accountId = await connect()
  const rotated = postgresStore(it.ledger, context(`${newVaultKey('k2')},${oldKey}`))
  await it.ledger.everywhere.query('delete from open_platform.account where account_id <> $1', [accountId])
  assert.equal(await rotated.reseal(), 3)
  assert.equal(await rotated.reseal(), 0)
  assert.equal((await rotated.held(accountId))?.accessToken, 'act.1')
  await assert.rejects(store.held(accountId), /Nothing here opens/)
})
