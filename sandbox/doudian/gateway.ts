import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '#sandbox/clock.ts'
import { type Drift, logIdOf } from '#sandbox/douyin/envelope.ts'
import type { FaultBox } from '#sandbox/faults.ts'
import type { requestCounter } from '#sandbox/requests.ts'
import { missing, type Params, refuse, type Said, textOf } from './method.ts'
import { methods } from './methods.ts'
import { canonical, int64, parseRaw, plain } from './raw-numbers.ts'
import type { ShopBook } from './shop-book.ts'
import { requestSign, type SignMethod } from './signing.ts'
import type { Pair, TokenBook } from './tokens.ts'

type Parts = {
  seed: number
  appKey: string
  appSecret: string
  clock: Clock
  faults: FaultBox
  requests: ReturnType<typeof requestCounter>
  drift: Drift
  book: ShopBook
  tokens: TokenBook
}
type Query = Record<string, string | undefined>

const tenMinutes = 600_000
const words: Record<number, string> = {
  10000: 'success',
  20000: '服务不可用',
  30001: '无权限',
  40001: '缺少平台参数',
  40002: '缺少业务参数',
  40003: '平台参数错误',
  40004: '业务参数错误',
  50001: '平台处理失败',
  50002: '业务处理失败',
  60000: '请求过于频繁',
  70000: '接口已下线',
}
const injectedSub: Record<number, string> = {
  20000: 'isp.service-error:1',
  30001: 'isv.app-permissions-insufficient',
  40003: 'isv.access-token-expired',
}
// The fault box knows Douyin's codes by default; here they mean the nearest of ours.
const twins: Record<number, number> = { 2100004: 60000, 10001: 20000 }

/** The signed gateway: system parameters, signature, token, then the method; the faults before all of it. */
export function gatewayRoutes(app: FastifyInstance, parts: Parts) {
  const { seed, clock, faults, requests, book, tokens } = parts
  const closing = new AbortController()
  app.addHook('onClose', async () => closing.abort())
  let answered = 0

  for (const method of ['token.create', 'token.refresh', ...Object.keys(methods)]) {
    const path = `/${method.replaceAll('.', '/')}`
    app.post<{ Body: string }>(path, (request, reply) => serve(method, path, request, reply))
  }

  async function serve(
    method: string,
    path: string,
    request: FastifyRequest<{ Body: string }>,
    reply: FastifyReply,
  ) {
    requests.called(path)
    const verdict = faults.decide(path)
    if (verdict.slowMs > 0) await wait(verdict.slowMs, undefined, { signal: closing.signal }).catch(() => {})
    const { instead } = verdict
    if (!instead) {
      const said = handle(method, request)
      requests.handled(path)
      if (verdict.double) handle(method, request)
      if (verdict.dropAfter) return drop(path, 'dropped-after', request, reply)
      if (verdict.emptyToken && method.startsWith('token.') && 'data' in said) {
        return answer(path, { data: { ...(said.data as object), access_token: '' } }, request, reply)
      }
      return answer(path, said, request, reply)
    }
    if ('drop' in instead) return drop(path, 'dropped', request, reply)
    if ('code' in instead) {
      const code = twins[instead.code] ?? instead.code
      return answer(path, refuse(code, injectedSub[code] ?? '', 'injected'), request, reply)
    }
    if ('retryAfterSeconds' in instead) {
      reply.code(429).header('Retry-After', instead.retryAfterSeconds)
      return answer(path, refuse(60000, '', 'injected'), request, reply)
    }
    requests.ended(path, `status:${instead.status}`)
    return reply.code(instead.status).type('text/plain').send('injected failure')
  }

  function drop(path: string, how: string, request: FastifyRequest, reply: FastifyReply) {
    requests.ended(path, how)
    reply.hijack()
    request.raw.socket.destroy()
  }

  function answer(path: string, said: Said, request: FastifyRequest, reply: FastifyReply) {
    const code = 'code' in said ? said.code : 10000
    requests.ended(path, code === 10000 ? 'ok' : String(code))
    const old = request.headers['x-open-no-old-err-code']
      ? {}
      : { err_no: code === 10000 ? 0 : code, message: words[code] }
    const body = {
      code,
      msg: words[code] ?? '失败',
      sub_code: 'code' in said ? said.sub : '',
      sub_msg: 'code' in said ? said.words : '',
      log_id: logIdOf(seed, answered++, clock.now()),
      data: 'data' in said ? said.data : null,
      ...old,
    }
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
  }

  function handle(method: string, request: FastifyRequest<{ Body: string }>): Said {
    const query = request.query as Query
    const read = paramsOf(parts, method, query, request.body ?? '')
    if ('refused' in read) return read.refused
    const { params } = read
    if (method === 'token.create') return createToken(params)
    if (method === 'token.refresh') return refreshToken(textOf(params['refresh_token']))
    const access = query['access_token']
    if (!access) return refuse(40001, 'isv.access-token-missing', 'access_token is missing')
    const pair = tokens.check(access)
    if (typeof pair === 'string') return refuse(40003, `isv.access-token-${pair}`, `access_token ${pair}`)
    const shop = book.shop(pair.shopId)
    if (!shop) return refuse(30001, 'dop.authorization-no-existed', 'the shop is gone')
    return methods[method]!(shop, params, clock.now(), parts.drift)
  }

  function createToken(params: Params): Said {
    const kind = textOf(params['grant_type'])
    if (kind === 'authorization_self') {
      const shopId = textOf(params['shop_id'])
      return shopId ? given(shopId) : missing('shop_id')
    }
    if (kind !== 'authorization_code') return noToken('grant-type-invalid')
    const shopId = tokens.spend(textOf(params['code']))
    return shopId.startsWith('code-') ? noToken(shopId) : given(shopId)
  }
  const given = (shopId: string): Said =>
    book.shop(shopId) ? { data: tokenWire(tokens.create(shopId)) } : noToken('no-authorization')
  function refreshToken(token: string): Said {
    const pair = tokens.refresh(token)
    return typeof pair === 'string' ? noToken(pair) : { data: tokenWire(pair) }
  }
  const noToken = (why: string) => refuse(50001, `dop.token-generate-failed:${why}`, why)
  const tokenWire = (pair: Pair) => ({
    access_token: pair.accessToken,
    expires_in: parts.drift('doudian/expires_in', Math.floor((pair.accessUntilMs - clock.now()) / 1000)),
    refresh_token: pair.refreshToken,
    scope: 'SCOPE',
    shop_id: int64(pair.shopId),
    shop_name: book.shop(pair.shopId)?.name ?? '',
    authority_id: '',
    auth_subject_type: 'YunCang',
  })
}

