import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { Registry } from 'prom-client'
import type { Principal, Role } from '#kernel/auth.ts'
import { fault } from '#kernel/fault.ts'
import { type GrpcService, reading, watching, writing } from '#kernel/grpc.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { until } from '#testing/until.ts'
import { type GrpcServer, serveGrpc } from './grpc.ts'

const PROTO = `syntax = "proto3";
package test.v1;
service Echo {
  rpc Read(Text) returns (Text);
  rpc Write(Text) returns (Text);
  rpc Watch(Text) returns (stream Text);
}
message Text { string text = 1; int64 number = 2; optional int64 limit = 3; }`

const KEYS: Record<string, [Role, string[]]> = {
  owner: ['owner', ['*']],
  viewer: ['viewer', ['*']],
  reader: ['owner', ['echo:read']],
  stranger: ['owner', ['other:write']],
}
const auth = {
  authenticate: async ({ 'x-api-key': key }: Record<string, unknown>): Promise<Principal | null> => {
    const known = KEYS[String(key)]
    if (!known) return null
    const [role, scopes] = known
    const workspaceId = 'ws' as WorkspaceId
    return { kind: 'key', actor: `key:${key}`, userId: null, workspaceId, role, scopes }
  },
}

/** What the service of the test was asked, and what became of its streams. */
const seen = { pulled: 0, ended: 0, aborted: 0 }
const BIG = 'x'.repeat(65_536)
const faults: Record<string, () => unknown> = {
  invalid: () => fault('invalid', 'echo/bad', 'No good', { field: 'items.0.价', cure: 'Say it well' }),
  missing: () => fault('missing', 'echo/none', 'Nothing there'),
  conflict: () => fault('conflict', 'echo/taken', 'Taken'),
  limited: () => fault('limited', 'echo/slow', 'Slower', { retryAfterMs: 1_500 }),
  unavailable: () => fault('unavailable', 'echo/away', 'Away'),
  bug: () => new TypeError('secret of the house'),
}
const service: GrpcService = {
  proto: 'echo.proto',
  service: 'test.v1.Echo',
  methods: {
    Read: reading<{ text: string }>(async ({ request, signal }) => {
      const failing = faults[request.text]
      if (failing) throw failing()
      if (request.text === 'slow') await delay(500)
      if (request.text === 'never') {
        await new Promise((_, fail) =>
          signal.addEventListener('abort', () => {
            seen.aborted += 1
            fail(signal.reason)
          }),
        )
      }
      return request
    }),
    Write: writing<{ text: string }>(({ request, principal }) => ({ ...request, text: principal.actor })),
    Watch: watching<{ text: string }>(async function* ({ request, signal }) {
      if (request.text === 'missing') throw faults['missing']!()
      try {
        while (!signal.aborted) {
          seen.pulled += 1
          yield { text: BIG, number: seen.pulled }
        }
      } finally {
        seen.ended += 1
      }
    }),
  },
}

// biome-ignore lint/suspicious/noExplicitAny: a client made of a .proto file at run time
type Any = any
const folder = mkdtempSync(join(tmpdir(), 'doubloon-grpc-'))
writeFileSync(join(folder, 'echo.proto'), PROTO)
const log = rootLog({ level: 'silent' })
const serve = (services = [{ room: 'echo', service }]) =>
  serveGrpc({ services, auth, log, metrics: new Registry(), host: '127.0.0.1', port: 0, protoFolders })
const protoFolders = [folder, join(import.meta.dirname, '../proto')]

const clients: grpc.Client[] = []
function clientOf({ port }: GrpcServer, file = 'echo.proto', path = ['test', 'v1', 'Echo']): Any {
  const loaded = loadSync(file, { includeDirs: protoFolders, longs: Number, enums: String })
  const Client = path.reduce((at: Any, name) => at[name], grpc.loadPackageDefinition(loaded))
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  clients.push(client)
  return client
}
const key = (name: string, header = 'x-api-key') => {
  const metadata = new grpc.Metadata()
  metadata.set(header, header === 'authorization' ? `Bearer ${name}` : name)
  return metadata
}
const ask = (client: Any, method: string, text: string, metadata = key('owner'), options: object = {}) =>
  new Promise<Any>((done, fail) =>
    client[method]({ text }, metadata, options, (error: unknown, answer: unknown) =>
      error ? fail(error) : done(answer),
    ),
  )
const refused = (call: Promise<unknown>): Promise<grpc.ServiceError> =>
  call.then(
    () => assert.fail('was answered'),
    (error) => error,
  )
const told = (error: grpc.ServiceError, name: string) => error.metadata.get(`doubloon-${name}`)[0]

let server: GrpcServer
let client: Any
before(async () => {
  server = await serve()
  client = clientOf(server)
})
after(async () => {
  for (const each of clients) each.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a key is asked for as over HTTP, in either header, and its role and scopes decide', async () => {
  assert.equal((await ask(client, 'Write', 'x')).text, 'key:owner')
  assert.equal((await ask(client, 'Write', 'x', key('owner', 'authorization'))).text, 'key:owner')
  const code = async (method: string, metadata: grpc.Metadata) =>
    (await refused(ask(client, method, 'x', metadata))).code
  assert.equal(await code('Read', new grpc.Metadata()), grpc.status.UNAUTHENTICATED)
  assert.equal(await code('Read', key('guess')), grpc.status.UNAUTHENTICATED)
  assert.equal(await code('Read', key('stranger')), grpc.status.PERMISSION_DENIED)
  for (const name of ['viewer', 'reader']) {
    assert.equal((await ask(client, 'Read', 'x', key(name))).text, 'x')
    assert.equal(await code('Write', key(name)), grpc.status.PERMISSION_DENIED)
  }
  const watch = client.Watch({ text: 'x' }, new grpc.Metadata())
  const error = await new Promise<grpc.ServiceError>((done) => watch.on('error', done).resume())
  assert.equal(error.code, grpc.status.UNAUTHENTICATED)
})

