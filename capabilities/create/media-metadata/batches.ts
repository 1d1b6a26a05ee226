import { days, seconds } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { Job, JobKind, Jobs } from '#kernel/jobs.ts'
import { type Leases, whileLeased } from '#kernel/lease.ts'
import type { Live } from '#kernel/live.ts'
import type { BatchAsk } from './batch.ts'
import { type RunParts, runBatch } from './batch-run.ts'
import { sweep } from './files/sweep.ts'
import type { Library } from './library.ts'
import type { Preset } from './readiness.ts'
import type { UploadFolder } from './upload-folder.ts'

export interface BatchParts extends Omit<RunParts, 'told'> {
  library: Library
  jobs: Jobs
  leases: Leases
  live: Live
  uploads: UploadFolder
  presetOf(workspaceId: WorkspaceId): Promise<Preset>
  keepDays: number
  keepUploadsDays: number
  batchesAtOnce: number
  /** Folders of what can be made again, and what a killed process left behind. */
  sweeps: readonly { folder: string; keepDays: number }[]
}

/** How batches are started, stopped and carried on, whatever ends in between. */
export interface Batches {
  start(ask: BatchAsk): Promise<{ batchId: string; isResumed: boolean }>
  cancel(workspaceId: WorkspaceId, batchId: string): Promise<void>
  /** How many bad files are looked at again. */
  retry(workspaceId: WorkspaceId, batchId: string, startedBy: string): Promise<number>
  /** All files of a workspace are judged by its changed rules. */
  judgeAgain(workspaceId: WorkspaceId): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: each kind knows its own input
  jobs: JobKind<any>[]
}

interface BatchInput {
  workspaceId: WorkspaceId
  batchId: string
}

const RUN = 'media-metadata/batch'
const JUDGE = 'media-metadata/judge'
const TIDY = 'media-metadata/tidy'
const RESUME = 'media-metadata/resume'
const LEASE_MS = seconds(8)
/** A lease that is still held after this belongs to somebody alive, who does the batch. */
const PATIENCE_MS = seconds(12)
const JUDGED_AT_ONCE = 500

export function batches(parts: BatchParts): Batches {
  const { store, jobs, clock } = parts
  const send = ({ workspaceId, batchId }: BatchInput, startedBy?: string, singletonKey = batchId) =>
    jobs.send(
      RUN,
      { workspaceId, batchId },
      { singletonKey, workspaceId, ...(startedBy ? { startedBy } : {}) },
    )

  return {
    async start(ask) {
      const opened = await store.openBatch(ask, clock.now())
      // Its job may belong to a process that was killed a moment ago. The lease decides who works, so another is no harm.
      const key = opened.isResumed ? newId(opened.batchId, clock.now()) : opened.batchId
      await send({ workspaceId: ask.workspaceId, batchId: opened.batchId }, ask.startedBy, key)
      return opened
    },
    async cancel(workspaceId, batchId) {
      if (!(await store.cancel(workspaceId, batchId, clock.now())))
        throw fault('conflict', 'media-metadata/ended', 'The batch has ended already, or there is none')
    },
    async retry(workspaceId, batchId, startedBy) {
      const count = await store.retryBad(workspaceId, batchId)
      if (count > 0) await send({ workspaceId, batchId }, startedBy)
      return count
    },
    async judgeAgain(workspaceId) {
      await jobs.send(JUDGE, { workspaceId }, { singletonKey: workspaceId, workspaceId })
    },
    jobs: [
      {
        queue: RUN,
        concurrency: parts.batchesAtOnce,
        retries: 20,
        expireSeconds: 12 * 3_600,
        handle: (job: Job<BatchInput>) => carryOut(parts, job),
      },
      {
        queue: JUDGE,
        async handle({ input, signal }: Job<{ workspaceId: WorkspaceId }>) {
          const preset = await parts.presetOf(input.workspaceId)
          for (let after: string | null = ''; after !== null && !signal.aborted; )
            after = await store.judgeAgain(input.workspaceId, preset, after, JUDGED_AT_ONCE)
        },
      },
      {
        queue: RESUME,
        cron: '* * * * *',
        retries: 0,
        async handle() {
          for (const batch of await store.unended(500)) await send(batch)
        },
      },
      {
        queue: TIDY,
        cron: '41 4 * * *',
        async handle() {
          await store.forgetBatches(clock.now() - days(parts.keepDays))
          await parts.uploads.expire(clock.now() - days(parts.keepUploadsDays))
          for (const { folder, keepDays } of parts.sweeps) await sweep(folder, clock.now() - days(keepDays))
        },
      },
    ],
  }
}

/** One process at a time does a batch, even if its job was given out twice: the others see that, and leave. */
async function carryOut(parts: BatchParts, { input, signal, progress }: Job<BatchInput>): Promise<void> {
  const { store, library, leases, live, clock } = parts
  const { workspaceId, batchId } = input
  const tell = async () => {
    const view = await library.batch(workspaceId, batchId, clock.now())
    if (!view) return
    const { sources, ...data } = view
    progress({ done: view.done, total: view.total, note: `${view.bad} bad` })
    live.publish(workspaceId, { topic: 'media-metadata/batches', key: batchId, data: { ...data } })
  }
  const done = new AbortController()
  const patience = setTimeout(() => done.abort(), PATIENCE_MS)
  const lease = {
    name: `media-metadata/${batchId}`,
    ttlMs: LEASE_MS,
    retryMs: seconds(0.5),
    signal: AbortSignal.any([signal, done.signal]),
    sleep: clock.sleep,
  }
  try {
    await whileLeased(leases, lease, async (lost) => {
      clearTimeout(patience)
      const batch = await store.takeBatch(workspaceId, batchId, clock.now())
      if (batch) await runBatch({ ...parts, told: () => void tell().catch(() => {}) }, batch, lost)
      done.abort()
    })
  } finally {
    clearTimeout(patience)
  }
  await tell()
}
