import { useInfiniteQuery } from '@tanstack/react-query'
import type { SourceView } from '#capabilities/connect/collector/catalogue.ts'
import { words } from '#capabilities/connect/collector/words.ts'
import { list } from '#console/client.ts'
import { useWords } from '#console/words.ts'

/** The account that stands for the installation: it collects what belongs to nobody. */
export const house = 'house'

export const sourcesQuery = list<SourceView>(
  '/api/collector/sources',
  {},
  {
    topic: 'collector/sources',
    everyMs: 10_000,
    rowKey: 'accountId',
  },
)

export const useSources = () => useInfiniteQuery(sourcesQuery).data?.pages.flatMap(({ items }) => items) ?? []

/** The accounts that are collected, as options of a filter. */
export function useAccounts() {
  const names = new Map(useSources().map(({ accountId, nickname }) => [accountId, nickname]))
  names.delete(house)
  return [...names].map(([value, label]) => ({ value, label: label || value }))
}

export function useAccountName() {
  const w = useWords(words)
  return ({ accountId, nickname }: { accountId: string; nickname: string }) =>
    accountId === house ? w.house : nickname || accountId
}
