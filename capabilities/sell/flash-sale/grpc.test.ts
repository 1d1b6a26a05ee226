// The same room by its other way in: a real client, a real port, beside HTTP.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { Registry } from 'prom-client'
import type { Principal, Role } from '#kernel/auth.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { type GrpcServer, serveGrpc } from '#platform/grpc.ts'
import { openPlatform } from '#platform/open.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { addressOf } from './fleet.fixture.ts'
import door from './index.ts'
import { type OpenRoom, OURS, openRoom } from './room.fixture.ts'

// biome-ignore lint/suspicious/noExplicitAny: a client made of the .proto file at run time
type Any = any

const PROTO = join(import.meta.dirname, '../../../proto/doubloon/flash_sale/v1/flash_sale.proto')
const ROLES: Record<string, Role> = { operator: 'operator', viewer: 'viewer', stranger: 'owner' }
const auth = {
  authenticate: async ({ 'x-api-key': key }: Record<string, unknown>): Promise<Principal | null> => {
    const role = ROLES[String(key)]
    const workspaceId = key === 'stranger' ? ('ws_theirs' as typeof OURS) : OURS
    return role
      ? { kind: 'key', actor: `key:${key}`, userId: null, workspaceId, role, scopes: ['flash-sale:write'] }
      : null
  },
}

function clientOf(address: string): Any {
  const loaded = grpc.loadPackageDefinition(loadSync(PROTO, { longs: Number, enums: String, arrays: true }))
  const { FlashSaleService } = (loaded as Any).doubloon.flash_sale.v1
  return new FlashSaleService(address, grpc.credentials.createInsecure())
}

let it: TestLedger
let room: OpenRoom
let server: GrpcServer
let client: Any
before(async () => {
  it = await testLedger([migrationsOf('flash-sale', 'sell')])
  room = await openRoom({ ledger: it.ledger })
  server = await serveGrpc({
    services: [{ room: 'flash-sale', service: room.opened.grpc! }],
    auth,
    log: rootLog({ level: 'silent' }),
    metrics: new Registry(),
    host: '127.0.0.1',
    port: 0,
  })
  client = clientOf(`127.0.0.1:${server.port}`)
})
after(async () => {
  client?.close()
  await server?.close()
  await room?.close()
  await it?.close()
})

const as = (key: string) => {
  const metadata = new grpc.Metadata()
  if (key) metadata.set('authorization', `Bearer ${key}`)
  return metadata
}
const ask = (method: string, request: object, key = 'operator', asked = client) =>
  new Promise<Any>((done, fail) =>
    asked[method](request, as(key), (error: unknown, answer: unknown) =>
      error ? fail(error) : done(answer),
    ),
  )
const refused = async (method: string, request: object, key = 'operator', asked = client) => {
  const error: grpc.ServiceError = await ask(method, request, key, asked).then(
    () => assert.fail(`${method} was answered`),
    (reason) => reason,
  )
  const of = (name: string) => error.metadata.get(`doubloon-${name}`)[0]
  return { status: grpc.status[error.code], code: of('code'), field: of('field') }
}
const terms = () => ({ name: 'Eleven', opensAtMs: Date.now() - 1_000, closesAtMs: Date.now() + 3_600_000 })
const sale = async (stock = 2): Promise<string> =>
  (await ask('CreateSale', { ...terms(), skus: [{ sku: 'A', priceFen: 100, stock }] })).saleId

let nth = 0
const click = (saleId: string, quantity = 1) => ({
  saleId,
  attemptId: `g${++nth}`,
  buyerId: `b${nth}`,
  items: [{ sku: 'A', quantity }],
})
const overHttp = async ({ saleId, ...attempt }: ReturnType<typeof click>) =>
  (await room.api('POST', `/sales/${saleId}/reservations`, attempt)).json

