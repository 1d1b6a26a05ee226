import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import type { Account, AccountStatus, LossReason, TokenEvent } from './open-platform.ts'

/** An account with its tokens in clear. Never leaves this process. */
export interface Held extends Account {
  accessToken: string
  refreshToken: string
  /** Grows with every write of tokens: names the tokens that somebody has seen. */
  tokenFence: number
}

/** The right to ask the platform for new tokens, for a short while. */
export interface Claim {
  fence: number
  held: Held
}

export interface FreshTokens {
  accessToken: string
  refreshToken: string
  accessExpiresAtMs: number
  refreshExpiresAtMs: number
  renewals: number
}

export interface Grant extends FreshTokens {
  workspaceId: WorkspaceId
  openId: string
  nickname: string
  avatarUrl: string
  scopes: string[]
  /** When the platform issued it, by the platform's clock. */
  consentAtMs: number | null
  logId: string | null
}

/** What becomes of an account after the platform answered. */
export type Settlement =
  | { tokens: FreshTokens; renewable?: boolean }
  | { retryAtMs: number }
  | { lost: LossReason; code: number | null }
  | { renewable: false }

export interface AppToken {
  accessToken: string
  expiresAtMs: number
  tokenFence: number
}

export interface AccountFilter {
  status?: AccountStatus
  expiresWithinDays?: number
  q?: string
  limit: number
  after?: string
}

/**
 * Accounts, their sealed tokens and the trail of what happened to them.
 *
 * Claims are exclusive across processes and run out by themselves. Tokens are written under the fence of their claim:
 * those of an older claim never replace those of a newer one, and a refusal never undoes tokens that came after the
 * ones it was about. Every change of an account writes its event and its facts in the same transaction.
 */
export interface Store {
  startAuthorisation(state: {
    hash: string
    workspaceId: WorkspaceId
    actor: string
    expiresAtMs: number
  }): Promise<void>
  /** Single use: the second one gets null, and so does one who comes too late. */
  takeAuthorisation(hash: string, nowMs: number): Promise<{ workspaceId: WorkspaceId; actor: string } | null>
  /** Keeps a consent. Another workspace's live account stays there and gets the tokens: `elsewhere`. */
  connect(grant: Grant, nowMs: number): Promise<{ accountId: AccountId; isNew: boolean; elsewhere: boolean }>

  held(accountId: AccountId): Promise<Held | null>
  /** The claim, or null: others hold it, the tokens seen are not the present ones, or it is too early to try again. */
  claim(ask: {
    accountId: AccountId
    tokenFence: number
    nowMs: number
    holdMs: number
    force?: boolean
  }): Promise<Claim | null>
  /** False when a newer claim's tokens are there already: the answer is dropped and the trail says so. */
  settle(claim: Claim, result: Settlement, event: TokenEvent): Promise<boolean>
  /** The platform refused these tokens: they count as run out from now on, unless newer ones are there. */
  discredit(accountId: AccountId, tokenFence: number, nowMs: number): Promise<void>
  /** Ends an account, or gives it other scopes, on somebody's word. */
  lose(
    accountId: AccountId,
    reason: LossReason,
    event: TokenEvent,
    by?: { workspaceId: WorkspaceId; actor: string },
  ): Promise<boolean>
  /** Accounts whose clocks need the keeper. */
  due(ask: { nowMs: number; refreshAheadMs: number; renewAheadMs: number; limit: number }): Promise<Account[]>
  /** Hears of every account and app token whose row changed, in any process; an empty key means "look at all". */
  onChange(hear: (key: string) => void): Promise<() => void>

  appToken(
    clientKey: string,
  ): Promise<{ token: AppToken | null; tokenFence: number; nextAttemptAtMs: number | null }>
  claimAppToken(ask: {
    clientKey: string
    tokenFence: number
    nowMs: number
    holdMs: number
  }): Promise<{ fence: number; attempts: number } | null>
  settleAppToken(
    clientKey: string,
    fence: number,
    result: { accessToken: string; expiresAtMs: number } | { retryAtMs: number },
    event: TokenEvent,
  ): Promise<boolean>
  discreditAppToken(clientKey: string, tokenFence: number, nowMs: number): Promise<void>

  callable(): Promise<Account[]>
  list(workspaceId: WorkspaceId, filter: AccountFilter, nowMs: number): Promise<Account[]>
  find(workspaceId: WorkspaceId, accountId: string): Promise<Account | null>
  events(
    workspaceId: WorkspaceId,
    accountId: string,
    page: { limit: number; before?: string },
  ): Promise<(Required<TokenEvent> & { id: string })[]>
  summary(
    workspaceId: WorkspaceId,
    nowMs: number,
  ): Promise<{ total: number; refresh: { ok: number; tried: number } }>
  /** Deletes what is too old to matter. */
  prune(nowMs: number): Promise<void>
  reseal(): Promise<number>
}
