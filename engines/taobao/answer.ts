import { parseExact } from '#kernel/exact-json.ts'
import { type Fault, fault } from '#kernel/fault.ts'
import { retryAfterMs, type Said } from '#kernel/outgoing.ts'
import { untilTomorrowMs } from './time.ts'

export type Json = Record<string, unknown>

/** What is inside of `<method>_response`, or the fault that `error_response` means. HTTP says 200 to both. */
export function answerOf(said: Said, nowMs: number, secrets: readonly string[]): Json {
  if (said.status === 429) throw limited(retryAfterMs(said.headers) ?? 1_000)
  if (said.status !== 200) {
    const kind = said.status >= 500 ? 'unavailable' : 'invalid'
    throw fault(kind, 'taobao/status', `Taobao answered ${said.status}`)
  }
  const body = bodyOf(said.text)
  const error = body['error_response']
  if (isObject(error)) throw errorFault(error, nowMs, secrets)
  const root = Object.keys(body).find((name) => name.endsWith('_response'))
  const inside = root === undefined ? undefined : body[root]
  if (!isObject(inside)) throw unreadable()
  return inside
}

/** What code and sub code mean for us; never with a secret that the platform repeated. Source: TOP, "error codes"; sub codes: `isp.` is the platform, `isv.` is us. */
export function errorFault(error: Json, nowMs: number, secrets: readonly string[]): Fault {
  const code = Number(error['code'])
  const subCode = String(error['sub_code'] ?? '')
  const told = String(error['sub_msg'] || error['msg'] || '')
  const words = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), told).slice(0, 300)
  if (code === 7) return limited(limitMs(subCode, words, nowMs))
  if (code === 26 || code === 27)
    return fault('denied', 'taobao/session', "The seller's authorisation has ended", {
      status: 401,
      cure: 'Connect the shop again',
    })
  if (code === 10 || subCode.startsWith('isp.'))
    return fault('unavailable', 'taobao/internal', `Taobao failed inside (${code} ${subCode})`)
  if (code === 11 || code === 12 || code === 13 || code === 42)
    return fault('denied', 'taobao/permission', `Taobao does not allow it (${code}): ${words}`)
  if (subCode.startsWith('isv.') && /not-?exist|not-?found/.test(subCode))
    return fault('missing', 'taobao/missing', `Taobao does not know it (${subCode}): ${words}`)
  return fault('invalid', 'taobao/refused', `Taobao refused (${code} ${subCode}): ${words}`)
}

/** The app's day is over, or the message tells the seconds ("This ban will last for 1 more seconds"). */
function limitMs(subCode: string, words: string, nowMs: number): number {
  if (subCode === 'accesscontrol.limited-by-app-access-count') return untilTomorrowMs(nowMs)
  const seconds = /(\d+)\s*(?:more\s+)?(?:s\b|second|秒)/i.exec(words)?.[1]
  return seconds === undefined ? 1_000 : Math.max(1, Number(seconds)) * 1_000
}

const limited = (waitMs: number) =>
  fault('limited', 'taobao/throttled', 'Taobao asks to slow down', { retryAfterMs: waitMs })

function bodyOf(text: string): Json {
  try {
    const body = parseExact(text)
    if (isObject(body)) return body
  } catch {
    // An answer that is no JSON comes from something in between.
  }
  throw unreadable()
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const unreadable = () => fault('unavailable', 'taobao/unreadable', "Taobao's answer cannot be read")