test('a sale from its beginning to its end, and the same board by both ways in', async () => {
  const price = 1_000_000_000
  const made = await ask('CreateSale', {
    ...terms(),
    limitPerBuyer: 3,
    skus: [{ sku: 'A', priceFen: price, stock: 2 }],
  })
  assert.deepEqual(
    [
      made.phase,
      made.status,
      made.holdSeconds,
      made.limitPerBuyer,
      made.skus[0].title,
      made.skus[0].priceFen,
    ],
    ['PHASE_OPEN', 'SALE_STATUS_ON', 900, 3, 'A', price],
  )
  assert.equal('limitPerBuyer' in made.skus[0], false)
  const { saleId } = made
  const [one, two] = [click(saleId), click(saleId)]
  const first = await ask('Reserve', one)
  assert.deepEqual([first.answer, first.reservationId], ['ANSWER_RESERVED', one.attemptId])
  assert.ok(Math.abs(first.expiresAtMs - Date.now() - 900_000) < 60_000)
  await ask('Reserve', two)
  assert.deepEqual(await ask('Reserve', click(saleId)), { answer: 'ANSWER_SOLD_OUT', sku: 'A' })
  const of = ({ attemptId: reservationId }: { attemptId: string }) => ({ saleId, reservationId })
  assert.equal((await ask('Confirm', of(one))).outcome, 'OUTCOME_CONFIRMED')
  assert.equal((await ask('Release', of(one))).outcome, 'OUTCOME_WAS_CONFIRMED')
  assert.equal((await ask('Release', of(two))).outcome, 'OUTCOME_RELEASED')
  assert.equal((await ask('Confirm', of(two))).outcome, 'OUTCOME_WAS_RELEASED')
  const board = await until(async () => {
    const now = await ask('GetSale', { saleId }, 'viewer')
    return now.total.sold === 1 && now.total.free === 1 ? now : null
  })
  const { json } = await room.api('GET', `/sales/${saleId}`)
  assert.deepEqual(board.ledger, json.ledger)
  assert.equal(board.isExact, true)
  assert.equal(board.sale.saleId, json.sale.saleId)
  assert.equal(board.live.answers['sold-out'], 1)
})

test('one attemptId is one click, whichever way it comes in', async () => {
  const saleId = await sale()
  const [here, there, late] = [click(saleId), click(saleId), click(saleId)]
  const first = await ask('Reserve', here)
  assert.deepEqual(await overHttp(here), { ...first, answer: 'reserved' })
  const second = await overHttp(there)
  assert.deepEqual(await ask('Reserve', there), { ...second, answer: 'ANSWER_RESERVED' })
  assert.deepEqual(await overHttp(late), { answer: 'sold-out', sku: 'A' })
  assert.deepEqual(await ask('Reserve', late), { answer: 'ANSWER_SOLD_OUT', sku: 'A' })
  const twins = await sale(50)
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      const both = click(twins)
      const [a, b] = await Promise.all([ask('Reserve', both), overHttp(both)])
      assert.deepEqual(b, { ...a, answer: 'reserved' })
    }),
  )
  assert.equal((await ask('GetSale', { saleId: twins })).total.held, 50)
})

test('mistakes are named as over HTTP', async () => {
  const saleId = await sale()
  for (const quantity of [0, -1, 1e9])
    assert.deepEqual(await refused('Reserve', click(saleId, quantity)), {
      status: 'INVALID_ARGUMENT',
      code: 'flash-sale/invalid',
      field: 'items.0.quantity',
    })
  assert.equal((await refused('Reserve', { ...click(saleId), attemptId: '' })).field, 'attemptId')
  assert.equal((await refused('Reserve', { ...click(saleId), items: [] })).field, 'items')
  const skus = [{ sku: 'A', priceFen: 1, stock: 1 }]
  const bad = async (change: object) => (await refused('CreateSale', { ...terms(), skus, ...change })).field
  assert.equal(await bad({ closesAtMs: 1 }), 'closesAtMs')
  assert.equal(await bad({ name: '' }), 'name')
  assert.equal(await bad({ skus: [] }), 'skus')
  assert.equal(await bad({ skus: [{ sku: 'A', priceFen: -1, stock: 1 }] }), 'skus.0.priceFen')
  assert.equal(await bad({ holdSeconds: 0 }), 'holdSeconds')
  const status = async (method: string, request: object) => (await refused(method, request)).status
  assert.equal(await status('Reserve', click('sale_none')), 'NOT_FOUND')
  assert.equal(await status('GetSale', { saleId: 'sale_none' }), 'NOT_FOUND')
  assert.equal(await status('Confirm', { saleId, reservationId: 'nobody' }), 'NOT_FOUND')
  const mine = click(saleId)
  await ask('Reserve', mine)
  assert.equal(await status('Reserve', { ...mine, buyerId: 'eve' }), 'ABORTED')
})

test('a sale with a queue gives a ticket, and wants its token', async () => {
  const skus = [{ sku: 'A', priceFen: 100, stock: 5 }]
  const { saleId, admission } = await ask('CreateSale', { ...terms(), skus, admission: { perSecond: 1_000 } })
  assert.deepEqual(admission, { perSecond: 1_000, tokenSeconds: 120 })
  const mine = click(saleId)
  const without = await refused('Reserve', mine)
  assert.deepEqual([without.status, without.field], ['PERMISSION_DENIED', 'token'])
  const ticket = await until(async () => {
    const now = await ask('TakeTicket', { saleId, buyerId: mine.buyerId })
    return now.state === 'TICKET_STATE_ADMITTED' && now
  })
  assert.equal(ticket.number, 1)
  assert.ok(ticket.tokenExpiresAtMs > Date.now())
  assert.equal((await ask('Reserve', { ...mine, token: ticket.token })).answer, 'ANSWER_RESERVED')
  const noLine = await refused('TakeTicket', { saleId: await sale(), buyerId: 'b' })
  assert.deepEqual([noLine.status, noLine.code], ['ABORTED', 'flash-sale/no-queue'])
})

