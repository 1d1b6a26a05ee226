// A bad day in one piece: pushes are lost, doubled, out of order and forged, the platform is busy or broken at times, and
// one reconciliation later every order equals the platform's, to the fen, and nothing was told twice downstream.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { kafkaFactStream } from '#engines/kafka/fact-stream.kafka.ts'
import { openKafka } from '#engines/kafka/kafka.ts'
import { openRedis } from '#engines/redis/redis.ts'
import { dice } from '#sandbox/random.ts'
import { startSandbox } from '#sandbox/sandbox.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { controlOf, type OpenRoomOptions, openRoom } from './open-room.fixture.ts'
import { dayOf } from './reconciliation.ts'
import { subscriber } from './subscriber.fixture.ts'
import { assertEqualToPlatform, live, ourLine } from './truth.fixture.ts'

const SHOP = '7000000002'
/** As a story of its own with STORIES=full: a longer day. */
const ORDERS = process.env['STORIES'] === 'full' ? 400 : 200

const BAD_DAY =
  '5 % dropped, 10 % doubled, 10 % reordered, 2 % forged, 60000 and 500 at times: equal after one reconciliation'

/** Engines of the day, and what closes them. */
type Outer = Pick<OpenRoomOptions, 'redis' | 'stream'> & { closing: (() => unknown)[] }

test(BAD_DAY, { timeout: 110_000 }, (t) => badDay(t, { closing: [] }))

const [redisUrl, kafkaUrl] = [realEngine('redis'), realEngine('kafka')]
const skip = 'skip' in redisUrl ? redisUrl.skip : 'skip' in kafkaUrl && kafkaUrl.skip
test(`on Redis and Kafka: ${BAD_DAY}`, { timeout: 110_000, skip }, async (t) => {
  if ('skip' in redisUrl || 'skip' in kafkaUrl) return
  const redis = await openRedis(redisUrl.url)
  const kafka = await openKafka(kafkaUrl.url)
  const topic = `test-bad-day-${process.pid}-${Date.now()}`
  const stream = await kafkaFactStream(kafka, { partitions: 2, keepDays: 1, topic })
  await badDay(t, { redis, stream, closing: [redis.close, kafka.close] })
})

