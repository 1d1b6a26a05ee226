/** What a caller does about an answer. One class per cure, see {@link verdict}. */
export type VerdictClass =
  | 'ok'
  /** Later, as it is. */
  | 'retry'
  /** Later and slower. */
  | 'rate'
  /** The access token ran out or is unknown: refresh it, then once more. */
  | 'refresh-token'
  /** The shop must let the app in again. */
  | 'reauthorise'
  /** The app or the shop lacks the right. */
  | 'permission'
  /** This idempotent id was carried out before: the effect is there. */
  | 'repeated'
  /** Never, as it is. */
  | 'invalid'

export interface Verdict {
  class: VerdictClass
  /** The platform's code; null when the connection or the HTTP layer failed. */
  code: number | null
  subCode: string
  zh: string
  en: string
}

type Line = readonly [start: string, of: VerdictClass, zh: string, en: string]

/** By `sub_code`, the finer word; the first start that fits. Sources: the platform's tables and official SDKs. */
const BY_SUB_CODE: readonly Line[] = [
  [
    'isv.access-token-expired',
    'refresh-token',
    '令牌过期，系统正在自动刷新',
    'The token ran out, refreshing it',
  ],
  [
    'isv.access-token-no-existed',
    'refresh-token',
    '令牌不存在，系统正在自动刷新',
    'Unknown token, refreshing it',
  ],
  ['isv.access-token-invalid', 'refresh-token', '令牌无效，系统正在自动刷新', 'Invalid token, refreshing it'],
  ['isv.business-failed:31009', 'refresh-token', '缺少令牌，系统正在自动刷新', 'No token, refreshing it'],
  ['isv.idempotent-id-existed', 'repeated', '该操作已执行过', 'This was done before'],
  ['isv.timestamp', 'invalid', '时间不准，检查服务器时钟', 'The clock is off by more than ten minutes'],
  ['isv.signature', 'invalid', '签名错误，检查应用密钥', 'Wrong signature: check the app secret'],
  ['isv.app-id', 'invalid', '应用 app_key 错误', 'The app key is wrong'],
  ['dop.token-generate-failed:token', 'reauthorise', '授权已失效，请重新授权', 'Authorise the shop again'],
  ['dop.token-generate-failed:no-authorization', 'reauthorise', '店铺未授权', 'The shop is not authorised'],
  ['dop.token-generate-failed:app-forbidden', 'permission', '应用被禁用', 'The app is forbidden'],
  [
    'dop.token-generate-failed',
    'invalid',
    '授权码、密钥或授权方式错误',
    'Code, secret or grant type is wrong',
  ],
  ['dop.authorization', 'reauthorise', '店铺授权不存在或已关闭', 'The shop closed its authorisation'],
]

const BY_CODE: readonly (readonly [code: number, of: VerdictClass, zh: string, en: string])[] = [
  [10000, 'ok', '成功', 'Done'],
  [10001, 'retry', '部分失败，稍后自动重试', 'Partly failed, trying again'],
  [20000, 'retry', '服务不可用，稍后自动重试', 'Service unavailable, trying again'],
  [20001, 'retry', '服务超时，稍后自动重试', 'The service timed out, trying again'],
  [30001, 'permission', '没有权限，检查应用权限包', "No permission: check the app's permissions"],
  [30002, 'permission', 'IP 不在白名单', 'This IP address is not allowed'],
  [40001, 'invalid', '缺少平台参数', 'A platform parameter is missing'],
  [40002, 'invalid', '缺少业务参数', 'A parameter is missing'],
  [40003, 'invalid', '平台参数错误', 'A platform parameter is wrong'],
  [40004, 'invalid', '业务参数错误', 'A parameter is wrong'],
  [50001, 'retry', '平台处理失败，稍后自动重试', 'The platform failed, trying again'],
  [50002, 'invalid', '业务处理失败', 'The business rule refuses it'],
  [60000, 'rate', '请求过于频繁，已放慢', 'Too fast, slowing down'],
  [70000, 'retry', '接口已下线', 'The API is off'],
  [80000, 'permission', '安全限制', 'Refused for security'],
  [90000, 'retry', '未知错误，稍后自动重试', 'Unknown error, trying again'],
]

/**
 * What an answer means: the sub code where it is known, else the code, else the HTTP status. Pass null for a code that is
 * not there. A code that we do not know is worth a retry: `invalid` would lose work over a code added yesterday.
 */
export function verdict(code: number | null, subCode: string, httpStatus: number): Verdict {
  const finer = BY_SUB_CODE.find(([start]) => subCode.startsWith(start))
  if (code !== 10000 && finer) return { class: finer[1], code, subCode, zh: finer[2], en: finer[3] }
  if (httpStatus === 429) return { class: 'rate', code, subCode, zh: '请求过于频繁，已放慢', en: 'Too fast' }
  const known = BY_CODE.find(([of]) => of === code)
  if (known && (known[1] !== 'ok' || httpStatus === 200)) {
    return { class: known[1], code, subCode, zh: known[2], en: known[3] }
  }
  if (code === null && httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408) {
    const en = `Refused with HTTP ${httpStatus}`
    return { class: 'invalid', code, subCode, zh: `平台拒绝 (HTTP ${httpStatus})`, en }
  }
  return code === null
    ? {
        class: 'retry',
        code,
        subCode,
        zh: '平台没有回应，稍后自动重试',
        en: 'No proper answer, trying again',
      }
    : { class: 'retry', code, subCode, zh: `平台代码 ${code}`, en: `Platform code ${code}` }
}
