import { useNavigate, useSearch } from '@tanstack/react-router'

/** Search parameters are plain text: a 19-digit id must never be read as a number. */
export const parseSearch = (search: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(search))

export function stringifySearch(search: Record<string, unknown>): string {
  const kept = Object.entries(search).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  const text = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString()
  return text ? `?${text}` : ''
}

export type Search = Record<string, string | undefined>

/** The search parameters of the page and a way to change some of them; an undefined value removes one. */
export function useAddress(): [Search, (change: Search) => void] {
  const search = useSearch({ strict: false }) as Search
  const navigate = useNavigate()
  const change = (changes: Search) =>
    void navigate({
      to: '.',
      replace: true,
      resetScroll: false,
      search: ((before: Search) => ({ ...before, ...changes })) as never,
    })
  return [search, change]
}
