import { days, minutes, seconds } from '#kernel/clock.ts'
import type { Douyin } from '#kernel/douyin.ts'
import { fault } from '#kernel/fault.ts'
import { HOUSE, type WorkspaceId } from '#kernel/id.ts'
import type { Job, JobKind, Jobs } from '#kernel/jobs.ts'
import { type Leases, whileLeased } from '#kernel/lease.ts'
import type { Live } from '#kernel/live.ts'
import { collect, houseAccount } from './collection.ts'
import { ACCOUNT_SOURCES, HOUSE_ACCOUNT, type Run, SOURCES, type SourceName } from './collector.ts'
import type { Parts } from './errand.ts'
import type { RunAsk } from './schedule.ts'

export interface RunParts extends Parts {
  douyin: Douyin
  jobs: Jobs
  leases: Leases
  live: Live
}

export interface CollectAsk {
  workspaceId: WorkspaceId
  /** Our id or the open id. Without one: every account of the workspace, and the hot list. */
  accountId?: string | undefined
  sources?: readonly SourceName[] | undefined
  sinceMs?: number | undefined
  startedBy: string
}

/** How a run is started, by the clock or by a person, and what its job does. */
export interface Runs {
  /** The ids of the runs that do it, among them those that were under way already. */
  start(ask: CollectAsk): Promise<string[]>
  /** Starts what is due, and once more what was cut off. */
  plan(): Promise<void>
  /** Asks for a plan soon: an account has just come. */
  planSoon(): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: each kind knows its own input
  jobs: JobKind<any>[]
}

/** What the job of a run is given. */
type RunInput = Pick<Run, 'runId' | 'workspaceId' | 'accountId'>

const RUN_QUEUE = 'collector/run'
const PLAN_QUEUE = 'collector/plan'
const PRUNE_QUEUE = 'collector/prune'
const LEASE_MS = seconds(20)
const PROGRESS_EVERY_MS = seconds(1)
/** An account with two thousand videos under Douyin's pace takes a while. */
const RUN_EXPIRES_SECONDS = 6 * 3_600
const PLANNED_AT_ONCE = 500

export function runs(
  parts: RunParts,
  { accountsAtOnce, keepRunsDays }: { accountsAtOnce: number; keepRunsDays: number },
): Runs {
  const { schedule, douyin, jobs, clock } = parts

  const open = async (ask: RunAsk): Promise<string> => {
    const { runId } = await schedule.openRun(ask, clock.now())
    // The run is its job's key: asked for twice, or sent again after a crash, there is one job.
    await jobs.send(
      RUN_QUEUE,
      { runId, workspaceId: ask.workspaceId, accountId: ask.accountId },
      {
        singletonKey: runId,
        workspaceId: ask.workspaceId,
        ...(ask.startedBy ? { startedBy: ask.startedBy } : {}),
      },
    )
    return runId
  }

  const plan = async () => {
    const nowMs = clock.now()
    await schedule.noteAccounts(await douyin.accounts(), nowMs)
    for (const due of await schedule.due(nowMs, PLANNED_AT_ONCE)) {
      await open({ ...due, isScheduled: true, sinceMs: null, startedBy: null })
    }
    for (const run of await schedule.unended(PLANNED_AT_ONCE)) {
      await jobs.send(RUN_QUEUE, run, { singletonKey: run.runId, workspaceId: run.workspaceId })
    }
  }

  return {
    async start({ workspaceId, accountId, sources = SOURCES, sinceMs = null, startedBy }) {
      const nowMs = clock.now()
      await schedule.noteAccounts(await douyin.accounts(), nowMs)
      const known = await schedule.accounts(workspaceId)
      const wantedAccounts = accountId
        ? known.filter((one) => one.accountId === accountId || one.openId === accountId)
        : known
      if (accountId && wantedAccounts.length === 0) {
        throw fault('missing', 'collector/unknown-account', 'There is no such account in this workspace')
      }
      const base = { isScheduled: false, sinceMs, startedBy }
      const ofAccounts = sources.filter((source) => ACCOUNT_SOURCES.includes(source))
      const asks: RunAsk[] = wantedAccounts.map((one) => ({
        ...base,
        workspaceId,
        accountId: one.accountId,
        sources: ofAccounts,
      }))
      const house: RunAsk = { ...base, workspaceId: HOUSE, accountId: HOUSE_ACCOUNT, sources: ['hot-list'] }
      const wanted = [
        ...(ofAccounts.length > 0 ? asks : []),
        ...(!accountId && sources.includes('hot-list') ? [house] : []),
      ]
      return Promise.all(wanted.map(open))
    },
    plan,
    async planSoon() {
      await jobs.send(PLAN_QUEUE, {}, { singletonKey: 'soon' })
    },
    jobs: [
      { queue: PLAN_QUEUE, cron: '* * * * *', retries: 0, expireSeconds: 300, handle: plan },
      {
        queue: PRUNE_QUEUE,
        cron: '17 4 * * *',
        handle: () => schedule.forgetRuns(clock.now() - days(keepRunsDays)),
      },
      {
        queue: RUN_QUEUE,
        concurrency: accountsAtOnce,
        expireSeconds: RUN_EXPIRES_SECONDS,
        handle: (job: Job<RunInput>) => doRun(parts, job),
      },
    ],
  }
}

/** One account is collected by one process at a time, even if its job was given out twice: the others wait here. */
async function doRun(parts: RunParts, { input, signal, progress }: Job<RunInput>): Promise<void> {
  const { schedule, leases, douyin, clock, live } = parts
  const done = new AbortController()
  const show = async (run: Run) => {
    while (!done.signal.aborted && !signal.aborted) {
      const at = await schedule.progress(run.runId).catch(() => null)
      if (at) {
        progress({ done: at.done, total: at.total, note: `${at.rowsNew} new` })
        live.publish(run.workspaceId, { topic: 'collector/runs', key: run.runId, data: { ...at } })
      }
      await clock.sleep(PROGRESS_EVERY_MS, AbortSignal.any([signal, done.signal]))
    }
  }
  const work = async (lost: AbortSignal) => {
    let showing: Promise<void> | undefined
    try {
      const run = await schedule.takeRun(input.runId, clock.now())
      if (!run) return
      showing = show(run)
      const accounts = run.accountId === HOUSE_ACCOUNT ? [houseAccount(run)] : await douyin.accounts()
      await collect(parts, run, accounts.find((one) => one.accountId === run.accountId) ?? null, lost)
    } finally {
      done.abort()
      await showing
    }
  }
  const lease = {
    name: `collector/${input.workspaceId}/${input.accountId}`,
    ttlMs: LEASE_MS,
    retryMs: seconds(1),
    signal: AbortSignal.any([signal, done.signal]),
    sleep: clock.sleep,
  }
  await whileLeased(leases, lease, work)
  if (signal.aborted) {
    throw fault('unavailable', 'collector/interrupted', 'The run was interrupted and goes on later', {
      retryAfterMs: minutes(1),
    })
  }
  live.publish(input.workspaceId, {
    topic: 'collector/sources',
    key: input.accountId,
    data: { runId: input.runId },
  })
}
