import type { Registry } from 'prom-client'
import { Type } from 'typebox'
import type { Overview } from '#kernel/capability.ts'
import { describe } from '#kernel/fault.ts'
import type { App } from '#kernel/http.ts'
import type { Jobs } from '#kernel/jobs.ts'
import type { Live } from '#kernel/live.ts'
import type { SettingLine } from '#kernel/settings.ts'
import { ADVICE, type EngineLine, type EngineProbe, type OpenEngines } from '#platform/engines.ts'
import type { OpenRoom } from '#platform/rooms.ts'
import { withPace } from './work.ts'

interface Parts {
  engines: OpenEngines
  rooms: readonly OpenRoom[]
  settings: readonly SettingLine[]
  wingOf(room: string): string
  jobs: Jobs
  live: Live
  metrics: Registry
}

const PING_MS = 15_000

/** Is it well: health, metrics, engines, the home page's overview, settings, and the stream of changes. */
export function stateRoutes(
  app: App,
  { engines, rooms, settings, wingOf, jobs, live, metrics }: Parts,
): void {
  const open = { config: { access: 'public' as const }, schema: { hide: true } }
  app.get('/healthz', open, async () => ({ ok: true }))
  app.get('/readyz', open, async (_request, reply) => {
    const lines = await engineLines(engines.probes.filter((each) => !each.isOptional))
    const away = lines.filter((line) => !line.reachable).map((line) => line.engine)
    return reply.code(away.length ? 503 : 200).send({ ready: away.length === 0, away })
  })
  app.get('/metrics', open, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  )

  const tags = ['system']
  app.get('/api/system/engines', { schema: { tags } }, async () => ({
    items: await engineLines(engines.probes),
  }))
  app.get('/api/system/settings', { config: { access: 'owner' }, schema: { tags } }, async () => ({
    rooms: Object.entries(Object.groupBy(settings, (line) => line.section)).map(([room, lines]) => ({
      room,
      settings: lines,
    })),
  }))

  app.post('/api/system/vault/rotate', { config: { access: 'owner' }, schema: { tags } }, async () => {
    const resealed: Record<string, number> = {}
    for (const { name, opened } of rooms) if (opened.reseal) resealed[name] = await opened.reseal()
    return { resealed }
  })

  app.get('/api/system/overview', { schema: { tags } }, async ({ principal, log }) => {
    const parts = await Promise.all(
      rooms.map(async ({ name, opened }) => {
        const part: Overview = await (opened.overview?.(principal.workspaceId) ?? Promise.resolve({})).catch(
          (error) => {
            log.warn({ room: name, ...describe(error) }, 'a room has no overview now')
            return {}
          },
        )
        return { name, ...part }
      }),
    )
    const dead = await engines.facts.deadLetters({ workspaceId: principal.workspaceId, limit: 100 })
    const letters = dead.length > 0 ? [deadLettersNeed(dead.length)] : []
    const severities = ['error', 'warning', 'info']
    return {
      needs: [...parts.flatMap((part) => part.needs ?? []), ...letters].sort(
        (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity),
      ),
      kpis: parts.flatMap((part) => part.kpis ?? []),
      running: (await jobs.list({ states: ['active'], limit: 20 })).map((job) => withPace(job)),
      freshness: parts.flatMap((part) =>
        part.freshness ? [{ wing: wingOf(part.name), room: part.name, ...part.freshness }] : [],
      ),
    }
  })

  app.get(
    '/api/live',
    {
      schema: {
        tags,
        summary: 'Changes as server-sent events',
        querystring: Type.Object({ lastEventId: Type.Optional(Type.String()) }),
        response: { 200: Type.Any() },
      },
    },
    (request, reply) => {
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      raw.write('retry: 2000\n\n')
      // Nothing is kept for those who were away: a page that comes back asks for its data again.
      if (request.query.lastEventId || request.headers['last-event-id'])
        raw.write('event: reset\ndata: {}\n\n')
      const forget = live.subscribe(request.principal.workspaceId, (patch, id) => {
        // A page that does not read gets no queue of its own: it misses patches and asks again when it wakes.
        if (raw.writableLength < 262_144)
          raw.write(`id: ${id}\nevent: patch\ndata: ${JSON.stringify(patch)}\n\n`)
      })
      const ping = setInterval(() => raw.write(': still here\n\n'), PING_MS)
      request.raw.once('close', () => {
        clearInterval(ping)
        forget()
      })
    },
  )
}

async function engineLines(probes: readonly EngineProbe[]): Promise<EngineLine[]> {
  return Promise.all(
    probes.map(async ({ probe, ...line }) => {
      try {
        const seen = await Promise.race([probe(), patience()])
        return {
          ...line,
          reachable: true,
          version: seen.version,
          latencyMs: Math.round(seen.latencyMs * 10) / 10,
        }
      } catch (error) {
        return {
          ...line,
          reachable: false,
          advice: `${describe(error).message}. ${ADVICE[line.engine] ?? ''}`.trim(),
        }
      }
    }),
  )
}

const patience = () =>
  new Promise<never>((_resolve, reject) =>
    setTimeout(() => reject(new Error('no answer within 3 s')), 3_000).unref(),
  )

const deadLettersNeed = (count: number) => ({
  kind: 'dead-letters',
  severity: 'warning' as const,
  count,
  titleZh: '死信待处理',
  titleEn: 'Dead letters to handle',
  href: '/dead-letters',
})
