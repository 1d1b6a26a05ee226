/** What a caller does about an answer. One class per cure, see {@link verdict}. */
export type VerdictClass =
  | 'ok'
  | 'retry'
  | 'refresh-token'
  | 'reauthorise'
  | 'revoked'
  | 'banned'
  | 'scope-missing'
  | 'quota'
  | 'rate'
  | 'invalid'

export interface Verdict {
  class: VerdictClass
  /** The platform's code; null when the connection or the HTTP layer failed. */
  code: number | null
  zh: string
  en: string
}

type Line = readonly [code: number, of: VerdictClass, zh: string, en: string]

/**
 * Every code we know, what to do about it and how to say it. Sources: the platform's pages and official SDKs; see the
 * README. 10020 means two things: on a renewal the caller reads it as "used up", on a client token as "too often".
 */
export const PLATFORM_CODES: readonly Line[] = [
  [0, 'ok', '成功', 'Done'],
  [10001, 'retry', '平台系统错误，稍后自动重试', 'Platform error, trying again'],
  [10002, 'invalid', '参数错误', 'A parameter is wrong'],
  [10003, 'invalid', 'client_key 不存在或错误', 'The client key is wrong'],
  [10004, 'scope-missing', '应用未获得该能力，去开放平台申请', 'The app lacks this capability: apply for it'],
  [10005, 'invalid', '缺少参数', 'A parameter is missing'],
  [10006, 'invalid', '回调地址不合法', 'The redirect address is not registered'],
  [10007, 'invalid', '授权码过期或已使用', 'The code is used or too old'],
  [10008, 'refresh-token', '令牌过期，系统正在自动刷新', 'The token ran out, refreshing it'],
  [10010, 'reauthorise', '授权已失效，请重新授权', 'The authorisation ended: authorise again'],
  [10011, 'invalid', '应用包名错误', 'The package name is wrong'],
  [10012, 'invalid', '应用审核中', 'The app is under review'],
  [10013, 'invalid', 'client_key 或 client_secret 错误', 'The client key or secret is wrong'],
  [10014, 'invalid', 'client_key 与授权码不匹配', 'The code belongs to another app'],
  [10015, 'invalid', '应用类型错误', 'The app is of the wrong type'],
  [10017, 'invalid', '应用签名错误', 'The signature of the app is wrong'],
  [10020, 'rate', '次数超过限制', 'Asked too often, or renewed as often as allowed'],
  [2100004, 'retry', '平台繁忙，稍后自动重试', 'The platform is busy, trying again'],
  [2100005, 'invalid', '参数不合法', 'A parameter is wrong'],
  [2100006, 'invalid', '不能查询自己', 'Both ids are the same account'],
  [2100007, 'scope-missing', '无权限操作', 'Not permitted'],
  [2100009, 'banned', '账号被禁止使用该操作', 'The account is banned from this'],
  [2110001, 'retry', '平台系统错误，稍后自动重试', 'Platform error, trying again'],
  [2111001, 'invalid', '评论含有敏感词', 'The comment has a sensitive word'],
  [2111002, 'retry', '评论获取失败，稍后自动重试', 'Comments could not be fetched, trying again'],
  [2111003, 'invalid', '评论无效', 'No such comment'],
  [2111004, 'invalid', '评论不属于该视频', 'The comment is of another video'],
  [2111005, 'invalid', '置顶审核中', 'The pin is still under review'],
  [2111006, 'invalid', '评论失败', 'The comment was refused'],
  [2111007, 'retry', '视频获取失败，稍后自动重试', 'The video could not be fetched, trying again'],
  [2112001, 'scope-missing', '非企业号', 'Not an enterprise account'],
  [2113001, 'invalid', '素材审核未通过', 'The material was rejected'],
  [2113002, 'invalid', '素材数量已达上限', 'The limit of materials is reached'],
  [2114001, 'invalid', '文字过长', 'The text is too long'],
  [2114005, 'banned', '账号被禁止发布', 'The account may not publish'],
  [2114006, 'invalid', '视频时长超限', 'The video is too long'],
  [2114007, 'quota', '今日发布已达上限', "Today's publishing limit is reached"],
  [2118110, 'rate', '发送过快，已排队', 'Too fast, queued'],
  [
    2190001,
    'quota',
    '今日额度已用完，恢复后自动继续',
    "Today's quota is used up; goes on when it is restored",
  ],
  [2190002, 'refresh-token', '令牌无效，系统正在自动刷新', 'The token is not valid, refreshing it'],
  [2190003, 'scope-missing', '用户未授予此权限，去授权', 'The user has not granted this'],
  [
    2190004,
    'scope-missing',
    '应用未开通该能力，去开放平台申请',
    'The app lacks this capability: apply for it',
  ],
  [2190005, 'invalid', '视频文件太大', 'The video file is too large'],
  [2190006, 'invalid', '视频时长超过 15 分钟', 'The video is longer than 15 minutes'],
  [2190007, 'invalid', '视频 id 错误', 'No such video of this account'],
  [2190008, 'refresh-token', '令牌过期，系统正在自动刷新', 'The token ran out, refreshing it'],
  [2190015, 'invalid', '令牌与账号不匹配', 'The token belongs to another account'],
  [2190016, 'banned', '应用被封禁或下线', 'The app is banned or offline'],
  [28001003, 'refresh-token', '令牌无效，系统正在自动刷新', 'The token is not valid, refreshing it'],
  [28001005, 'retry', '平台繁忙，稍后自动重试', 'The platform is busy, trying again'],
  [28001006, 'retry', '平台网络错误，稍后自动重试', 'Platform network error, trying again'],
  [28001007, 'invalid', '参数不合法', 'A parameter is wrong'],
  [28001008, 'refresh-token', '令牌过期，系统正在自动刷新', 'The token ran out, refreshing it'],
  [28001014, 'scope-missing', '应用没有能力，去开放平台申请', 'The app has no capability: apply for it'],
  [28001016, 'banned', '应用被封禁或下线', 'The app is banned or offline'],
  [
    28001018,
    'scope-missing',
    '应用未开通该能力，去开放平台申请',
    'The app lacks this capability: apply for it',
  ],
  [28001019, 'scope-missing', '该能力已被封禁', 'This capability is banned'],
  [28001038, 'invalid', '内容不合法', 'The content is not allowed'],
  [
    28003017,
    'quota',
    '今日额度已用完，恢复后自动继续',
    "Today's quota is used up; goes on when it is restored",
  ],
  [28003018, 'rate', '发送过快，已排队', 'Too fast, queued'],
  [28003101, 'banned', '用户被封禁', 'The user is banned'],
  [28029004, 'banned', '账号被禁止发送', 'The account may not send'],
  [29002002, 'invalid', '应用凭证错误', 'The credentials of the app are wrong'],
]

