import { parseExact } from '#kernel/exact-json.ts'

/** A webhook's body, read. */
export interface Webhook {
  event: string
  clientKey: string
  fromUserId: string
  toUserId: string
  /** Parsed, whether it came as an object or as JSON text. */
  content: unknown
  /** When the platform wrote it, by the platform's clock, to the second; null when it does not say. */
  sentAtMs: number | null
}

/** Reads a webhook's body; null when it is none. */
export function readWebhook(body: string): Webhook | null {
  const outer = parsed(body)
  if (outer === null || typeof outer !== 'object' || Array.isArray(outer)) return null
  const of = outer as Record<string, unknown>
  if (typeof of['event'] !== 'string') return null
  const text = (name: string) => (typeof of[name] === 'string' ? of[name] : '')
  const content = typeof of['content'] === 'string' ? (parsed(of['content']) ?? of['content']) : of['content']
  return {
    event: of['event'],
    clientKey: text('client_key'),
    fromUserId: text('from_user_id'),
    toUserId: text('to_user_id'),
    content: content ?? null,
    sentAtMs: logIdAtMs(text('log_id')),
  }
}

function parsed(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return null
  }
}

/** The second in which the platform wrote a log id (`20201213141516…`, Shanghai time), or null. */
export function logIdAtMs(logId: string | null | undefined): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(logId ?? '')
  if (!match) return null
  const [, y, mo, d, h, mi, s] = match
  const ms = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}+08:00`)
  return Number.isNaN(ms) ? null : ms
}
