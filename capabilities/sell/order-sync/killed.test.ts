// The process dies between any two lines: five times, or thirty with STORIES=full, while orders live and pushes come over a bad network. What was
// acknowledged is kept, and after one reconciliation every order equals the platform's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { dice } from '#sandbox/random.ts'
import { startSandbox } from '#sandbox/sandbox.ts'
import { testPlatform } from '#testing/platform.ts'
import { until } from '#testing/until.ts'
import { controlOf } from './open-room.fixture.ts'
import { dayOf } from './reconciliation.ts'
import { subscriber } from './subscriber.fixture.ts'
import { assertEqualToPlatform, live, ourLine } from './truth.fixture.ts'

const KILLS = process.env['STORIES'] === 'full' ? 30 : 5
const SHOP = '7000000003'
const ROOM = '/api/order-sync'

test(`killed ${KILLS} times while orders live`, { timeout: 600_000 }, async (t) => {
  const closing: (() => unknown)[] = []
  t.after(async () => {
    for (const close of closing.reverse()) await close()
  })
  const sandbox = await startSandbox({ seed: 3, live: false, webhookRetryDelaysMs: [500, 1_500] })
  closing.push(sandbox.close)
  const control = controlOf(sandbox)
  const warehouse = await subscriber({ fails: (nth) => (nth % 10 === 3 ? 503 : 0) })
  closing.push(warehouse.close)
  const platform = await testPlatform({
    DOUYIN_URL: sandbox.url,
    DOUDIAN_URL: sandbox.url,
    OPEN_PLATFORM_CLIENT_KEY: sandbox.clientKey,
    OPEN_PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
    ORDER_SYNC_APP_KEY: sandbox.clientKey,
    ORDER_SYNC_APP_SECRET: sandbox.clientSecret,
    ORDER_SYNC_PRIVATE_TARGETS: 'loopback',
    ORDER_SYNC_PULL_SECONDS: '10',
  })
  closing.push(platform.dispose)

  await control('PUT', `/doudian/shops/${SHOP}`, { name: '断电' })
  let running = await platform.start()
  await running.api.post(`${ROOM}/shops`, { shopId: SHOP, backfillDays: 1 })
  const { secret } = await running.api.post<{ secret: string }>(`${ROOM}/subscribers`, {
    name: '仓库',
    url: warehouse.url,
  })
  warehouse.setSecret(secret)
  await control('PUT', '/doudian/pushes/target', {
    shopId: SHOP,
    url: `${running.url}${ROOM}/push/${SHOP}`,
    sign: 'mixed',
  })
  await control('PUT', '/faults', {
    webhook: { dropRate: 0.05, doubleRate: 0.1, reorderRate: 0.1, forgeRate: 0.02 },
    endpoints: ['/order/', '/afterSale/'],
    errorRate: 0.05,
    errorCodes: [60000, 500],
  })

  const roll = dice('kills')
  let events = 0
  let orders = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const living = live(control, SHOP, 10, roll)
    await delay(Math.random() * 900)
    await platform.kill(running)
    events += await living
    orders += 10
    running = await platform.start()
  }
  await until(async () => {
    const { queued, inFlight, waiting } = await control('GET', '/doudian/pushes?limit=1')
    return queued + inFlight + waiting === 0
  }, 60_000)
  await until(
    async () =>
      (await running.api.get<{ pushes24h: { waiting: number } }>(`${ROOM}/summary`)).pushes24h.waiting === 0,
    60_000,
  )

  const { entries } = await control('GET', '/doudian/pushes?limit=20000')
  const acknowledged = entries.filter((entry: { state: string }) => entry.state === 'delivered')
  const kept = new Set(
    (await platform.sql<{ msg_id: string }>('select msg_id from order_sync.message')).map(
      (row) => row.msg_id,
    ),
  )
  assert.deepEqual(
    acknowledged.filter((entry: { msgId: string }) => !kept.has(entry.msgId)),
    [],
    'what was acknowledged is there',
  )
  assert.equal(entries.filter((entry: { state: string }) => entry.state === 'forged-accepted').length, 0)

  const day = dayOf(Date.now(), 'Asia/Shanghai')
  await delay(2_500)
  const ask = { shopId: SHOP, day, repair: true }
  const jobId = await until(
    async () => (await running.api.post<{ jobId: string | null }>(`${ROOM}/reconciliations`, ask)).jobId,
    60_000,
  )
  await until(
    async () =>
      (await running.api.get<{ state: string }>(`${ROOM}/reconciliations/${jobId}`)).state === 'completed',
    60_000,
    100,
  )
  const lines: string[] = []
  for await (const line of running.api.lines(`${ROOM}/export`, { format: 'ndjson' }))
    if (line) lines.push(ourLine(JSON.parse(line)))
  assert.equal(await assertEqualToPlatform(control, SHOP, lines), orders)

  await until(async () => {
    const [row] = await platform.sql<{ n: string }>(
      "select count(*) as n from fact_log.outbox where name like 'order.%'",
    )
    return row!.n === '0'
  }, 60_000)
  const facts = await platform.sql<{ name: string; key: string; refund: string | null }>(
    "select name, key, data->>'refundId' as refund from fact_log.fact where name like 'order.%'",
  )
  const identity = new Set(facts.map(({ name, key, refund }) => `${name} ${key} ${refund}`))
  assert.equal(identity.size, facts.length, 'each fact was told once')
  await until(
    async () => {
      await platform.sql(
        "update order_sync.delivery set next_at = now(), claimed_until = null where state = 'waiting'",
      )
      const { waiting, done } = (
        await running.api.get<{ deliveries: { waiting: number; done: number } }>(`${ROOM}/summary`)
      ).deliveries
      return waiting === 0 && done === facts.length
    },
    60_000,
    500,
  )
  assert.equal(warehouse.effects().length, facts.length)
  assert.deepEqual(warehouse.wrong, [])
  const report = await running.api.get<{ equal: number; compared: number }>(`${ROOM}/reports/${SHOP}/${day}`)
  t.diagnostic(`${KILLS} kills, ${events} events, ${acknowledged.length} acknowledged messages all kept`)
  t.diagnostic(
    `before: ${report.equal} of ${report.compared} equal; after: ${orders} of ${orders} (100.000 %)`,
  )
  t.diagnostic(
    `${facts.length} facts, ${warehouse.heard.length} deliveries taken, ${warehouse.effects().length} distinct ids`,
  )
  await platform.stop(running)
})
