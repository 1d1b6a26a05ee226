import { useQuery } from '@tanstack/react-query'
import { Input } from 'antd'
import { useState } from 'react'
import type { BuyerAttempt } from '#capabilities/sell/flash-sale/books.ts'
import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { read } from '#console/client.ts'
import { num } from '#console/format.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Trail } from '#console/parts/trail.tsx'
import { useWords } from '#console/words.ts'
import { salePath } from './sale-cells.tsx'

/** What one buyer tried and was told: for whoever has that buyer on the phone. */
export function BuyerAttempts({ saleId, store }: { saleId: string; store: Board['store'] }) {
  const w = useWords(words)
  const [buyerId, setBuyerId] = useState('')
  return (
    <>
      <Input.Search
        allowClear
        maxLength={64}
        placeholder={w.buyerId}
        aria-label={w.buyerId}
        onSearch={(text) => setBuyerId(text.trim())}
      />
      {store === 'redis' && <p className="d-muted">{w.onlyReserved}</p>}
      {buyerId && <Attempts saleId={saleId} buyerId={buyerId} />}
    </>
  )
}

function Attempts({ saleId, buyerId }: { saleId: string; buyerId: string }) {
  const w = useWords(words)
  const path = `${salePath(saleId)}/buyers/${encodeURIComponent(buyerId)}/attempts`
  const query = useQuery(read<{ items: BuyerAttempt[] }>(path))
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="rows" what={w.attempts} />
  if (query.data.items.length === 0) return <Empty2 kind="done" text={w.noAttempts} />
  return (
    <Trail
      steps={query.data.items.map(({ attemptId, items, answer, state, decidedAtMs, reason }) => ({
        key: attemptId,
        tone: state === 'sold' ? 'success' : state === 'held' ? 'info' : 'neutral',
        title: [
          w[answer],
          items.map(({ sku, quantity }) => `${sku} × ${num(quantity)}`).join(' · '),
          ...(state ? [w[state]] : []),
        ].join(' · '),
        atMs: decidedAtMs,
        note: [attemptId, ...(reason ? [w[reason as 'expired'] ?? reason] : [])].join(' · '),
      }))}
    />
  )
}
