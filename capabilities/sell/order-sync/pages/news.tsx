import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { OrderRow } from '#capabilities/sell/order-sync/catalogue.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { list, type Params, queries, read } from '#console/client.ts'
import { useLive } from '#console/live.ts'
import { fill, useWords } from '#console/words.ts'
import { keyOf, path } from './order-cells.tsx'

const everyMs = 4000
const looked = 100
type Shown = { pages: { items: OrderRow[] }[] }

/**
 * The orders that changed last, under the same filters, every few seconds. Those on the page change where they stand;
 * those that are not there wait behind a button, so that nothing moves under the cursor.
 */
export function News({ params }: { params: Params }) {
  const w = useWords(words)
  const isPaused = useLive().state === 'paused'
  const [waiting, setWaiting] = useState<ReadonlySet<string>>(new Set())
  const { queryKey } = list<OrderRow>(`${path}/orders`, params)
  const { data } = useQuery({
    ...read<{ items: OrderRow[] }>(`${path}/orders`, { ...params, limit: looked }),
    refetchInterval: isPaused ? false : everyMs,
  })
  const asked = JSON.stringify(queryKey)
  // biome-ignore lint/correctness/useExhaustiveDependencies: other filters show another list, where nothing waits
  useEffect(() => setWaiting(new Set()), [asked])
  useEffect(() => {
    const key: unknown[] = JSON.parse(asked)
    const shown = queries.getQueryData<Shown>(key)
    if (!data || !shown) return
    const news = new Map(data.items.map((row) => [keyOf(row), row]))
    const known = new Set<string>()
    let isChanged = false
    const pages = shown.pages.map((page) => ({
      ...page,
      items: page.items.map((row) => {
        known.add(keyOf(row))
        const now = news.get(keyOf(row))
        if (!now || now.changeNo === row.changeNo) return row
        isChanged = true
        return now
      }),
    }))
    const updatedAt = queries.getQueryState(key)?.dataUpdatedAt ?? Date.now()
    if (isChanged) queries.setQueryData(key, { ...shown, pages }, { updatedAt })
    setWaiting(new Set([...news.keys()].filter((one) => !known.has(one))))
  }, [data, asked])
  if (!waiting.size) return null
  return (
    <button
      type="button"
      className="d-waiting"
      onClick={() => {
        setWaiting(new Set())
        void queries.invalidateQueries({ queryKey, exact: true })
      }}
    >
      {fill(w.newOrders, { n: waiting.size >= looked ? `${looked}+` : waiting.size })} · {w.show}
    </button>
  )
}
