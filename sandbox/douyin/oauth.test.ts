import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { type Answer, visitor } from '#sandbox/visitor.ts'

const day = 86_400_000
const minute = 60_000
let sandbox: Sandbox
let client: ReturnType<typeof visitor>
let openId: string
const advance = (advanceMs: number) => client.control('PUT', '/clock', { advanceMs })
const codeOf = ({ json }: Answer) => Number(json.data.error_code)
const userInfo = (token: string, id = openId) =>
  client.form('/oauth/userinfo/', { open_id: id, access_token: token })

before(async () => {
  sandbox = await startSandbox({ seed: 3, nowMs: Date.parse('2026-03-05T09:00:00+08:00') })
  client = visitor(sandbox)
})
beforeEach(async () => {
  openId = [...sandbox.world.accounts.keys()][0]!
})
after(() => sandbox.close())

test('the consent page lists the accounts in Chinese and approves or denies', async () => {
  const fields = {
    client_key: sandbox.clientKey,
    response_type: 'code',
    scope: 'user_info',
    redirect_uri: 'https://shop.example/cb?x=1',
    state: '<&>',
  }
  const page = await client.get('/platform/oauth/connect/', fields)
  assert.match(page.json, /阿婆家的灶台/)
  const link = /href="(\?[^"]*)"/.exec(page.json)![1]!.replaceAll('&#38;', '&')
  const approved = await client.ask('GET', `/platform/oauth/connect/${link}`)
  const target = new URL(approved.headers.get('location')!)
  assert.equal(approved.status, 302)
  assert.equal(target.searchParams.get('state'), '<&>')
  assert.equal(target.searchParams.get('x'), '1')
  assert.ok(target.searchParams.get('code'))

  const denied = await client.get('/platform/oauth/connect/', { ...fields, auto: 'deny' })
  assert.equal(new URL(denied.headers.get('location')!).searchParams.get('code'), null)
  for (const [change, code] of [
    [{ client_key: 'x' }, 10003],
    [{ redirect_uri: 'ftp://x' }, 10006],
    [{ scope: 'no.such' }, 10004],
    [{ scope: '' }, 10005],
  ] as const) {
    const refused = await client.get('/platform/oauth/connect/', { ...fields, ...change })
    assert.match(refused.json, new RegExp(`error">${code} `))
  }
})

test('a code works once and for ten minutes', async () => {
  const code = await client.consent(openId)
  const answer = await client.exchange(code)
  const { data, message } = answer.json
  assert.equal(message, 'success')
  assert.match(data.access_token, /^act\./)
  assert.match(data.refresh_token, /^rft\./)
  assert.equal(data.open_id, openId)
  assert.equal(Number(data.expires_in), (15 * day) / 1000)
  assert.equal(Number(data.refresh_expires_in), (30 * day) / 1000)
  assert.equal(codeOf(await client.exchange(code)), 10007)
  const late = await client.consent(openId)
  await advance(10 * minute)
  const refused = await client.exchange(late)
  assert.equal(refused.status, 200)
  assert.equal(codeOf(refused), 10007)
  assert.ok(refused.json.extra.logid && refused.json.extra.now > 1e12)
})

test('bad parameters of the token endpoints have the documented codes', async () => {
  const good = {
    client_key: sandbox.clientKey,
    client_secret: sandbox.clientSecret,
    code: 'x',
    grant_type: 'authorization_code',
  }
  for (const [change, code] of [
    [{ client_key: 'other' }, 10003],
    [{ client_secret: 'other' }, 10013],
    [{ code: '' }, 10005],
    [{ grant_type: 'refresh_token' }, 10002],
    [{}, 10007],
  ] as const) {
    assert.equal(codeOf(await client.form('/oauth/access_token/', { ...good, ...change })), code)
  }
  const fields = new URLSearchParams({ ...good, client_key: 'other' })
  assert.equal(codeOf(await client.ask('POST', `/oauth/access_token/?${fields}`)), 10003)
})

test('refresh extends a good token, replaces an expired one, and never extends the refresh token', async () => {
  const first = await client.authorise(openId)
  await advance(10 * day)
  const same = (await client.refresh(first.refresh_token)).json.data
  assert.equal(same.access_token, first.access_token)
  assert.equal(Number(same.expires_in), (15 * day) / 1000)
  assert.ok(Math.abs(Number(same.refresh_expires_in) - (20 * day) / 1000) < 60)
  await advance(16 * day)
  assert.equal(codeOf(await userInfo(first.access_token)), 2190008)
  const fresh = (await client.refresh(first.refresh_token)).json.data
  assert.notEqual(fresh.access_token, first.access_token)
  assert.equal(codeOf(await userInfo(fresh.access_token)), 0)
  assert.equal(codeOf(await userInfo(first.access_token)), 2190008)
  await advance(4 * day)
  assert.equal(codeOf(await client.refresh(first.refresh_token)), 10010)
})

