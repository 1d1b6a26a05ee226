import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { systemClock } from '#kernel/clock.ts'
import type { Douyin } from '#kernel/douyin.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { fault } from '#kernel/fault.ts'
import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { collect } from './collection.ts'
import { ACCOUNT_SOURCES, type SourceName } from './collector.ts'
import type { Parts } from './errand.ts'
import { sandboxDouyin } from './sandbox-douyin.fixture.ts'
import { postgresSchedule } from './schedule.postgres.ts'
import { smallWorld, WORLD_NOW_MS } from './small-world.fixture.ts'
import { douyinSource } from './source.douyin.ts'
import { postgresStore } from './store.postgres.ts'
import type { Store } from './store.ts'
import { assertEqualsWorld } from './world-equality.fixture.ts'

const workspaceId = 'ws_test' as WorkspaceId
const log = rootLog({ level: 'silent' })
const settings = {
  concurrency: 4,
  idsPerCall: 20,
  videosEveryMinutes: 30,
  metricsEveryMinutes: 60,
  commentsEveryMinutes: 10,
  hotListEveryMinutes: 10,
}
const never = new AbortController().signal

let it: TestLedger
let sandbox: Sandbox
let world: ReturnType<typeof visitor>
let douyin: Douyin
let parts: Parts

before(async () => {
  it = await testLedger([migrationsOf('collector', 'connect')])
})
after(() => it.close())

beforeEach(async () => {
  sandbox = await startSandbox({ world: smallWorld(1, 6), nowMs: WORLD_NOW_MS })
  world = visitor(sandbox)
  douyin = await sandboxDouyin(sandbox, [...sandbox.world.accounts.keys()])
  const tables = [
    'account',
    'source',
    'run',
    'video',
    'thread',
    'comment',
    'point_outbox',
    'hot_list_snapshot',
    'hot_list_entry',
  ]
  await it.ledger.everywhere.query(
    `truncate fact_log.outbox, ${tables.map((name) => `collector.${name}`).join(', ')}`,
  )
  const factLog = { appendIn: putInOutbox } as unknown as FactLog
  parts = {
    source: douyinSource(douyin, log),
    store: postgresStore(it.ledger, { factLog }),
    schedule: postgresSchedule(it.ledger, { name: 'collector' }),
    clock: systemClock,
    log,
    settings,
  }
})
afterEach(() => sandbox.close())

const rowsOf = (text: string) => it.ledger.everywhere.query(text)

async function openRun(
  more: { sources?: readonly SourceName[]; isScheduled?: boolean; sinceMs?: number } = {},
) {
  const [account] = await douyin.accounts()
  await parts.schedule.noteAccounts([account!], Date.now())
  const ask = {
    workspaceId,
    accountId: account!.accountId,
    sources: ACCOUNT_SOURCES,
    isScheduled: false,
    sinceMs: null,
    startedBy: null,
    ...more,
  }
  const { runId } = await parts.schedule.openRun(ask, Date.now())
  return { runId, account: account! }
}

async function run(more: Parameters<typeof openRun>[0] = {}, using: Partial<Parts> = {}) {
  const { runId, account } = await openRun(more)
  const taken = await parts.schedule.takeRun(runId, Date.now())
  await collect({ ...parts, ...using }, taken!, account, never)
  const [row] = await rowsOf(`select * from collector.run where run_id = '${runId}'`)
  return row!
}

