import type { ConnectedAccount } from '#kernel/douyin.ts'

/** Counters of a video as Douyin shows them at one look. */
export interface Counters {
  plays: number
  likes: number
  comments: number
  shares: number
  forwards: number
  downloads: number
}

export interface PulledVideo extends Counters {
  itemId: string
  videoId: string
  title: string
  cover: string
  shareUrl: string
  publishedAtMs: number
  isTop: boolean
  isReviewed: boolean
  mediaType: number
  videoStatus: number
}

export interface PulledComment {
  commentId: string
  userId: string
  nickname: string
  avatar: string
  content: string
  createdAtMs: number
  likes: number
  /** How many replies it has, by Douyin's count. */
  replies: number
  isTop: boolean
}

export interface HotEntry {
  /** From 1. */
  rank: number
  sentence: string
  heat: number
  label: number
}

export interface PulledHotList {
  list: string
  /** The moment that Douyin says it stands for; null when it says none. */
  activeAtMs: number | null
  entries: HotEntry[]
}

/** One page, newest first. `cursor` is opaque and leads to the next page; null after the last one. */
export interface Page<T> {
  rows: T[]
  cursor: string | null
}

/**
 * Where rows come from. Every call may fault: `denied` (scope, revoked), `limited` (quota, pace: `retryAfterMs`),
 * `missing` (the video or comment is gone), `collector/cursor-refused` (begin the list again), `invalid` (an answer that
 * cannot be read), `unavailable`.
 */
export interface Source {
  listVideos(
    account: ConnectedAccount,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<Page<PulledVideo>>
  /** The videos with these ids as they are now; those that are gone are left out. */
  videoData(
    account: ConnectedAccount,
    itemIds: readonly string[],
    signal: AbortSignal,
  ): Promise<PulledVideo[]>
  listComments(
    account: ConnectedAccount,
    itemId: string,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<Page<PulledComment>>
  listReplies(
    account: ConnectedAccount,
    itemId: string,
    commentId: string,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<Page<PulledComment>>
  hotList(signal: AbortSignal): Promise<PulledHotList>
}
