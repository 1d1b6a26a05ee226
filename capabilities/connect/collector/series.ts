import type { WorkspaceId } from '#kernel/id.ts'
import type { Point, SnapshotEntry } from './store.ts'

export const METRICS = ['plays', 'likes', 'comments', 'shares', 'forwards', 'downloads'] as const
export type Metric = (typeof METRICS)[number]

export interface Sample {
  atMs: number
  value: number
}

export interface TopicSample {
  activeAtMs: number
  rank: number
  heat: number
}

/** Time series of what was collected. Appending the same row again changes nothing that is read. */
export interface Series {
  addPoints(points: readonly Point[]): Promise<void>
  addSnapshots(entries: readonly SnapshotEntry[]): Promise<void>
  /** The last value of each step of `stepSeconds` in which there was a look; at most 5,000 steps. */
  ofVideo(ask: {
    workspaceId: WorkspaceId
    itemId: string
    metric: Metric
    fromMs: number
    toMs: number
    stepSeconds: number
  }): Promise<Sample[]>
  /** Rank and heat of a topic in every snapshot that it was in, oldest first; at most 5,000. */
  ofTopic(ask: { list: string; sentence: string; fromMs: number; toMs: number }): Promise<TopicSample[]>
}
