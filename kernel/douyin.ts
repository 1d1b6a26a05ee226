import type { AccountId, WorkspaceId } from './id.ts'

/** Who waits for the answer: a person, a follow-up of a webhook, or a batch. Earlier lanes go first. */
export type Lane = 'interactive' | 'follow-up' | 'batch'

/** One call as the wire wants it, without the token. */
export interface DouyinRequest {
  /** The endpoint family that quota and pace are counted by: `video.list`, `comment.list`. */
  family: string
  method: 'GET' | 'POST'
  path: string
  query?: Record<string, string | number | undefined>
  json?: unknown
}

export interface CallOptions {
  lane: Lane
  /** Give up after this long, waiting for the limiter included. */
  timeoutMs?: number
  signal?: AbortSignal
}

export interface ConnectedAccount {
  accountId: AccountId
  workspaceId: WorkspaceId
  openId: string
  nickname: string
  scopes: readonly string[]
}

/** Calls Douyin in an account's name: token, refresh, pace and back-off are taken care of behind this. */
export interface Douyin {
  /** The accounts that can be called now. */
  accounts(): Promise<ConnectedAccount[]>
  /**
   * `data` of the answer. Faults: `denied` when the account must be re-authorised or lacks the scope, `limited`
   * when quota or pace forbid it until `retryAfterMs`, `unavailable` when tries until the deadline all failed.
   */
  call<T>(account: AccountId, request: DouyinRequest, options: CallOptions): Promise<T>
  /** The same in the app's own name (client token): hot lists and boards. */
  callAsApp<T>(request: DouyinRequest, options: CallOptions): Promise<T>
}
