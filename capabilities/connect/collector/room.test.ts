import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openWarehouse } from '#engines/clickhouse/warehouse.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import type { Auth, Principal } from '#kernel/auth.ts'
import { systemClock } from '#kernel/clock.ts'
import type { Fact, FactLog } from '#kernel/fact-log.ts'
import { type App, guard, httpApp, mount } from '#kernel/http.ts'
import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import type { Tx } from '#kernel/ledger.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { postgresCatalogue } from './catalogue.postgres.ts'
import { collect, houseAccount } from './collection.ts'
import { HOUSE_ACCOUNT, SOURCES } from './collector.ts'
import type { Parts } from './errand.ts'
import { overviewOf } from './overview.ts'
import { routes } from './routes.ts'
import type { CollectAsk } from './runs.ts'
import { sandboxDouyin } from './sandbox-douyin.fixture.ts'
import { postgresSchedule } from './schedule.postgres.ts'
import { clickhouseSeries } from './series.clickhouse.ts'
import { smallWorld, WORLD_NOW_MS } from './small-world.fixture.ts'
import { douyinSource } from './source.douyin.ts'
import { postgresStore } from './store.postgres.ts'
import { webhookConsumer } from './webhooks.ts'
import { carrier } from './worker.ts'

const ours = 'ws_test' as WorkspaceId
const log = rootLog({ level: 'silent' })
const settings = {
  concurrency: 4,
  idsPerCall: 20,
  videosEveryMinutes: 30,
  metricsEveryMinutes: 60,
  commentsEveryMinutes: 10,
  hotListEveryMinutes: 10,
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, as any client reads them
type Json = any

describe('the room over HTTP', { timeout: 100_000 }, () => {
  let it: TestLedger
  let sandbox: Sandbox
  let app: App
  let parts: Parts
  let warehouse: Awaited<ReturnType<typeof openWarehouse>>
  let series: Awaited<ReturnType<typeof clickhouseSeries>>
  const folder = mkdtempSync(join(tmpdir(), 'doubloon-collector-'))
  const asked: CollectAsk[] = []
  let who: Principal = {
    kind: 'user',
    actor: 'user:1',
    userId: '1',
    workspaceId: ours,
    role: 'operator',
    scopes: ['*'],
  }

  before(async () => {
    it = await testLedger([migrationsOf('collector', 'connect')])
    warehouse = await openWarehouse({ url: '', folder })
    sandbox = await startSandbox({ world: smallWorld(1, 6), nowMs: WORLD_NOW_MS })
    const douyin = await sandboxDouyin(sandbox, [...sandbox.world.accounts.keys()])
    const context = { name: 'collector' }
    series = await clickhouseSeries(warehouse, context)
    const catalogue = postgresCatalogue(it.ledger, context)
    parts = {
      source: douyinSource(douyin, log),
      store: postgresStore(it.ledger, { factLog: { appendIn: putInOutbox } as unknown as FactLog }),
      schedule: postgresSchedule(it.ledger, context),
      clock: systemClock,
      log,
      settings,
    }
    const accounts = await douyin.accounts()
    await parts.schedule.noteAccounts(accounts, Date.now())
    for (const account of [accounts[0]!, null]) {
      const { accountId, workspaceId } = account ?? {
        accountId: HOUSE_ACCOUNT,
        workspaceId: 'house' as WorkspaceId,
      }
      const sources = SOURCES.filter((source) => (source === 'hot-list') === (account === null))
      const ask = { workspaceId, accountId, sources, isScheduled: false, sinceMs: null, startedBy: 'user:1' }
      const run = await parts.schedule.takeRun(
        (await parts.schedule.openRun(ask, Date.now())).runId,
        Date.now(),
      )
      await collect(parts, run!, account ?? houseAccount(run!), new AbortController().signal)
    }
    app = await httpApp({ log, version: 'test' })
    guard(app, { authenticate: async () => who } as Auth)
    const runs = {
      start: async (ask: CollectAsk) => {
        asked.push(ask)
        return ['run_1']
      },
      plan: async () => {},
      planSoon: async () => {},
      jobs: [],
    }
    await mount(
      app,
      'collector',
      routes({ catalogue, series, schedule: parts.schedule, runs, clock: systemClock }),
    )
  })
  after(async () => {
    await app.close()
    await sandbox.close()
    await warehouse.close()
    await it.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const get = async (path: string, status = 200): Promise<Json> => {
    const answer = await app.inject({ method: 'GET', url: `/api/collector${path}` })
    assert.equal(answer.statusCode, status, answer.body)
    return answer.headers['content-type']?.includes('json;') || status !== 200 ? answer.json() : answer.body
  }
  const post = async (path: string, body: object = {}, status = 200): Promise<Json> => {
    const answer = await app.inject({ method: 'POST', url: `/api/collector${path}`, payload: body })
    assert.equal(answer.statusCode, status, answer.body)
    return answer.json()
  }
  const all = async (path: string): Promise<Json[]> => {
    const items: Json[] = []
    for (let cursor = ''; ; ) {
      const page = await get(`${path}&cursor=${cursor}`)
      items.push(...page.items)
      if (!page.next) return items
      cursor = page.next
    }
  }
  const as = async (change: Partial<Principal>, work: () => Promise<void>) => {
    const before = who
    who = { ...who, ...change }
    await work().finally(() => (who = before))
  }

  test('the export of comments is the world, row by row, in NDJSON and in CSV', async () => {
    const text: string = await get('/export/comments?format=ndjson')
    const rows: Json[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const inTheirWords = rows.map((row) => ({
      commentId: row.commentId,
      itemId: row.itemId,
      replyTo: row.replyTo,
      userId: row.userId,
      nickname: row.nickname,
      avatar: row.avatar,
      content: row.content,
      createTime: row.createdAtMs / 1000,
      diggCount: row.likes,
      top: row.top,
      replyTotal: row.replies,
    }))
    const byId = (a: Json, b: Json) => (a.commentId < b.commentId ? -1 : 1)
    const truth = await visitor(sandbox).rows('comments')
    assert.deepEqual(inTheirWords.sort(byId), truth.sort(byId))
    const csv: string = await get('/export/comments?format=csv')
    assert.match(csv, /^commentId,itemId,replyTo,userId,nickname,/)
    assert.equal(csv.trimEnd().split('\n').length, truth.length + 1)
  })

  test('every order of videos pages through each of them once', async () => {
    for (const sort of ['published', 'plays', 'likes', 'growth']) {
      const videos = await all(`/videos?sort=${sort}&limit=2`)
      assert.equal(new Set(videos.map((video) => video.itemId)).size, 6, sort)
    }
    const plays = (await all('/videos?sort=plays&limit=4')).map((video) => video.plays)
    assert.deepEqual(
      plays,
      plays.toSorted((a, b) => b - a),
    )
    const [one] = await all('/videos?limit=1')
    assert.equal((await get(`/videos/${encodeURIComponent(one.itemId)}`)).knownComments, one.comments)
    assert.equal((await get('/videos/none', 404)).code, 'collector/unknown')
    assert.equal((await get('/videos?cursor=nonsense', 400)).code, 'collector/bad-cursor')
  })

  test('comments are found by their text, their video and their time', async () => {
    const [video] = await all('/videos?sort=likes&limit=500')
    const comments = await all(`/comments?itemId=${encodeURIComponent(video.itemId)}&limit=7`)
    assert.equal(comments.length, video.comments)
    const times = comments.map((comment) => comment.createdAtMs)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => b - a),
    )
    const word = comments[0].content.slice(0, 3)
    assert.ok(
      (await all(`/comments?q=${encodeURIComponent(word)}&limit=500`)).every(
        (row) => row.content.includes(word) || row.nickname.includes(word),
      ),
    )
    assert.equal((await all(`/comments?since=${Date.now() * 2}&limit=500`)).length, 0)
    assert.equal((await all('/comments?q=%25&limit=500')).length, 0, 'a percent sign is a percent sign')
  })

  test('points and hot lists reach the warehouse, and being carried twice changes nothing', async () => {
    const stop = new AbortController()
    const work = carrier({ store: parts.store, series, clock: systemClock }).run(stop.signal)
    const [video] = await all('/videos?sort=plays&limit=500')
    const path = `/videos/${encodeURIComponent(video.itemId)}/series?metric=plays&step=60`
    for (let tries = 0; tries < 200 && (await get(path)).items.length === 0; tries++)
      await systemClock.sleep(50)
    stop.abort()
    await work
    const once = (await get(path)).items
    assert.deepEqual(
      once.map((sample: Json) => sample.value),
      once.map(() => video.plays),
    )
    const point = {
      workspaceId: ours,
      accountId: 'a',
      itemId: video.itemId,
      atMs: once[0].atMs,
      plays: video.plays,
      likes: 0,
      comments: 0,
      shares: 0,
      forwards: 0,
      downloads: 0,
    }
    await series.addPoints([point])
    assert.deepEqual((await get(path)).items, once)
    const hot = await get('/hot-lists/latest')
    assert.equal(hot.entries.length, 50)
    const topic = `/hot-lists/topics/${encodeURIComponent(hot.entries[0].sentence)}?from=0`
    await series.addSnapshots(
      hot.entries.map((entry: Json) => ({ ...entry, list: hot.list, activeAtMs: hot.activeAtMs })),
    )
    assert.deepEqual((await get(topic)).items, [
      { activeAtMs: hot.activeAtMs, rank: 1, heat: hot.entries[0].heat },
    ])
    assert.equal((await get(`/hot-lists?at=${hot.activeAtMs}`)).items[0].entries.length, 50)
    assert.deepEqual((await get('/hot-lists?at=1000')).items, [])
    assert.equal((await get('/hot-lists')).items.length, 1)
  })

  test('a comment told by a webhook is kept and told once, also when it is pulled later', async () => {
    const [video] = await all('/videos?limit=1')
    const comment = {
      commentId: '@told==',
      itemId: video.itemId,
      replyTo: null,
      userId: 'u1',
      nickname: '后来才知道的名字',
      avatar: '',
      content: '先到的评论',
      createTime: Math.floor(WORLD_NOW_MS / 1000),
      diggCount: 0,
      top: false,
    }
    sandbox.world.add(comment)
    const content = {
      comment_id: '@told==',
      comment_user_id: 'u1',
      content: '先到的评论',
      create_time: comment.createTime,
      reply_to_item_id: video.itemId,
    }
    const data = {
      msgId: 'm',
      event: 'item_comment_reply',
      accountId: video.accountId,
      fromUserId: 'u1',
      toUserId: 'x',
      content,
      receivedAtMs: Date.now(),
    }
    const fact = { workspaceId: ours, name: 'webhook.received', data } as Fact
    const consumer = webhookConsumer({ ...parts })
    for (let nth = 0; nth < 2; nth++) await consumer.handle([fact, fact], {} as Tx)
    const ask = {
      workspaceId: ours,
      accountId: video.accountId as AccountId,
      sources: ['comments'] as const,
      isScheduled: false,
      sinceMs: null,
      startedBy: null,
    }
    const account = { ...houseAccount({ workspaceId: ours } as never), accountId: video.accountId }
    const run = await parts.schedule.takeRun(
      (await parts.schedule.openRun(ask, Date.now())).runId,
      Date.now(),
    )
    await collect(parts, run!, account, new AbortController().signal)
    const [kept] = await all('/comments?q=%E5%85%88%E5%88%B0&limit=500')
    assert.deepEqual([kept.commentId, kept.origin, kept.nickname], ['@told==', 'webhook', '后来才知道的名字'])
    const told = await it.ledger.everywhere.query(
      "select 1 from fact_log.outbox where data->>'commentId' = '@told=='",
    )
    assert.equal(told.length, 1)
  })

  test('sources, runs and the summary add up', async () => {
    const { items } = await get('/sources')
    assert.deepEqual(items.map((row: Json) => row.source).sort(), [
      'comments',
      'hot-list',
      'metrics',
      'videos',
    ])
    assert.ok(
      items.every((row: Json) => row.state === 'idle' && row.lagSeconds < 100 && row.failure === null),
    )
    const runs = await all('/runs?limit=1')
    assert.equal(runs.length, 3)
    const first = runs.find((run) => run.sources.includes('videos'))
    assert.deepEqual(await get(`/runs/${first.runId}`), first)
    assert.equal(first.progress.done, first.progress.total)
    const summary = await get('/summary')
    assert.deepEqual([summary.videos, summary.gapDays, summary.backfill.commentsMissing], [6, 0, 0])
    assert.equal(summary.comments, (await visitor(sandbox).rows('comments')).length)
    assert.equal(overviewOf(summary).freshness?.status, 'fresh')
  })

  test('another workspace sees nothing of it, but the hot list', async () => {
    await as({ workspaceId: 'ws_other' as WorkspaceId }, async () => {
      assert.deepEqual((await get('/videos')).items, [])
      assert.deepEqual((await get('/comments')).items, [])
      assert.equal(await get('/export/comments'), '')
      assert.deepEqual(
        (await get('/sources')).items.map((row: Json) => row.source),
        ['hot-list'],
      )
    })
  })

  test('a run is asked for as the body says; pausing needs an operator, the hot list an owner', async () => {
    const [{ accountId }] = (await get('/sources')).items.filter((row: Json) => row.accountId !== 'house')
    assert.deepEqual(await post('/runs', { accountId, sources: ['videos'], since: 5 }), { runIds: ['run_1'] })
    await post('/backfill', { accountId, since: 7 })
    assert.deepEqual(
      asked.map(({ sources, sinceMs, startedBy }) => [sources, sinceMs, startedBy]),
      [
        [['videos'], 5, 'user:1'],
        [['videos', 'comments'], 7, 'user:1'],
      ],
    )
    await post('/runs', { sources: ['nothing'] }, 400)
    assert.equal((await post(`/sources/${accountId}/comments/pause`)).state, 'paused')
    assert.equal((await post(`/sources/${accountId}/comments/resume`)).state, 'idle')
    assert.equal((await post('/sources/house/hot-list/pause', {}, 403)).code, 'collector/not-allowed')
    await as({ role: 'owner' }, async () => void (await post('/sources/house/hot-list/pause')))
    await as({ role: 'viewer' }, async () => void (await post('/runs', {}, 403)))
    await post('/sources/acc_none/comments/pause', {}, 404)
  })
})
