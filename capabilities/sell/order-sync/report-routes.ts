import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { fault } from '#kernel/fault.ts'
import type { App as Http } from '#kernel/http.ts'
import { Nullable, slice } from '#kernel/schemas.ts'
import { dayAfter, dayOf } from './reconciliation.ts'
import { reportCsv } from './report-text.ts'
import type { RouteParts } from './routes.ts'
import {
  Cursor,
  Day,
  DayCountView,
  DifferenceKind,
  DifferenceView,
  Limit,
  ReportView,
  ShopId,
  Stream,
} from './schemas.ts'

const SERIES_DAYS = 30
const Text = Type.String()

export function reportRoutes(app: Http, { daily, shops, clock, jobs, zone }: RouteParts): void {
  const { reports } = daily
  const params = Type.Object({ shopId: ShopId, day: Day })
  const missing = () => fault('missing', 'order-sync/no-report', 'There is no report of this shop and day')

  app.post(
    '/reconciliations',
    {
      schema: {
        summary: 'Compares a day of a shop with the platform now; with `repair` puts it right',
        body: Type.Object({
          shopId: ShopId,
          day: Day,
          repair: Type.Optional(Type.Boolean()),
          mail: Type.Optional(Type.Boolean()),
        }),
        response: {
          200: Type.Object({ jobId: Nullable(Type.String({ description: 'Null when one is under way' })) }),
        },
      },
    },
    async ({ principal: { workspaceId, actor }, body: { shopId, day, repair = false, mail = false } }) => {
      const shop = await shops.find(workspaceId, shopId)
      if (shop?.status !== 'active')
        throw fault('missing', 'order-sync/no-shop', 'This shop is not connected here')
      if (dayAfter(dayAfter(day), -1) !== day || day > dayOf(clock.now(), zone))
        throw fault('invalid', 'order-sync/bad-day', `"${day}" is no day that has begun`, { field: 'day' })
      return { jobId: await daily.start({ workspaceId, shopId, day, repair, mail }, actor) }
    },
  )
  app.get(
    '/reconciliations/:jobId',
    {
      schema: {
        summary: 'How far it is',
        params: Type.Object({ jobId: Type.String({ format: 'uuid' }) }),
        response: {
          200: Type.Object({ state: Text, compared: Type.Integer(), error: Nullable(Text) }),
        },
      },
    },
    async ({ params: { jobId } }) => {
      const job = await jobs.find(jobId)
      if (job?.queue !== 'order-sync/reconcile') throw missing()
      return { state: job.state, compared: job.progress?.done ?? 0, error: job.error }
    },
  )
  app.get(
    '/reports',
    {
      schema: {
        summary: 'Reports, the latest day first',
        querystring: Type.Object({ shopId: Type.Optional(ShopId), cursor: Cursor, limit: Limit }),
        response: { 200: slice(ReportView) },
      },
    },
    async ({ principal, query: { cursor, shopId, limit } }) => {
      const items = await reports.list(principal.workspaceId, { shopId, before: cursor, limit })
      const last = items.at(-1)
      return { items, next: items.length === limit && last ? `${last.day} ${last.shopId}` : null }
    },
  )
  app.get(
    '/reports/:shopId/:day',
    { schema: { summary: 'One report', params, response: { 200: ReportView } } },
    async ({ principal, params: { shopId, day } }) => {
      const report = await reports.find(principal.workspaceId, shopId, day)
      if (!report) throw missing()
      return report
    },
  )
  app.get(
    '/reports/:shopId/:day/differences',
    {
      schema: {
        summary: 'What differed, by order id',
        params,
        querystring: Type.Object({ kind: Type.Optional(DifferenceKind), cursor: Cursor, limit: Limit }),
        response: { 200: slice(DifferenceView) },
      },
    },
    async ({ principal, params, query: { cursor, kind, limit } }) => {
      const items = await reports.differences(principal.workspaceId, {
        ...params,
        kind,
        after: cursor,
        limit,
      })
      const last = items.at(-1)
      return { items, next: items.length === limit && last ? `${last.orderId} ${last.kind}` : null }
    },
  )
  app.get(
    '/reports/:shopId/:day/download',
    {
      schema: {
        summary: 'The differences as CSV; the same file whenever it is made again',
        params,
        response: { 200: { content: { 'text/csv': { schema: Stream } } } },
      },
    },
    async ({ principal: { workspaceId }, params: { shopId, day } }, reply) => {
      if (!(await reports.find(workspaceId, shopId, day))) throw missing()
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${shopId}-${day}.csv"`)
      return Readable.from(reportCsv(reports, workspaceId, shopId, day))
    },
  )
  app.get(
    '/series/differences',
    {
      schema: {
        summary: 'Differences by day and kind, for a chart',
        querystring: Type.Object({
          shopId: Type.Optional(ShopId),
          from: Type.Optional(Day),
          to: Type.Optional(Day),
        }),
        response: { 200: slice(DayCountView) },
      },
    },
    async ({ principal, query }) => {
      const { shopId, to: toDay = dayOf(clock.now(), zone) } = query
      const fromDay = query.from ?? dayAfter(toDay, -SERIES_DAYS)
      return { items: await reports.series(principal.workspaceId, { shopId, fromDay, toDay }), next: null }
    },
  )
}
