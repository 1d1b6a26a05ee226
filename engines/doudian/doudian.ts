import { type Clock, systemClock } from '#kernel/clock.ts'
import { parseExact } from '#kernel/exact-json.ts'
import { boundedText } from '#kernel/outgoing.ts'
import { type Push, readPush, verifyPush } from './push.ts'
import { paramJson, requestSignature, type SignMethod } from './signature.ts'
import { type Verdict, verdict } from './verdict.ts'

/** The app that calls: from the platform's console. */
export interface DoudianApp {
  appKey: string
  appSecret: string
}

export interface DoudianTokens {
  accessToken: string
  /** Seven days when fresh; what is left of them when it was asked for before. */
  expiresInSeconds: number
  /** Lives fourteen days. Using it makes a new pair and ends this one. */
  refreshToken: string
  shopId: string
  shopName: string
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

export type Answer<T> = { ok: true; data: T; logId: string | null } | { ok: false; refusal: Refusal }

export interface SendOptions {
  timeoutMs?: number
  signal?: AbortSignal
}

export interface Call extends SendOptions {
  app: DoudianApp
  /** Absent in token calls. */
  accessToken?: string
  /** `order.searchList`: posted to `/order/searchList`. */
  method: string
  params: Record<string, unknown>
}

/** A self-use app names the shop; a tool app brings the code of the shop's consent. */
export type Grant = { shopId: string } | { code: string }

export interface DoudianGateway {
  readonly url: string
  /** Any method. `data` of the answer, long integers as text. Never throws: what went wrong is the answer. */
  call<T>(call: Call): Promise<Answer<T>>
  /** `token.create`. Asked again within its life it gives the same pair. */
  createToken(app: DoudianApp, grant: Grant, options?: SendOptions): Promise<Answer<DoudianTokens>>
  /** `token.refresh`: a new pair; the old refresh token is spent. */
  refreshToken(app: DoudianApp, refreshToken: string, options?: SendOptions): Promise<Answer<DoudianTokens>>
  /** `event-sign` (either form) over the raw body, in constant time. Header names in lower case, as Node gives them. */
  verifyPush(app: DoudianApp, body: Buffer, headers: Record<string, string | string[] | undefined>): boolean
  /** The messages of a push; null when the body is none. */
  readPush(body: Buffer | string): Push | null
}

export interface GatewayOptions {
  /** Without a slash at the end. */
  url: string
  fetch?: typeof fetch
  clock?: Pick<Clock, 'now'>
  signMethod?: SignMethod
  timeoutMs?: number
  /** Longest answer that is read. */
  maxBytes?: number
}

const MAX_BYTES = 32 * 1024 * 1024

/** Doudian's signed gateway over HTTP, and nothing else: no token is kept, nothing is retried. */
export function doudianGateway(options: GatewayOptions): DoudianGateway {
  const {
    signMethod = 'hmac-sha256',
    timeoutMs = 10_000,
    maxBytes = MAX_BYTES,
    clock = systemClock,
  } = options
  const ask = options.fetch ?? fetch
  const base = options.url.replace(/\/+$/, '')

  /** Unix seconds, as the official SDKs send; the gateway takes Shanghai's date and time as well. */
  function addressOf({ app, accessToken, method }: Call, body: string): string {
    const timestamp = String(Math.floor(clock.now() / 1000))
    const query = new URLSearchParams({
      app_key: app.appKey,
      method,
      ...(accessToken === undefined ? {} : { access_token: accessToken }),
      timestamp,
      v: '2',
      sign: requestSignature(app, { method, paramJson: body, timestamp }, signMethod),
      sign_method: signMethod,
    })
    return `${base}/${method.replaceAll('.', '/')}?${query}`
  }

  async function call<T>(call: Call): Promise<Answer<T>> {
    const limit = AbortSignal.timeout(call.timeoutMs ?? timeoutMs)
    const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit
    const body = paramJson(call.params)
    try {
      const reply = await ask(addressOf(call, body), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-open-no-old-err-code': '1' },
        body,
        signal,
        redirect: 'error',
      })
      return answerOf<T>(reply, await boundedText(reply, maxBytes))
    } catch (error) {
      return { ok: false, refusal: unanswered(error as Error) }
    }
  }

  const token = async (
    app: DoudianApp,
    method: string,
    params: Record<string, unknown>,
    send?: SendOptions,
  ) => tokensIn(await call<Json>({ app, method, params, ...send }))

  return {
    url: base,
    call,
    createToken: (app, grant, send) =>
      token(
        app,
        'token.create',
        'shopId' in grant
          ? { code: '', grant_type: 'authorization_self', shop_id: grant.shopId }
          : { code: grant.code, grant_type: 'authorization_code' },
        send,
      ),
    refreshToken: (app, refreshToken, send) =>
      token(app, 'token.refresh', { grant_type: 'refresh_token', refresh_token: refreshToken }, send),
    verifyPush,
    readPush,
  }
}

type Json = Record<string, unknown>

function answerOf<T>(reply: Response, text: string): Answer<T> {
  const said = envelopeOf(text)
  const logId = textOf(said['log_id']) || textOf(said['logId']) || null
  const of = verdict(codeOf(said), textOf(said['sub_code']), reply.status)
  if (of.class === 'ok') return { ok: true, data: (said['data'] ?? {}) as T, logId }
  const seconds = Number(reply.headers.get('retry-after') ?? Number.NaN)
  return {
    ok: false,
    refusal: {
      ...of,
      httpStatus: reply.status,
      description: textOf(said['sub_msg']) || textOf(said['msg']) || textOf(said['message']),
      logId,
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
      mayHaveHappened: reply.status >= 500 || of.code === 20000 || of.code === 20001 || of.code === null,
    },
  }
}

function envelopeOf(text: string): Json {
  try {
    const value = parseExact(text)
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {}
  } catch {
    return {}
  }
}

/** `code`; the older `err_no` (0 is success) where a gateway still speaks that. */
function codeOf(said: Json): number | null {
  const code = Number(said['code'] ?? Number.NaN)
  if (Number.isFinite(code)) return code
  const old = Number(said['err_no'] ?? Number.NaN)
  return Number.isFinite(old) ? old || 10000 : null
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** No answer at all: a cut connection, a time limit, an answer beyond all bounds. */
function unanswered(error: Error): Refusal {
  const refused = (error as { cause?: { code?: string } }).cause?.code === 'ECONNREFUSED'
  return {
    ...verdict(null, '', 0),
    httpStatus: 0,
    description: error.name === 'TimeoutError' ? 'no answer in time' : 'no answer',
    logId: null,
    retryAfterMs: null,
    mayHaveHappened: !refused,
  }
}

/** A token answer without its tokens counts as no proper answer, so that it is asked again. */
function tokensIn(answer: Answer<Json>): Answer<DoudianTokens> {
  if (!answer.ok) return answer
  const { data, logId } = answer
  const tokens = {
    accessToken: textOf(data['access_token']),
    expiresInSeconds: Number(data['expires_in']),
    refreshToken: textOf(data['refresh_token']),
    shopId: String(data['shop_id'] ?? ''),
    shopName: textOf(data['shop_name']),
  }
  if (tokens.accessToken && tokens.refreshToken && tokens.expiresInSeconds > 0) {
    return { ok: true, data: tokens, logId }
  }
  const description = 'the answer has no token'
  const refusal = { ...unanswered(new Error(description)), httpStatus: 200, description, logId }
  return { ok: false, refusal }
}
