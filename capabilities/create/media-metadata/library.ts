import type { WorkspaceId } from '#kernel/id.ts'
import type { BatchState, BatchView } from './batch.ts'
import type { Finding, MediaKind, MediaRecord, Orientation, Reason, Verdict } from './media-metadata.ts'

export interface Slice<T> {
  items: T[]
  /** Give it as `cursor` for what follows; null at the end. */
  next: string | null
}

export interface FileView {
  fileId: string
  kind: 'path' | 'url' | 'upload'
  location: string
  fileName: string
  verdict: Verdict
  reason: Reason | null
  detail: string | null
  findings: Finding[]
  mediaKind: MediaKind | null
  orientation: Orientation | null
  sizeBytes: number | null
  firstSeenAtMs: number
  lookedAtMs: number
  record: Omit<MediaRecord, 'provenance' | 'conflicts' | 'tools'> | null
  conflicts: number
  hasPoster: boolean
}

export interface FileDetail extends Omit<FileView, 'record' | 'conflicts'> {
  contentHash: string | null
  record: MediaRecord | null
  raw: { ffprobe: unknown; tags: unknown }
}

/** Where the picture of a file is to be cut from. */
export interface PosterSource {
  kind: FileView['kind']
  location: string
  contentHash: string
  sizeBytes: number
  modifiedNs: string | null
  durationSeconds: number | null
}

export interface FileFilter {
  verdict?: Verdict | undefined
  reason?: string | undefined
  /** A finding's code. */
  finding?: string | undefined
  orientation?: Orientation | undefined
  mediaKind?: MediaKind | undefined
  text?: string | undefined
  batchId?: string | undefined
}

export interface Summary {
  files: number
  ready: number
  warning: number
  blocked: number
  bad: number
  readyShare: number | null
  /** Of the last thirty days. */
  lookedAt: number
  cached: number
  cachedShare: number | null
  /** Of the latest batch. */
  filesPerSecond: number | null
  lastLookedAtMs: number | null
  runningBatches: number
  orientations: { orientation: Orientation | null; count: number }[]
  kinds: { mediaKind: MediaKind | null; count: number }[]
}

export interface Failure {
  reason: Reason
  count: number
  /** The latest few. */
  examples: { fileId: string; fileName: string; detail: string | null }[]
}

export interface FindingCount {
  code: string
  level: Finding['level']
  source: Finding['source']
  zh: string
  en: string
  count: number
}

export interface FieldStatistics {
  /** How often each value occurs, the most frequent first; `filled` of `files` have one at all. */
  values: { field: string; filled: number; files: number; top: { value: string; count: number }[] }[]
  numbers: { field: string; count: number; min: number; p50: number; p95: number; max: number; sum: number }[]
}

export interface ScatterPoint {
  fileId: string
  fileName: string
  width: number
  height: number
  durationSeconds: number
  verdict: Verdict
  orientation: Orientation | null
}

export interface ExportLine {
  location: string
  verdict: Verdict
  reason: Reason | null
  detail: string | null
  isCached: boolean
  findings: Finding[]
  record: MediaRecord | null
}

/** What is known, for reading: the page, the export, the home page. */
export interface Library {
  files(
    workspaceId: WorkspaceId,
    ask: FileFilter & { after?: string | undefined; limit: number },
  ): Promise<Slice<FileView>>
  file(workspaceId: WorkspaceId, fileId: string): Promise<FileDetail | null>
  posterSource(workspaceId: WorkspaceId, fileId: string): Promise<PosterSource | null>
  summary(workspaceId: WorkspaceId, nowMs: number): Promise<Summary>
  failures(workspaceId: WorkspaceId): Promise<Failure[]>
  findings(workspaceId: WorkspaceId): Promise<FindingCount[]>
  statistics(workspaceId: WorkspaceId): Promise<FieldStatistics>
  scatter(workspaceId: WorkspaceId, ask: FileFilter & { limit: number }): Promise<ScatterPoint[]>
  batches(
    workspaceId: WorkspaceId,
    ask: { state?: BatchState | undefined; after?: string | undefined; limit: number; nowMs: number },
  ): Promise<Slice<BatchView>>
  batch(workspaceId: WorkspaceId, batchId: string, nowMs: number): Promise<BatchView | null>
  /** The files of a batch in their order, those that are done. */
  batchLines(
    workspaceId: WorkspaceId,
    batchId: string,
    afterSeq: number,
    limit: number,
  ): Promise<{ lines: ExportLine[]; lastSeq: number | null }>
}