/** The system parameters one after the other, then the body, which must be written the one way that is signed. */
function paramsOf(
  { appKey, appSecret, clock }: Parts,
  method: string,
  query: Query,
  body: string,
): { params: Params } | { refused: Said } {
  const refused = (code: number, sub: string) => ({ refused: refuse(code, sub, sub) })
  if (!query['app_key']) return refused(40001, 'isv.app-id-missing')
  if (query['app_key'] !== appKey) return refused(40003, 'isv.app-id-invalid')
  if (query['method'] !== method || query['v'] !== '2') return refused(40003, 'isv.parameter-format-invalid')
  const { timestamp, sign } = query
  if (!sign) return refused(40001, 'isv.signature-missing')
  if (!timestamp) return refused(40001, 'isv.timestamp-missing')
  const atMs = momentOf(timestamp)
  if (atMs === undefined) return refused(40003, 'isv.timestamp-format-error')
  // A clock that a test has turned is not the client's fault: real time is good too.
  const off = Math.min(Math.abs(atMs - clock.now()), Math.abs(atMs - Date.now()))
  if (off > tenMinutes) return refused(40003, 'isv.timestamp-invalid')
  const raw = parsed(body)
  if (raw === undefined) return refused(40003, 'isv.parameter-format-invalid')
  const signMethod: SignMethod = query['sign_method'] === 'hmac-sha256' ? 'hmac-sha256' : 'md5'
  const param = canonical(raw)
  const right = requestSign(appKey, appSecret, { method, param, timestamp }, signMethod)
  if (param !== body || sign !== right) return refused(40003, 'isv.signature-invalid')
  return { params: plain(raw) as Params }
}

function momentOf(timestamp: string): number | undefined {
  if (/^\d{10}$/.test(timestamp)) return Number(timestamp) * 1000
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(timestamp)) return undefined
  return Date.parse(`${timestamp.replace(' ', 'T')}+08:00`) || undefined
}

function parsed(body: string): unknown {
  try {
    const value = parseRaw(body)
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