describe('a collection', { timeout: 110_000 }, () => {
  test('brings the whole world once, and the second one brings nothing new', async () => {
    const first = await run()
    await assertEqualsWorld(it.ledger, world)
    assert.deepEqual([first['state'], first['failures']], ['done', []])
    const second = await run()
    assert.deepEqual([second['rows_new'], second['rows_changed'], second['state']], ['0', '0', 'done'])
    await assertEqualsWorld(it.ledger, world)
    const [points] = await rowsOf(
      'select count(*)::int as points, count(distinct item_id)::int as videos from collector.point_outbox',
    )
    assert.equal(points!['videos'], 6)
  })

  test('a scheduled one asks for nothing where no count has moved', async () => {
    await run()
    await world.control('DELETE', '/requests')
    await run({ isScheduled: true })
    const { endpoints } = await world.control('GET', '/requests')
    assert.deepEqual(Object.keys(endpoints).sort(), [
      '/api/douyin/v1/video/video_data/',
      '/api/douyin/v1/video/video_list/',
    ])
  })

  test('through drops, doubles, failures and slowness the tables equal the world', async () => {
    await world.control('PUT', '/faults', {
      dropRate: 0.05,
      doubleRate: 0.1,
      errorRate: 0.1,
      slowRate: 0.1,
      slowMs: 20,
    })
    const row = await run()
    assert.equal(row['state'], 'done')
    await assertEqualsWorld(it.ledger, world)
  })

  test('comments that arrive between pages are found, and so are replies to old ones', async () => {
    const [oldest] = sandbox.world.videoList
    let posted = 0
    const source = {
      ...parts.source,
      listComments: async (...args: Parameters<typeof parts.source.listComments>) => {
        const found = await parts.source.listComments(...args)
        if (posted < 12) sandbox.world.add(arrival(args[1], posted++))
        return found
      },
    }
    await run({}, { source })
    // Comments that arrived behind the walk's head are for the next walk; a reply to an old one for the full walk.
    const asked = sandbox.world.thread(oldest!.itemId, Date.now()).rows[0]!
    sandbox.world.add({ ...arrival(oldest!.itemId, posted++), replyTo: asked.commentId })
    await run({ sinceMs: 0 })
    await assertEqualsWorld(it.ledger, world)
  })

  test('a crash before or after any page loses nothing and doubles nothing', async () => {
    const { runId, account } = await openRun()
    let crashes = 0
    for (let nth = 0; ; nth++) {
      const taken = await parts.schedule.takeRun(runId, Date.now())
      if (!taken) break
      assert.ok(nth < 400, 'it gets there')
      const store = crashing(parts.store, 1 + (nth % 3), nth % 2 === 0)
      // A dead process ends nothing: what it would have noted about its failure is left out.
      const dead = new AbortController()
      store.crashed.then(() => dead.abort())
      await collect(
        { ...parts, settings: { ...settings, concurrency: 1 }, store: store.store },
        taken,
        account,
        dead.signal,
      ).catch(() => crashes++)
    }
    assert.ok(crashes > 4, `only ${crashes} crashes`)
    await assertEqualsWorld(it.ledger, world)
  })

  test('a used-up quota waits until it is restored, and the rest goes on from the cursor', async () => {
    await world.control('PUT', '/quotas', { perDay: { 'item.comment': 10 } })
    const row = await run()
    assert.equal(row['state'], 'failed')
    const [source] = await rowsOf("select * from collector.source where source = 'comments'")
    assert.deepEqual([source!['state'], source!['failure'].code], ['waiting-quota', 'douyin/2190001'])
    assert.match(source!['failure'].logId, /^\d{14}/)
    assert.ok(source!['next_plan_at'] > Date.now())
    await world.control('PUT', '/quotas', {})
    await run()
    await assertEqualsWorld(it.ledger, world)
  })

  test('an account that lost its consent fails alone and says why', async () => {
    await run()
    await world.control('POST', `/accounts/${(await douyin.accounts())[0]!.openId}/revoke`, {})
    const row = await run()
    assert.equal(row['state'], 'failed')
    assert.deepEqual(
      row['failures'].map((one: { source: string }) => one.source),
      ['videos', 'metrics', 'comments'],
    )
  })

  test('a pause stops at the next page and keeps the state; resume goes on from there', async () => {
    const { runId, account } = await openRun()
    const pause = {
      workspaceId,
      accountId: account.accountId as AccountId,
      source: 'comments' as const,
      nowMs: Date.now(),
    }
    let pages = 0
    const source = {
      ...parts.source,
      listComments: async (...args: Parameters<typeof parts.source.listComments>) => {
        if (pages++ === 1) await parts.schedule.steer({ ...pause, action: 'pause' })
        return parts.source.listComments(...args)
      },
    }
    await collect({ ...parts, source }, (await parts.schedule.takeRun(runId, Date.now()))!, account, never)
    const [paused] = await rowsOf("select state from collector.source where source = 'comments'")
    assert.equal(paused!['state'], 'paused')
    assert.ok(pages < 12)
    await parts.schedule.steer({ ...pause, action: 'resume' })
    await run()
    await assertEqualsWorld(it.ledger, world)
  })

  test('a video deleted over there is marked as gone and holds nobody up', async () => {
    await run()
    const source = {
      ...parts.source,
      listVideos: async (...args: Parameters<typeof parts.source.listVideos>) => {
        const found = await parts.source.listVideos(...args)
        return { ...found, rows: found.rows.slice(1) }
      },
    }
    const row = await run({ sources: ['videos'], sinceMs: 0 }, { source })
    assert.equal(row['state'], 'done')
    const [gone] = await rowsOf('select count(*)::int as n from collector.video where gone_at is not null')
    assert.equal(gone!['n'], 1)
  })

  test('the same hot list is one snapshot', async () => {
    const house = { ...(await openRun()), sources: ['hot-list'] as const }
    await parts.schedule.noteAccounts([], Date.now())
    for (let nth = 0; nth < 2; nth++) {
      const { runId } = await parts.schedule.openRun(
        {
          workspaceId: 'house' as WorkspaceId,
          accountId: 'house' as AccountId,
          sources: house.sources,
          isScheduled: true,
          sinceMs: null,
          startedBy: null,
        },
        Date.now(),
      )
      await collect(parts, (await parts.schedule.takeRun(runId, Date.now()))!, house.account, never)
    }
    const [kept] = await rowsOf(
      'select (select count(*)::int from collector.hot_list_snapshot) as lists, (select count(*)::int from collector.hot_list_entry) as entries',
    )
    assert.deepEqual(kept, { lists: 1, entries: 50 })
    const facts = await rowsOf("select data from fact_log.outbox where name = 'hot-list.captured'")
    assert.equal(facts.length, 1)
    assert.equal(facts[0]!['data'].entries.length, 50)
  })
})

let arrivals = 0
function arrival(itemId: string, nth: number) {
  return {
    commentId: `@arrived${arrivals++}==`,
    itemId,
    replyTo: null,
    userId: `user-${nth}`,
    nickname: '路过',
    avatar: '',
    content: `刚到的第${nth}条`,
    createTime: Math.floor(WORLD_NOW_MS / 1000) + nth,
    diggCount: 0,
    top: false,
  }
}

/** A store that dies at its nth write: just before the commit, or just after it. */
function crashing(store: Store, nth: number, isAfter: boolean): { store: Store; crashed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let writes = 0
  let isDead = false
  const dying =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (isDead) throw fault('invalid', 'test/dead', 'dead')
      const isLast = ++writes === nth
      if (isLast && !isAfter) isDead = true
      const answer = isDead ? undefined : await write(...args)
      if (isLast) {
        isDead = true
        resolve()
        throw new Error('crash')
      }
      return answer as R
    }
  return {
    store: {
      ...store,
      keepVideos: dying(store.keepVideos),
      keepComments: dying(store.keepComments),
      markGone: dying(store.markGone),
    },
    crashed: promise,
  }
}
