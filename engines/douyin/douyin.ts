import type { DouyinRequest } from '#kernel/douyin.ts'
import { parseExact } from '#kernel/exact-json.ts'
import { boundedText } from '#kernel/outgoing.ts'
import { type Json, number, readEnvelope, type Said } from './envelope.ts'
import { isSigned } from './signature.ts'
import { type Verdict, verdict } from './verdict.ts'
import { logIdAtMs, readWebhook, type Webhook } from './webhook.ts'

/** The app that calls: from the platform's console. */
export interface App {
  clientKey: string
  clientSecret: string
}

export interface Tokens {
  accessToken: string
  expiresInSeconds: number
  refreshToken: string
  refreshExpiresInSeconds: number
  openId: string
  scopes: string[]
}

/** Why the platform did not do it. */
export interface Refusal extends Verdict {
  httpStatus: number
  /** The platform's own sentence. */
  description: string
  logId: string | null
  /** From `Retry-After`, where a gateway sent one. */
  retryAfterMs: number | null
  /** True when the request may have been carried out although no answer came. */
  mayHaveHappened: boolean
}

export type Answer<T> =
  | {
      ok: true
      data: T
      logId: string | null
      /** When the platform wrote the answer, by its own clock, to the second. */
      writtenAtMs: number | null
      /** `X-RateLimit-Remaining`, where it was sent. */
      remaining: number | null
    }
  | { ok: false; refusal: Refusal; remaining: number | null }

export interface SendOptions {
  timeoutMs?: number
  signal?: AbortSignal
}

export interface DouyinWire {
  readonly url: string
  /** The page on which a person lets the app in. */
  consentUrl(app: App, ask: { scopes: readonly string[]; redirectUri: string; state: string }): string
  exchangeCode(app: App, code: string, options?: SendOptions): Promise<Answer<Tokens>>
  refresh(app: App, refreshToken: string, options?: SendOptions): Promise<Answer<Tokens>>
  renew(
    app: App,
    refreshToken: string,
    options?: SendOptions,
  ): Promise<Answer<{ refreshToken: string; expiresInSeconds: number }>>
  clientToken(
    app: App,
    options?: SendOptions,
  ): Promise<Answer<{ accessToken: string; expiresInSeconds: number }>>
  /** Any API call: the token in the header, `open_id` in the query. Never throws: what went wrong is the answer. */
  send(
    request: DouyinRequest,
    as: { accessToken: string; openId?: string },
    options?: SendOptions,
  ): Promise<Answer<Json>>
  /** The signature of a webhook, checked over the raw body in constant time. */
  isSigned(app: App, body: Buffer, signature: string): boolean
  readWebhook(body: string): Webhook | null
}

export interface WireOptions {
  /** Without a slash at the end. */
  url: string
  timeoutMs?: number
  /** Longest answer that is read. */
  maxBytes?: number
}

