import type { WorkspaceId } from '#kernel/id.ts'
import type { Account, Pass, Run, SourceName, Thread } from './collector.ts'
import type { Counters, PulledComment, PulledHotList, PulledVideo } from './source.ts'

/** A page of replies to one comment. */
export interface ReplyPage {
  commentId: string
  rows: readonly PulledComment[]
  /** The next page of replies; null with the last one. */
  cursor: string | null
  /** The count of replies that this reading answers. */
  replies: number
}

/** One page of one walk through comments, or the end of one. Its rows and its move are kept together. */
export type CommentStep =
  | {
      kind: 'thread'
      rows: readonly PulledComment[]
      /** Where the walk stands after this page. */
      thread: Thread
      /** The first replies to those comments of the page whose count of replies moved. */
      replies: readonly ReplyPage[]
      /** Counts of replies that were read before, of the others. */
      settled: ReadonlyMap<string, number>
    }
  | ({ kind: 'replies'; itemId: string } & ReplyPage)
  | { kind: 'finish'; itemId: string; steps: number }

/** A first-level comment whose replies have not been read since their count moved. */
export interface OwedReplies {
  commentId: string
  replies: number
  cursor: string | null
}

/** A remark that came by itself. */
export interface ToldComment {
  commentId: string
  itemId: string
  roomId: string | null
  replyTo: string | null
  userId: string
  nickname: string
  content: string
  createdAtMs: number
  likes: number
  origin: 'webhook' | 'live'
}

export interface Point extends Counters {
  workspaceId: WorkspaceId
  accountId: string
  itemId: string
  atMs: number
}

export interface SnapshotEntry {
  list: string
  activeAtMs: number
  rank: number
  sentence: string
  heat: number
  label: number
}

/** Whether the source may go on: `stopped` when somebody paused it meanwhile. */
export type Verdict = 'go-on' | 'stopped'

export interface KeptComments {
  verdict: Verdict
  /** Of the videos that got new comments: how many we hold now. */
  known: ReadonlyMap<string, number>
  /** By video: comments among these that owe replies by now. */
  owed: ReadonlyMap<string, readonly OwedReplies[]>
}

/**
 * What was collected. Each call is one transaction of rows, facts, counts and the move of the cursor: after a crash
 * none of it has happened or all of it. A move from a place where the walk no longer stands is a `conflict`.
 */
export interface Store {
  /** A page of videos. Tells `video.published` of those never seen; each look leaves a point for the warehouse. */
  keepVideos(
    run: Run,
    page: {
      source: SourceName
      videos: readonly PulledVideo[]
      to: Pass
      isListed: boolean
      lookedAtMs: number
    },
  ): Promise<Verdict>
  /** Ends a full walk through the videos: those that it did not meet are marked as gone. */
  markGone(run: Run, walkedSinceMs: number, nowMs: number): Promise<void>
  /** Ids of known videos behind `after`, in their order. */
  videoIds(run: Run, after: string | null, limit: number): Promise<string[]>
  videoGone(run: Run, itemId: string, nowMs: number): Promise<void>

  /** Threads that may need a walk, newest video first; `behind` is the last one of the page before. */
  threads(
    run: Run,
    ask: { isEvery: boolean; staleMs: number; behind: Thread | null; limit: number },
  ): Promise<Thread[]>
  /** How many comments those threads are expected to bring, plus one for each thread. */
  threadWork(run: Run, ask: { isEvery: boolean; staleMs: number }): Promise<number>
  /** Of those comments that we hold: the count of replies that was there when they were read last. */
  settledReplies(run: Run, commentIds: readonly string[]): Promise<Map<string, number>>
  owedReplies(run: Run, itemId: string, limit: number): Promise<OwedReplies[]>
  /** Tells `comment.received` of those never seen. */
  keepComments(run: Run, steps: readonly CommentStep[], nowMs: number): Promise<KeptComments>
  /** Remarks that a webhook or a live room told. Those that are known already change nothing. */
  keepTold(account: Account, comments: readonly ToldComment[], nowMs: number): Promise<number>

  /** Keeps a snapshot and tells `hot-list.captured`; the same moment twice changes nothing. */
  keepHotList(run: Run, hotList: PulledHotList, capturedAtMs: number): Promise<Verdict>

  /** Hands points over to `deliver` and forgets them when that succeeded. May hand over a point twice. */
  carryPoints(limit: number, deliver: (points: Point[]) => Promise<void>): Promise<number>
  carrySnapshots(limit: number, deliver: (entries: SnapshotEntry[]) => Promise<void>): Promise<number>
}
