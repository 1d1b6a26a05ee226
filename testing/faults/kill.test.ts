// The process dies between any two lines: thirty times, at random moments of a collection with webhooks coming in,
// over a network that drops, doubles, fails and slows. Nothing acknowledged is lost, nothing is doubled.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isFault } from '#kernel/fault.ts'
import { connectSandbox } from '#platform/first-run.ts'
import { capabilities } from '#rooms'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { type PlatformProcess, type TestPlatform, testPlatform } from '#testing/platform.ts'
import { until } from '#testing/until.ts'

const KILLS = 30
const FAULTS = { dropRate: 0.05, doubleRate: 0.1, errorRate: 0.1, slowRate: 0.1, slowMs: 100 }
const RUN_TIMEOUT_MS = 180_000

interface Scene {
  sandbox: Sandbox
  platform: TestPlatform
  control(method: string, path: string, body?: object): Promise<Response>
}

async function scene(t: { after(fn: () => Promise<void>): void }): Promise<Scene> {
  const sandbox = await startSandbox({ port: 0, seed: 7, live: false })
  t.after(sandbox.close)
  const platform = await testPlatform({
    DOUYIN_URL: sandbox.url,
    OPEN_PLATFORM_CLIENT_KEY: sandbox.clientKey,
    OPEN_PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
  })
  t.after(platform.dispose)
  const control: Scene['control'] = (method, path, body) =>
    fetch(sandbox.url + path, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    })
  return { sandbox, platform, control }
}

const burst = (it: Scene, count: number) =>
  it.control('POST', '/_sandbox/webhooks/burst', { count, ratePerSecond: 200, event: 'new_follow_action' })

/** Collects everything, and waits until no run is left. */
async function collectAll(running: PlatformProcess): Promise<void> {
  await until(() => running.api.post('/api/collector/runs', {}).catch(unlessAway))
  await until(
    async () => {
      const { items } = await running.api.get<{ items: { state: string }[] }>('/api/collector/runs', {
        limit: 100,
      })
      return items.length > 0 && items.every((run) => run.state === 'done' || run.state === 'failed')
    },
    RUN_TIMEOUT_MS,
    250,
  )
}

/** While the database is away the platform says so, and lives. */
function unlessAway(error: unknown): undefined {
  if (isFault(error) && error.kind === 'unavailable' && error.code !== 'api/unreachable') return undefined
  throw error
}

/** The platform's comments beside the world's, both as `id text`, sorted. */
async function compareComments(it: Scene, running: PlatformProcess): Promise<number> {
  const world = (await (await it.control('GET', '/_sandbox/world/comments')).text())
    .split('\n')
    .filter(Boolean)
  const truth = world.map((line) => JSON.parse(line)).map((row) => `${row.commentId} ${row.content}`)
  const ours: string[] = []
  for await (const line of running.api.lines('/api/collector/export/comments', { format: 'ndjson' })) {
    if (!line) continue
    const row = JSON.parse(line)
    ours.push(`${row.commentId} ${row.content}`)
  }
  assert.equal(ours.length, truth.length, 'as many comments as the world has')
  assert.deepEqual(ours.sort(), truth.sort())
  return truth.length
}

async function assertNothingDoubled(platform: TestPlatform): Promise<void> {
  const doubled = await platform.sql(
    `select name, key, data->>'commentId' as id, count(*) from fact_log.fact
      where name = 'comment.received' group by 1, 2, 3 having count(*) > 1 limit 5`,
  )
  assert.deepEqual(doubled, [], 'each comment was told once')
  const twice = await platform.sql(
    `select data->>'msgId' as id, count(*) from fact_log.fact where name = 'webhook.received'
      group by 1 having count(*) > 1 limit 5`,
  )
  assert.deepEqual(twice, [], 'each webhook had its effect once')
}

async function assertNoWebhookLost(it: Scene, platform: TestPlatform): Promise<number> {
  const { entries } = (await (await it.control('GET', '/_sandbox/webhooks?limit=20000')).json()) as {
    entries: { msgId: string; attempts: { status: number | null }[] }[]
  }
  const acknowledged = entries.filter((event) => event.attempts.some((attempt) => attempt.status === 200))
  const rows = await platform.sql<{ msg_id: string }>('select msg_id from open_platform.webhook')
  const kept = new Set(rows.map((row) => row.msg_id))
  const lost = acknowledged.filter((event) => !kept.has(event.msgId) && !event.msgId.startsWith('verify'))
  assert.deepEqual(lost, [], 'what was answered with 200 is there')
  return acknowledged.length
}

test(`killed ${KILLS} times during collection and webhooks`, async (t) => {
  const it = await scene(t)
  let running = await it.platform.start()
  await connectSandbox(capabilities, running.api, it.sandbox.url)
  await it.control('PUT', '/_sandbox/faults', { ...FAULTS, webhook: { doubleRate: 0.1, reorderRate: 0.1 } })
  for (let kill = 0; kill < KILLS; kill++) {
    await burst(it, 60)
    await running.api.post('/api/collector/runs', {}).catch(() => {})
    await delay(Math.random() * 900)
    await it.platform.kill(running)
    running = await it.platform.start()
  }
  await collectAll(running)
  const comments = await compareComments(it, running)
  await until(async () => {
    const [row] = await it.platform.sql<{ n: string }>(
      "select count(*) as n from open_platform.webhook where state = 'received'",
    )
    return row?.n === '0'
  })
  const webhooks = await assertNoWebhookLost(it, it.platform)
  await assertNothingDoubled(it.platform)
  t.diagnostic(
    `${KILLS} kills, ${comments} comments equal the world's, ${webhooks} acknowledged webhooks all kept, none doubled`,
  )
  await it.platform.stop(running)
})

test('PostgreSQL killed and started again under load', async (t) => {
  const it = await scene(t)
  const running = await it.platform.start()
  await connectSandbox(capabilities, running.api, it.sandbox.url)
  await running.api.post('/api/collector/runs', {})
  for (let round = 0; round < 3; round++) {
    await burst(it, 100)
    await delay(400 + Math.random() * 400)
    process.kill(it.platform.postgresPid(), 'SIGKILL')
    await until(() => running.api.get('/api/collector/summary').catch(unlessAway), 60_000, 100)
  }
  await collectAll(running)
  await compareComments(it, running)
  await assertNoWebhookLost(it, it.platform)
  await assertNothingDoubled(it.platform)
  await it.platform.stop(running)
})
