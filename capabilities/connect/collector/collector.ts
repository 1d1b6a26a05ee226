import { fullJitterMs } from '#kernel/backoff.ts'
import { days, hours, minutes } from '#kernel/clock.ts'
import type { ConnectedAccount } from '#kernel/douyin.ts'
import { describe, isFault } from '#kernel/fault.ts'
import type { AccountId, WorkspaceId } from '#kernel/id.ts'

export const SOURCES = ['videos', 'metrics', 'comments', 'hot-list'] as const
export type SourceName = (typeof SOURCES)[number]
export const ACCOUNT_SOURCES: readonly SourceName[] = ['videos', 'metrics', 'comments']

/** The installation itself, as an account: it collects what belongs to nobody. */
export const HOUSE_ACCOUNT = 'house' as AccountId

export type SourceState = 'idle' | 'running' | 'paused' | 'waiting-quota' | 'failed'

/** A walk down a newest-first list, and what earlier walks settled. Moves in the transaction of each page. */
export interface Pass {
  /** Grows with each move: whoever moves from an old one has been overtaken. */
  revision: number
  /** `full` walks to the end of the list, `recent` to what is settled; null when no walk is under way. */
  pass: 'full' | 'recent' | null
  /** When the walk began. */
  passAtMs: number | null
  /** The next page; null is the first one. */
  cursor: string | null
  /** The newest row of the walk's first page: what comes after it is for the next walk. */
  headMs: number | null
  /** The walk ends at the first page on which every row is older; null is the end of the list. */
  untilMs: number | null
  /** Every row up to here is known. */
  settledMs: number | null
  /** When a walk last reached the end of the list. */
  fullMs: number | null
}

/** The comments of one video. */
export interface Thread extends Pass {
  itemId: string
  publishedAtMs: number
  /** Comments by Douyin's count (replies included), now and when the last walk and the last full walk ended. */
  reported: number
  counted: number | null
  countedFull: number | null
  /** Comments that we hold. */
  known: number
  /** Some of its comments owe replies from an earlier run. */
  isOwing: boolean
}

export interface Look {
  nowMs: number
  /** A person asked: look even where nothing seems to have changed. */
  isAsked: boolean
  /** Walk back to this moment, whatever is settled. */
  sinceMs: number | null
  /** When the run that looks was made: a walk begun since then needs no repetition. */
  runAtMs: number
}

/** A full walk is made again after this long: it finds replies to old comments, late and deleted rows. */
export const FULL_EVERY_MS = days(1)
/** Without being asked, a count that does not add up leads to a full walk at most this often. */
const RECOUNT_EVERY_MS = hours(1)
/** Rows may become visible late (a comment in review): walks go this far below what is settled. */
export const OVERLAP_MS = minutes(10)

/** The walk that this look needs, or null: nothing to do. A walk under way goes on from its cursor. */
export function nextWalk<P extends Pass>(at: P, look: Look, isShort = false): P | null {
  const begun = (pass: 'full' | 'recent', untilMs: number | null): P => ({
    ...at,
    pass,
    untilMs,
    passAtMs: look.nowMs,
    cursor: null,
    headMs: null,
  })
  const isFresh = at.passAtMs !== null && at.passAtMs >= look.runAtMs
  if (look.sinceMs !== null && !isFresh) return begun('full', look.sinceMs)
  if (at.pass !== null) return at
  if (look.sinceMs !== null) return null
  const fullAgeMs = at.fullMs === null ? Number.POSITIVE_INFINITY : look.nowMs - at.fullMs
  if (fullAgeMs > FULL_EVERY_MS) return begun('full', null)
  if (isShort && (look.isAsked || fullAgeMs > RECOUNT_EVERY_MS)) return begun('full', null)
  return isFresh ? null : begun('recent', (at.settledMs ?? 0) - OVERLAP_MS)
}

/** As {@link nextWalk}, and only where the counts say that something changed, unless a person asked. */
export function nextThreadWalk(thread: Thread, look: Look): Thread | null {
  const isShort =
    thread.known < thread.reported &&
    thread.reported !== thread.countedFull &&
    thread.reported === thread.counted
  const isUnchanged = thread.reported === thread.counted && !isShort && !look.isAsked && look.sinceMs === null
  const isOld = thread.fullMs === null || look.nowMs - thread.fullMs > FULL_EVERY_MS
  if (thread.pass === null && isUnchanged && !isOld) return null
  return nextWalk(thread, look, isShort)
}

/** The pass after a page. `pass` is null when the walk has come to its end. Pinned rows stand outside the order. */
export function afterPage<P extends Pass>(
  at: P,
  page: { rows: readonly { atMs: number; isTop: boolean }[]; cursor: string | null },
  nowMs: number,
): P {
  const inOrder = page.rows.filter((row) => !row.isTop)
  const isFirst = at.cursor === null
  const newest = page.rows.reduce((most, row) => Math.max(most, row.atMs), 0)
  const headMs = isFirst ? newest || at.headMs : at.headMs
  const { untilMs } = at
  const isAtMark = untilMs !== null && inOrder.length > 0 && inOrder.every((row) => row.atMs < untilMs)
  const revision = at.revision + 1
  if (page.cursor !== null && !isAtMark) return { ...at, revision, headMs, cursor: page.cursor }
  return {
    ...at,
    revision,
    pass: null,
    cursor: null,
    headMs: null,
    untilMs: null,
    settledMs: Math.max(headMs ?? 0, at.settledMs ?? 0) || null,
    fullMs: page.cursor === null ? nowMs : at.fullMs,
  }
}

/** The thread after a page: when its walk is over it also notes the count that the walk was made for. */
export function threadAfterPage(
  thread: Thread,
  page: Parameters<typeof afterPage>[1],
  nowMs: number,
): Thread {
  const next = afterPage(thread, page, nowMs)
  if (next.pass !== null) return next
  return {
    ...next,
    counted: next.reported,
    countedFull: page.cursor === null ? next.reported : next.countedFull,
  }
}

export interface Failure {
  code: string
  message: string
  logId: string | null
}

/** A failure in words, with Douyin's log id where the message names one. */
export function failureOf(error: unknown): Failure {
  const said = describe(error)
  return { ...said, logId: /log id (\w+)/.exec(said.message)?.[1] ?? null }
}

/** What becomes of a source that failed: its state and when it is tried again. `failures` counts the ones before. */
export function afterFailure(
  error: unknown,
  failures: number,
  nowMs: number,
): { state: SourceState; nextPlanMs: number } {
  if (isFault(error) && error.kind === 'limited') {
    return { state: 'waiting-quota', nextPlanMs: nowMs + (error.retryAfterMs ?? minutes(5)) }
  }
  if (isFault(error) && error.kind === 'denied') return { state: 'failed', nextPlanMs: nowMs + hours(1) }
  return {
    state: 'failed',
    nextPlanMs: nowMs + minutes(1) + fullJitterMs(failures, { baseMs: minutes(1), capMs: hours(1) }),
  }
}

/** A run: what one account's sources are collected for, once. */
export interface Run {
  runId: string
  workspaceId: WorkspaceId
  accountId: AccountId
  sources: readonly SourceName[]
  /** Made by the schedule, not asked for by a person. */
  isScheduled: boolean
  sinceMs: number | null
  createdAtMs: number
}

export type Account = Pick<ConnectedAccount, 'accountId' | 'workspaceId' | 'openId' | 'nickname'>
