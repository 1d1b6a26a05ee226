import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Static } from 'typebox'
import type { ItemView } from '#capabilities/sell/inventory/catalogue.ts'
import type { Platform, WarningKind } from '#capabilities/sell/inventory/inventory.ts'
import type { ShopSchema, SummarySchema } from '#capabilities/sell/inventory/schemas.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { read } from '#console/client.ts'
import { ago, num } from '#console/format.ts'
import { useNow } from '#console/parts/clock.ts'
import { Label, Status, type Tone } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'

export type Shop = Static<typeof ShopSchema>
type Summary = Omit<Static<typeof SummarySchema>, 'warnings'> & { warnings: Record<WarningKind, number> }
export const path = '/api/inventory'
/** Tells that forecasts of a shop were made anew. */
export const judgedTopic = 'inventory/judged'

export const keyOf = ({ shopId, sku }: Pick<ItemView, 'shopId' | 'sku'>) => `${shopId}/${sku}`
export const shopOf = (key: string) => key.slice(0, key.indexOf('/'))
export const skuOf = (key: string) => key.slice(key.indexOf('/') + 1)
export const itemPath = (key: string) =>
  `${path}/items/${encodeURIComponent(shopOf(key))}/${encodeURIComponent(skuOf(key))}`

export const summaryQuery = read<Summary>(`${path}/summary`, undefined, {
  topic: judgedTopic,
  everyMs: 15_000,
})
const shopsQuery = read<{ items: Shop[] }>(`${path}/shops`, undefined, { everyMs: 10_000 })

export function useShops() {
  const query = useQuery(shopsQuery)
  const shops = query.data?.items
  return {
    shops,
    query,
    options: (shops ?? []).map(({ shopId, name }) => ({ value: shopId, label: name })),
  }
}

export const platforms = ['doudian', 'shopify', 'taobao', 'pdd', 'csv'] as const satisfies Platform[]
export const warningTones: Record<WarningKind, Tone> = {
  'stock-out-ahead': 'error',
  'demand-spike': 'warning',
  'dead-stock': 'neutral',
}
export const warningKinds = Object.keys(warningTones) as WarningKind[]
export const buckets = ['out', 'week', 'month', 'quarter', 'longer', 'idle', 'unknown'] as const
export const paces = ['fast', 'middle', 'slow', 'none'] as const
export const paceWord = {
  fast: 'paceFast',
  middle: 'paceMiddle',
  slow: 'paceSlow',
  none: 'paceNone',
} as const

export const titleOf = ({ title, variant, sku }: { title: string; variant?: string; sku: string }) =>
  [title || sku, variant].filter(Boolean).join(' · ')

/** Open warnings; those that are silenced are there, and quiet. */
export function Warnings({ item }: { item: Pick<ItemView, 'warnings'> }) {
  const w = useWords(words)
  const now = useNow()
  if (!item.warnings.length) return <span className="d-muted">—</span>
  return (
    <span className="d-labels">
      {item.warnings.map(({ warningId, kind, silentUntilMs }) =>
        silentUntilMs !== null && silentUntilMs > now ? (
          <Label key={warningId}>{w[kind]}</Label>
        ) : (
          <Status key={warningId} tone={warningTones[kind]}>
            {w[kind]}
          </Status>
        ),
      )}
    </span>
  )
}

/** Units on hand. Where the platform is behind, the number is grey and says how old it is. */
export function Available({ item }: { item: Pick<ItemView, 'available' | 'countedAtMs' | 'isLate'> }) {
  const w = useWords(words)
  const now = useNow()
  if (item.countedAtMs === null)
    return (
      <span className="d-muted" title={w.neverCounted}>
        —
      </span>
    )
  if (item.isLate)
    return (
      <span className="d-muted" title={fill(w.late, { t: ago(item.countedAtMs, now, w.language) })}>
        {num(item.available)} <small>{ago(item.countedAtMs, now, w.language)}</small>
      </span>
    )
  return <span className={item.available <= 0 ? 'd-ink-error' : undefined}>{num(item.available)}</span>
}

/** Days of cover; red under a week, amber under a fortnight, and a word where there is too little to tell by. */
export function Cover({ item }: { item: Pick<ItemView, 'plan'> }) {
  const w = useWords(words)
  const { plan } = item
  if (!plan) return <span className="d-muted">—</span>
  if (plan.basis === 'too-few-days')
    return (
      <span className="d-muted" title={fill(w.tooFewSays, { n: plan.knownDays })}>
        {w.tooFew}
      </span>
    )
  const { daysOfCover } = plan
  if (daysOfCover === null) return <span className="d-muted">—</span>
  const tone = daysOfCover < 7 ? 'd-ink-error' : daysOfCover < 14 ? 'd-ink-warning' : undefined
  return <span className={tone}>{daysText(daysOfCover)}</span>
}

/** A tenth of a day matters under ten days, and nowhere else. */
export const daysText = (days: number | null | undefined) =>
  days == null ? '—' : num(days < 10 ? Math.round(days * 10) / 10 : Math.round(days))
export const shareText = (share: number) => `${num(Math.round(share * 1000) / 10)}%`

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
