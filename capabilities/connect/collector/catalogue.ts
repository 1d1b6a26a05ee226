import type { WorkspaceId } from '#kernel/id.ts'
import type { SourceName, SourceState } from './collector.ts'
import type { HotEntry } from './source.ts'

export interface SourceView {
  accountId: string
  nickname: string
  source: SourceName
  state: SourceState
  /** The page under way, the moment up to which all is known, or `start`. */
  cursor: string
  lastSuccessAtMs: number | null
  nextPlanAtMs: number | null
  newestItemAtMs: number | null
  quotaUntilMs: number | null
  rows: number
  new24h: number
  pulled: number
  /** Rows that we had already, among all that were pulled; null before the first. */
  duplicateRate: number | null
  /** Since the last success; null before it. */
  lagSeconds: number | null
  failure: { code: string; message: string; logId: string | null; atMs: number } | null
}

export interface RunView {
  runId: string
  accountId: string
  nickname: string
  sources: SourceName[]
  isScheduled: boolean
  sinceMs: number | null
  state: 'waiting' | 'running' | 'done' | 'failed'
  startedBy: string | null
  createdAtMs: number
  startedAtMs: number | null
  endedAtMs: number | null
  progress: { done: number; total: number | null }
  pages: number
  rowsNew: number
  rowsChanged: number
  rowsSame: number
  /** Where each source stood before and after. */
  cursors: Record<string, { before?: string; after?: string }>
  failures: { source: SourceName; itemId?: string; code: string; message: string; logId: string | null }[]
}

export interface VideoView {
  itemId: string
  videoId: string
  accountId: string
  nickname: string
  title: string
  cover: string
  shareUrl: string
  publishedAtMs: number
  isTop: boolean
  isReviewed: boolean
  mediaType: number
  videoStatus: number
  plays: number
  likes: number
  comments: number
  shares: number
  forwards: number
  downloads: number
  /** Plays per day, over the last one to two days. */
  growth: number
  lookedAtMs: number
  firstSeenAtMs: number
  goneAtMs: number | null
  /** Comments that we hold. */
  knownComments: number
}

export interface CommentView {
  commentId: string
  itemId: string
  roomId: string | null
  accountId: string
  replyTo: string | null
  userId: string
  nickname: string
  avatar: string
  content: string
  createdAtMs: number
  likes: number
  replies: number
  top: boolean
  origin: 'pull' | 'webhook' | 'live'
  firstSeenAtMs: number
}

export interface HotListView {
  list: string
  activeAtMs: number
  capturedAtMs: number
  entries: HotEntry[]
}

export interface Summary {
  /** 95th percentile, over accounts and sources, of the time since the last success. */
  lagP95Seconds: number | null
  /** The same of the newest item's age. */
  newestItemP95Seconds: number | null
  /** Days, summed over accounts, between the oldest comment walk that is not finished and now. */
  gapDays: number
  /** Videos and comments first seen since midnight in Shanghai, and in the 24 hours before that. */
  newToday: number
  newYesterday: number
  duplicateRate: number | null
  videos: number
  comments: number
  backfill: { videosPending: number; commentsMissing: number }
  sources: {
    source: SourceName
    accounts: number
    lagP95Seconds: number | null
    lastSuccessAtMs: number | null
    failed: number
    waiting: number
    paused: number
  }[]
}

export const VIDEO_ORDERS = ['published', 'plays', 'likes', 'growth'] as const
export type VideoOrder = (typeof VIDEO_ORDERS)[number]

/** `next` goes into the next ask as `after`; null after the last page. */
export interface Slice<T> {
  items: T[]
  next: string | null
}

interface Paging {
  workspaceId: WorkspaceId
  after?: string | undefined
  limit: number
}

/** What people and programs see. Each method sees one workspace, and the hot lists, which belong to all. */
export interface Catalogue {
  sources(workspaceId: WorkspaceId, nowMs: number): Promise<SourceView[]>
  runs(
    ask: Paging & { accountId?: string | undefined; state?: RunView['state'] | undefined },
  ): Promise<Slice<RunView>>
  run(workspaceId: WorkspaceId, runId: string): Promise<RunView | null>
  videos(
    ask: Paging & { accountId?: string | undefined; q?: string | undefined; sort: VideoOrder },
  ): Promise<Slice<VideoView>>
  video(workspaceId: WorkspaceId, itemId: string): Promise<VideoView | null>
  /** Newest first. */
  comments(
    ask: Paging & {
      accountId?: string | undefined
      itemId?: string | undefined
      q?: string | undefined
      sinceMs?: number | undefined
    },
  ): Promise<Slice<CommentView>>
  /** The last snapshot at or before that moment. */
  hotListAt(atMs: number): Promise<HotListView | null>
  /** Newest first. */
  hotLists(ask: Omit<Paging, 'workspaceId'>): Promise<Slice<Omit<HotListView, 'entries'>>>
  summary(workspaceId: WorkspaceId, nowMs: number): Promise<Summary>

  /** For exports, each in one order that never changes: by time, then by id. */
  exportVideos(ask: Paging): Promise<Slice<VideoView>>
  exportComments(ask: Paging): Promise<Slice<CommentView>>
  exportHotList(ask: Paging): Promise<Slice<{ list: string; activeAtMs: number } & HotEntry>>
}