async function badDay(t: TestContext, { closing: engines, ...outer }: Outer): Promise<void> {
  const it = await testLedger([migrationsOf('order-sync', 'sell')])
  const closing: (() => unknown)[] = [it.close, ...engines]
  // The last that was opened is the first to be closed.
  t.after(async () => {
    for (const close of closing.reverse()) await close()
  })
  const sandbox = await startSandbox({ seed: 11, webhookRetryDelaysMs: [100, 300] })
  closing.push(sandbox.close)
  const control = controlOf(sandbox)
  // Pulls are switched off: what pushes leave wrong must be found by the reconciliation, not before it.
  const room = await openRoom({
    ledger: it.ledger,
    sandbox,
    workers: ['pushes', 'wanted', 'fulfilment'],
    facts: true,
    ...outer,
  })
  closing.push(room.close)
  const warehouse = await subscriber({ fails: (nth) => (nth % 10 === 3 ? 503 : 0) })
  closing.push(warehouse.close)

  await control('PUT', `/doudian/shops/${SHOP}`, { name: '坏天气' })
  await room.post('/shops', { shopId: SHOP, backfillDays: 0 })
  const { secret } = await room.post('/subscribers', { name: '仓库', url: warehouse.url })
  warehouse.setSecret(secret)
  await control('PUT', '/doudian/pushes/target', {
    shopId: SHOP,
    url: `${room.url}/api/order-sync/push/${SHOP}`,
    sign: 'mixed',
  })
  await control('PUT', '/faults', {
    webhook: { dropRate: 0.05, doubleRate: 0.1, reorderRate: 0.1, forgeRate: 0.02 },
    endpoints: ['/order/', '/afterSale/'],
    errorRate: 0.1,
    errorCodes: [60000, 500],
  })

  const roll = dice('bad day')
  const events = await live(control, SHOP, ORDERS, roll)
  const pushes = await until(async () => {
    const { queued, inFlight, waiting, counts } = await control('GET', '/doudian/pushes?limit=1')
    return queued + inFlight + waiting === 0 && counts
  }, 60_000)
  await until(async () => (await room.get('/summary')).pushes24h.waiting === 0, 60_000)

  // Pages that pushes made us ask for are all here: one that came later would hide what is planted now.
  await until(async () => {
    const [row] = await it.ledger.everywhere.query(
      'select count(*)::int as n from order_sync.purchase where wanted_at is not null',
    )
    return row!['n'] === 0
  }, 60_000)
  const planted = await plant(control)
  const day = dayOf(Date.now(), 'Asia/Shanghai')
  await until(() => Date.now() % 1000 > 900, 3_000, 5)
  await new Promise((done) => setTimeout(done, 2_500))
  const work = { workspaceId: 'ws_ours', shopId: SHOP, day, repair: true, mail: false }
  await room.runJob('order-sync/reconcile', work)
  const report = await room.get(`/reports/${SHOP}/${day}`)
  const exported = (await room.request('GET', '/export?format=ndjson')).text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const equal = await assertEqualToPlatform(control, SHOP, exported.map(ourLine))
  assert.equal(equal, ORDERS)
  assert.equal(report.theirs, ORDERS)
  const found = Object.values(report.byKind as Record<string, { found: number; repaired: number }>)
  assert.ok(found.every((kind) => kind.found === kind.repaired))
  for (const [kind, orderId] of Object.entries(planted)) {
    const named = await room.get(`/reports/${SHOP}/${day}/differences?kind=${kind}&limit=500`)
    assert.ok(
      named.items.some((one: { orderId: string }) => one.orderId === orderId),
      `${kind} of ${orderId} is named`,
    )
  }
  assert.deepEqual((await room.get('/orders?imbalance=true')).items, [])

  // Nothing doubled downstream, and all of it there: each fact once, each message taken once by its id.
  const told = await it.ledger.everywhere.query<{ fact: string }>(
    "select order_id || ' ' || unnest(told) as fact from order_sync.purchase",
  )
  const identity = new Set(told.map(({ fact }) => fact))
  assert.equal(identity.size, told.length, 'each fact was told once')
  await it.ledger.everywhere.query("update order_sync.delivery set next_at = now() where state = 'waiting'")
  await until(async () => {
    await it.ledger.everywhere.query(
      "update order_sync.delivery set next_at = now() where state = 'waiting' and next_at > now()",
    )
    const { waiting, done } = (await room.get('/summary')).deliveries
    return waiting === 0 && done >= identity.size
  }, 60_000)
  assert.deepEqual(warehouse.wrong, [])
  assert.equal(warehouse.effects().length, identity.size)
  const effects = warehouse
    .effects()
    .map(({ type, data }) => `${type} ${data.orderId} ${data.refundId ?? ''}`)
  assert.equal(new Set(effects).size, effects.length, 'and none of them under two ids')
  const paid = warehouse.effects().filter(({ type }) => type === 'order.paid')
  assert.equal(new Set(paid.map(({ data }) => data.orderId)).size, paid.length)
  const truth = await control('GET', `/doudian/shops/${SHOP}/orders`)
  assert.equal(
    paid.length,
    truth.filter((order: { paidAtMs: number | null }) => order.paidAtMs !== null).length,
  )
  const lives = Map.groupBy(warehouse.effects(), ({ data }) => data.orderId as string)
  const LIFE = ['order.created', 'order.paid', 'order.shipped', 'order.finished']
  for (const told of lives.values()) {
    const steps = told.map(({ type }) => LIFE.indexOf(type)).filter((step) => step >= 0)
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
      'the parcels of one order come in its order',
    )
  }

  // Made again it is the same.
  const csv = (await room.request('GET', `/reports/${SHOP}/${day}/download`)).text
  await room.runJob('order-sync/reconcile', work)
  assert.equal((await room.request('GET', `/reports/${SHOP}/${day}/download`)).text, csv)
  const again = await room.get(`/reports/${SHOP}/${day}`)
  // The day is not over: only up to when it is true, and when it was made, has moved on.
  const { madeAtMs, trueUntilMs } = report
  assert.deepEqual({ ...again, madeAtMs, trueUntilMs }, report)

  const conflicts = (await room.get('/summary')).pushes24h
  const kinds = Object.entries(report.byKind as Record<string, { found: number }>).map(
    ([kind, { found: n }]) => `${kind} ${n}`,
  )
  t.diagnostic(`${events} events, pushes: ${JSON.stringify(pushes)}`)
  t.diagnostic(
    `${conflicts.received} messages taken, ${conflicts.repeats} repeats refused, ${conflicts.forged} forged refused`,
  )
  t.diagnostic(`before: ${report.equal} of ${report.compared} equal; named and repaired: ${kinds.join(', ')}`)
  t.diagnostic(`after: ${equal} of ${ORDERS} orders equal to the fen (100.000 %)`)
  t.diagnostic(
    `${identity.size} facts, ${warehouse.heard.length} deliveries taken, ${warehouse.effects().length} distinct ids, 0 doubled`,
  )
}

/** What no push tells of: one difference of each kind, behind our back. */
async function plant(control: ReturnType<typeof controlOf>): Promise<Record<string, string>> {
  const truth = (await control('GET', `/doudian/shops/${SHOP}/orders`)) as Row[]
  const change = (order: Row, body: object) =>
    control('PUT', `/doudian/shops/${SHOP}/orders/${order.orderId}`, body)
  const take = (status: number) => {
    const at = truth.findIndex((order) => order.status === status && order.refunds.length === 0)
    return truth.splice(at, 1)[0]!
  }
  const [extra, amount, status, time, model] = [take(1), take(3), take(2), take(3), take(3)]
  await control('DELETE', `/doudian/shops/${SHOP}/orders/${extra.orderId}`)
  await change(amount, { postFen: 1_234 })
  await change(status, {
    state: 'shipped',
    shippedAtMs: status.paidAtMs! + 1_000,
    updatedAtMs: status.paidAtMs! + 1_000,
  })
  await change(time, { paidAtMs: time.paidAtMs! - 1_000 })
  const missing = '6921052297377990001'
  await control('PUT', `/doudian/shops/${SHOP}/orders/${missing}`, { ...model, orderId: missing })
  return { extra: extra.orderId, amount: amount.orderId, status: status.orderId, time: time.orderId, missing }
}

interface Row {
  orderId: string
  status: number
  paidAtMs: number | null
  refunds: unknown[]
}
