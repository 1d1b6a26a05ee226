import type { Drift } from '#sandbox/douyin/envelope.ts'
import type { Shop } from './shop.ts'

export type Params = Record<string, unknown>
export type Said = { data: unknown } | { code: number; sub: string; words: string }
export type Method = (shop: Shop, params: Params, nowMs: number, drift: Drift) => Said

export const refuse = (code: number, sub: string, words: string): Said => ({ code, sub, words })
export const bad = (words: string): Said => refuse(40004, 'isv.parameter-invalid:1', words)
export const missing = (name: string): Said => refuse(40002, 'isv.parameter-missing', `${name} is missing`)

/** Numbers come as numbers or as text. */
export const numberOf = (value: unknown): number | undefined =>
  value === undefined || value === null || value === '' || !Number.isFinite(Number(value))
    ? undefined
    : Number(value)
export const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

export function pageOf(params: Params): { page: number; size: number } | undefined {
  const page = numberOf(params['page']) ?? 0
  const size = numberOf(params['size']) ?? 10
  const good = Number.isInteger(page) && page >= 0 && Number.isInteger(size) && size >= 1 && size <= 100
  return good ? { page, size } : undefined
}
