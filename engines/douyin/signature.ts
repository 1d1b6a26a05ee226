import { hash, timingSafeEqual } from 'node:crypto'

/**
 * The webhook signature `X-Douyin-Signature`: lower-case hex of SHA-1 over the client secret followed by the raw body
 * (a plain hash, no HMAC). Source: the platform's page "Webhooks".
 */
export const webhookSignature = (clientSecret: string, body: Buffer | string): string =>
  hash(
    'sha1',
    Buffer.concat([Buffer.from(clientSecret), typeof body === 'string' ? Buffer.from(body) : body]),
  )

/** Whether `signature` is the right one, in constant time. */
export function isSigned(clientSecret: string, body: Buffer, signature: string): boolean {
  const given = Buffer.from(signature)
  const right = Buffer.from(webhookSignature(clientSecret, body))
  return given.length === right.length && timingSafeEqual(given, right)
}
