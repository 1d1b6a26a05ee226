import { createHmac, hash, timingSafeEqual } from 'node:crypto'

export type SignMethod = 'hmac-sha256' | 'md5'

/** What is signed of a request: `paramJson` is the text that is sent, byte for byte. */
export interface Signed {
  method: string
  paramJson: string
  timestamp: string
}

/**
 * The `sign` of a request: lower-case hex of HMAC-SHA256 (key: the secret) or MD5 over the secret, the system parameters
 * in alphabetical order, and the secret again. `access_token` is no part of it. Source: the platform's API guide.
 */
export function requestSignature(
  app: { appKey: string; appSecret: string },
  { method, paramJson, timestamp }: Signed,
  signMethod: SignMethod = 'hmac-sha256',
): string {
  const { appKey, appSecret } = app
  return digest(
    appSecret,
    `${appSecret}app_key${appKey}method${method}param_json${paramJson}timestamp${timestamp}v2${appSecret}`,
    signMethod,
  )
}

/** The `event-sign` of a push: over app key, raw body and secret. MD5 is the documented form, HMAC the later one. */
export function pushSignature(
  app: { appKey: string; appSecret: string },
  body: Buffer | string,
  signMethod: SignMethod = 'md5',
): string {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return digest(
    app.appSecret,
    Buffer.concat([Buffer.from(app.appKey), bytes, Buffer.from(app.appSecret)]),
    signMethod,
  )
}

const digest = (secret: string, of: Buffer | string, signMethod: SignMethod) =>
  signMethod === 'md5' ? hash('md5', of) : createHmac('sha256', secret).update(of).digest('hex')

/** Equal, in time that does not tell how far. */
export function sameText(given: string, right: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(right)
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * `param_json` as the gateway wants it: compact, keys sorted at every level, arrays in their order, nothing escaped that
 * JSON does not ask for. Undefined fields are left out; a bigint is written with all its digits.
 */
export function paramJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(paramJson).join(',')}]`
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  // By hand: an object's own order puts keys that look like numbers first, whatever one sorts.
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${paramJson(field)}`).join(',')}}`
}
