import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import type { Account, AccountStatus, TokenEvent, TokenEventKind } from './open-platform.ts'

/** One channel for accounts and app tokens: the payload is the key. */
export const TOKEN_CHANNEL = 'open_platform_token'

export interface AccountRow {
  account_id: AccountId
  workspace_id: WorkspaceId
  open_id: string
  nickname: string
  avatar_url: string
  scopes: string[]
  status: AccountStatus
  access_token: string | null
  refresh_token: string | null
  access_expires_at: number | null
  refresh_expires_at: number | null
  renewals: number
  renewable: boolean
  fence: string
  token_fence: string
  attempts: number
  next_attempt_at: number | null
  authorised_at: number
  last_event_kind: TokenEventKind | null
  last_event_at: number | null
  last_event_detail: string | null
}

export const accountFrom = (row: AccountRow): Account => ({
  accountId: row.account_id,
  workspaceId: row.workspace_id,
  openId: row.open_id,
  nickname: row.nickname,
  avatarUrl: row.avatar_url,
  scopes: row.scopes,
  status: row.status,
  accessExpiresAtMs: row.access_expires_at ?? 0,
  refreshExpiresAtMs: row.refresh_expires_at ?? 0,
  renewals: row.renewals,
  renewable: row.renewable,
  attempts: row.attempts,
  nextAttemptAtMs: row.next_attempt_at,
  authorisedAtMs: row.authorised_at,
  lastEvent: row.last_event_kind
    ? { kind: row.last_event_kind, atMs: row.last_event_at ?? 0, detail: row.last_event_detail ?? '' }
    : null,
})

export interface TokenEventRow {
  id: string
  kind: TokenEventKind
  at: number
  code: number | null
  log_id: string | null
  detail: string
}

export const tokenEventFrom = (row: TokenEventRow): Required<TokenEvent> & { id: string } => ({
  id: row.id,
  kind: row.kind,
  atMs: row.at,
  code: row.code,
  logId: row.log_id,
  detail: row.detail,
})

/** Unix ms to what a `timestamptz` parameter takes. */
export const time = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
