import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isFault } from '#kernel/fault.ts'
import { rootLog } from '#kernel/telemetry.ts'
import type { EngineLine } from './engines.ts'
import { openPlatform, type Platform } from './open.ts'

const data = mkdtempSync(join(tmpdir(), 'doubloon-open-'))
const log = rootLog({ level: 'silent' })
const env = { DOUBLOON_DATA: data, DOUBLOON_PORT: '0', DOUBLOON_GRPC_PORT: '0', DOUBLOON_SANDBOX: 'off' }
let platform: Platform

before(async () => {
  platform = await openPlatform({ rooms: [], env, log, roles: ['web', 'worker', 'grpc'] })
})
after(async () => {
  await platform.close()
  rmSync(data, { recursive: true, force: true })
})

const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
  fetch(platform.url + path, { redirect: 'manual', ...init })
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', origin: platform.url, ...headers },
  })
const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

test('it is well, and says so to whoever asks', async () => {
  assert.equal((await ask('/healthz')).status, 200)
  assert.deepEqual(await (await ask('/readyz')).json(), { ready: true, away: [] })
  assert.match(await (await ask('/metrics')).text(), /doubloon_process_cpu_seconds_total/)
  const { items } = await (
    await ask('/api/system/engines', { headers: { 'x-api-key': platform.key } })
  ).json()
  assert.deepEqual(
    (items as EngineLine[]).filter((line) => !line.isOptional).map((line) => [line.engine, line.reachable]),
    [
      ['postgres', true],
      ['clickhouse', true],
    ],
  )
})

test('gRPC answers beside it', async () => {
  const { connect } = await import('node:http2')
  assert.match(platform.grpcAddress ?? '', /^127\.0\.0\.1:\d+$/)
  const session = connect(`http://${platform.grpcAddress}`)
  const call = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  // One message of no bytes: is the whole server well?
  call.end(Buffer.alloc(5))
  const trailers = new Promise<Record<string, string>>((done) => call.once('trailers', done as never))
  const bytes = await new Promise<Buffer>((done) => call.once('data', done))
  assert.deepEqual([...bytes.subarray(5)], [8, 1], 'SERVING')
  assert.equal((await trailers)['grpc-status'], '0')
  session.close()
})

test('the link signs the owner in once; then there is an address and a password', async () => {
  const link = new URL(await platform.signInLink())
  const opened = await ask(link.pathname + link.search)
  const cookie = cookiesOf(opened)
  assert.match(cookie, /doubloon\.session_token=/)
  const me = await (await ask('/api/me', { headers: { cookie } })).json()
  assert.equal(me.role, 'owner')
  assert.equal(me.needsPassword, true)

  const again = await ask(link.pathname + link.search)
  assert.equal(cookiesOf(again), '')
  assert.match(again.headers.get('location') ?? '', /\/sign-in\?link=used/)

  const short = await post('/api/me/password', { password: 'short' }, { cookie })
  assert.equal((await short.json()).field, 'body.password')
  const account = { email: 'Boss@Example.cn', password: 'long enough indeed' }
  assert.equal((await post('/api/me/password', account, { cookie })).status, 200)
  const wrong = await post('/api/auth/sign-in/email', { email: 'boss@example.cn', password: 'not this one' })
  assert.equal(wrong.status, 401)
  const right = await post('/api/auth/sign-in/email', {
    email: 'boss@example.cn',
    password: account.password,
  })
  assert.equal(right.status, 200)
  const signedIn = await (await ask('/api/me', { headers: { cookie: cookiesOf(right) } })).json()
  assert.equal(signedIn.needsPassword, false)
  assert.equal(signedIn.user.email, 'boss@example.cn')
})

test('an API key opens what its scopes say, and nothing once it is removed', async () => {
  const owner = { 'x-api-key': platform.key }
  const made = await (
    await post('/api/system/api-keys', { name: 'reader', scopes: ['system:read'] }, owner)
  ).json()
  const key = { 'x-api-key': made.key }
  const { items } = await (await ask('/api/system/api-keys', { headers: owner })).json()
  assert.equal(items.length, 1)
  assert.equal(JSON.stringify(items).includes(made.key), false, 'the key itself is shown once only')
  assert.equal((await ask('/api/me', { headers: key })).status, 403)
  const removed = await ask(`/api/system/api-keys/${made.id}`, { method: 'DELETE', headers: owner })
  assert.equal(removed.status, 200)
  assert.equal((await ask('/api/me', { headers: key })).status, 401)
  assert.equal((await ask('/api/me', { headers: { 'x-api-key': 'local_guess' } })).status, 401)
})

test('a second platform on the same data is refused in one sentence', async () => {
  await assert.rejects(
    openPlatform({ rooms: [], env, log }),
    (error) => isFault(error) && error.code === 'platform/running' && error.message.includes(platform.url),
  )
})

test('a port that is taken, and settings that are wrong, are named with their cure', async (t) => {
  const squatter = createServer()
  await new Promise<void>((done) => squatter.listen(0, '127.0.0.1', done))
  t.after(() => squatter.close())
  const { port } = squatter.address() as { port: number }
  const other = mkdtempSync(join(tmpdir(), 'doubloon-port-'))
  await assert.rejects(
    openPlatform({ rooms: [], env: { ...env, DOUBLOON_DATA: other, DOUBLOON_PORT: `${port}` }, log }),
    (error) =>
      isFault(error) &&
      error.message === `Port ${port} is taken by another program` &&
      /DOUBLOON_PORT/.test(error.cure ?? ''),
  )
  await assert.rejects(
    openPlatform({
      rooms: [],
      env: { ...env, DOUBLOON_DATA: other, DOUBLOON_GRPC_PORT: `${port}` },
      log,
      roles: ['grpc'],
    }),
    (error) => isFault(error) && /DOUBLOON_GRPC_PORT/.test(error.cure ?? ''),
  )
  rmSync(other, { recursive: true, force: true })
  await assert.rejects(
    openPlatform({ rooms: [], env: { DOUBLOON_PORT: 'eighty', FACT_LOG: 'nats' }, log }),
    (error) =>
      isFault(error) && /DOUBLOON_PORT="eighty"/.test(error.message) && /FACT_LOG="nats"/.test(error.message),
  )
})
