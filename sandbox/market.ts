import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from './clock.ts'
import { type FaultPatch, faultBox } from './faults.ts'
import { requestCounter } from './requests.ts'

/** What a sales platform of the sandbox is given to live in. */
export type Market = { seed: number; clock: Clock }
/** `outcome` is what the request counter writes down: `ok` or the platform's code. */
export type MarketAnswer = {
  outcome: string
  status?: number
  headers?: Record<string, string | number>
  body: unknown
}

/** Every call of one platform: its own faults first, then the work, all counted. Adds the two control routes of it. */
export function marketDoor(app: FastifyInstance, platform: string, seed: number) {
  const faults = faultBox(seed)
  const requests = requestCounter()
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  app.put<{ Body: FaultPatch }>(`/_sandbox/${platform}/faults`, (request) => {
    faults.set(request.body)
    return faults.get()
  })
  app.get(`/_sandbox/${platform}/requests`, () => requests.get())
  app.delete(`/_sandbox/${platform}/requests`, () => {
    requests.reset()
    return requests.get()
  })

  function send(
    name: string,
    reply: FastifyReply,
    { outcome, status = 200, headers = {}, body }: MarketAnswer,
  ) {
    requests.ended(name, outcome)
    return reply
      .code(status)
      .headers(headers)
      .type('application/json; charset=utf-8')
      .send(typeof body === 'string' ? body : JSON.stringify(body))
  }

  /** `refuse` says a platform code in the platform's words, for the faults that are codes. */
  return async function serve(
    name: string,
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => MarketAnswer,
    refuse: (code: number) => MarketAnswer,
  ) {
    requests.called(name)
    const { slowMs, instead, double, dropAfter } = faults.decide(name)
    if (slowMs > 0) await wait(slowMs, undefined, { signal: closing.signal }).catch(() => {})
    const drop = (how: string) => {
      requests.ended(name, how)
      reply.hijack()
      request.raw.socket.destroy()
    }
    if (!instead) {
      const answer = work()
      requests.handled(name)
      if (double) work()
      return dropAfter ? drop('dropped-after') : send(name, reply, answer)
    }
    if ('drop' in instead) return drop('dropped')
    if ('code' in instead) return send(name, reply, refuse(instead.code))
    const status = 'status' in instead ? instead.status : 429
    const headers: MarketAnswer['headers'] =
      'status' in instead ? {} : { 'Retry-After': instead.retryAfterSeconds }
    return send(name, reply, { outcome: `status:${status}`, status, headers, body: { errors: 'injected' } })
  }
}

/** An id as the bare number that the platform writes, however many digits it has. */
export const bare = (digits: string): unknown =>
  (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits)

/** All parameters of a call as text, from address and body; objects as their JSON text. */
export function textParameters(request: FastifyRequest): Record<string, string> {
  const all = { ...(request.query as object), ...((request.body as object | undefined) ?? {}) }
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
