import type { WorkspaceId } from './id.ts'

export interface JobProgress {
  done: number
  total: number | null
  note?: string
}

export interface Job<I> {
  id: string
  input: I
  /** Counts from 1. */
  attempt: number
  /** Fires when the process closes or the job is cancelled: stop at the next safe point; the job goes on later. */
  signal: AbortSignal
  /** Shows how far it is. Cheap: written at most once a second. */
  progress(progress: JobProgress): void
}

/** Background work of one sort. Delivered at least once: `handle` must be able to go on from where it was. */
export interface JobKind<I = unknown> {
  /** `room/purpose`. */
  queue: string
  /** How many run at once in one process. Default 1. */
  concurrency?: number
  /** Attempts after the first one; back-off between them is exponential. Default 5. */
  retries?: number
  /** A run that takes longer is given to somebody else. Default 900. */
  expireSeconds?: number
  /** Runs by itself, with `input` null, in Asia/Shanghai time (`* * * * *`). */
  cron?: string
  handle(job: Job<I>): Promise<void>
}

export interface SendOptions {
  /** While a job with this key waits or runs, another one is not added. */
  singletonKey?: string
  startAfterMs?: number
  workspaceId?: WorkspaceId
  startedBy?: string
}

export interface QueueState {
  queue: string
  waiting: number
  active: number
  delayed: number
  failed: number
  completed: number
  paused: boolean
}

export interface JobState {
  id: string
  queue: string
  state: 'waiting' | 'active' | 'delayed' | 'failed' | 'completed' | 'cancelled'
  attempt: number
  progress: JobProgress | null
  startedAtMs: number | null
  startedBy: string | null
  error: string | null
}

export interface Jobs {
  start(kinds: readonly JobKind<never>[], run: boolean): Promise<void>
  /** The job's id, or null when one with the same singleton key is there already. */
  send(queue: string, input: object, options?: SendOptions): Promise<string | null>
  queues(): Promise<QueueState[]>
  list(ask: { queue?: string; states?: readonly JobState['state'][]; limit: number }): Promise<JobState[]>
  find(id: string): Promise<JobState | null>
  cancel(id: string): Promise<void>
  pause(queue: string): Promise<void>
  resume(queue: string): Promise<void>
  retryFailed(queue: string): Promise<number>
  clearFailed(queue: string): Promise<number>
  close(): Promise<void>
}
