import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { fault } from './fault.ts'

/** Text sealed by {@link Vault.seal}: `v1.<key id>.<nonce>.<ciphertext and tag>`, all base64url. */
export type Sealed = string & { readonly __sealed: true }

/** Keeps tokens, cookies and buyers' data unreadable in every table, dump and log. */
export interface Vault {
  /** `about` binds the text to its place (`account:acc_1:access`): a value moved to another row does not open. */
  seal(plain: string, about: string): Sealed
  /** Throws `unavailable vault/unknown-key` or `vault/broken-seal`: never answers with anything but the sealed text. */
  open(sealed: Sealed, about: string): string
  /** True when a newer key is the sealing key by now: seal it again. */
  isStale(sealed: Sealed): boolean
}

/**
 * AES-256-GCM with a 96-bit random nonce (NIST SP 800-38D). `keys` is `id:base64,id:base64`, 32 bytes each:
 * the first one seals, all of them open. To rotate, put a new one in front and run `doubloon vault rotate`.
 */
export function vault(keys: string): Vault {
  const ring = parseKeys(keys)
  const [sealing] = ring
  if (!sealing)
    throw fault('invalid', 'vault/no-key', 'The vault needs at least one key', { cure: 'Set VAULT_KEYS.' })
  return {
    seal(plain, about) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', sealing.key, nonce)
      cipher.setAAD(Buffer.from(about))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `v1.${sealing.id}.${nonce.toString('base64url')}.${body.toString('base64url')}` as Sealed
    },
    open(sealed, about) {
      const [version, id, nonce, body] = sealed.split('.')
      const entry = ring.find((candidate) => candidate.id === id)
      if (version !== 'v1' || !entry || !nonce || !body) {
        throw fault('unavailable', 'vault/unknown-key', `Nothing here opens a seal of key "${id}"`, {
          cure: 'Put the old key back behind the new one in VAULT_KEYS.',
        })
      }
      const bytes = Buffer.from(body, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', entry.key, Buffer.from(nonce, 'base64url'))
      decipher.setAAD(Buffer.from(about))
      decipher.setAuthTag(bytes.subarray(-16))
      try {
        return decipher.update(bytes.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8')
      } catch (cause) {
        throw fault('unavailable', 'vault/broken-seal', 'A sealed value was changed or belongs elsewhere', {
          cause,
        })
      }
    },
    isStale: (sealed) => sealed.split('.')[1] !== sealing.id,
  }
}

/** A fresh key in the form that {@link vault} reads. */
export const newVaultKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`

function parseKeys(keys: string): { id: string; key: Buffer }[] {
  return keys
    .split(',')
    .filter(Boolean)
    .map((entry) => {
      const [id = '', body = ''] = entry.trim().split(':')
      const key = Buffer.from(body, 'base64')
      if (!/^\w+$/.test(id) || key.length !== 32) {
        throw fault('invalid', 'vault/bad-key', `Key "${id}" in VAULT_KEYS must be id:base64 of 32 bytes`)
      }
      return { id, key }
    })
}
