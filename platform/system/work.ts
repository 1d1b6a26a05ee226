import { Type } from 'typebox'
import type { Audit } from '#kernel/audit.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { fault } from '#kernel/fault.ts'
import type { App } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { JobState, Jobs } from '#kernel/jobs.ts'
import type { Ledger } from '#kernel/ledger.ts'

interface Parts {
  jobs: Jobs
  facts: FactLog
  ledger: Ledger
  audit: Audit
}

const QUEUE_ACTIONS = {
  pause: (jobs: Jobs, queue: string) => jobs.pause(queue),
  resume: (jobs: Jobs, queue: string) => jobs.resume(queue),
  'retry-failed': (jobs: Jobs, queue: string) => jobs.retryFailed(queue),
  'clear-failed': (jobs: Jobs, queue: string) => jobs.clearFailed(queue),
}

/** Jobs, dead letters and the audit trail: what runs, what could not be done, who did what. */
export function workRoutes(app: App, { jobs, facts, ledger, audit }: Parts): void {
  const tags = ['system']

  app.get(
    '/api/system/jobs',
    {
      schema: { tags, querystring: Type.Object({ queue: Type.Optional(Type.String()), limit: Limit(100) }) },
    },
    async ({ query }) => {
      const [queues, items] = await Promise.all([jobs.queues(), jobs.list(query)])
      return {
        queues: queues.map((queue) => ({ ...queue, name: queue.queue, room: queue.queue.split('/')[0] })),
        items: items.map((job) => withPace(job)),
      }
    },
  )

  app.post(
    '/api/system/jobs/:queue/:action',
    {
      schema: {
        tags,
        params: Type.Object({
          queue: Type.String({ description: 'URL-encoded: `collector%2Frun`' }),
          action: Type.Union(Object.keys(QUEUE_ACTIONS).map((name) => Type.Literal(name))),
        }),
      },
    },
    async ({ params, principal }) => {
      const { queue, action } = params as { queue: string; action: keyof typeof QUEUE_ACTIONS }
      const count = await QUEUE_ACTIONS[action](jobs, queue)
      await audit(ledger.everywhere, {
        workspaceId: principal.workspaceId,
        actor: principal.actor,
        action,
        subject: `queue:${queue}`,
        room: 'platform',
      })
      return { ok: true, count: count ?? null }
    },
  )

  app.post(
    '/api/system/jobs/item/:id/cancel',
    { schema: { tags, params: Type.Object({ id: Type.String() }) } },
    async ({ params }) => {
      const job = await jobs.find(params.id)
      if (!job) throw fault('missing', 'jobs/unknown', 'There is no such job')
      await jobs.cancel(params.id)
      return { ok: true }
    },
  )

  app.get(
    '/api/system/dead-letters',
    {
      schema: {
        tags,
        querystring: Type.Object({
          cursor: Type.Optional(Type.String()),
          room: Type.Optional(Type.String()),
          q: Type.Optional(Type.String({ maxLength: 100, pattern: '^[^%_\\\\]*$' })),
          limit: Limit(50),
        }),
      },
    },
    async ({ query, principal }) => {
      const { cursor, limit, room, q } = query
      const { workspaceId } = principal
      const letters = await facts.deadLetters({ workspaceId, group: room, q, after: cursor, limit })
      return {
        items: letters.map(({ fact, ...letter }) => ({
          ...letter,
          room: letter.group.split('/')[0],
          fact: fact.name,
          key: fact.key,
          data: fact.data,
        })),
        next: letters.length === limit ? letters.at(-1)?.id : null,
      }
    },
  )

  const Ids = Type.Object({ ids: Type.Array(Type.String(), { minItems: 1, maxItems: 500 }) })
  for (const action of ['retry', 'discard'] as const) {
    app.post(
      `/api/system/dead-letters/${action}`,
      { schema: { tags, body: Ids } },
      async ({ body, principal }) => {
        const count = await facts[action](body.ids, principal.workspaceId)
        await audit(ledger.everywhere, {
          workspaceId: principal.workspaceId,
          actor: principal.actor,
          action,
          subject: 'dead-letters',
          room: 'platform',
          detail: { ids: body.ids },
        })
        return { count }
      },
    )
  }

  app.get(
    '/api/system/audit',
    {
      schema: { tags, querystring: Type.Object({ cursor: Type.Optional(Type.String()), limit: Limit(50) }) },
    },
    async ({ query, principal }) => {
      const items = await ledger.within(principal.workspaceId as WorkspaceId, (tx) =>
        tx.query<{ id: string }>(
          `select id, at, actor, action, subject, room, detail from platform.audit
            where ($1::text is null or id < $1) order by id desc limit $2`,
          [query.cursor, query.limit],
        ),
      )
      return { items, next: items.length === query.limit ? items.at(-1)?.id : null }
    },
  )
}

export const Limit = (standard: number) => Type.Integer({ minimum: 1, maximum: 500, default: standard })

/** Rate and time left, from what is done since the start. */
export function withPace(job: JobState, nowMs = Date.now()) {
  const { progress, startedAtMs } = job
  if (!progress || !startedAtMs) return job
  const seconds = Math.max(0.001, (nowMs - new Date(startedAtMs).getTime()) / 1000)
  const rate = progress.done / seconds
  const etaSeconds = progress.total && rate > 0 ? Math.max(0, (progress.total - progress.done) / rate) : null
  return { ...job, progress: { ...progress, rate, etaSeconds } }
}
