import { createHmac, timingSafeEqual } from 'node:crypto'

/** `X-Shopify-Hmac-Sha256`: base64 of HMAC-SHA256 over the raw body. Source: shopify.dev, "Verify deliveries". */
export const webhookSignature = (clientSecret: string, body: Buffer | string): string =>
  createHmac('sha256', clientSecret).update(body).digest('base64')

/**
 * Whether a delivery is Shopify's, in constant time. Give the former secret, too, while a new one is being brought in:
 * it may take Shopify an hour to use it.
 */
export const isSigned = (clientSecrets: readonly string[], body: Buffer, signature: string): boolean =>
  clientSecrets.some((secret) => isSame(signature, webhookSignature(secret, body)))

/** Whether the redirect after an installation is Shopify's: hex HMAC-SHA256 over the other pairs, sorted, joined by `&`. */
export function isRedirectSigned(clientSecret: string, query: URLSearchParams): boolean {
  const text = [...query]
    .filter(([name]) => name !== 'hmac')
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('&')
  return isSame(query.get('hmac') ?? '', createHmac('sha256', clientSecret).update(text).digest('hex'))
}

function isSame(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
