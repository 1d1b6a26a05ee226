import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { App, Routes } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { slice } from '#kernel/schemas.ts'
import { CLIP_STATES, JOB_STATES } from './clips.ts'
import type { Desk } from './desk.ts'
import { sendFile, tarOf } from './file-answer.ts'
import { CLIPS_MAX, JobFile } from './job-file.ts'
import { JOB_TEXT_MAX } from './job-text.ts'
import { PRESETS } from './presets.ts'
import {
  CheckedSchema,
  ClipDetailSchema,
  ClipSchema,
  JobDetailSchema,
  JobSchema,
  literals,
  SourceSchema,
  SubmittedSchema,
  SummarySchema,
} from './schemas.ts'
import { sourcesIn } from './sources.ts'
import { ACTIONS, type ClipView, type Store } from './store.ts'
import { styleFor } from './subtitles/style.ts'
import { TEMPLATES } from './templates.ts'
import { PIECE_BYTES, type Uploads } from './uploads.ts'

interface RouteParts {
  store: Store
  desk: Desk
  clock: Clock
  rootsFor(workspace: WorkspaceId): readonly string[]
  uploads: Uploads
}

const LIVE_EVERY_MS = 1_000
const LIVE_FOR_MS = 6 * 3_600_000

const Limit = Type.Integer({ default: 100, minimum: 1, maximum: 500 })
const Cursor = Type.Optional(Type.String({ maxLength: 100, description: '`next` of the page before.' }))
const JobParams = Type.Object({ jobId: Type.String({ maxLength: 60 }) })
const ClipParams = Type.Object({
  ...JobParams.properties,
  position: Type.Integer({ minimum: 0, maximum: CLIPS_MAX }),
})
const Done = Type.Object({ changed: Type.Integer() })
const JobBody = Type.Object({
  text: Type.Optional(
    Type.String({ maxLength: JOB_TEXT_MAX, description: 'A job file as it is, YAML or JSON.' }),
  ),
  job: Type.Optional(Type.Unknown({ description: 'Or the same as JSON (`GET /schema`).' })),
  base: Type.Optional(
    Type.String({
      maxLength: 1_000,
      description: 'What relative paths count from. Default: the first allowed folder.',
    }),
  ),
  output: Type.Optional(
    Type.String({
      maxLength: 1_000,
      description: 'Folder for results where the job names none. Default: our own.',
    }),
  ),
})

/** The room's HTTP API, for the console, the command line and anybody's programs. */
export function routes(parts: RouteParts): Routes {
  return (app) => {
    jobRoutes(app, parts)
    clipRoutes(app, parts)
    aboutRoutes(app, parts)
    uploadRoute(app, parts.uploads)
  }
}

