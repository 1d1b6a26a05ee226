import { join } from 'node:path'
import type { Principal } from '#kernel/auth.ts'
import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import { isWithin, reached, reachOf } from '#kernel/paths.ts'
import { lengthOf } from './clips.ts'
import type { Complaint } from './complaint.ts'
import { digestOf } from './fingerprint.ts'
import { readJobText, readJobValue } from './job-text.ts'
import type { Media } from './media.ts'
import { type Prepared, prepared } from './prepare.ts'
import type { Store } from './store.ts'

export interface DeskParts {
  store: Store
  media: Media
  clock: Clock
  /** The room's own folder. */
  folder: string
  /** Folders whose files jobs of this workspace may name, its uploads last. */
  rootsFor(workspace: WorkspaceId): readonly string[]
  waitingMax: number
}

export interface JobAsk {
  /** YAML or JSON as text: complaints then name line and column. */
  text?: string | undefined
  job?: unknown
  /** What relative paths count from; default: the first of the allowed folders. */
  base?: string | undefined
  /** Folder for the results of a job that names none; default: one of our own. */
  output?: string | undefined
  who: Principal
}

export interface CheckedJob {
  complaints: readonly Complaint[]
  /** What would be made; empty when there are errors. */
  clips: Prepared[]
}

export interface Submitted {
  /** Null when there are errors. */
  jobId: string | null
  /** False when the same job is unfinished: it is that one. */
  isNew: boolean
  complaints: readonly Complaint[]
}

/** Takes jobs in: checks all of it, then puts all of it into the line, or nothing. */
export interface Desk {
  check(ask: JobAsk): Promise<CheckedJob>
  submit(ask: JobAsk): Promise<Submitted>
}

export function desk({ store, media, clock, folder, rootsFor, waitingMax }: DeskParts): Desk {
  const look = async (ask: JobAsk, jobId: string) => {
    const read = ask.text === undefined ? readJobValue(ask.job) : readJobText(ask.text)
    const { complaints } = read
    const job = read.job && ask.output !== undefined ? { output: ask.output, ...read.job } : read.job
    const allRoots = rootsFor(ask.who.workspaceId)
    const base = ask.base ?? allRoots[0]!
    if (!job) return { ...read, base, outputs: '', clips: [] }
    const reach = reachOf(allRoots, ask.who)
    if ((await reached(base, base, reach)) === null) {
      throw fault('denied', 'clips/outside', `${base} lies outside the folders that may be used`, {
        field: 'base',
      })
    }
    const outputs = join(folder, 'outputs', jobId)
    const signal = new AbortController().signal
    const clips = await prepared({ job, complaints, reach, base, outputs, media, signal })
    return { job, complaints, base, outputs, clips: complaints.hasErrors ? [] : clips }
  }

  return {
    async check(ask) {
      const { complaints, clips } = await look(ask, 'preview')
      return { complaints: complaints.all, clips }
    },
    async submit(ask) {
      const nowMs = clock.now()
      const jobId = newId('clipjob', nowMs)
      const { job, complaints, base, outputs, clips } = await look(ask, jobId)
      if (!job || complaints.hasErrors || clips.length === 0)
        return { jobId: null, isNew: false, complaints: complaints.all }
      const { workspaceId, actor } = ask.who
      const digest = digestOf(job, base)
      const known = await store.unfinished(workspaceId, digest)
      if (known) return { jobId: known, isNew: false, complaints: complaints.all }
      const isOurFolder = clips.every(({ order }) => isWithin(outputs, order.output))
      await store.add(
        {
          workspaceId,
          jobId,
          name: job.name ?? clips[0]!.order.name,
          digest,
          text: ask.text ?? JSON.stringify(job, null, 2),
          // Only what is ours is swept away with the job.
          folder: isOurFolder ? outputs : '',
          createdBy: actor,
          clips: clips.map(({ order, plan }) => ({
            name: order.name,
            order,
            plan,
            seconds: plan.segments ? lengthOf(plan.segments) : plan.durationSeconds,
          })),
        },
        waitingMax,
        nowMs,
      )
      return { jobId, isNew: true, complaints: complaints.all }
    },
  }
}
