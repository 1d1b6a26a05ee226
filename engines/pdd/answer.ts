import { parseExact } from '#kernel/exact-json.ts'
import { type Fault, type FaultKind, fault } from '#kernel/fault.ts'
import { retryAfterMs, type Said } from '#kernel/outgoing.ts'

export type Json = Record<string, unknown>

/** What is inside of the answer's only root, or the fault that `error_response` means. HTTP says 200 to both. */
export function answerOf(said: Said, secrets: readonly string[]): Json {
  if (said.status === 429)
    throw fault('limited', 'pdd/throttled', WORDS.limited, { retryAfterMs: retryAfterMs(said.headers) })
  if (said.status !== 200) {
    const kind = said.status >= 500 ? 'unavailable' : 'invalid'
    throw fault(kind, 'pdd/status', `Pinduoduo answered ${said.status}`)
  }
  const body = bodyOf(said.text)
  const error = body['error_response']
  if (isObject(error)) throw errorFault(error, secrets)
  // The root's name does not follow from the type (`order_sn_increment_get_response`): it is whatever comes first.
  const inside = Object.values(body)[0]
  if (!isObject(inside)) throw unreadable()
  return inside
}

const WORDS: Record<FaultKind, string> = {
  denied: 'Pinduoduo does not allow it',
  invalid: 'Pinduoduo refused',
  limited: 'Pinduoduo asks to slow down',
  unavailable: 'Pinduoduo failed inside',
  missing: 'Pinduoduo does not know it',
  conflict: 'Pinduoduo did not change it',
}

type Line = readonly [kind: FaultKind, name: string, codes: readonly number[]]

/** What each code means for us; any other is `invalid`. Source: POP, "API call" and the error table of its pages. */
const VERDICTS: readonly Line[] = [
  ['denied', 'pdd/token', [10019, 20032]],
  ['denied', 'pdd/ip', [20005]],
  ['denied', 'pdd/permission', [20031, 70032, 70034, 70035, 70036]],
  ['limited', 'pdd/throttled', [52101, 70031]],
  ['unavailable', 'pdd/down', [52102, 52103, 70033]],
  ['unavailable', 'pdd/internal', [50000, 50001, 50002, 52001, 52002]],
]
const BY_CODE = new Map(VERDICTS.flatMap((line) => line[2].map((code) => [code, line] as const)))
const CURES: Record<string, string> = {
  'pdd/token': 'Connect the shop again',
  'pdd/ip': "Put this server's address on the app's white list",
}

/** The platform's own words go along, but never a secret that it repeated in them. */
export function errorFault(error: Json, secrets: readonly string[]): Fault {
  const code = Number(error['error_code'])
  const [kind, name] = BY_CODE.get(code) ?? (['invalid', 'pdd/refused'] as const)
  const told = String(error['sub_msg'] || error['error_msg'] || '')
  const words = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), told).slice(0, 300)
  return fault(kind, name, `${WORDS[kind]} (${code}): ${words}`, {
    ...(name === 'pdd/token' && { status: 401 }),
    ...(CURES[name] && { cure: CURES[name] }),
  })
}

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
const unreadable = () => fault('unavailable', 'pdd/unreadable', "Pinduoduo's answer cannot be read")
