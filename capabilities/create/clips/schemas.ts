import { Type } from 'typebox'
import { Ms, Nullable } from '#kernel/schemas.ts'
import { CLIP_STATES, JOB_STATES, STEPS } from './clips.ts'
import type { Complaint } from './complaint.ts'
import type { Made } from './make.ts'
import type { Order } from './order.ts'
import type { Plan } from './plan.ts'

/** What the routes answer with, as OpenAPI shows it. The types stand beside their makers; these are their schemas. */

export const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values] })
const Count = Type.Integer({ minimum: 0 })
const Seconds = Type.Number({ description: 'Seconds' })
/** Shown as it is: large, and described where it is made. */
const asIs = <T>(description: string) =>
  Type.Unsafe<T>({ type: 'object', additionalProperties: true, description })

export const ComplaintSchema = Type.Unsafe<Complaint>(
  Type.Object({
    severity: literals(['error', 'note']),
    code: Type.String(),
    message: Type.String(),
    cure: Type.Optional(Type.String()),
    path: Type.String({ description: 'Where in the job file: `/clips/3/source`' }),
    line: Nullable(Type.Integer()),
    column: Nullable(Type.Integer()),
  }),
)

const Plan_ = asIs<Plan>(
  'mode (copy, smart-cut, encode), steps, framing, fps, segments, durationSeconds, bytes, notes',
)
const Order_ = asIs<Order>('The clip with every default written out')
const Made_ = asIs<Made>(
  'key, path, bytes, facts as probed, mode, encoder, durationSeconds, steps with ms, args of ffmpeg; for one clip also the track of a crop that moves: at most 240 points of atSeconds and middle (0 to 1)',
)

export const CheckedSchema = Type.Object({
  complaints: Type.Array(ComplaintSchema),
  clips: Type.Array(Type.Object({ order: Order_, plan: Plan_ })),
})

export const SubmittedSchema = Type.Object({
  jobId: Nullable(Type.String()),
  isNew: Type.Boolean({ description: 'False: the same job is unfinished, and it is that one.' }),
  complaints: Type.Array(ComplaintSchema),
})

const Counts = Type.Object({
  waiting: Count,
  running: Count,
  paused: Count,
  done: Count,
  failed: Count,
  cancelled: Count,
})

export const JobSchema = Type.Object({
  jobId: Type.String(),
  name: Type.String(),
  state: literals(JOB_STATES),
  folder: Type.String(),
  createdBy: Type.String(),
  createdAtMs: Ms,
  startedAtMs: Nullable(Ms),
  endedAtMs: Nullable(Ms),
  counts: Counts,
  totalSeconds: Seconds,
  doneSeconds: Seconds,
  speed: Nullable(Type.Number({ description: 'Seconds of results per second, now' })),
  etaSeconds: Nullable(Seconds),
})

export const JobDetailSchema = Type.Object({ ...JobSchema.properties, text: Type.String() })

const FailureSchema = Type.Object({
  code: Type.String(),
  message: Type.String(),
  cure: Type.Optional(Type.String()),
})

export const ClipSchema = Type.Object({
  position: Count,
  name: Type.String(),
  state: literals(CLIP_STATES),
  source: Type.String(),
  output: Type.String(),
  plan: Plan_,
  order: Order_,
  seconds: Seconds,
  step: Nullable(literals(STEPS)),
  share: Type.Number({ description: 'Of the step under way, from 0 to 1' }),
  speed: Nullable(Type.Number()),
  attempts: Count,
  worker: Nullable(Type.String()),
  startedAtMs: Nullable(Ms),
  endedAtMs: Nullable(Ms),
  failure: Nullable(FailureSchema),
  result: Nullable(Made_),
})

export const ClipDetailSchema = Type.Object({
  ...ClipSchema.properties,
  safeArea: Type.Object(
    { bottomPx: Type.Number(), topPx: Type.Number(), sidePx: Type.Number() },
    { description: 'Pixels of the result that words stay out of' },
  ),
})

export const SummarySchema = Type.Object({
  counts: Counts,
  doneToday: Count,
  passedShare: Nullable(Type.Number()),
  speed: Nullable(Type.Number()),
  etaSeconds: Nullable(Seconds),
  failures: Type.Array(Type.Object({ code: Type.String(), count: Count })),
})

export const SourceSchema = Type.Object({ path: Type.String(), bytes: Count, modifiedAtMs: Ms })
