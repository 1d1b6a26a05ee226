import { hash } from 'node:crypto'

/**
 * The signature of POP: MD5 over secret, parameters sorted by name in ASCII order (name and value joined without
 * separators), secret; upper-case hex. `sign` itself is left out. Source: POP, "API call".
 */
export function popSignature(clientSecret: string, parameters: Record<string, string>): string {
  const text = Object.keys(parameters)
    .filter((name) => name !== 'sign')
    .sort()
    .map((name) => name + parameters[name])
    .join('')
  return hash('md5', clientSecret + text + clientSecret).toUpperCase()
}

/** What a parameter looks like in the signature and on the wire: text as it is, anything else as its JSON text. */
export const wireText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value)

/** The last part of the message channel's address: base64 of lower-case hex of MD5. Source: POP, "Message push". */
export const messageDigest = (clientId: string, atMs: number, clientSecret: string): string =>
  Buffer.from(hash('md5', `${clientId}${atMs}${clientSecret}`)).toString('base64')