/** Douyin's protocol over HTTP, and nothing else: no token is kept, nothing is retried. Connections are kept alive. */
export function douyinWire({ url, timeoutMs = 10_000, maxBytes = 8 * 1024 * 1024 }: WireOptions): DouyinWire {
  const base = url.replace(/\/+$/, '')

  async function ask(path: string, init: RequestInit, options: SendOptions = {}): Promise<Answer<Json>> {
    const limit = AbortSignal.timeout(options.timeoutMs ?? timeoutMs)
    const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit
    try {
      const reply = await fetch(base + path, { ...init, signal, redirect: 'error' })
      const said = readEnvelope(readable(await boundedText(reply, maxBytes)))
      return answerOf(reply, said)
    } catch (error) {
      const refused = isRefusedConnection(error)
      return { ok: false, remaining: null, refusal: unanswered(error as Error, !refused) }
    }
  }
  const form = (path: string, fields: Record<string, string>, options?: SendOptions) =>
    ask(path, { method: 'POST', body: new URLSearchParams(fields) }, options)
  const json = { 'content-type': 'application/json' }

  return {
    url: base,
    consentUrl: ({ clientKey }, { scopes, redirectUri, state }) =>
      `${base}/platform/oauth/connect/?${new URLSearchParams({
        client_key: clientKey,
        response_type: 'code',
        scope: scopes.join(','),
        redirect_uri: redirectUri,
        state,
      })}`,
    exchangeCode: async ({ clientKey, clientSecret }, code, options) =>
      read(
        await form(
          '/oauth/access_token/',
          { client_key: clientKey, client_secret: clientSecret, code, grant_type: 'authorization_code' },
          options,
        ),
        tokensOf,
      ),
    refresh: async ({ clientKey }, refreshToken, options) =>
      read(
        await form(
          '/oauth/refresh_token/',
          { client_key: clientKey, grant_type: 'refresh_token', refresh_token: refreshToken },
          options,
        ),
        tokensOf,
      ),
    renew: async ({ clientKey }, refreshToken, options) =>
      read(
        await form(
          '/oauth/renew_refresh_token/',
          { client_key: clientKey, refresh_token: refreshToken },
          options,
        ),
        (data) => ({
          refreshToken: required(data, 'refresh_token'),
          expiresInSeconds: requiredSeconds(data, 'expires_in'),
        }),
      ),
    clientToken: async ({ clientKey, clientSecret }, options) =>
      read(
        await ask(
          '/oauth/client_token/',
          {
            method: 'POST',
            headers: json,
            body: JSON.stringify({
              client_key: clientKey,
              client_secret: clientSecret,
              grant_type: 'client_credential',
            }),
          },
          options,
        ),
        (data) => ({
          accessToken: required(data, 'access_token'),
          expiresInSeconds: requiredSeconds(data, 'expires_in'),
        }),
      ),
    send: (request, { accessToken, openId }, options) => {
      const query = Object.entries({ ...(openId ? { open_id: openId } : {}), ...request.query }).filter(
        ([, value]) => value !== undefined,
      )
      const search = query.length ? `?${new URLSearchParams(query.map(([k, v]) => [k, String(v)]))}` : ''
      const headers = { 'access-token': accessToken, ...(request.json === undefined ? {} : json) }
      const body = request.json === undefined ? {} : { body: JSON.stringify(request.json) }
      return ask(request.path + search, { method: request.method, headers, ...body }, options)
    },
    isSigned: ({ clientSecret }, body, signature) => isSigned(clientSecret, body, signature),
    readWebhook,
  }
}

function answerOf(reply: Response, said: Said): Answer<Json> {
  const remaining = number(reply.headers.get('x-ratelimit-remaining')) ?? null
  const of = verdict(said.code, reply.status)
  if (of.class === 'ok')
    return { ok: true, data: said.data, logId: said.logId, writtenAtMs: logIdAtMs(said.logId), remaining }
  const seconds = number(reply.headers.get('retry-after'))
  const retryAfterMs = seconds === undefined ? null : seconds * 1000
  const { description, logId } = said
  return {
    ok: false,
    remaining,
    refusal: {
      ...of,
      httpStatus: reply.status,
      description,
      logId,
      retryAfterMs,
      mayHaveHappened: reply.status >= 500,
    },
  }
}

/** No answer at all: a cut connection, a time limit, an answer beyond all bounds. */
const unanswered = (error: Error, mayHaveHappened: boolean): Refusal => ({
  ...verdict(null, 0),
  httpStatus: 0,
  description: error.name === 'TimeoutError' ? 'no answer in time' : 'no answer',
  logId: null,
  retryAfterMs: null,
  mayHaveHappened,
})

const isRefusedConnection = (error: unknown) =>
  (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED'

/** A field that must be there and is not: as if no proper answer had come, so it is tried again. */
class Incomplete extends Error {}

function read<T>(answer: Answer<Json>, reader: (data: Json) => T): Answer<T> {
  if (!answer.ok) return answer
  try {
    return { ...answer, data: reader(answer.data) }
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error
    const refusal: Refusal = {
      ...verdict(null, 200),
      httpStatus: 200,
      description: error.message,
      logId: answer.logId,
      retryAfterMs: null,
      mayHaveHappened: true,
    }
    return { ok: false, refusal, remaining: answer.remaining }
  }
}

function required(data: Json, field: string): string {
  const value = data[field]
  if (typeof value !== 'string' || value === '') throw new Incomplete(`the answer has no ${field}`)
  return value
}

function requiredSeconds(data: Json, field: string): number {
  const value = number(data[field])
  if (value === undefined || value <= 0) throw new Incomplete(`the answer has no ${field}`)
  return value
}

const tokensOf = (data: Json): Tokens => ({
  accessToken: required(data, 'access_token'),
  expiresInSeconds: requiredSeconds(data, 'expires_in'),
  refreshToken: required(data, 'refresh_token'),
  refreshExpiresInSeconds: requiredSeconds(data, 'refresh_expires_in'),
  openId: required(data, 'open_id'),
  scopes: String(data['scope'] ?? '')
    .split(',')
    .map((scope) => scope.trim())
    .filter(Boolean),
})

function readable(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}
