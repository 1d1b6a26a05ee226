import { createHmac, hash } from 'node:crypto'

export type SignMethod = 'md5' | 'hmac' | 'hmac-sha256'
export type Parameters = Record<string, string>

/**
 * The signature of TOP: over all parameters but `sign`, sorted by name in ASCII order, name and value joined without
 * separators, UTF-8; upper-case hex. `md5` puts the secret on both sides, the others use it as their key. A `body`
 * stands behind the parameters: so the platform signs when it is the platform that calls. Source: TOP, article 101617.
 */
export function topSignature(method: SignMethod, secret: string, parameters: Parameters, body = ''): string {
  const text = `${Object.keys(parameters)
    .filter((name) => name !== 'sign')
    .sort()
    .map((name) => name + parameters[name])
    .join('')}${body}`
  if (method === 'md5') return hash('md5', secret + text + secret).toUpperCase()
  const algorithm = method === 'hmac' ? 'md5' : 'sha256'
  return createHmac(algorithm, secret).update(text).digest('hex').toUpperCase()
}