function jobRoutes(app: App, { store, desk, clock }: RouteParts): void {
  app.post(
    '/validate',
    {
      schema: {
        summary: 'Everything that is wrong with a job, and the plan of each clip; nothing is done',
        body: JobBody,
        response: { 200: CheckedSchema },
      },
    },
    async ({ principal, body }) => {
      const { complaints, clips } = await desk.check({ ...body, who: principal })
      return { complaints: [...complaints], clips }
    },
  )

  app.post(
    '/jobs',
    {
      schema: {
        summary: 'Begin a job: all of it is checked first, and with an error none of it is begun',
        description: 'The same job asked for again while it is unfinished is that job.',
        body: JobBody,
        response: { 200: SubmittedSchema },
      },
    },
    async ({ principal, body }) => {
      const { complaints, ...rest } = await desk.submit({ ...body, who: principal })
      return { ...rest, complaints: [...complaints] }
    },
  )

  app.get(
    '/jobs',
    {
      schema: {
        summary: 'Jobs, newest first',
        querystring: Type.Object({
          state: Type.Optional(literals(JOB_STATES)),
          q: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(JobSchema) },
      },
    },
    ({ principal, query: { cursor, ...ask } }) =>
      store.jobs(principal.workspaceId, { ...ask, after: cursor }),
  )

  app.get(
    '/jobs/:jobId',
    { schema: { summary: 'A job and its file', params: JobParams, response: { 200: JobDetailSchema } } },
    async ({ principal, params }) => found(await store.job(principal.workspaceId, params.jobId), 'job'),
  )

  app.get(
    '/jobs/:jobId/live',
    {
      schema: {
        summary: 'The job once a second as server-sent events, until it has ended',
        params: JobParams,
        response: {
          200: { content: { 'text/event-stream': { schema: Type.Unsafe<Readable>({ type: 'string' }) } } },
        },
      },
    },
    async ({ principal, params }, reply) => {
      found(await store.job(principal.workspaceId, params.jobId), 'job')
      reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no')
      return Readable.from(liveEvents(store, clock, principal.workspaceId, params.jobId))
    },
  )

  app.post(
    '/jobs/:jobId/:action',
    {
      schema: {
        summary: 'Pause, resume, cancel, or retry what failed or was cancelled',
        params: Type.Object({ ...JobParams.properties, action: literals(ACTIONS) }),
        response: { 200: Done },
      },
    },
    async ({ principal, params: { jobId, action } }) => {
      found(await store.job(principal.workspaceId, jobId), 'job')
      return { changed: await store.steer(principal.workspaceId, jobId, action, null, clock.now()) }
    },
  )

  app.get(
    '/jobs/:jobId/download',
    { schema: { summary: 'All finished clips of a job as one .tar', params: JobParams } },
    async ({ principal, params }, reply) => {
      const job = found(await store.job(principal.workspaceId, params.jobId), 'job')
      const { items } = await store.clips(principal.workspaceId, params.jobId, {
        state: 'done',
        limit: CLIPS_MAX,
      })
      const files = items.map(({ output }) => ({ name: basename(output), path: output }))
      if (files.length === 0) throw fault('conflict', 'clips/nothing-done', 'No clip of it is done yet')
      reply.type('application/x-tar')
      reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(job.name)}.tar`)
      return reply.send(tarOf(files))
    },
  )
}

function clipRoutes(app: App, { store, clock }: RouteParts): void {
  app.get(
    '/jobs/:jobId/clips',
    {
      schema: {
        summary: 'The clips of a job in its order, with step, progress, times and result',
        params: JobParams,
        querystring: Type.Object({
          state: Type.Optional(literals(CLIP_STATES)),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(ClipSchema) },
      },
    },
    ({ principal, params, query: { cursor, ...ask } }) =>
      store.clips(principal.workspaceId, params.jobId, { ...ask, after: cursor }),
  )

  app.get(
    '/jobs/:jobId/clips/:position',
    { schema: { summary: 'One clip', params: ClipParams, response: { 200: ClipDetailSchema } } },
    async ({ principal, params }) => {
      const clip = found(await store.clip(principal.workspaceId, params.jobId, params.position), 'clip')
      const { bottomPx, topPx, sidePx } = styleFor(clip.plan.framing.size, clip.order.subtitles?.style)
      return { ...clip, safeArea: { bottomPx, topPx, sidePx } }
    },
  )

  app.post(
    '/jobs/:jobId/clips/:position/:action',
    {
      schema: {
        summary: 'The same for one clip',
        params: Type.Object({ ...ClipParams.properties, action: literals(ACTIONS) }),
        response: { 200: Done },
      },
    },
    async ({ principal, params: { jobId, position, action } }) => {
      found(await store.clip(principal.workspaceId, jobId, position), 'clip')
      return { changed: await store.steer(principal.workspaceId, jobId, action, position, clock.now()) }
    },
  )

  const file = (what: 'source' | 'output', summary: string, pathOf: (clip: ClipView) => string | null) =>
    app.get(
      `/jobs/:jobId/clips/:position/${what}`,
      {
        schema: {
          summary,
          params: ClipParams,
          querystring: Type.Object({
            save: Type.Optional(Type.Boolean({ description: 'As a file to keep.' })),
          }),
        },
      },
      async (request, reply) => {
        const { principal, params, query } = request
        const clip = found(await store.clip(principal.workspaceId, params.jobId, params.position), 'clip')
        const path = pathOf(clip)
        if (path === null) throw fault('conflict', 'clips/not-done', 'This clip is not done')
        return sendFile(request, reply, path, query.save ? path : undefined)
      },
    )
  file('source', 'What it was made of, for a player (ranges)', ({ source }) => source)
  file('output', 'The result, for a player (ranges)', ({ state, output }) =>
    state === 'done' ? output : null,
  )
}

function aboutRoutes(app: App, { store, clock, rootsFor }: RouteParts): void {
  app.get(
    '/summary',
    { schema: { summary: 'Done, failed, time left and speed in numbers', response: { 200: SummarySchema } } },
    ({ principal }) => store.summary(principal.workspaceId, clock.now()),
  )

  app.get(
    '/schema',
    { schema: { summary: 'The JSON Schema of a job file' }, config: { access: 'public' } },
    (_request, reply) => reply.type('application/schema+json').send(JSON.stringify(JobFile)),
  )

  app.get('/presets', { schema: { summary: 'The presets that a job can name' } }, async () => ({
    items: PRESETS,
    next: null,
  }))

  app.get('/templates', { schema: { summary: 'Job files to begin with' } }, async () => ({
    items: TEMPLATES,
    next: null,
  }))

  app.get(
    '/sources',
    {
      schema: {
        summary: 'Files in the allowed folders that a job can name',
        querystring: Type.Object({ q: Type.String({ default: '', maxLength: 200 }), limit: Limit }),
        response: { 200: slice(SourceSchema) },
      },
    },
    async ({ principal, query: { q, limit } }) => ({
      items: await sourcesIn(rootsFor(principal.workspaceId), q, limit),
      next: null,
    }),
  )
}

function uploadRoute(app: App, uploads: Uploads): void {
  // The body stays a stream: it goes to the disk as it comes.
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
  app.put(
    '/uploads/:name',
    {
      bodyLimit: PIECE_BYTES,
      schema: {
        summary: 'A file for jobs to use, in pieces of at most 8 MiB, as application/octet-stream',
        description:
          'A piece that begins elsewhere than where the last one ended is refused; offset 0 begins anew.',
        params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) }),
        querystring: Type.Object({
          sizeBytes: Type.Integer({ minimum: 1, description: 'Of the whole file' }),
          offset: Type.Integer({ default: 0, minimum: 0 }),
        }),
        response: {
          200: Type.Object({ receivedBytes: Type.Integer(), path: Type.Union([Type.String(), Type.Null()]) }),
        },
      },
    },
    ({ principal, params, query, body }) =>
      uploads.append(principal.workspaceId, { ...params, ...query, bytes: streamOf(body) }),
  )
}

function streamOf(body: unknown): Readable {
  if (body instanceof Readable) return body
  throw fault('invalid', 'clips/body', 'Send the piece as application/octet-stream', { status: 415 })
}

async function* liveEvents(
  store: Store,
  clock: Clock,
  workspace: WorkspaceId,
  jobId: string,
): AsyncGenerator<string> {
  const untilMs = clock.now() + LIVE_FOR_MS
  while (clock.now() < untilMs) {
    const job = await store.job(workspace, jobId)
    if (!job) return
    const { text: _text, ...view } = job
    yield `event: job\ndata: ${JSON.stringify(view)}\n\n`
    if (view.endedAtMs !== null) return
    await clock.sleep(LIVE_EVERY_MS)
  }
}

function found<T>(row: T | null, what: string): T {
  if (row === null) throw fault('missing', 'clips/unknown', `There is no such ${what} here`)
  return row
}
