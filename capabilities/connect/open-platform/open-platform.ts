import { days, hours } from '#kernel/clock.ts'
import type { AccountId, WorkspaceId } from '#kernel/id.ts'

/**
 * `active`: all is well. `retrying`: refreshing fails for now; calls go on while the token lasts. The others cannot be
 * called until a person acts: `reauthorise` (the clock ran out), `revoked` (the user took it back), `banned` (the
 * platform did), `disconnected` (we did).
 */
export type AccountStatus = 'active' | 'retrying' | 'reauthorise' | 'revoked' | 'banned' | 'disconnected'

export const CALLABLE: readonly AccountStatus[] = ['active', 'retrying']

/** Lost for a reason that only a person can mend. */
export type LossReason = Exclude<AccountStatus, 'active' | 'retrying'>

export type TokenEventKind =
  | 'issued'
  | 'refreshed'
  | 'renewed'
  | 'refused'
  | 'fenced-loser'
  | 'retry-scheduled'
  | 'revoked'
  | 'banned'
  | 'reauthorise-needed'
  | 'disconnected'
  | 'scopes-changed'

export interface TokenEvent {
  kind: TokenEventKind
  atMs: number
  code?: number | null
  logId?: string | null
  detail?: string
}

/** Renewals of a refresh token per consent. Source: the platform's page on token renewal. */
export const RENEWALS = 5
/** Life of a fresh refresh token. */
const REFRESH_LIFE_MS = days(30)
/** Life of a fresh access token. */
const ACCESS_LIFE_MS = days(15)

/** The two clocks of an account: a short one for calls, a long one for asking for the short one. */
export interface Clocks {
  accessExpiresAtMs: number
  refreshExpiresAtMs: number
  renewals: number
  /** False when the platform does not let this app renew. */
  renewable: boolean
}

export interface Account extends Clocks {
  accountId: AccountId
  workspaceId: WorkspaceId
  openId: string
  nickname: string
  avatarUrl: string
  scopes: string[]
  status: AccountStatus
  attempts: number
  nextAttemptAtMs: number | null
  authorisedAtMs: number
  lastEvent: { kind: TokenEventKind; atMs: number; detail: string } | null
}

export const renewalsLeft = ({ renewals, renewable }: Pick<Clocks, 'renewals' | 'renewable'>): number =>
  renewable ? Math.max(0, RENEWALS - renewals) : 0

export type WarnLevel = 'none' | 'notice' | 'warning' | 'urgent'

export interface Forecast {
  /** When a person must have consented again, every renewal used as late as we use them. */
  reauthoriseByMs: number
  /** 30, 14 and 3 days before. */
  warnLevel: WarnLevel
}

/**
 * The day on which a person must authorise again. Each renewal that is left adds the life of a refresh token less the
 * time by which we renew early; the last access token may outlive the refresh token that it came from.
 */
export function forecast(clocks: Clocks, nowMs: number, renewAheadMs = hours(72)): Forecast {
  const isDead = clocks.refreshExpiresAtMs <= nowMs
  const more = isDead ? 0 : renewalsLeft(clocks) * (REFRESH_LIFE_MS - renewAheadMs)
  const reauthoriseByMs = Math.max(clocks.accessExpiresAtMs, clocks.refreshExpiresAtMs + more)
  return { reauthoriseByMs, warnLevel: warnLevel(reauthoriseByMs - nowMs) }
}

function warnLevel(leftMs: number): WarnLevel {
  if (leftMs <= days(3)) return 'urgent'
  if (leftMs <= days(14)) return 'warning'
  return leftMs <= days(30) ? 'notice' : 'none'
}

export interface Ahead {
  refreshAheadMs: number
  renewAheadMs: number
}

/** What the keeper has to do for an account now: renew first, because a refresh does not lengthen the long clock. */
export function dueFor(
  clocks: Clocks,
  nowMs: number,
  { refreshAheadMs, renewAheadMs }: Ahead,
): 'renew' | 'refresh' | null {
  const longLeftMs = clocks.refreshExpiresAtMs - nowMs
  const shortLeftMs = clocks.accessExpiresAtMs - nowMs
  if (longLeftMs > 0 && longLeftMs <= renewAheadMs && renewalsLeft(clocks) > 0) return 'renew'
  if (shortLeftMs <= refreshAheadMs) return 'refresh'
  // The last refresh before the long clock ends gives the short one its full length once more.
  const isLastChance = longLeftMs > 0 && longLeftMs <= refreshAheadMs && renewalsLeft(clocks) === 0
  return isLastChance && shortLeftMs < ACCESS_LIFE_MS - refreshAheadMs * 2 ? 'refresh' : null
}

/** What the platform answered to a refresh or a renewal that it did not do. */
export interface RefusedToken {
  class: string
  code: number | null
  description: string
  logId: string | null
  retryAfterMs: number | null
}

/** What follows from a refused refresh. Only a code that says so ends an authorisation; everything else is tried again. */
export type AfterRefusal =
  | { next: 'retry'; afterMs: number }
  | { next: 'lost'; reason: 'reauthorise' | 'revoked' | 'banned' }
  | { next: 'no-renewals' }

const RENEWALS_USED_UP = 10_020
const MAY_NOT_RENEW = 10_004
const REFRESH_TOKEN_OVER = 10_010

/**
 * `backoffMs` is the drawn full-jitter wait of this attempt. A refresh token that is refused before its time was
 * taken back by the user; one whose time is over simply ran out. Wrong credentials of the app are our mistake, never
 * the end of an account.
 */
export function afterRefusal(
  step: 'refresh' | 'renew',
  refusal: RefusedToken,
  clocks: Clocks,
  nowMs: number,
  backoffMs: number,
): AfterRefusal {
  if (step === 'renew' && (refusal.code === RENEWALS_USED_UP || refusal.code === MAY_NOT_RENEW)) {
    return { next: 'no-renewals' }
  }
  if (refusal.code === REFRESH_TOKEN_OVER || refusal.class === 'refresh-token') {
    const early = clocks.refreshExpiresAtMs - nowMs > hours(1)
    return { next: 'lost', reason: early ? 'revoked' : 'reauthorise' }
  }
  if (refusal.class === 'banned') return { next: 'lost', reason: 'banned' }
  const isOurMistake = refusal.class === 'invalid' || refusal.class === 'scope-missing'
  return { next: 'retry', afterMs: Math.max(refusal.retryAfterMs ?? 0, backoffMs, isOurMistake ? 60_000 : 0) }
}

/** Whether a read may be sent once more after a connection broke, without doing something twice. */
export const mayRepeat = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'GET' || /\/(video_data|video_basic_info|userinfo)\/$/.test(path) || path === '/video/data/'

/** When a used-up daily quota is restored: the next 08:00 in Shanghai, which is midnight UTC. */
export const quotaRestoresAtMs = (nowMs: number): number => (Math.floor(nowMs / days(1)) + 1) * days(1)
