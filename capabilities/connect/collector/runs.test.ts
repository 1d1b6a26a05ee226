import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { postgresJobs } from '#engines/postgres/jobs.ts'
import { postgresLeases } from '#engines/postgres/lease.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Jobs } from '#kernel/jobs.ts'
import type { LivePatch } from '#kernel/live.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { type Runs, runs as runsOf } from './runs.ts'
import { sandboxDouyin } from './sandbox-douyin.fixture.ts'
import { postgresSchedule } from './schedule.postgres.ts'
import { smallWorld, WORLD_NOW_MS } from './small-world.fixture.ts'
import { douyinSource } from './source.douyin.ts'
import { postgresStore } from './store.postgres.ts'

const workspaceId = 'ws_test' as WorkspaceId
const log = rootLog({ level: 'silent' })

describe('runs', { timeout: 100_000 }, () => {
  let it: TestLedger
  let sandbox: Sandbox
  let jobs: Jobs
  let runs: Runs
  let schedule: ReturnType<typeof postgresSchedule>
  const patches: LivePatch[] = []

  before(async () => {
    it = await testLedger([migrationsOf('collector', 'connect')])
    sandbox = await startSandbox({ world: smallWorld(2, 3), nowMs: WORLD_NOW_MS })
    const douyin = await sandboxDouyin(sandbox, [...sandbox.world.accounts.keys()])
    schedule = postgresSchedule(it.ledger, { name: 'collector' })
    jobs = postgresJobs(it.ledger, systemClock, log)
    const settings = {
      concurrency: 4,
      idsPerCall: 20,
      videosEveryMinutes: 30,
      metricsEveryMinutes: 60,
      commentsEveryMinutes: 10,
      hotListEveryMinutes: 10,
    }
    runs = runsOf(
      {
        source: douyinSource(douyin, log),
        store: postgresStore(it.ledger, { factLog: { appendIn: putInOutbox } as unknown as FactLog }),
        schedule,
        clock: systemClock,
        log,
        settings,
        douyin,
        jobs,
        leases: postgresLeases(it.ledger),
        live: { publish: (_, patch) => void patches.push(patch), subscribe: () => () => {} },
      },
      { accountsAtOnce: 2, keepRunsDays: 30 },
    )
    // The clock's own turn is left out: the test plans by hand.
    await jobs.start(runs.jobs.map(({ cron: _, ...kind }) => kind) as never[], true)
  })
  after(async () => {
    await jobs.close()
    await sandbox.close()
    await it.close()
  })

  const states = async () =>
    (
      await it.ledger.everywhere.query(
        'select state, count(*)::int as n from collector.run group by 1 order by 1',
      )
    ).map((row) => [row['state'], row['n']])
  const count = async (table: string) =>
    Number((await it.ledger.everywhere.query(`select count(*) as n from collector.${table}`))[0]!['n'])

  test('a plan starts every account and the hot list once, and the next plan nothing', async () => {
    await Promise.all([runs.plan(), runs.plan()])
    await until(async () => JSON.stringify(await states()) === '[["done",3]]', 40_000)
    assert.equal(await count('video'), 6)
    assert.equal(await count('comment'), sandbox.world.counts(WORLD_NOW_MS).comments)
    assert.equal(await count('hot_list_entry'), 50)
    await runs.plan()
    assert.deepEqual(await states(), [['done', 3]])
    assert.ok(patches.some((patch) => patch.topic === 'collector/runs'))
  })

  test('a person starts one account by its open id; asked twice it is the same run', async () => {
    const [openId] = [...sandbox.world.accounts.keys()]
    const ask = { workspaceId, accountId: openId!, sources: ['videos' as const], startedBy: 'user:1' }
    await jobs.pause('collector/run')
    const [first, second] = [await runs.start(ask), await runs.start(ask)]
    assert.deepEqual(first, second)
    await jobs.resume('collector/run')
    await until(async () => (await states()).length === 1)
    await assert.rejects(runs.start({ ...ask, accountId: 'acc_of_somebody_else' }), { kind: 'missing' })
    await assert.rejects(runs.start({ ...ask, workspaceId: 'ws_other' as WorkspaceId }), { kind: 'missing' })
  })

  test('what a person asks for waits for the run under way and is not swallowed by it', async () => {
    const [openId] = [...sandbox.world.accounts.keys()]
    const accountId = (await schedule.byOpenId(openId!))[0]!.accountId
    const scheduled = {
      workspaceId,
      accountId,
      sources: ['videos' as const],
      isScheduled: true,
      sinceMs: null,
      startedBy: null,
    }
    const { runId } = await schedule.openRun(scheduled, Date.now())
    await schedule.takeRun(runId, Date.now())
    assert.equal((await schedule.openRun(scheduled, Date.now())).runId, runId)
    await jobs.pause('collector/run')
    const [asked] = await runs.start({
      workspaceId,
      accountId,
      sources: ['comments'],
      sinceMs: 9,
      startedBy: 'user:1',
    })
    const [again] = await runs.start({
      workspaceId,
      accountId,
      sources: ['videos'],
      sinceMs: 5,
      startedBy: 'user:1',
    })
    assert.notEqual(asked, runId)
    assert.equal(again, asked)
    const both = await schedule.takeRun(asked!, Date.now())
    assert.deepEqual([[...both!.sources].sort(), both!.sinceMs], [['comments', 'videos'], 5])
    await jobs.resume('collector/run')
    await runs.plan()
    await until(async () => (await states()).length === 1)
  })

  test('a run whose process died is given out again by the next plan', async () => {
    const [openId] = [...sandbox.world.accounts.keys()]
    const accountId = (await schedule.byOpenId(openId!))[0]!.accountId
    const ask = {
      workspaceId,
      accountId,
      sources: ['comments' as const],
      isScheduled: false,
      sinceMs: null,
      startedBy: null,
    }
    // Taken and then never heard of again: there is no job.
    const { runId } = await schedule.openRun(ask, Date.now())
    await schedule.takeRun(runId, Date.now())
    await runs.plan()
    await until(async () => (await schedule.takeRun(runId, Date.now())) === null)
    assert.deepEqual(
      (await states()).map(([state]) => state),
      ['done'],
    )
  })

  test('old runs are forgotten, what they brought is not', async () => {
    await schedule.forgetRuns(Date.now() + 1)
    assert.equal(await count('run'), 0)
    assert.equal(await count('video'), 6)
  })
})
