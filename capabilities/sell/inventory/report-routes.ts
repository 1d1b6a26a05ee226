import { Type } from 'typebox'
import { fault } from '#kernel/fault.ts'
import type { App } from '#kernel/http.ts'
import { Ms, Nullable, slice } from '#kernel/schemas.ts'
import { mailReport } from './mailing.ts'
import type { Language } from './markup.ts'
import { type ReportBody, reportOf } from './report.ts'
import { reportPage } from './report-page.ts'
import type { RouteParts } from './routes.ts'

const WEEKS_SHOWN = 104
const Week = Type.Object({ week: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }) })
const Body = Type.Unsafe<ReportBody>({ type: 'object', additionalProperties: true })

/** Weekly reports: as data, on paper, by mail. */
export function reportRoutes(app: App, { mailing }: RouteParts): void {
  const { reports, shops } = mailing
  app.get(
    '/reports',
    {
      schema: {
        summary: 'Weekly health reports, newest first',
        response: {
          200: slice(
            Type.Object({
              week: Type.String(),
              score: Nullable(Type.Integer()),
              madeAtMs: Ms,
              mailedAtMs: Nullable(Ms),
            }),
          ),
        },
      },
    },
    async ({ principal }) => ({ items: await reports.list(principal.workspaceId, WEEKS_SHOWN), next: null }),
  )

  const of = async (workspaceId: Parameters<typeof reports.get>[0], week: string) => {
    // What is no day of the calendar is asked of nobody.
    const kept = Number.isNaN(Date.parse(week)) ? null : await reports.get(workspaceId, week)
    if (!kept) throw fault('missing', 'inventory/unknown-report', 'There is no report of this week')
    return kept.body
  }

  app.get(
    '/reports/:week',
    { schema: { summary: 'A report as data', params: Week, response: { 200: Body } } },
    ({ principal, params }) => of(principal.workspaceId, params.week),
  )

  app.get(
    '/reports/:week/page',
    {
      schema: {
        summary: 'A report for paper (A4)',
        params: Week,
        querystring: Type.Object({
          lang: Type.Unsafe<Language>({
            type: 'string',
            enum: ['zh', 'en'],
            default: mailing.settings.language,
          }),
        }),
        response: { 200: { content: { 'text/html': { schema: Type.String() } } } },
      },
    },
    async ({ principal, params, query }, reply) => {
      const body = await of(principal.workspaceId, params.week)
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      return reportPage(body, query.lang)
    },
  )

  app.post(
    '/reports',
    {
      schema: {
        summary: "Make this week's report, unless it is there, and mail it where that is asked for",
        body: Type.Object({ isMailed: Type.Boolean({ default: false }) }),
        response: {
          200: Type.Object({
            week: Type.String(),
            score: Nullable(Type.Integer()),
            mailedTo: Type.Array(Type.String()),
          }),
        },
      },
    },
    async ({ principal, body: { isMailed } }) => {
      const { workspaceId } = principal
      const body = await reportOf(mailing, workspaceId)
      const { recipients } = await shops.wishes(workspaceId)
      if (isMailed && recipients.length === 0) {
        throw fault('invalid', 'inventory/nobody-to-mail', 'Nobody is named to mail it to', {
          cure: 'Name recipients in the wishes of the workspace first.',
        })
      }
      if (isMailed) await mailReport(mailing, workspaceId, body, recipients)
      return { week: body.week, score: body.health.score, mailedTo: isMailed ? recipients : [] }
    },
  )
}
