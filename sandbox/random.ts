import { createHash } from 'node:crypto'

/** 32-bit FNV-1a of a text: a cheap, stable "coin" for a name. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** A number in [0, 1) that depends on the text only. */
export const chanceOf = (text: string): number => dice(text)()

/** A repeatable stream of numbers in [0, 1) (mulberry32). */
export function dice(seed: string): () => number {
  let state = hash32(seed)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export const pick = <T>(roll: () => number, list: readonly T[]): T => list[Math.floor(roll() * list.length)]!

const digest = (name: string) => createHash('sha256').update(name).digest()

/** `@` and 24 base64 characters ending in `==`, as Douyin's item and comment ids look (with `/` and `+` in them). */
export const atId = (name: string): string => `@${digest(name).subarray(0, 16).toString('base64')}`

/** A 19-digit id as text: too large for a JS number on purpose. */
export const digits19 = (name: string): string =>
  `7${(digest(name).readBigUInt64BE(0) % 10n ** 18n).toString().padStart(18, '0')}`

/** A uuid-shaped id, as Douyin's open ids look. */
export function uuidOf(name: string): string {
  const hex = digest(name).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const hexOf = (name: string, length: number): string => digest(name).toString('hex').slice(0, length)
