import { createHash, createHmac } from 'node:crypto'

export type SignMethod = 'md5' | 'hmac-sha256'

const hex = (secret: string, text: string, method: SignMethod) =>
  (method === 'md5' ? createHash('md5') : createHmac('sha256', secret)).update(text).digest('hex')

/** `sign` of a request to the gateway. */
export const requestSign = (
  key: string,
  secret: string,
  { method, param, timestamp }: { method: string; param: string; timestamp: string },
  signMethod: SignMethod,
): string => {
  const pieces = ['app_key', key, 'method', method, 'param_json', param, 'timestamp', timestamp, 'v', '2']
  return hex(secret, secret + pieces.join('') + secret, signMethod)
}

/** `event-sign` of a push. */
export const eventSign = (key: string, secret: string, body: string, signMethod: SignMethod): string =>
  hex(secret, key + body + secret, signMethod)
