import type { WorkspaceId } from './id.ts'

export interface LivePatch {
  /** `room/what`. */
  topic: string
  /** Which row of the topic changed. */
  key: string
  data: Record<string, unknown>
}

/** Tells open console pages what changed, in every process. Lossy on purpose: a page that missed one asks again. */
export interface Live {
  publish(workspace: WorkspaceId, patch: LivePatch): void
  subscribe(workspace: WorkspaceId, hear: (patch: LivePatch, id: number) => void): () => void
}
