import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { App, Routes } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { reachOf } from '#kernel/paths.ts'
import { literals, slice } from '#kernel/schemas.ts'
import type { Batches } from './batches.ts'
import { exportedLines } from './export.ts'
import { checkedSource } from './files/expand.ts'
import type { Library } from './library.ts'
import { REASONS, type Reason } from './media-metadata.ts'
import type { Posters } from './posters.ts'
import { POSTER_FORMATS } from './prober.ts'
import { PRESET_SOURCES, type Preset } from './readiness.ts'
import { recordSchema } from './record/schema.ts'
import {
  BatchSchema,
  FailuresSchema,
  FileDetailSchema,
  FileSchema,
  FindingsSchema,
  MediaKindSchema,
  OrientationSchema,
  PresetSchema,
  ScatterSchema,
  StatisticsSchema,
  SummarySchema,
  VerdictSchema,
} from './schemas.ts'
import type { Store } from './store.ts'
import type { UploadFolder } from './upload-folder.ts'
import { uploadRoutes } from './upload-routes.ts'

export interface RouteParts {
  store: Pick<Store, 'forgetFiles'>
  library: Library
  batches: Batches
  posters: Posters
  uploads: UploadFolder
  presets: {
    of(workspaceId: WorkspaceId): Promise<Preset>
    set(workspaceId: WorkspaceId, preset: Preset, by: string): Promise<void>
  }
  roots: readonly string[]
  clock: Clock
}

const Limit = Type.Integer({ default: 60, minimum: 1, maximum: 500 })
const Cursor = Type.Optional(Type.String({ maxLength: 200, description: '`next` of the page before.' }))
const Stream = Type.Unsafe<Readable>({ type: 'string' })
const MOST_SOURCES = 10_000

const Reasons = literals(Object.keys(REASONS) as Reason[])
const filter = {
  verdict: Type.Optional(VerdictSchema),
  reason: Type.Optional(Reasons),
  finding: Type.Optional(Type.String({ maxLength: 60, description: "A finding's code." })),
  orientation: Type.Optional(OrientationSchema),
  mediaKind: Type.Optional(MediaKindSchema),
  text: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'In the name, the path or the title.' }),
  ),
  batchId: Type.Optional(Type.String({ maxLength: 60 })),
}

/** The room's HTTP API, for the console, the command line and anybody's programs. */
export function routes(parts: RouteParts): Routes {
  return (app) => {
    batchRoutes(app, parts)
    fileRoutes(app, parts)
    chartRoutes(app, parts)
    presetRoutes(app, parts)
    uploadRoutes(app, parts.uploads)
    app.get(
      '/schema',
      { config: { access: 'public' }, schema: { summary: 'JSON Schema of the record, version 1' } },
      async () => recordSchema,
    )
  }
}