test('a refresh token is renewed five times per consent, each time for thirty days', async () => {
  let { refresh_token: token } = await client.authorise(openId)
  for (let nth = 0; nth < 5; nth++) {
    await advance(29 * day)
    const { data } = (await client.renew(token)).json
    assert.notEqual(data.refresh_token, token)
    assert.equal(Number(data.expires_in), (30 * day) / 1000)
    assert.equal(codeOf(await client.refresh(token)), 10010)
    token = data.refresh_token
  }
  assert.equal(codeOf(await client.renew(token)), 10020)
  assert.equal(codeOf(await client.refresh(token)), 0)
  const again = await client.authorise(openId)
  assert.equal(codeOf(await client.renew(again.refresh_token)), 0)
})

test('a new client token leaves the old one five minutes, and 500 calls in five minutes are the limit', async () => {
  const ask = async () => (await client.clientToken()).json.data
  const words = async (token: string) => codeOf(await client.get('/hotsearch/sentences/', {}, token))
  const first = await ask()
  assert.match(first.access_token, /^clt\./)
  assert.equal(Number(first.expires_in), 7200)
  await advance(60 * minute)
  const second = await ask()
  assert.equal(await words(first.access_token), 0)
  await advance(5 * minute)
  assert.equal(await words(first.access_token), 2190002)
  assert.equal(await words(second.access_token), 0)
  const third = await ask()
  const fourth = await ask()
  assert.equal(await words(second.access_token), 2190002)
  assert.equal(await words(third.access_token), 0)
  await advance(120 * minute)
  assert.equal(await words(fourth.access_token), 2190008)
  for (let nth = 0; nth < 500; nth++) await ask()
  assert.equal(codeOf(await client.clientToken()), 10020)
  await advance(5 * minute)
  assert.equal(codeOf(await client.clientToken()), 0)
})

test('user info wants the right token, the right account and the scope', async () => {
  const other = [...sandbox.world.accounts.keys()][1]!
  const { access_token } = await client.authorise(openId)
  const { data } = (await userInfo(access_token)).json
  assert.equal(data.nickname, sandbox.world.accounts.get(openId)!.nickname)
  const underscored = { headers: { access_token, 'content-type': 'application/x-www-form-urlencoded' } }
  const spelled = await client.ask('POST', '/oauth/userinfo/', { ...underscored, body: `open_id=${openId}` })
  assert.equal(codeOf(spelled), 0)
  assert.equal(codeOf(await userInfo(access_token, other)), 2190015)
  assert.equal(codeOf(await userInfo('act.nobody')), 2190002)
  const narrow = await client.authorise(openId, ['video.list'])
  assert.equal(codeOf(await userInfo(access_token)), 2190002, 'a new consent ends the old token')
  assert.equal(codeOf(await userInfo(narrow.access_token)), 2190003)
})

test('revoked and banned accounts are refused at once', async () => {
  const { access_token, refresh_token } = await client.authorise(openId)
  await client.control('POST', `/accounts/${openId}/ban`, {})
  assert.equal(codeOf(await userInfo(access_token)), 2100009)
  await client.control('POST', `/accounts/${openId}/ban`, { banned: false })
  assert.equal(codeOf(await userInfo(access_token)), 0)
  await client.control('POST', `/accounts/${openId}/revoke`, { scopes: ['user_info'] })
  assert.equal(codeOf(await userInfo(access_token)), 2190003)
  await client.control('POST', `/accounts/${openId}/revoke`)
  assert.equal(codeOf(await userInfo(access_token)), 2190002)
  assert.equal(codeOf(await client.refresh(refresh_token)), 10010)
})

test('with a state file the grants outlive a restart', async (t) => {
  const stateFile = join(mkdtempSync(join(tmpdir(), 'sandbox-')), 'state.json')
  const options = { seed: 3, nowMs: Date.parse('2026-03-05T09:00:00+08:00'), stateFile }
  const former = await startSandbox(options)
  const tokens = await visitor(former).authorise(openId)
  await former.close()
  const next = await startSandbox(options)
  t.after(() => next.close())
  const answer = await visitor(next).refresh(tokens.refresh_token)
  assert.equal(answer.json.data.access_token, tokens.access_token)
})
