import type { Search } from '#console/address.ts'
import { type Period, periodBounds } from '#console/period.ts'

/** The filters of a page: one object, one codec, kept in the URL under each field's key. */
export type Field =
  | { kind: 'choice'; key: string; label: string; options: Option[] }
  | { kind: 'choices'; key: string; label: string; options: Option[] }
  | { kind: 'period'; key: string; label: string }
  | { kind: 'text'; key: string; label: string }
export type Option = { value: string; label: string }

export type FilterValue = Record<string, string | string[] | undefined>

/** What the URL says, and nothing it may not say: unknown options and broken periods are left out. */
export function readFilters(fields: Field[], search: Search, nowMs = Date.now()): FilterValue {
  const value: FilterValue = {}
  for (const field of fields) {
    const text = search[field.key]
    if (!text) continue
    const known = (option: string) =>
      'options' in field && field.options.some(({ value }) => value === option)
    if (field.kind === 'choice' && known(text)) value[field.key] = text
    if (field.kind === 'choices') {
      const kept = text.split(',').filter(known)
      if (kept.length) value[field.key] = kept
    }
    if (field.kind === 'period' && periodBounds(text, nowMs)) value[field.key] = text
    if (field.kind === 'text') value[field.key] = text
  }
  return value
}

/** The other way: what to write into the URL. Cleared fields become undefined and vanish from it. */
export function writeFilters(fields: Field[], value: FilterValue): Search {
  return Object.fromEntries(
    fields.map(({ key }) => {
      const part = value[key]
      return [key, (Array.isArray(part) ? part.join(',') : part?.trim()) || undefined]
    }),
  )
}

/** Parameters for the API: periods become `from` and `to` in UTC ms, lists are joined by commas. */
export function filterParams(fields: Field[], value: FilterValue, nowMs: number) {
  const params: Record<string, string | number | undefined> = {}
  for (const field of fields) {
    const part = value[field.key]
    if (field.kind === 'period') Object.assign(params, periodBounds(part as Period | undefined, nowMs))
    else params[field.key] = Array.isArray(part) ? part.join(',') : part
  }
  return params
}

export const countFilters = (value: FilterValue) => Object.values(value).filter((part) => part?.length).length
