import type { WorkspaceId } from '#kernel/id.ts'
import type { Message } from './push.ts'

/** A push whose signature was right. */
export interface Post {
  workspaceId: WorkspaceId
  shopId: string
  /** As it came. */
  body: Buffer
  remote: string
  messages: readonly Message[]
}

export type MessageState = 'received' | 'done' | 'parked' | 'ignored'

export interface MessageRow {
  id: string
  shopId: string
  msgId: string
  tag: string
  orderId: string
  state: MessageState
  reason: string | null
  receivedAtMs: number
  processedAtMs: number | null
}

/** Messages of pushes: durable before they are answered, each worked on once. */
export interface Inbox {
  /** Durable when it resolves. Callers of one moment share a write; a message that is there already is a conflict. */
  accept(post: Post): Promise<void>
  /** Works on the oldest messages that nobody else works on; returns how many there were. */
  work(limit: number): Promise<number>
  /** Hears that something has arrived. */
  onArrival(hear: () => void): Promise<() => void>
  list(
    workspaceId: WorkspaceId,
    ask: {
      limit: number
      before?: string | undefined
      state?: MessageState | undefined
      shopId?: string | undefined
      orderId?: string | undefined
    },
  ): Promise<MessageRow[]>
  /** With the raw body that it came in. */
  find(workspaceId: WorkspaceId, id: string): Promise<(MessageRow & { body: string }) | null>
  /** Puts a parked one back to be worked on once more. */
  retry(workspaceId: WorkspaceId, id: string, actor: string): Promise<boolean>
  counts(
    workspaceId: WorkspaceId,
    sinceMs: number,
  ): Promise<{ received: number; parked: number; waiting: number }>
  prune(beforeMs: number): Promise<void>
}
