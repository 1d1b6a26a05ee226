import { createHash, createHmac } from 'node:crypto'

const methods: Record<string, (secret: string, text: string) => string> = {
  md5: (secret, text) =>
    createHash('md5')
      .update(secret + text + secret)
      .digest('hex'),
  hmac: (secret, text) => createHmac('md5', secret).update(text).digest('hex'),
  'hmac-sha256': (secret, text) => createHmac('sha256', secret).update(text).digest('hex'),
}

/** Signers disagree about parameters without a value: with and without them is right. */
export function isSigned(secret: string, parameters: Record<string, string>): boolean {
  const sign = methods[parameters['sign_method'] ?? '']
  const textOf = (keep: (name: string) => boolean) =>
    Object.keys(parameters)
      .filter((name) => name !== 'sign' && keep(name))
      .sort()
      .map((name) => name + parameters[name])
      .join('')
  const texts = [textOf(() => true), textOf((name) => parameters[name] !== '')]
  return sign !== undefined && texts.some((text) => sign(secret, text).toUpperCase() === parameters['sign'])
}
