import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Clock } from '#kernel/clock.ts'
import { days } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { App, Routes } from '#kernel/http.ts'
import { type AccountId, HOUSE } from '#kernel/id.ts'
import { literals, Ms, slice } from '#kernel/schemas.ts'
import { type Catalogue, VIDEO_ORDERS } from './catalogue.ts'
import { HOUSE_ACCOUNT } from './collector.ts'
import { EXPORTS, exported } from './export.ts'
import type { Runs } from './runs.ts'
import type { Schedule } from './schedule.ts'
import {
  CommentViewSchema,
  HotListSchema,
  RunViewSchema,
  SnapshotSchema,
  SourceSchema,
  SourceViewSchema,
  SummarySchema,
  VideoViewSchema,
} from './schemas.ts'
import { METRICS, type Series } from './series.ts'

interface RouteParts {
  catalogue: Catalogue
  series: Series
  schedule: Schedule
  runs: Runs
  clock: Clock
}

const Limit = Type.Integer({ default: 100, minimum: 1, maximum: 500 })
const Cursor = Type.Optional(Type.String({ maxLength: 500, description: '`next` of the page before.' }))
const Text = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
const Moment = Type.Integer({ minimum: 0, description: 'Unix milliseconds' })
const Started = Type.Object({ runIds: Type.Array(Type.String()) })
/** Text that is sent while it is made. */
const Stream = Type.Unsafe<Readable>({ type: 'string' })
const TOPIC_DAYS = 7
const SERIES_DAYS = 30

/** The room's HTTP API, for the console, the command line and anybody's programs. */
export function routes(parts: RouteParts): Routes {
  return (app) => {
    collectionRoutes(app, parts)
    contentRoutes(app, parts)
    hotListRoutes(app, parts)
    exportRoute(app, parts)
  }
}