test('no key, a key that may only read, a key of another workspace', async () => {
  const saleId = await sale()
  assert.equal((await refused('GetSale', { saleId }, '')).status, 'UNAUTHENTICATED')
  assert.equal((await refused('Reserve', click(saleId), 'guess')).status, 'UNAUTHENTICATED')
  assert.equal((await refused('Reserve', click(saleId), 'viewer')).status, 'PERMISSION_DENIED')
  assert.equal((await ask('GetSale', { saleId }, 'viewer')).total.free, 2)
  assert.deepEqual(await refused('Reserve', click(saleId), 'stranger'), {
    status: 'NOT_FOUND',
    code: 'flash-sale/unknown-sale',
    field: undefined,
  })
})

test('watching shows each board as it is, and stops when the watcher goes', async () => {
  const saleId = await sale()
  const watch = client.WatchSale({ saleId }, as('viewer'))
  const boards: Any[] = []
  watch.on('data', (board: Any) => boards.push(board))
  const ended = new Promise<grpc.ServiceError>((done) => watch.on('error', done))
  await until(() => boards.length > 0)
  await ask('Reserve', click(saleId))
  await until(() => boards.at(-1).total.held === 1)
  watch.cancel()
  assert.equal((await ended).code, grpc.status.CANCELLED)
  const unknown = client.WatchSale({ saleId: 'sale_none' }, as('viewer')).on('data', () => {})
  const error = await new Promise<grpc.ServiceError>((done) => unknown.on('error', done))
  assert.equal(error.code, grpc.status.NOT_FOUND)
})

test('at most 200 watch; whoever goes makes room', { timeout: 30_000 }, async () => {
  const saleId = await sale()
  const watches = Array.from({ length: 200 }, () =>
    client.WatchSale({ saleId }, as('viewer')).on('error', () => {}),
  )
  await Promise.all(watches.map((watch) => new Promise((done) => watch.once('data', done))))
  const more = () => client.WatchSale({ saleId }, as('viewer'))
  const error = await new Promise<grpc.ServiceError>((done) => more().on('error', done).resume())
  assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED)
  assert.deepEqual(error.metadata.get('retry-after'), ['5'])
  for (const watch of watches) watch.cancel()
  const late = await until(async () => {
    const watch = more().on('error', () => {})
    return new Promise<Any>((done) => watch.once('data', () => done(watch)).once('error', () => done(null)))
  })
  late.cancel()
})

test('a whole platform answers both ways, and knows its own API keys', { timeout: 60_000 }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'doubloon-grpc-room-'))
  const platform = await openPlatform({
    rooms: [door],
    roles: ['web', 'grpc'],
    log: rootLog({ level: 'silent' }),
    env: {
      DOUBLOON_DATA: data,
      DOUBLOON_PORT: '0',
      DOUBLOON_GRPC_PORT: '0',
      DOUBLOON_SANDBOX: 'off',
      POSTGRES_URL: addressOf(it.connection),
    },
  })
  const asked = clientOf(platform.grpcAddress!)
  t.after(async () => {
    asked.close()
    await platform.close()
    rmSync(data, { recursive: true, force: true })
  })
  const http = async (path: string, body: object) => {
    const reply = await fetch(platform.url + path, {
      method: 'POST',
      headers: { 'x-api-key': platform.key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await reply.json()) as Any
  }
  const { key } = await http('/api/system/api-keys', { name: 'reader', scopes: ['flash-sale:read'] })
  const skus = [{ sku: 'A', priceFen: 100, stock: 1 }]
  const { saleId } = await ask('CreateSale', { ...terms(), skus }, platform.key, asked)
  const { saleId: _, ...mine } = click(saleId)
  assert.equal((await refused('Reserve', { saleId, ...mine }, key, asked)).status, 'PERMISSION_DENIED')
  const first = await http(`/api/flash-sale/sales/${saleId}/reservations`, mine)
  assert.equal(first.answer, 'reserved')
  assert.equal(
    (await ask('Reserve', { saleId, ...mine }, platform.key, asked)).expiresAtMs,
    first.expiresAtMs,
  )
  assert.equal((await ask('GetSale', { saleId }, key, asked)).total.held, 1)
})