function batchRoutes(app: App, { library, batches, roots, clock }: RouteParts): void {
  const noBatch = () => fault('missing', 'media-metadata/no-batch', 'There is no such batch')
  const Params = Type.Object({ batchId: Type.String() })

  app.post(
    '/batches',
    {
      schema: {
        summary: 'Look at files, folders, patterns, links and uploads',
        description:
          'The same request, sent again while its batch is not done, goes on with that batch. Paths must be absolute and under MEDIA_METADATA_ROOTS; the local key of this machine may name any.',
        body: Type.Object({
          sources: Type.Array(Type.String({ minLength: 1, maxLength: 4_096 }), {
            minItems: 1,
            maxItems: MOST_SOURCES,
          }),
          gps: Type.Optional(Type.Boolean({ description: 'Keep where it was recorded. Default: no.' })),
          again: Type.Optional(Type.Boolean({ description: 'Look at unchanged files, too.' })),
          concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Default 50.' })),
        }),
        response: { 202: Type.Object({ batchId: Type.String(), isResumed: Type.Boolean() }) },
      },
    },
    async ({ principal, body }, reply) => {
      const reach = reachOf(roots, principal)
      for (const source of body.sources) checkedSource(source, reach)
      reply.code(202)
      return batches.start({
        workspaceId: principal.workspaceId,
        sources: body.sources,
        wantsGps: body.gps ?? false,
        isFresh: body.again ?? false,
        anyPath: reach.isAnywhere,
        concurrency: body.concurrency ?? 50,
        startedBy: principal.actor,
      })
    },
  )

  app.get(
    '/batches',
    {
      schema: {
        summary: 'Batches, the latest first',
        querystring: Type.Object({
          state: Type.Optional(literals(['waiting', 'running', 'done', 'cancelled'])),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(BatchSchema) },
      },
    },
    ({ principal, query: { cursor, ...ask } }) =>
      library.batches(principal.workspaceId, { ...ask, after: cursor, nowMs: clock.now() }),
  )

  app.get(
    '/batches/:batchId',
    {
      schema: {
        summary: 'One batch with counts, rate and time left',
        params: Params,
        response: { 200: BatchSchema },
      },
    },
    async ({ principal, params }) => {
      const batch = await library.batch(principal.workspaceId, params.batchId, clock.now())
      if (!batch) throw noBatch()
      return batch
    },
  )

  app.get(
    '/batches/:batchId/export',
    {
      schema: {
        summary: 'One JSON object per file that is done, in the order in which they were found',
        params: Params,
        response: { 200: { content: { 'application/x-ndjson': { schema: Stream } } } },
      },
    },
    async ({ principal, params }, reply) => {
      const { workspaceId } = principal
      if (!(await library.batch(workspaceId, params.batchId, clock.now()))) throw noBatch()
      reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="${params.batchId}.ndjson"`)
      return Readable.from(exportedLines(library, workspaceId, params.batchId))
    },
  )

  app.post(
    '/batches/:batchId/retry',
    {
      schema: {
        summary: 'Look at the bad files of a batch again',
        params: Params,
        response: { 200: Type.Object({ count: Type.Integer() }) },
      },
    },
    async ({ principal, params }) => ({
      count: await batches.retry(principal.workspaceId, params.batchId, principal.actor),
    }),
  )

  app.post(
    '/batches/:batchId/cancel',
    {
      schema: {
        summary: 'Stop a batch; what is done stays',
        params: Params,
        response: { 200: Type.Object({}) },
      },
    },
    async ({ principal, params }) => {
      await batches.cancel(principal.workspaceId, params.batchId)
      return {}
    },
  )
}

function fileRoutes(app: App, { library, posters, store }: RouteParts): void {
  const Params = Type.Object({ fileId: Type.String() })
  const Count = Type.Object({ count: Type.Integer() })
  const noFile = () => fault('missing', 'media-metadata/no-file', 'There is no such file')

  app.get(
    '/files',
    {
      schema: {
        summary: 'The library, the latest first',
        querystring: Type.Object({ ...filter, cursor: Cursor, limit: Limit }),
        response: { 200: slice(FileSchema) },
      },
    },
    ({ principal, query: { cursor, ...ask } }) =>
      library.files(principal.workspaceId, { ...ask, after: cursor }),
  )

  app.get(
    '/files/:fileId',
    {
      schema: {
        summary: 'One file: record, where each field comes from, disagreements, and both raw answers',
        params: Params,
        response: { 200: FileDetailSchema },
      },
    },
    async ({ principal, params }) => {
      const file = await library.file(principal.workspaceId, params.fileId)
      if (!file) throw noFile()
      return file
    },
  )

  app.delete(
    '/files/:fileId',
    {
      schema: {
        summary: 'Take a row out of the library; the file stays, and a later batch may bring its row back',
        params: Params,
        response: { 200: Count },
      },
    },
    async ({ principal, params: { fileId } }) => {
      const count = await store.forgetFiles(principal.workspaceId, { fileId })
      if (count === 0) throw noFile()
      return { count }
    },
  )

  app.delete(
    '/files',
    {
      schema: {
        summary: 'Take all rows with one reason out of the library: those of missing files, for example',
        querystring: Type.Object({ reason: Reasons }),
        response: { 200: Count },
      },
    },
    async ({ principal, query: { reason } }) => ({
      count: await store.forgetFiles(principal.workspaceId, { reason }),
    }),
  )

  app.get(
    '/files/:fileId/poster',
    {
      schema: {
        summary: 'A frame as a picture',
        params: Params,
        querystring: Type.Object({ format: Type.Optional(literals(POSTER_FORMATS)) }),
        response: { 200: { content: { 'image/webp': { schema: Type.Unsafe<Buffer>({ type: 'string' }) } } } },
      },
    },
    async ({ principal, params, query: { format = 'webp' } }, reply) => {
      const picture = await posters.of(principal.workspaceId, params.fileId, format)
      reply.type(`image/${format}`).header('cache-control', 'private, max-age=86400')
      return picture
    },
  )
}

function chartRoutes(app: App, { library, presets, clock }: RouteParts): void {
  app.get(
    '/summary',
    { schema: { summary: 'The library in numbers', response: { 200: SummarySchema } } },
    ({ principal }) => library.summary(principal.workspaceId, clock.now()),
  )
  app.get(
    '/failures',
    { schema: { summary: 'Bad files by reason', response: { 200: FailuresSchema } } },
    async ({ principal }) => ({
      items: (await library.failures(principal.workspaceId)).map((one) => ({
        ...one,
        ...REASONS[one.reason],
      })),
    }),
  )
  app.get(
    '/findings',
    { schema: { summary: 'Which rules are not kept, and how often', response: { 200: FindingsSchema } } },
    async ({ principal }) => ({ items: await library.findings(principal.workspaceId) }),
  )
  app.get(
    '/statistics',
    { schema: { summary: 'How often each value of a field occurs', response: { 200: StatisticsSchema } } },
    ({ principal }) => library.statistics(principal.workspaceId),
  )
  app.get(
    '/scatter',
    {
      schema: {
        summary: 'Resolution by duration, with the rules beside it',
        querystring: Type.Object({
          ...filter,
          limit: Type.Integer({ default: 1_000, minimum: 1, maximum: 5_000 }),
        }),
        response: { 200: ScatterSchema },
      },
    },
    async ({ principal, query }) => ({
      items: await library.scatter(principal.workspaceId, query),
      preset: await presets.of(principal.workspaceId),
    }),
  )
}

function presetRoutes(app: App, { presets, batches }: RouteParts): void {
  const Answer = Type.Object({
    preset: PresetSchema,
    sources: Type.Record(Type.String(), literals(['platform', 'preset'])),
    note: Type.Object({ zh: Type.String(), en: Type.String() }),
  })
  const answer = async (workspaceId: WorkspaceId) => ({
    preset: await presets.of(workspaceId),
    sources: PRESET_SOURCES,
    note: NOTE,
  })
  app.get(
    '/preset',
    { schema: { summary: 'The rules of readiness, each with its source', response: { 200: Answer } } },
    ({ principal }) => answer(principal.workspaceId),
  )
  app.put(
    '/preset',
    {
      schema: {
        summary: 'Change rules of this workspace; all files are judged again in the background',
        body: Type.Partial(PresetSchema),
        response: { 200: Answer },
      },
    },
    async ({ principal, body }) => {
      const { workspaceId, actor } = principal
      await presets.set(workspaceId, { ...(await presets.of(workspaceId)), ...body } as Preset, actor)
      await batches.judgeAgain(workspaceId)
      return answer(workspaceId)
    },
  )
}

const NOTE = {
  zh: '平台公开的上传限制只有时长(15 分钟)和大小(4 GB);编码、分辨率、帧率、比例是我们的预设,可以修改。',
  en: 'The platform publishes limits for duration (15 minutes) and size (4 GB) only; codec, resolution, frame rate and ratio are our presets, to be changed at will.',
}
