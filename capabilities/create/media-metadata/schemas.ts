import { Type } from 'typebox'
import { literals, Ms, Nullable } from '#kernel/schemas.ts'
import { REASONS } from './media-metadata.ts'

const Count = Type.Integer({ minimum: 0 })

export const VerdictSchema = literals(['ready', 'warning', 'blocked', 'bad'])
export const OrientationSchema = literals(['landscape', 'portrait', 'square'])
export const MediaKindSchema = literals(['video', 'image', 'audio'])
export const ReasonSchema = literals(Object.keys(REASONS) as (keyof typeof REASONS)[])
const KindSchema = literals(['path', 'url', 'upload'])

const FindingSchema = Type.Object({
  code: Type.String(),
  level: literals(['error', 'warning']),
  value: Nullable(Type.Union([Type.String(), Type.Number()])),
  limit: Type.String(),
  source: literals(['platform', 'preset']),
  zh: Type.String(),
  en: Type.String(),
})

/** The record has a JSON Schema of its own, at `/schema`. */
const Record = Type.Unsafe<object | null>({ description: 'See /api/media-metadata/schema' })
const Anything = Type.Unsafe<unknown>({})

const file = {
  fileId: Type.String(),
  kind: KindSchema,
  location: Type.String(),
  fileName: Type.String(),
  verdict: VerdictSchema,
  reason: Nullable(ReasonSchema),
  detail: Nullable(Type.String()),
  findings: Type.Array(FindingSchema),
  mediaKind: Nullable(MediaKindSchema),
  orientation: Nullable(OrientationSchema),
  sizeBytes: Nullable(Type.Number()),
  firstSeenAtMs: Ms,
  lookedAtMs: Ms,
  record: Record,
  hasPoster: Type.Boolean(),
}
export const FileSchema = Type.Object({ ...file, conflicts: Count })
export const FileDetailSchema = Type.Object({
  ...file,
  contentHash: Nullable(Type.String()),
  raw: Type.Object({ ffprobe: Anything, tags: Anything }),
})

export const BatchSchema = Type.Object({
  batchId: Type.String(),
  sources: Type.Array(Type.String()),
  state: literals(['waiting', 'running', 'done', 'cancelled']),
  total: Nullable(Count),
  done: Count,
  ready: Count,
  warning: Count,
  blocked: Count,
  bad: Count,
  cached: Count,
  wantsGps: Type.Boolean(),
  startedBy: Type.String(),
  createdAtMs: Ms,
  endedAtMs: Nullable(Ms),
  ratePerSecond: Nullable(Type.Number()),
  etaSeconds: Nullable(Type.Number()),
})

export const SummarySchema = Type.Object({
  files: Count,
  ready: Count,
  warning: Count,
  blocked: Count,
  bad: Count,
  readyShare: Nullable(Type.Number()),
  lookedAt: Count,
  cached: Count,
  cachedShare: Nullable(Type.Number()),
  filesPerSecond: Nullable(Type.Number()),
  lastLookedAtMs: Nullable(Ms),
  runningBatches: Count,
  orientations: Type.Array(Type.Object({ orientation: Nullable(OrientationSchema), count: Count })),
  kinds: Type.Array(Type.Object({ mediaKind: Nullable(MediaKindSchema), count: Count })),
})

export const FailuresSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      reason: ReasonSchema,
      zh: Type.String(),
      en: Type.String(),
      count: Count,
      examples: Type.Array(
        Type.Object({ fileId: Type.String(), fileName: Type.String(), detail: Nullable(Type.String()) }),
      ),
    }),
  ),
})

export const FindingsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      code: Type.String(),
      level: literals(['error', 'warning']),
      source: literals(['platform', 'preset']),
      zh: Type.String(),
      en: Type.String(),
      count: Count,
    }),
  ),
})

export const StatisticsSchema = Type.Object({
  values: Type.Array(
    Type.Object({
      field: Type.String(),
      filled: Count,
      files: Count,
      top: Type.Array(Type.Object({ value: Type.String(), count: Count })),
    }),
  ),
  numbers: Type.Array(
    Type.Object({
      field: Type.String(),
      count: Count,
      min: Type.Number(),
      p50: Type.Number(),
      p95: Type.Number(),
      max: Type.Number(),
      sum: Type.Number(),
    }),
  ),
})

const strings = (pattern: string, maxItems = 50) =>
  Type.Array(Type.String({ pattern, maxLength: 40 }), { minItems: 1, maxItems })

export const PresetSchema = Type.Object(
  {
    maxDurationSeconds: Type.Number({ minimum: 1, maximum: 86_400 }),
    maxSizeMb: Type.Number({ minimum: 1, maximum: 1_000_000 }),
    minShortSidePx: Type.Integer({ minimum: 1, maximum: 8_640 }),
    minFps: Type.Number({ minimum: 1, maximum: 240 }),
    maxFps: Type.Number({ minimum: 1, maximum: 240 }),
    ratios: strings('^[1-9]\\d{0,3}(\\.\\d+)?:[1-9]\\d{0,3}(\\.\\d+)?$'),
    videoCodecs: strings('^[a-z0-9_]+$'),
    audioCodecs: strings('^[a-z0-9_]+$'),
    containers: strings('^[a-z0-9_]+$'),
    imageFormats: strings('^[a-z0-9_]+$'),
    minVideoBitrateKbps: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
  },
  { additionalProperties: false },
)

export const ScatterSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      fileId: Type.String(),
      fileName: Type.String(),
      width: Count,
      height: Count,
      durationSeconds: Type.Number(),
      verdict: VerdictSchema,
      orientation: Nullable(OrientationSchema),
    }),
  ),
  preset: PresetSchema,
})

export const UploadSchema = Type.Object({
  uploadId: Type.String(),
  fileName: Type.String(),
  sizeBytes: Type.Number(),
  receivedBytes: Type.Number(),
  pieceBytes: Type.Integer({ description: 'The most that one PUT takes.' }),
  source: Nullable(Type.String({ description: 'When it is whole: what to name in a batch.' })),
})
