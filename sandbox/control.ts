import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { commentEvent } from '#sandbox/douyin/comments.ts'
import type { Platform } from '#sandbox/douyin/platform.ts'
import type { SendOptions, WebhookEvent, Webhooks } from '#sandbox/douyin/webhooks.ts'
import type { ClockChange } from './clock.ts'
import type { FaultBox, FaultPatch } from './faults.ts'
import { madeEvent, madeEvents } from './life.ts'
import type { QuotaSettings } from './quotas.ts'
import { dice } from './random.ts'
import type { requestCounter } from './requests.ts'
import type { Comment } from './world.ts'
import { type WorldFile, worldFiles } from './world-files.ts'

type Parts = {
  platform: Platform
  faults: FaultBox
  requests: ReturnType<typeof requestCounter>
  webhooks: Webhooks
}
type SendBody = Partial<WebhookEvent> & SendOptions & { event: string; times?: number }

const largestBurst = 200_000

/** `/_sandbox/`: what a test or a person does to the world. Not part of the vendor's protocol. */
export function controlRoutes(app: FastifyInstance, { platform, faults, requests, webhooks }: Parts) {
  const { clock, world, grants, quotas } = platform
  const roll = dice(`control/${platform.seed}`)

  app.get('/_sandbox/state', () => ({
    seed: platform.seed,
    nowMs: clock.now(),
    offsetMs: clock.offsetMs(),
    live: world.live,
    clientKey: platform.clientKey,
    counts: world.counts(clock.now()),
    grants: grants.all().map(({ openId, scopes, renewals, accessExpiresAtMs, refreshExpiresAtMs }) => ({
      openId,
      scopes,
      renewals,
      accessExpiresAtMs,
      refreshExpiresAtMs,
      banned: grants.isBanned(openId),
    })),
    faults: faults.get(),
    quotas: quotas.get(),
    webhooks: webhooks.status(),
  }))

  app.get<{ Params: { name: string } }>('/_sandbox/world/:name', (request, reply) => {
    const name = request.params.name as WorldFile
    if (!worldFiles.includes(name)) return reply.code(404).send({ error: `one of ${worldFiles.join(', ')}` })
    return reply.type('application/x-ndjson').send(Readable.from(ndjson(world.rows[name](clock.now()))))
  })

  app.put<{ Body: ClockChange }>('/_sandbox/clock', (request) => {
    clock.set(request.body)
    return { nowMs: clock.now(), offsetMs: clock.offsetMs() }
  })
  app.put<{ Body: FaultPatch }>('/_sandbox/faults', (request) => {
    faults.set(request.body)
    return faults.get()
  })
  app.put<{ Body: Partial<QuotaSettings> }>('/_sandbox/quotas', (request) => {
    quotas.set(request.body)
    return quotas.get()
  })
  app.get('/_sandbox/requests', () => requests.get())
  app.delete('/_sandbox/requests', () => {
    requests.reset()
    return requests.get()
  })

  app.post<{ Params: { openId: string }; Body?: { scopes?: string[] } }>(
    '/_sandbox/accounts/:openId/revoke',
    (request) => {
      const { openId } = request.params
      const taken = grants.revoke(openId, request.body?.scopes)
      const content = { scopes: taken }
      const entity = `${clock.now()}`
      if (taken.length > 0) webhooks.send({ event: 'unauthorize', from: openId, to: openId, content, entity })
      return { revoked: taken }
    },
  )
  app.post<{ Params: { openId: string }; Body?: { banned?: boolean } }>(
    '/_sandbox/accounts/:openId/ban',
    (request) => {
      const banned = request.body?.banned ?? true
      grants.ban(request.params.openId, banned)
      return { banned }
    },
  )

  app.put<{ Body: { url?: string | null } }>('/_sandbox/webhooks/target', async (request) => {
    const url = request.body.url ?? undefined
    return { url: url ?? null, ...(await webhooks.setTarget(url)) }
  })
  app.post<{ Body: SendBody }>('/_sandbox/webhooks/send', (request) => {
    const { event, from = '', to = '', content = {}, times = 1, signature, msgId } = request.body
    const entity = request.body.entity ?? `${roll()}`
    const options = { ...(signature && { signature }), ...(msgId && { msgId }) }
    const sent = Array.from({ length: Math.min(times, 1_000) }, () =>
      webhooks.send({ event, from, to, content, entity }, options),
    )
    return { msgId: sent[0]?.msgId, sent: sent.length }
  })
  app.post<{ Body: { count?: number; ratePerSecond?: number; event?: string } }>(
    '/_sandbox/webhooks/burst',
    (request) => {
      const { count = 100, ratePerSecond = 1_000, event } = request.body
      const total = Math.min(count, largestBurst)
      webhooks.burst(total, ratePerSecond, () => anyEvent(event))
      return { started: total }
    },
  )
  app.get<{ Querystring: { limit?: string } }>('/_sandbox/webhooks', (request) => ({
    ...webhooks.status(),
    counts: webhooks.counts(),
    entries: webhooks.ledger(Number(request.query.limit ?? 1_000)),
  }))
  app.delete('/_sandbox/webhooks', () => {
    webhooks.clearLedger()
    return { counts: webhooks.counts() }
  })

  /** Half comments of the world, half made-up follows, likes and messages, toward granted accounts. */
  function anyEvent(wanted?: string): WebhookEvent {
    const granted = grants.all().map((grant) => grant.openId)
    const owners = granted.length > 0 ? granted : [...world.accounts.keys()]
    const openId = owners[Math.floor(roll() * owners.length)]!
    const made =
      madeEvents.find((name) => name === wanted) ?? madeEvents[Math.floor(roll() * madeEvents.length)]!
    if (wanted ? wanted !== 'item_comment_reply' : roll() < 0.5)
      return madeEvent(platform, made, openId, roll)
    const comment = anyComment(openId)
    return comment ? commentEvent(comment, openId) : madeEvent(platform, made, openId, roll)
  }
  function anyComment(openId: string): Comment | undefined {
    const { rows, size } = world.videosOf(openId, clock.now())
    const video = rows[Math.floor(roll() * size)]
    if (!video) return undefined
    const thread = world.thread(video.itemId, clock.now())
    return thread.rows[Math.floor(roll() * thread.size)]
  }
}

/** Lines in pieces of about 64 kB: one line a chunk would be slow. */
function* ndjson(rows: Iterable<object>): Iterable<string> {
  let piece = ''
  for (const row of rows) {
    piece += `${JSON.stringify(row)}\n`
    if (piece.length < 65_536) continue
    yield piece
    piece = ''
  }
  yield piece
}
