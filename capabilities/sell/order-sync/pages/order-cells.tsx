import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Static } from 'typebox'
import type { OrderRow } from '#capabilities/sell/order-sync/catalogue.ts'
import type { OrderStatus, Outcome, Source } from '#capabilities/sell/order-sync/order-sync.ts'
import type { DifferenceKind } from '#capabilities/sell/order-sync/reconciliation.ts'
import type { ShopView } from '#capabilities/sell/order-sync/schemas.ts'
import type { SummaryOf } from '#capabilities/sell/order-sync/summary.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { read } from '#console/client.ts'
import { Label, Status, type Tone } from '#console/parts/status.tsx'
import { useWords } from '#console/words.ts'

export type Shop = Static<typeof ShopView>
export const path = '/api/order-sync'

export const keyOf = ({ shopId, orderId }: Pick<OrderRow, 'shopId' | 'orderId'>) => `${shopId}/${orderId}`
export const orderPath = (key: string) => `${path}/orders/${key.split('/').map(encodeURIComponent).join('/')}`

export const summaryQuery = read<SummaryOf>(`${path}/summary`, undefined, { everyMs: 10_000 })
const shopsQuery = read<{ items: Shop[] }>(`${path}/shops`, undefined, { everyMs: 10_000 })

export function useShops() {
  const query = useQuery(shopsQuery)
  const shops = query.data?.items
  return {
    shops,
    query,
    nameOf: (shopId: string) => shops?.find((shop) => shop.shopId === shopId)?.name || shopId,
    options: (shops ?? []).map(({ shopId, name }) => ({ value: shopId, label: name || shopId })),
  }
}

export const statuses: Record<OrderStatus, Tone> = {
  created: 'neutral',
  paid: 'warning',
  'part-shipped': 'info',
  shipped: 'info',
  finished: 'success',
  closed: 'neutral',
}
export const sources = ['push', 'pull', 'repair', 'import'] as const satisfies Source[]
export const kinds = [
  'missing',
  'extra',
  'status',
  'amount',
  'time',
  'refund',
] as const satisfies DifferenceKind[]
export const outcomes: Record<Outcome, Tone> = { moved: 'success', same: 'neutral', late: 'warning' }

export function OrderState({ status }: { status: OrderStatus }) {
  const w = useWords(words)
  return <Status tone={statuses[status]}>{w[status]}</Status>
}

/** What reconciliations and sums found about an order, worst first; a dash where nothing is wrong. */
export function Differences({ order }: { order: OrderRow }) {
  const w = useWords(words)
  const named = new Map<DifferenceKind, boolean>()
  for (const { kind, isRepaired } of order.differences)
    named.set(kind, (named.get(kind) ?? true) && isRepaired)
  if (!named.size && !order.imbalance && !order.isExtra) return <span className="d-muted d-wide-only">—</span>
  return (
    <span className="d-labels">
      {order.isExtra && <Label>{w.extraOrder}</Label>}
      {order.imbalance && <Label tone="error">{w.imbalance}</Label>}
      {[...named].map(([kind, isRepaired]) => (
        <Label key={kind} tone={isRepaired ? 'neutral' : 'warning'}>
          {w[`dif-${kind}`]}
        </Label>
      ))}
    </span>
  )
}

export function Repaired({ order }: { order: Pick<OrderRow, 'differences'> }) {
  const w = useWords(words)
  const { differences } = order
  if (!differences.length) return <span className="d-muted">—</span>
  const open = differences.filter(({ isRepaired }) => !isRepaired).length
  return open ? <Status tone="warning">{w.open}</Status> : <Status tone="success">{w.repaired}</Status>
}

/** Figures beside one another, as many as fit; two on a phone. */
export const Tiles = ({ children }: { children: ReactNode }) => (
  <div className="d-metrics" style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(136px, 1fr))' }}>
    {children}
  </div>
)

/** A figure with a second, smaller line under it. */
export const Figure = ({ under, children }: { under: ReactNode; children: ReactNode }) => (
  <>
    {children}
    <small style={{ display: 'block', margin: 0, fontSize: 12, lineHeight: '18px' }}>{under}</small>
  </>
)
