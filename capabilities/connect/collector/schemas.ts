import { Type } from 'typebox'
import { literals, Ms, Nullable } from '#kernel/schemas.ts'
import { SOURCES } from './collector.ts'

/** What the routes answer with, as OpenAPI shows it. The types are in catalogue.ts; these are their schemas. */

export const SourceSchema = literals(SOURCES)
const Count = Type.Integer({ minimum: 0 })
const FailureFields = { code: Type.String(), message: Type.String(), logId: Nullable(Type.String()) }

export const SourceViewSchema = Type.Object({
  accountId: Type.String({ description: '`house` is the installation: it collects the hot list.' }),
  nickname: Type.String(),
  source: SourceSchema,
  state: literals(['idle', 'running', 'paused', 'waiting-quota', 'failed']),
  cursor: Type.String(),
  lastSuccessAtMs: Nullable(Ms),
  nextPlanAtMs: Nullable(Ms),
  newestItemAtMs: Nullable(Ms),
  quotaUntilMs: Nullable(Ms),
  rows: Count,
  new24h: Count,
  pulled: Count,
  duplicateRate: Nullable(Type.Number()),
  lagSeconds: Nullable(Count),
  failure: Nullable(Type.Object({ ...FailureFields, atMs: Ms })),
})

export const RunViewSchema = Type.Object({
  runId: Type.String(),
  accountId: Type.String(),
  nickname: Type.String(),
  sources: Type.Array(SourceSchema),
  isScheduled: Type.Boolean(),
  sinceMs: Nullable(Ms),
  state: literals(['waiting', 'running', 'done', 'failed']),
  startedBy: Nullable(Type.String()),
  createdAtMs: Ms,
  startedAtMs: Nullable(Ms),
  endedAtMs: Nullable(Ms),
  progress: Type.Object({ done: Count, total: Nullable(Count) }),
  pages: Count,
  rowsNew: Count,
  rowsChanged: Count,
  rowsSame: Count,
  cursors: Type.Record(
    Type.String(),
    Type.Object({ before: Type.Optional(Type.String()), after: Type.Optional(Type.String()) }),
  ),
  failures: Type.Array(
    Type.Object({ source: SourceSchema, itemId: Type.Optional(Type.String()), ...FailureFields }),
  ),
})

export const VideoViewSchema = Type.Object({
  itemId: Type.String(),
  videoId: Type.String(),
  accountId: Type.String(),
  nickname: Type.String(),
  title: Type.String(),
  cover: Type.String(),
  shareUrl: Type.String(),
  publishedAtMs: Ms,
  isTop: Type.Boolean(),
  isReviewed: Type.Boolean(),
  mediaType: Type.Integer(),
  videoStatus: Type.Integer(),
  plays: Count,
  likes: Count,
  comments: Count,
  shares: Count,
  forwards: Count,
  downloads: Count,
  growth: Type.Number({ description: 'Plays per day over the last one to two days.' }),
  lookedAtMs: Ms,
  firstSeenAtMs: Ms,
  goneAtMs: Nullable(Ms),
  knownComments: Count,
})

export const CommentViewSchema = Type.Object({
  commentId: Type.String(),
  itemId: Type.String(),
  roomId: Nullable(Type.String()),
  accountId: Type.String(),
  replyTo: Nullable(Type.String()),
  userId: Type.String(),
  nickname: Type.String(),
  avatar: Type.String(),
  content: Type.String(),
  createdAtMs: Ms,
  likes: Count,
  replies: Count,
  top: Type.Boolean(),
  origin: literals(['pull', 'webhook', 'live']),
  firstSeenAtMs: Ms,
})

const HotEntrySchema = Type.Object({
  rank: Count,
  sentence: Type.String(),
  heat: Count,
  label: Type.Integer(),
})
export const SnapshotSchema = Type.Object({ list: Type.String(), activeAtMs: Ms, capturedAtMs: Ms })
export const HotListSchema = Type.Object({
  ...SnapshotSchema.properties,
  entries: Type.Array(HotEntrySchema),
})

export const SummarySchema = Type.Object({
  lagP95Seconds: Nullable(Count),
  newestItemP95Seconds: Nullable(Count),
  gapDays: Count,
  newToday: Count,
  newYesterday: Count,
  duplicateRate: Nullable(Type.Number()),
  videos: Count,
  comments: Count,
  backfill: Type.Object({ videosPending: Count, commentsMissing: Count }),
  sources: Type.Array(
    Type.Object({
      source: SourceSchema,
      accounts: Count,
      lagP95Seconds: Nullable(Count),
      lastSuccessAtMs: Nullable(Ms),
      failed: Count,
      waiting: Count,
      paused: Count,
    }),
  ),
})
