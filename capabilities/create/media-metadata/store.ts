import type { WorkspaceId } from '#kernel/id.ts'
import type { Batch, BatchAsk, BatchState, Pending, Result } from './batch.ts'
import type { Item } from './files/expand.ts'
import type { Outcome, Reason } from './media-metadata.ts'
import type { Preset } from './readiness.ts'

/**
 * Batches and files, for writing. A chunk of results is one transaction: files, raw words, items and counts. Whatever
 * was committed is never done again; a chunk that comes twice counts once.
 */
export interface Store {
  /** The unfinished batch with the same key, or a new one. */
  openBatch(ask: BatchAsk, nowMs: number): Promise<{ batchId: string; isResumed: boolean }>
  /** Marks it as running; null when it has ended. */
  takeBatch(workspaceId: WorkspaceId, batchId: string, nowMs: number): Promise<Batch | null>
  /** Takes the items found so far back: the search begins again. */
  forgetItems(batch: Batch): Promise<void>
  addItems(batch: Batch, fromSeq: number, items: readonly Item[]): Promise<void>
  endSearch(batch: Batch, total: number): Promise<void>
  pending(batch: Batch, afterSeq: number, limit: number): Promise<Pending[]>
  /** What is known of this content under any name; never with less than was asked for. */
  content(workspaceId: WorkspaceId, hash: string, wantsGps: boolean): Promise<Outcome | null>
  /** Answers with the batch's state: somebody may have cancelled it. */
  commit(batch: Batch, results: readonly Result[], nowMs: number): Promise<BatchState>
  endBatch(batch: Batch, nowMs: number): Promise<void>
  cancel(workspaceId: WorkspaceId, batchId: string, nowMs: number): Promise<boolean>
  /** Opens it again for its bad files; how many there are. */
  retryBad(workspaceId: WorkspaceId, batchId: string): Promise<number>
  unended(limit: number): Promise<{ workspaceId: WorkspaceId; batchId: string }[]>
  preset(workspaceId: WorkspaceId): Promise<Partial<Preset> | null>
  setPreset(workspaceId: WorkspaceId, preset: Preset, by: string, nowMs: number): Promise<void>
  /** Judges the next files again, in the order of their ids; the last id, or null at the end. */
  judgeAgain(workspaceId: WorkspaceId, preset: Preset, after: string, limit: number): Promise<string | null>
  /** Takes rows out of the library, by their id or by the reason for which they are bad; how many. The files stay. */
  forgetFiles(workspaceId: WorkspaceId, which: { fileId: string } | { reason: Reason }): Promise<number>
  /** Forgets items and batches that ended before. */
  forgetBatches(beforeMs: number): Promise<void>
}

export interface Upload {
  uploadId: string
  fileName: string
  sizeBytes: number
  receivedBytes: number
}

/** Files that people send us, piece by piece. */
export interface Uploads {
  /** Null when the workspace's room would overflow. */
  open(
    workspaceId: WorkspaceId,
    ask: { fileName: string; sizeBytes: number; quotaBytes: number },
    nowMs: number,
  ): Promise<Upload | null>
  find(workspaceId: WorkspaceId, uploadId: string): Promise<Upload | null>
  /** Moves on from `from`; false when somebody else did. */
  received(workspaceId: WorkspaceId, uploadId: string, from: number, to: number): Promise<boolean>
  /** Takes out what is older; the ids. */
  expire(beforeMs: number, limit: number): Promise<string[]>
}
