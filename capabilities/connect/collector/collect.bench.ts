import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { systemClock } from '#kernel/clock.ts'
import type { Douyin } from '#kernel/douyin.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import type { Sandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { collect } from './collection.ts'
import { sandboxDouyin } from './sandbox-douyin.fixture.ts'
import { postgresSchedule } from './schedule.postgres.ts'
import { douyinSource } from './source.douyin.ts'
import { postgresStore } from './store.postgres.ts'

/*
 * Rows per second of a first collection (videos and comments with replies: pages fetched, parsed, stored once with
 * their facts and cursors) beside a bare loop that fetches the same pages with the same concurrency, parses the JSON
 * and forgets it. The sandbox runs in a process of its own; accounts are measured in turn, ours first every other time.
 *
 * Twice: with a sandbox that takes 30 ms for an answer, as a platform behind the internet does at least, and with one
 * that answers at once from the next core, where the bare loop has no other work and the ledger is the limit.
 */
const LATENCIES_MS = [30, 0]
const CONCURRENCY = 4
const ACCOUNTS = 5
const workspaceId = 'ws_bench' as WorkspaceId
const settings = {
  concurrency: CONCURRENCY,
  idsPerCall: 20,
  videosEveryMinutes: 30,
  metricsEveryMinutes: 60,
  commentsEveryMinutes: 10,
  hotListEveryMinutes: 10,
}

export default {
  name: 'collect',
  async run(): Promise<void> {
    for (const latencyMs of LATENCIES_MS) await measure(latencyMs)
  },
}

async function measure(latencyMs: number): Promise<void> {
  const sandbox = await sandboxProcess()
  const it = await testLedger([migrationsOf('collector', 'connect')])
  try {
    const openIds = (await visitor(sandbox.at as Sandbox).rows('accounts')).map((account) =>
      String(account['openId']),
    )
    const douyin = await sandboxDouyin(sandbox.at, openIds, workspaceId)
    if (latencyMs > 0)
      await visitor(sandbox.at as Sandbox).control('PUT', '/faults', { slowRate: 1, slowMs: latencyMs })
    const log = rootLog({ level: 'silent' })
    const store = postgresStore(it.ledger, { factLog: { appendIn: putInOutbox } as unknown as FactLog })
    const schedule = postgresSchedule(it.ledger, { name: 'collector' })
    const accounts = await douyin.accounts()
    await schedule.noteAccounts(accounts, Date.now())
    const ours = { rows: 0, ms: 0 }
    const bare = { rows: 0, ms: 0 }
    const collectOne = async (nth: number) => {
      const account = accounts[nth]!
      const ask = {
        workspaceId,
        accountId: account.accountId,
        sources: ['videos', 'comments'] as const,
        isScheduled: false,
        sinceMs: null,
        startedBy: null,
      }
      const { runId } = await schedule.openRun(ask, Date.now())
      const run = await schedule.takeRun(runId, Date.now())
      const parts = { source: douyinSource(douyin, log), store, schedule, clock: systemClock, log, settings }
      await collect(parts, run!, account, new AbortController().signal)
      const [row] = await it.ledger.everywhere.query<{ rows_new: string; state: string }>(
        'select rows_new, state from collector.run where run_id = $1',
        [runId],
      )
      if (row!.state !== 'done') throw new Error('the run failed')
      return Number(row!.rows_new)
    }
    const bareOne = (nth: number) => bareLoop(douyin, accounts[nth]!.accountId)
    // The first account warms both up and is not counted.
    for (let nth = 0; nth < ACCOUNTS; nth++) {
      const turns = [
        { work: collectOne, into: ours },
        { work: bareOne, into: bare },
      ]
      for (const { work, into } of nth % 2 === 0 ? turns : turns.reverse()) {
        const since = performance.now()
        const rows = await work(nth)
        if (nth === 0) continue
        into.ms += performance.now() - since
        into.rows += rows
      }
    }
    if (ours.rows !== bare.rows)
      throw new Error(`the bare loop saw ${bare.rows} rows, we stored ${ours.rows}`)
    const rate = ({ rows, ms }: typeof ours) => (rows * 1000) / ms
    console.log(latencyMs > 0 ? `  an answer takes ${latencyMs} ms` : '  an answer takes no time')
    console.log(
      `  ours   ${Math.round(rate(ours))} rows/s  (${ours.rows} rows stored, with facts and cursors)`,
    )
    console.log(`  bare   ${Math.round(rate(bare))} rows/s  (fetched, parsed, forgotten)`)
    console.log(`  ratio  ${(rate(ours) / rate(bare)).toFixed(2)}x  ${latencyMs > 0 ? '(at least 0.8)' : ''}`)
  } finally {
    await it.close()
    sandbox.child.kill()
  }
}

interface Listed {
  list: Record<string, unknown>[]
  cursor: number | string
  has_more: boolean
}

/** What anybody would write first: pages in a loop, four videos at a time. */
async function bareLoop(douyin: Douyin, accountId: Parameters<Douyin['call']>[0]): Promise<number> {
  let rows = 0
  const pages = async (
    path: string,
    query: Record<string, string | number>,
  ): Promise<Record<string, unknown>[]> => {
    const all: Record<string, unknown>[] = []
    for (let cursor = '0'; ; ) {
      const page = await douyin.call<Listed>(
        accountId,
        { family: '', method: 'GET', path, query: { ...query, cursor } },
        { lane: 'batch' },
      )
      all.push(...page.list)
      rows += page.list.length
      if (!page.has_more) return all
      cursor = String(page.cursor)
    }
  }
  const videos = await pages('/api/douyin/v1/video/video_list/', { count: 20 })
  const one = async () => {
    for (let video = videos.shift(); video; video = videos.shift()) {
      const itemId = String(video['item_id'])
      for (const comment of await pages('/item/comment/list/', {
        item_id: itemId,
        count: 50,
        sort_type: 'time',
      })) {
        if (Number(comment['reply_comment_total']) === 0) continue
        await pages('/item/comment/reply/list/', {
          item_id: itemId,
          comment_id: String(comment['comment_id']),
          count: 20,
        })
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, one))
  return rows
}

async function sandboxProcess(): Promise<{
  child: ChildProcess
  at: Pick<Sandbox, 'url' | 'clientKey' | 'clientSecret'>
}> {
  const main = join(import.meta.dirname, '../../../sandbox/main.ts')
  const secret = 'bench-secret'
  const child = spawn(process.execPath, [main, '--port', '0', '--static', '--client-secret', secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string]
  const [, url, key] = /sandbox ready (\S+) client-key (\S+)/.exec(line) ?? []
  return { child, at: { url: url!, clientKey: key!, clientSecret: secret } }
}
