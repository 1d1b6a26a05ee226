import type { WorkspaceId } from '#kernel/id.ts'
import type { Webhook } from './wire.douyin.ts'

export interface Arrival {
  clientKey: string
  msgId: string
  /** The raw body as it was signed. */
  body: Buffer
}

export interface Rejection {
  atMs: number
  reason: string
  signature: string
  msgId: string
  remote: string
  bodyHead: string
}

export type WebhookState = 'received' | 'done' | 'failed'

export interface WebhookRow {
  id: string
  msgId: string
  event: string
  accountId: string | null
  fromUserId: string
  toUserId: string
  state: WebhookState
  reason: string | null
  duplicates: number
  receivedAtMs: number
  processedAtMs: number | null
}

/**
 * Webhooks: durable before they are answered, each `Msg-Id` worked on once.
 * The row is the inbox; its effects, its facts and its new state are one transaction.
 */
export interface Inbox {
  /** Durable when it resolves; a `Msg-Id` that is there already is counted. Callers of one moment share a write. */
  accept(arrival: Arrival): Promise<void>
  /** Counts all of them and keeps the last thousand. Written within a second. */
  reject(rejection: Rejection): void
  /** Works on the oldest rows that nobody else works on; returns how many there were. */
  work(limit: number, read: (body: string) => Webhook | null): Promise<number>
  /** Hears that something has arrived. */
  onArrival(hear: () => void): Promise<() => void>
  list(
    workspaceId: WorkspaceId,
    filter: { limit: number; before?: string; event?: string; state?: WebhookState },
  ): Promise<WebhookRow[]>
  find(workspaceId: WorkspaceId, id: string): Promise<(WebhookRow & { body: string }) | null>
  /** Puts it back to be worked on once more. */
  replay(workspaceId: WorkspaceId, id: string, actor: string): Promise<boolean>
  /** Of the last 24 hours. Rejected ones belong to no workspace: all of them are counted. */
  counts(
    workspaceId: WorkspaceId,
    nowMs: number,
  ): Promise<{ received: number; duplicates: number; rejected: number }>
  rejections(limit: number): Promise<Rejection[]>
  prune(beforeMs: number): Promise<void>
  close(): Promise<void>
}
