import type { WorkspaceId } from '#kernel/id.ts'
import type { ClipState, JobState, StepName } from './clips.ts'
import type { Made } from './make.ts'
import type { Order } from './order.ts'
import type { Plan } from './plan.ts'

export interface NewJob {
  workspaceId: WorkspaceId
  jobId: string
  name: string
  digest: string
  text: string
  folder: string
  createdBy: string
  clips: readonly { name: string; order: Order; plan: Plan; seconds: number }[]
}

export interface Failure {
  code: string
  message: string
  cure?: string
}

/** A clip in the hands of a worker. Everything it writes carries the fence. */
export interface Taken {
  workspaceId: WorkspaceId
  jobId: string
  position: number
  name: string
  order: Order
  /** Counts from 1; larger than a few means that it takes its process with it. */
  attempt: number
  fence: number
}

export interface ClipView {
  position: number
  name: string
  state: ClipState
  source: string
  output: string
  plan: Plan
  order: Order
  seconds: number
  step: StepName | null
  share: number
  speed: number | null
  attempts: number
  worker: string | null
  startedAtMs: number | null
  endedAtMs: number | null
  failure: Failure | null
  result: Made | null
}

export interface JobView {
  jobId: string
  name: string
  state: JobState
  folder: string
  createdBy: string
  createdAtMs: number
  startedAtMs: number | null
  endedAtMs: number | null
  counts: Record<ClipState, number>
  /** Seconds of results: of all clips, and done so far (running ones by their share). */
  totalSeconds: number
  doneSeconds: number
  /** Seconds of results per second, now; null while nothing runs. */
  speed: number | null
  etaSeconds: number | null
}

export interface Summary {
  counts: Record<ClipState, number>
  doneToday: number
  /** Of the clips that ended in the last 24 hours: those whose result was right. */
  passedShare: number | null
  /** Seconds of results per second of work, over the last 24 hours. */
  speed: number | null
  etaSeconds: number | null
  failures: { code: string; count: number }[]
}

export interface Slice<T> {
  items: T[]
  next: string | null
}

export const ACTIONS = ['pause', 'resume', 'cancel', 'retry'] as const
export type Action = (typeof ACTIONS)[number]

/** Jobs and their clips. Times are Unix milliseconds. */
export interface Store {
  /** @throws limited `clips/too-many` when more clips wait in the workspace than `waitingMax`. */
  add(job: NewJob, waitingMax: number, nowMs: number): Promise<void>
  /** The unfinished job that was asked for in the same words. */
  unfinished(workspace: WorkspaceId, digest: string): Promise<string | null>
  jobs(
    workspace: WorkspaceId,
    ask: { state?: JobState | undefined; q?: string | undefined; after?: string | undefined; limit: number },
  ): Promise<Slice<JobView>>
  job(workspace: WorkspaceId, jobId: string): Promise<(JobView & { text: string }) | null>
  clips(
    workspace: WorkspaceId,
    jobId: string,
    ask: { state?: ClipState | undefined; after?: string | undefined; limit: number },
  ): Promise<Slice<ClipView>>
  clip(workspace: WorkspaceId, jobId: string, position: number): Promise<ClipView | null>
  /** Does it to all clips of the job that it suits, or to one; answers with how many. */
  steer(
    workspace: WorkspaceId,
    jobId: string,
    action: Action,
    position: number | null,
    nowMs: number,
  ): Promise<number>
  summary(workspace: WorkspaceId, nowMs: number): Promise<Summary>

  /** The next clip: of the job with the fewest under way, the oldest first; also one whose worker is gone. */
  take(worker: string, nowMs: number, leaseMs: number): Promise<Taken | null>
  /** Shows how far it is and keeps the lease; false when the clip is somebody else's, paused or cancelled by now. */
  renew(
    taken: Taken,
    at: { step: StepName; share: number; speed: number | null },
    nowMs: number,
    leaseMs: number,
  ): Promise<boolean>
  /** These three answer false when the clip is not ours any more: then nothing is written. */
  succeed(taken: Taken, made: Made, nowMs: number): Promise<boolean>
  fail(taken: Taken, failure: Failure, nowMs: number): Promise<boolean>
  /** Back into the line: the process closes, or it is worth trying again later. */
  giveBack(taken: Taken, notBeforeMs: number | null, isAttempt: boolean): Promise<boolean>
  /** The workers that hold clips now. */
  holders(): Promise<string[]>
  /** Ends the leases of a worker that is known to be dead. */
  bury(worker: string, nowMs: number): Promise<void>
  remembered(workspace: WorkspaceId, key: string, path: string): Promise<Made | null>
  /** Forgets jobs that ended before; answers with their folders. */
  forget(beforeMs: number): Promise<string[]>
  /** Wakes `wake` when there may be something to take. */
  hear(wake: () => void): Promise<() => void>
}
