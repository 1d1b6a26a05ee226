import { parseExact } from '#kernel/exact-json.ts'
import { pushSignature, type SignMethod, sameText } from './signature.ts'

type Headers = Record<string, string | string[] | undefined>

/** What each tag tells. Source: the message documents as the SDKs list them. */
export const PUSH_EVENTS = {
  '0': 'probe',
  '100': 'trade.created',
  '101': 'trade.paid',
  '102': 'trade.shipped',
  '103': 'trade.finished',
  '104': 'trade.logistics-changed',
  '105': 'trade.address-changed',
  '106': 'trade.cancelled',
  '108': 'trade.partly-shipped',
  '109': 'trade.amount-changed',
  '110': 'trade.pending',
  '111': 'trade.address-change-asked',
  '113': 'trade.memo-changed',
  '126': 'trade.ship-time-changed',
  '200': 'refund.created',
  '201': 'refund.agreed',
  '202': 'refund.return-agreed',
  '203': 'refund.sent-back',
  '204': 'refund.refused',
  '205': 'refund.return-refused',
  '206': 'refund.succeeded',
  '207': 'refund.closed',
  '208': 'refund.changed',
  '400': 'product.changed',
  '417': 'product.info-changed',
} as const
export type PushEvent = (typeof PUSH_EVENTS)[keyof typeof PUSH_EVENTS] | 'other'

/** One message of a push, read. Ids are text; everything but `tag` and `msgId` may be missing. */
export interface PushMessage {
  tag: string
  event: PushEvent
  /** The same message keeps its id when it is sent again. */
  msgId: string
  /** `data` as it came: JSON text. */
  dataText: string
  /** `data` read, long integers as text; null where it is not a JSON object (then keep the text). */
  data: Record<string, unknown> | null
  shopId: string | null
  /** The parent order (`p_id`). */
  orderId: string | null
  /** Sub-orders (`s_ids`, or `s_id` of a refund). */
  skuOrderIds: string[]
  /** Of refunds. */
  afterSaleId: string | null
  /** `order_status` as of the message; null in refunds. */
  orderStatus: number | null
  /** When it happened, by the platform's clock, to the second. */
  happenedAtMs: number | null
}

export interface Push {
  messages: PushMessage[]
  /** The platform's check of a new address: answer {@link PUSH_ACCEPTED}, keep nothing. */
  isProbe: boolean
}

/** The only answer, with HTTP 200, that the platform takes for "delivered". */
export const PUSH_ACCEPTED = { code: 0, msg: 'success' } as const
export const PUSH_REFUSED = { code: 40041, msg: 'fail' } as const

/**
 * Whether a push is from the platform: `event-sign` over the raw body, in constant time. MD5 or HMAC-SHA256 by the header
 * `sign-method`, else by the length of the signature. An `app-id` of another app is refused.
 */
export function verifyPush(
  app: { appKey: string; appSecret: string },
  body: Buffer,
  headers: Headers,
): boolean {
  const sign = single(headers, 'event-sign')
  const appId = single(headers, 'app-id')
  if (appId !== '' && appId !== app.appKey) return false
  const right = pushSignature(app, body, variantOf(single(headers, 'sign-method'), sign))
  return sameText(sign, right)
}

const variantOf = (named: string, sign: string): SignMethod =>
  named === 'hmac-sha256' || named === 'md5' ? named : sign.length === 64 ? 'hmac-sha256' : 'md5'

const single = (headers: Headers, name: string): string => {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

/** Reads a push's body: an array of messages. Null when it is none; a message without tag or id makes it none. */
export function readPush(body: Buffer | string): Push | null {
  const list = parsed(typeof body === 'string' ? body : body.toString('utf8'))
  if (!Array.isArray(list) || list.length === 0) return null
  const messages = list.map(readMessage)
  if (!messages.every((message) => message !== null)) return null
  return { messages, isProbe: messages.every((message) => message.tag === '0') }
}

function readMessage(raw: unknown): PushMessage | null {
  if (raw === null || typeof raw !== 'object') return null
  const { tag, msg_id, msgId, data } = raw as Record<string, unknown>
  const id = idOf(msg_id ?? msgId)
  const of = idOf(tag)
  if (of === null || id === null) return null
  // One third-party client has seen `data` as an object; the official SDK reads text.
  const dataText = typeof data === 'string' ? data : JSON.stringify(data ?? null)
  const read = typeof data === 'string' ? parsed(data) : data
  const fields = isObject(read) ? read : null
  const told = fields ?? {}
  return {
    tag: of,
    event: PUSH_EVENTS[of as keyof typeof PUSH_EVENTS] ?? 'other',
    msgId: id,
    dataText,
    data: fields,
    shopId: idOf(told['shop_id']),
    orderId: idOf(told['p_id']),
    skuOrderIds: idsOf(told['s_ids'] ?? (told['s_id'] === undefined ? [] : [told['s_id']])),
    afterSaleId: idOf(told['aftersale_id']),
    orderStatus: secondsOf(told['order_status']),
    happenedAtMs: momentOf(told),
  }
}

const TIMES = [
  'update_time',
  'create_time',
  'pay_time',
  'complete_time',
  'cancel_time',
  'modify_time',
  'success_time',
  'apply_time',
  'agree_time',
  'refuse_time',
  'close_time',
]

/** The latest of the times in it: a message tells when the thing was made and when it changed, under many names. */
function momentOf(told: Record<string, unknown>): number | null {
  const seconds = TIMES.map((name) => secondsOf(told[name])).filter((value) => value !== null)
  return seconds.length === 0 ? null : Math.max(...seconds) * 1000
}

function secondsOf(value: unknown): number | null {
  const n = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof n === 'number' && Number.isFinite(n) ? n : null
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

const idOf = (value: unknown): string | null =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : null

const idsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(idOf).filter((id) => id !== null) : []

function parsed(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}
