import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import type { Account, Failure, Pass, Run, SourceName, SourceState } from './collector.ts'

export interface RunAsk {
  workspaceId: WorkspaceId
  accountId: AccountId
  sources: readonly SourceName[]
  isScheduled: boolean
  sinceMs: number | null
  startedBy: string | null
}

export interface OpenSource extends Pass {
  /** Attempts that failed since the last success. */
  failures: number
}

/** How a source's part of a run ended. */
export type Ending =
  | { how: 'done' | 'paused'; nextPlanMs: number }
  | { how: 'failed'; state: SourceState; nextPlanMs: number; failure: Failure }

/** Which account is collected when, and the runs that do it. */
export interface Schedule {
  /** Keeps a row for every account that can be called, and one for each of its sources. */
  noteAccounts(accounts: readonly Account[], nowMs: number): Promise<void>
  accounts(workspaceId: WorkspaceId): Promise<Account[]>
  /** The account behind an open id, in whichever workspaces it is connected. */
  byOpenId(openId: string): Promise<Account[]>
  /** Accounts that can be called and have a source whose time has come, the longest waiting first. */
  due(nowMs: number, limit: number): Promise<Pick<RunAsk, 'workspaceId' | 'accountId' | 'sources'>[]>
  /** Brings the next look at a source forward to `atMs`. */
  hurry(workspaceId: WorkspaceId, accountId: AccountId, source: SourceName, atMs: number): Promise<void>
  /**
   * A new run, or the account's waiting one, which then does what both ask for. What the clock asks for is also left to
   * a run under way; what a person asks for waits for its end.
   */
  openRun(ask: RunAsk, nowMs: number): Promise<{ runId: string; isNew: boolean }>
  /** Runs that wait or were cut off, oldest first: their jobs must exist. */
  unended(limit: number): Promise<Pick<Run, 'runId' | 'workspaceId' | 'accountId'>[]>
  /** The run, marked as running; null when it has ended. */
  takeRun(runId: string, nowMs: number): Promise<Run | null>
  endRun(run: Run, nowMs: number): Promise<void>
  /** Deletes runs that ended before that moment; what they brought stays. */
  forgetRuns(beforeMs: number): Promise<void>
  /** The source, marked as running; null when somebody paused it. */
  openSource(run: Run, source: SourceName): Promise<OpenSource | null>
  endSource(run: Run, source: SourceName, ending: Ending, nowMs: number): Promise<void>
  /** Something of a run that failed while the rest goes on. The first hundred are kept. */
  noteFailure(run: Run, failure: Failure & { source: SourceName; itemId?: string }): Promise<void>
  /** How much there is to do, in the unit in which pages report what they did. */
  addWork(run: Run, steps: number): Promise<void>
  progress(runId: string): Promise<{ done: number; total: number | null; rowsNew: number } | null>
  /** A person's hand on a source. `restart` forgets the walk under way. False when there is no such source. */
  steer(ask: {
    workspaceId: WorkspaceId
    accountId: AccountId
    source: SourceName
    action: 'pause' | 'resume' | 'restart'
    nowMs: number
  }): Promise<boolean>
}
