import { hash } from 'node:crypto'
import { parseExact } from '#kernel/exact-json.ts'
import type { OrderStatus, Refund, RefundStatus, Sighting } from './order-sync.ts'

/** One message of a push, not yet understood. */
export interface Message {
  nth: number
  msgId: string
  tag: string
  /** Of tag and data: the same id with another version is another message. */
  version: string
  /** The parent order, where there is one; read without trusting the JSON. */
  orderId: string
  data: string
}

/** The address check that the platform makes when it is saved. */
export const PROBE_TAG = '0'

/** Of a body that is no push although it was signed like one. */
export const UNREADABLE_TAG = 'unreadable'

/** What the platform wants to read when a push was taken. Anything else makes it send again. */
export const REPLY = '{"code":0,"msg":"success"}'

const ORDER_ID = /"p_id"\s*:\s*"?(\d{1,40})/

/** The messages of a push; null for a body that is no array of them. Elements that are none are left out. */
export function readPush(body: string): Message[] | null {
  let list: unknown
  try {
    list = parseExact(body)
  } catch {
    return null
  }
  if (!Array.isArray(list)) return null
  return list.flatMap((element, nth) => {
    if (element === null || typeof element !== 'object') return []
    const { tag, msg_id, msgId = msg_id, data = '' } = element as Record<string, unknown>
    if (tag === undefined) return []
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    const version = hash('sha1', `${tag} ${text}`).slice(0, 16)
    const orderId = ORDER_ID.exec(text)?.[1] ?? ''
    return [{ nth, msgId: plain(msgId ?? version), tag: plain(tag), version, orderId, data: text }]
  })
}

/** What a text column takes, and our separator of columns: no JSON text has either character, but an escape in it can hide one. */
export const printable = (text: string): string =>
  text.replaceAll('\0', '\uFFFD').replaceAll('\u001e', '\uFFFD')

const plain = (value: unknown): string => printable(String(value).slice(0, 200))

export type Read = { sighting: Sighting } | { ignored: string } | { parked: string }

/** What a tag says of the order, and where it says when. */
const TRADE: Record<string, { status?: OrderStatus; at: string }> = {
  100: { status: 'created', at: 'create_time' },
  101: { status: 'paid', at: 'pay_time' },
  110: { status: 'paid', at: 'pay_time' },
  108: { status: 'part-shipped', at: 'update_time' },
  102: { status: 'shipped', at: 'update_time' },
  103: { status: 'finished', at: 'complete_time' },
  106: { status: 'closed', at: 'cancel_time' },
  104: { at: 'update_time' },
  105: { at: 'update_time' },
  109: { at: 'modify_time' },
  111: { at: 'apply_time' },
  113: { at: 'update_time' },
  126: { at: 'update_time' },
}
/** The order itself is another one after these, and the message does not say how: its page is asked for. */
const CHANGES = new Set(['105', '109', '113'])

const REFUNDS: Record<string, RefundStatus> = {
  200: 'applied',
  208: 'applied',
  201: 'agreed',
  202: 'agreed',
  204: 'refused',
  205: 'refused',
  206: 'done',
  207: 'closed',
}

/** What a message says; a message that nobody can read is parked with its reason, the others go on. */
export function readMessage(
  shopId: string,
  { tag, data }: Pick<Message, 'tag' | 'data'>,
  receivedAtMs: number,
): Read {
  const trade = TRADE[tag]
  const refund = REFUNDS[tag]
  if (!trade && !refund) return { ignored: `Tag ${tag} says nothing about an order's state` }
  const fields = fieldsOf(data)
  if (!fields) return { parked: 'Its data is no JSON object' }
  const orderId = textOf(fields['p_id'])
  if (!orderId) return { parked: 'It names no order' }
  const of = textOf(fields['shop_id'])
  if (of && of !== shopId) return { parked: `It is about shop ${of}, and came to ${shopId}` }
  const base = { shopId, orderId, source: 'push' as const }
  if (refund) {
    const read = refundOf(fields, refund)
    if (typeof read === 'string') return { parked: read }
    // A refund of all of it closes the order, and no message says so.
    const changed = refund === 'done' ? { changedAtMs: receivedAtMs } : {}
    return { sighting: { ...base, atMs: read.atMs, refunds: [read], ...changed } }
  }
  const { status, at } = trade!
  const atMs = msOf(fields[at])
  const paidFen = status === 'paid' ? fenOf(fields['pay_amount']) : null
  return {
    sighting: {
      ...base,
      atMs,
      ...(status ? { status } : {}),
      ...(paidFen === null ? {} : { paidFen }),
      // A status without its time cannot be put among the others: the page is asked for.
      ...(CHANGES.has(tag) || (status && atMs === 0) ? { changedAtMs: receivedAtMs } : {}),
    },
  }
}

function refundOf(fields: Record<string, unknown>, status: RefundStatus): Refund | string {
  const refundId = textOf(fields['aftersale_id'])
  if (!refundId) return 'It names no refund'
  const goods = fenOf(fields['refund_amount'])
  if (goods === null || goods < 0) return 'It names no amount'
  const fen = goods + Math.max(0, fenOf(fields['refund_post_amount']) ?? 0)
  const atMs = Math.max(
    0,
    ...Object.entries(fields).map(([name, value]) => (name.endsWith('_time') ? msOf(value) : 0)),
  )
  return { refundId, lineId: textOf(fields['s_id']) || null, status, fen, atMs }
}

function fieldsOf(data: string): Record<string, unknown> | null {
  try {
    const value = parseExact(data)
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' && Number.isSafeInteger(value)
      ? String(value)
      : ''

/** Unix seconds, as number or text, to milliseconds; 0 for what is no time. */
export function msOf(value: unknown): number {
  const n = Number(value ?? 0)
  if (!Number.isFinite(n) || n <= 0) return 0
  return n > 100_000_000_000 ? Math.floor(n) : Math.floor(n) * 1000
}

/** Whole fen, as number or text; null for anything else. */
export function fenOf(value: unknown): number | null {
  if (value === undefined || value === null || value === '') return null
  const n = Number(value)
  return Number.isSafeInteger(n) ? n : null
}