function collectionRoutes(app: App, { catalogue, schedule, runs, clock }: RouteParts): void {
  app.get(
    '/sources',
    {
      schema: {
        summary: 'How far each account and source has come',
        response: { 200: slice(SourceViewSchema) },
      },
    },
    async ({ principal }) => ({
      items: await catalogue.sources(principal.workspaceId, clock.now()),
      next: null,
    }),
  )

  app.get(
    '/summary',
    { schema: { summary: 'Lag, gaps, new rows and repeats in numbers', response: { 200: SummarySchema } } },
    ({ principal }) => catalogue.summary(principal.workspaceId, clock.now()),
  )

  app.post(
    '/runs',
    {
      schema: {
        summary: 'Collect now',
        description:
          'One run per account. Asked again before it has begun, it is the same run, which then does both.',
        body: Type.Object({
          accountId: Type.Optional(
            Type.String({ description: 'Our id or the open id; absent: all accounts.' }),
          ),
          sources: Type.Optional(Type.Array(SourceSchema, { minItems: 1 })),
          since: Type.Optional(Moment),
        }),
        response: { 200: Started },
      },
    },
    async ({ principal, body }) => ({
      runIds: await runs.start({
        workspaceId: principal.workspaceId,
        accountId: body.accountId,
        sources: body.sources,
        sinceMs: body.since,
        startedBy: principal.actor,
      }),
    }),
  )

  app.post(
    '/backfill',
    {
      schema: {
        summary: 'Read one account again, back to a moment',
        body: Type.Object({ accountId: Type.String(), since: Moment }),
        response: { 200: Started },
      },
    },
    async ({ principal, body }) => ({
      runIds: await runs.start({
        workspaceId: principal.workspaceId,
        accountId: body.accountId,
        sources: ['videos', 'comments'],
        sinceMs: body.since,
        startedBy: principal.actor,
      }),
    }),
  )

  app.get(
    '/runs',
    {
      schema: {
        summary: 'Runs, newest first',
        querystring: Type.Object({
          accountId: Text,
          state: Type.Optional(literals(['waiting', 'running', 'done', 'failed'])),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(RunViewSchema) },
      },
    },
    ({ principal, query: { cursor, ...ask } }) =>
      catalogue.runs({ workspaceId: principal.workspaceId, ...ask, after: cursor }),
  )

  app.get(
    '/runs/:runId',
    { schema: { params: Type.Object({ runId: Type.String() }), response: { 200: RunViewSchema } } },
    async ({ principal, params }) => found(await catalogue.run(principal.workspaceId, params.runId), 'run'),
  )

  app.post(
    '/sources/:accountId/:source/:action',
    {
      schema: {
        summary: 'Pause a source, let it go on, or forget its walk and begin again',
        params: Type.Object({
          accountId: Type.String(),
          source: SourceSchema,
          action: literals(['pause', 'resume', 'restart']),
        }),
        response: { 200: SourceViewSchema },
      },
    },
    async ({ principal, params }) => {
      const isHouse = params.accountId === HOUSE_ACCOUNT
      if (isHouse && principal.role !== 'owner') {
        throw fault(
          'denied',
          'collector/not-allowed',
          'The hot list belongs to the whole installation: only an owner may do this',
        )
      }
      const workspaceId = isHouse ? HOUSE : principal.workspaceId
      const nowMs = clock.now()
      const isThere = await schedule.steer({
        ...params,
        accountId: params.accountId as AccountId,
        workspaceId,
        nowMs,
      })
      const all = isThere ? await catalogue.sources(principal.workspaceId, nowMs) : []
      if (params.action !== 'pause') await runs.planSoon()
      return found(
        all.find((one) => one.accountId === params.accountId && one.source === params.source) ?? null,
        'source',
      )
    },
  )
}

function contentRoutes(app: App, { catalogue, series, clock }: RouteParts): void {
  app.get(
    '/videos',
    {
      schema: {
        summary: 'Videos, largest first by the chosen order',
        querystring: Type.Object({
          accountId: Text,
          q: Text,
          sort: Type.Unsafe<(typeof VIDEO_ORDERS)[number]>({
            ...literals(VIDEO_ORDERS),
            default: 'published',
          }),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(VideoViewSchema) },
      },
    },
    ({ principal, query: { cursor, ...ask } }) =>
      catalogue.videos({ workspaceId: principal.workspaceId, ...ask, after: cursor }),
  )

  const ItemParams = Type.Object({ itemId: Type.String() })
  app.get(
    '/videos/:itemId',
    { schema: { params: ItemParams, response: { 200: VideoViewSchema } } },
    async ({ principal, params }) =>
      found(await catalogue.video(principal.workspaceId, params.itemId), 'video'),
  )

  app.get(
    '/videos/:itemId/series',
    {
      schema: {
        summary: 'One number of a video over time: its last value in each step',
        params: ItemParams,
        querystring: Type.Object({
          metric: Type.Unsafe<(typeof METRICS)[number]>({ ...literals(METRICS), default: 'plays' }),
          from: Type.Optional(Moment),
          to: Type.Optional(Moment),
          step: Type.Integer({ default: 3600, minimum: 60, maximum: 604_800, description: 'Seconds' }),
        }),
        response: { 200: slice(Type.Object({ atMs: Ms, value: Type.Number() })) },
      },
    },
    async ({ principal, params, query: { metric, from, to, step } }) => {
      const toMs = to ?? clock.now()
      const ask = { workspaceId: principal.workspaceId, itemId: params.itemId, metric, stepSeconds: step }
      return {
        items: await series.ofVideo({ ...ask, fromMs: from ?? toMs - days(SERIES_DAYS), toMs }),
        next: null,
      }
    },
  )

  app.get(
    '/comments',
    {
      schema: {
        summary: 'Comments and replies, newest first',
        querystring: Type.Object({
          accountId: Text,
          itemId: Text,
          q: Text,
          since: Type.Optional(Moment),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(CommentViewSchema) },
      },
    },
    ({ principal, query: { cursor, since, ...ask } }) =>
      catalogue.comments({ workspaceId: principal.workspaceId, ...ask, sinceMs: since, after: cursor }),
  )
}

function hotListRoutes(app: App, { catalogue, series, clock }: RouteParts): void {
  app.get(
    '/hot-lists/latest',
    { schema: { summary: 'The hot list as it stands', response: { 200: HotListSchema } } },
    async () => found(await catalogue.hotListAt(clock.now()), 'hot list'),
  )

  app.get(
    '/hot-lists',
    {
      schema: {
        summary: 'Snapshots, newest first; with `at` only the one that stood at that moment',
        querystring: Type.Object({ at: Type.Optional(Moment), cursor: Cursor, limit: Limit }),
        response: { 200: slice(Type.Union([HotListSchema, SnapshotSchema])) },
      },
    },
    async ({ query: { at, cursor, limit } }) => {
      if (at === undefined) return catalogue.hotLists({ after: cursor, limit })
      const hotList = await catalogue.hotListAt(at)
      return { items: hotList ? [hotList] : [], next: null }
    },
  )

  app.get(
    '/hot-lists/topics/:sentence',
    {
      schema: {
        summary: 'Rank and heat of a topic in every snapshot that it was in',
        params: Type.Object({ sentence: Type.String({ maxLength: 200 }) }),
        querystring: Type.Object({ from: Type.Optional(Moment), to: Type.Optional(Moment) }),
        response: { 200: slice(Type.Object({ activeAtMs: Ms, rank: Type.Integer(), heat: Type.Number() })) },
      },
    },
    async ({ params, query: { from, to } }) => {
      const toMs = to ?? clock.now()
      const ask = {
        list: 'hot-search',
        sentence: params.sentence,
        fromMs: from ?? toMs - days(TOPIC_DAYS),
        toMs,
      }
      return { items: await series.ofTopic(ask), next: null }
    },
  )
}

function exportRoute(app: App, { catalogue }: RouteParts): void {
  app.get(
    '/export/:what',
    {
      schema: {
        summary: 'All rows as NDJSON or CSV',
        description:
          'In one order that never changes: by time, then by id. Fields and their order are in the README.',
        params: Type.Object({ what: literals(EXPORTS) }),
        querystring: Type.Object({
          format: Type.Unsafe<'ndjson' | 'csv'>({ ...literals(['ndjson', 'csv']), default: 'ndjson' }),
        }),
        response: {
          200: { content: { 'application/x-ndjson': { schema: Stream }, 'text/csv': { schema: Stream } } },
        },
      },
    },
    ({ principal, params: { what }, query: { format } }, reply) => {
      reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
        .header('content-disposition', `attachment; filename="${what}.${format}"`)
      return Readable.from(exported(catalogue, what, format, principal.workspaceId))
    },
  )
}

function found<T>(row: T | null, what: string): T {
  if (row === null) throw fault('missing', 'collector/unknown', `There is no such ${what} here`)
  return row
}