const BY_CODE = new Map(PLATFORM_CODES.map(([code, of, zh, en]) => [code, { class: of, code, zh, en }]))

/**
 * What an answer means. The platform answers errors with HTTP 200 and a code; HTTP 429 and 5xx come from gateways.
 * Pass null for a code that is not there. An unknown code is worth a retry once the deadline allows it: `invalid`
 * would lose work over a code that the platform added yesterday.
 */
export function verdict(code: number | null, httpStatus: number): Verdict {
  const known = code === null ? undefined : BY_CODE.get(code)
  if (httpStatus === 429) {
    const quota = known?.class === 'quota'
    return quota ? known : { class: 'rate', code, zh: '发送过快，已排队', en: 'Too fast, queued' }
  }
  if (known && (known.class !== 'ok' || httpStatus === 200)) return known
  if (httpStatus === 413) return { class: 'invalid', code, zh: '内容过大', en: 'Too large' }
  if (code === null && httpStatus === 200) {
    return { class: 'retry', code, zh: '平台回答无法读取', en: "The platform's answer cannot be read" }
  }
  if (code === null && httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408) {
    return {
      class: 'invalid',
      code,
      zh: `平台拒绝 (HTTP ${httpStatus})`,
      en: `Refused with HTTP ${httpStatus}`,
    }
  }
  return code === null
    ? {
        class: 'retry',
        code,
        zh: '平台没有回应，稍后自动重试',
        en: 'The platform does not answer, trying again',
      }
    : { class: 'retry', code, zh: `平台代码 ${code}`, en: `Platform code ${code}` }
}
