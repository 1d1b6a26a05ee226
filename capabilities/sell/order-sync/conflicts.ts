import type { WorkspaceId } from '#kernel/id.ts'

/** Why something that was pushed has no effect. */
export const CONFLICTS = [
  'repeat',
  'forged',
  'unknown-shop',
  'unreadable',
  'other-content',
  'other-shop',
] as const
export type ConflictKind = (typeof CONFLICTS)[number]

export interface Conflict {
  workspaceId: WorkspaceId
  shopId: string
  kind: ConflictKind
  atMs: number
  msgId?: string
  orderId?: string
  tag?: string
  reason: string
  remote?: string
  /** The beginning of what was sent. */
  head?: string
}

export interface ConflictRow extends Required<Omit<Conflict, 'workspaceId'>> {
  id: string
}

/** The log of conflicts: each kind is counted by the hour, and the latest of them can be read. */
export interface Conflicts {
  /** Written within a second; a flood of them costs no more than a trickle. */
  add(conflict: Conflict): void
  flush(): Promise<void>
  list(
    workspaceId: WorkspaceId,
    ask: {
      limit: number
      before?: string | undefined
      kind?: ConflictKind | undefined
      shopId?: string | undefined
      orderId?: string | undefined
    },
  ): Promise<ConflictRow[]>
  /** By kind, since then. */
  counts(workspaceId: WorkspaceId, sinceMs: number): Promise<Record<ConflictKind, number>>
  prune(beforeMs: number): Promise<void>
}
