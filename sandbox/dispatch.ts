import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  type Call,
  type Drift,
  type Endpoint,
  envelope,
  gatewayCode,
  logIdOf,
  type Outcome,
} from '#sandbox/douyin/envelope.ts'
import type { Clock } from './clock.ts'
import type { FaultBox, Verdict } from './faults.ts'
import type { Quotas } from './quotas.ts'
import type { requestCounter } from './requests.ts'

type Parts = {
  seed: number
  clock: Clock
  faults: FaultBox
  quotas: Quotas
  requests: ReturnType<typeof requestCounter>
  drift: Drift
}

/** One request of the vendor's protocol: the faults first, then the endpoint, then the envelope, all counted. */
export function dispatcher({ seed, clock, faults, quotas, requests, drift }: Parts) {
  const closing = new AbortController()
  let answered = 0

  async function serve(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply) {
    const { path } = endpoint
    requests.called(path)
    const verdict = faults.decide(path)
    if (verdict.slowMs > 0) await wait(verdict.slowMs, undefined, { signal: closing.signal }).catch(() => {})
    const call = callOf(endpoint, request)
    const { instead } = verdict
    if (!instead) {
      const outcome = work(endpoint, call, verdict)
      return verdict.dropAfter
        ? drop(path, 'dropped-after', request, reply)
        : answer(endpoint, call, outcome, reply)
    }
    if ('drop' in instead) return drop(path, 'dropped', request, reply)
    if ('code' in instead) return answer(endpoint, call, instead, reply)
    if ('retryAfterSeconds' in instead)
      return limited(endpoint, call, reply, instead.retryAfterSeconds, 2100004)
    requests.ended(path, `status:${instead.status}`)
    return reply.code(instead.status).type('text/plain').send('injected failure')
  }

  function callOf(endpoint: Endpoint, request: FastifyRequest): Call {
    const nowMs = clock.now()
    return {
      method: endpoint.method,
      path: endpoint.path,
      query: request.query as Record<string, string>,
      body: (request.body ?? {}) as Record<string, unknown>,
      headers: request.headers,
      nowMs,
      logId: logIdOf(seed, answered++, nowMs),
    }
  }

  function work(endpoint: Endpoint, call: Call, verdict: Verdict): Outcome {
    const outcome = endpoint.handle(call)
    requests.handled(call.path)
    if (verdict.double) {
      endpoint.handle({ ...call })
      requests.handled(call.path)
    }
    const empty = verdict.emptyToken && endpoint.family === 'oauth' && 'data' in outcome
    return empty && 'access_token' in outcome.data ? { data: { ...outcome.data, access_token: '' } } : outcome
  }

  function answer(endpoint: Endpoint, call: Call, outcome: Outcome, reply: FastifyReply) {
    if ('redirect' in outcome) {
      requests.ended(call.path, 'redirect')
      return reply.redirect(outcome.redirect, 302)
    }
    if ('html' in outcome) {
      requests.ended(call.path, outcome.code ? String(outcome.code) : 'ok')
      return reply.type('text/html; charset=utf-8').send(outcome.html)
    }
    if (call.spent?.used && quotas.get().as429) {
      return limited(endpoint, call, reply, call.spent.restoresInSeconds, 2190001)
    }
    if (call.spent) reply.header('X-RateLimit-Remaining', call.spent.remaining)
    const spoken = 'code' in outcome ? { code: dialect(endpoint, outcome.code) } : outcome
    requests.ended(call.path, 'code' in spoken ? String(spoken.code) : 'ok')
    return reply.send(envelope(endpoint.family, call, spoken, drift))
  }

  /** The article's HTTP 429, which the documented platform does not know. */
  function limited(
    endpoint: Endpoint,
    call: Call,
    reply: FastifyReply,
    retryAfterSeconds: number,
    code: number,
  ) {
    requests.ended(call.path, 'status:429')
    reply.code(429).headers({ 'Retry-After': retryAfterSeconds, 'X-RateLimit-Remaining': 0 })
    return reply.send(envelope(endpoint.family, call, { code: dialect(endpoint, code) }, drift))
  }

  function drop(path: string, how: string, request: FastifyRequest, reply: FastifyReply) {
    requests.ended(path, how)
    reply.hijack()
    request.raw.socket.destroy()
  }

  const dialect = (endpoint: Endpoint, code: number) =>
    endpoint.family === 'b' || (faults.get().gatewayCodes && endpoint.path.startsWith('/api/douyin/v1/'))
      ? gatewayCode(code)
      : code

  return { serve, close: () => closing.abort() }
}
