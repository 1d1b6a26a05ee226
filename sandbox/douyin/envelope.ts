import { shanghaiTime } from '#sandbox/clock.ts'
import { hexOf } from '#sandbox/random.ts'

export type Call = {
  method: 'GET' | 'POST'
  path: string
  query: Record<string, string>
  body: Record<string, unknown>
  headers: Record<string, string | string[] | undefined>
  nowMs: number
  logId: string
  /** Filled by the access check when quotas are on. */
  spent?: { remaining: number; restoresInSeconds: number; used: boolean }
}
/** What an endpoint says; the family decides how it is wrapped. */
export type Outcome =
  | { data: Record<string, unknown> }
  | { code: number }
  | { html: string; code: number }
  | { redirect: string }
/** `oauth`: token endpoints. `a`: data + extra. `b`: err_no. `page`: HTML for a person. */
type Family = 'oauth' | 'a' | 'b' | 'page'
export type Endpoint = {
  method: 'GET' | 'POST'
  path: string
  family: Family
  handle(call: Call): Outcome
}
/** A number that is sometimes written as text, always the same way for the same name. */
export type Drift = (name: string, value: number) => number | string

export const descriptions: Record<number, string> = {
  10001: '系统错误，请重试',
  10002: '参数错误',
  10003: 'client_key 不存在或错误',
  10004: '应用未获得该能力',
  10005: '缺少参数',
  10006: 'redirect_uri 不合法',
  10007: '授权码过期或已使用',
  10008: 'access_token 无效或已过期',
  10010: 'refresh_token 已过期',
  10013: 'client_key 或 client_secret 错误',
  10014: 'client_key 与授权码不匹配',
  10020: '次数超过限制',
  2100004: '系统繁忙，请稍后再试',
  2100005: '参数不合法',
  2100007: '无权限操作',
  2100009: '用户被禁封使用该操作',
  2190001: 'quota 已用完',
  2190002: 'access_token 无效',
  2190003: '用户未授权该 API',
  2190004: '应用未获得该能力',
  2190007: '视频 id 错误',
  2190008: 'access_token 过期',
  2190015: 'access_token 与 open_id 不匹配',
  2190016: '应用被封禁或下线',
  2111003: '评论无效',
  2111004: '评论不属于该视频',
  28003018: '请求过于频繁',
}

// The newer gateway has its own numbers for the same refusals (protocol notes 3.3).
const gatewayTwins: Record<number, number> = {
  2190001: 28003017,
  2190002: 28001003,
  2190004: 28001018,
  2190008: 28001008,
  2190016: 28001016,
  2100004: 28001005,
  2100005: 28001007,
}
export const gatewayCode = (code: number): number => gatewayTwins[code] ?? code

const describe = (code: number) => {
  const plain = Object.entries(gatewayTwins).find(([, twin]) => twin === code)?.[0]
  return code === 0 ? '' : (descriptions[Number(plain ?? code)] ?? '未知错误')
}

/** `20201213141516` + 18 hex digits, as Douyin's log ids look. */
export const logIdOf = (seed: number, nth: number, nowMs: number): string =>
  shanghaiTime(nowMs).replace(/\D/g, '') + hexOf(`log/${seed}/${nth}`, 18).toUpperCase()

/**
 * Wrap data or a refusal code in its family's envelope.
 * `extra.error_code` and `err_no` never drift: the vendor's SDK insists that they are numbers.
 */
export function envelope(
  family: Family,
  call: Call,
  outcome: { data: Record<string, unknown> } | { code: number },
  drift: Drift,
): object {
  const code = 'code' in outcome ? outcome.code : 0
  const data = 'data' in outcome ? outcome.data : {}
  const description = describe(code)
  const errorCode = drift(`${call.path}/error_code`, code)
  if (family === 'b') return { err_no: code, err_msg: description, log_id: call.logId, data }
  if (family === 'oauth') {
    if (code !== 0) {
      return { data: { description, error_code: errorCode }, extra: { logid: call.logId, now: call.nowMs } }
    }
    return { data: { ...data, error_code: errorCode, description, log_id: call.logId }, message: 'success' }
  }
  return {
    data: { error_code: errorCode, description, ...data },
    extra: {
      error_code: code,
      description,
      sub_error_code: 0,
      sub_description: '',
      logid: call.logId,
      now: call.nowMs,
    },
  }
}

/** A parameter from the body or the query, as text: Douyin's clients use either. */
export function parameter(call: Call, name: string): string {
  const value = call.body[name] ?? call.query[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
