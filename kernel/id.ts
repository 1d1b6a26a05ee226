import { randomBytes } from 'node:crypto'

/** A string that knows what it names. Platform ids have 19 digits and never become numbers. */
export type Id<Name extends string> = string & { readonly __name: Name }

export type WorkspaceId = Id<'workspace'>
export type AccountId = Id<'account'>

/** The workspace that the installation itself owns: rows that belong to nobody yet. */
export const HOUSE = 'house' as WorkspaceId

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** `prefix_` + 10 characters of time + 12 of chance, in Crockford's alphabet: sorts by creation time. */
export function newId(prefix: string, nowMs = Date.now()): string {
  let time = ''
  for (let rest = nowMs, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = ALPHABET[rest % 32]! + time
  const chance = Array.from(randomBytes(12), (byte) => ALPHABET[byte % 32]).join('')
  return `${prefix}_${time}${chance}`
}