test('each kind of fault has its status, with code, field, cure and patience beside it', async () => {
  const of = (name: string) => refused(ask(client, 'Read', name))
  const invalid = await of('invalid')
  assert.deepEqual(
    [invalid.code, invalid.details, told(invalid, 'code'), told(invalid, 'field'), told(invalid, 'cure')],
    [grpc.status.INVALID_ARGUMENT, 'No good', 'echo/bad', 'items.0.%E4%BB%B7', 'Say it well'],
  )
  assert.equal((await of('missing')).code, grpc.status.NOT_FOUND)
  assert.equal((await of('conflict')).code, grpc.status.ABORTED)
  assert.equal((await of('unavailable')).code, grpc.status.UNAVAILABLE)
  const limited = await of('limited')
  assert.equal(limited.code, grpc.status.RESOURCE_EXHAUSTED)
  assert.deepEqual(limited.metadata.get('retry-after'), ['2'])
  const bug = await of('bug')
  assert.equal(bug.code, grpc.status.INTERNAL)
  assert.doesNotMatch(JSON.stringify(bug.metadata.getMap()) + bug.details, /secret/)
})

test('64-bit integers are numbers, and what is not set is not there', async () => {
  const answer = await new Promise<Any>((done, fail) =>
    client.Read({ number: 4_102_444_800_000 }, key('owner'), (error: unknown, said: unknown) =>
      error ? fail(error) : done(said),
    ),
  )
  assert.equal(answer.number, 4_102_444_800_000)
  assert.equal('limit' in answer, false)
})

test('a deadline ends the work, too, and a message too large is refused', async () => {
  const before = seen.aborted
  const late = await refused(ask(client, 'Read', 'never', key('owner'), { deadline: Date.now() + 200 }))
  assert.equal(late.code, grpc.status.DEADLINE_EXCEEDED)
  await until(() => seen.aborted === before + 1)
  const large = await refused(ask(client, 'Read', 'x'.repeat(1_100_000)))
  assert.equal(large.code, grpc.status.RESOURCE_EXHAUSTED)
})

test('who reads slowly is sent less: nothing is kept for him here, and his going is heard', async () => {
  const before = { ...seen }
  const watch = client.Watch({ text: 'x' }, key('owner'))
  let last = 0
  watch.on('error', () => {})
  watch.on('data', ({ number }: { number: number }) => {
    if (last === 0) watch.pause()
    last = number - before.pulled
  })
  const pulled = () => seen.pulled - before.pulled
  const stillAt = async () => {
    const at = pulled()
    await delay(250)
    return at > 0 && at === pulled()
  }
  await until(stillAt)
  const stoodAt = pulled()
  // What the client's own buffers and the windows of HTTP/2 take, and no more.
  assert.ok(stoodAt < 200, `${stoodAt} messages were made for somebody who read ${last}`)
  watch.resume()
  await until(() => pulled() > stoodAt + 100)
  watch.cancel()
  await until(() => seen.ended === before.ended + 1)
  const atTheEnd = seen.pulled
  await delay(50)
  assert.equal(seen.pulled, atTheEnd)
})

test('closing lets a call finish, ends streams with a word, and takes nothing new', async () => {
  const other = await serve()
  const before = { ...seen }
  const caller = clientOf(other)
  const slow = ask(caller, 'Read', 'slow')
  const watch = caller.Watch({ text: 'x' }, key('owner'))
  const cut = new Promise<grpc.ServiceError>((done) => watch.on('error', done).on('data', () => {}))
  await until(() => seen.pulled > before.pulled)
  await other.close()
  assert.equal((await slow).text, 'slow')
  const error = await cut
  assert.deepEqual([error.code, told(error, 'code')], [grpc.status.UNAVAILABLE, 'grpc/closing'])
  assert.equal(seen.ended, before.ended + 1)
  assert.equal((await refused(ask(caller, 'Read', 'x'))).code, grpc.status.UNAVAILABLE)
})

test('load balancers are told what is served, without a key', async () => {
  const health = clientOf(server, 'grpc/health/v1/health.proto', ['grpc', 'health', 'v1', 'Health'])
  const check = (name: string) =>
    new Promise<Any>((done) =>
      health.Check({ service: name }, (error: grpc.ServiceError, answer: Any) => done(answer ?? error)),
    )
  assert.equal((await check('')).status, 'SERVING')
  assert.equal((await check('test.v1.Echo')).status, 'SERVING')
  assert.equal((await check('test.v1.Nothing')).code, grpc.status.NOT_FOUND)
  const watch = health.Watch({ service: 'test.v1.Echo' })
  watch.on('error', () => {})
  assert.equal((await new Promise<Any>((done) => watch.once('data', done))).status, 'SERVING')
  watch.cancel()
})

test('a method that only the file or only the room has stops the start', async () => {
  const { Watch: _, ...methods } = service.methods
  await assert.rejects(serve([{ room: 'echo', service: { ...service, methods } }]), /only one of .* Watch/)
  const unknown = { ...service, service: 'test.v1.Nothing' }
  await assert.rejects(serve([{ room: 'echo', service: unknown }]), /has no service test.v1.Nothing/)
})
