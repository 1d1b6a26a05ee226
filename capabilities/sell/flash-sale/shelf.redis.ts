import type { Sale } from './flash-sale.ts'
import type { SkuCount } from './store.ts'

export type Part = 'sale' | 'stock' | 'bought' | 'attempts' | 'holds' | 'intents'
const PARTS: readonly Part[] = ['sale', 'stock', 'bought', 'attempts', 'holds', 'intents']

/** All keys of a sale share its hash tag: they live on one node, and one script can touch them all. */
export const keyOf = (saleId: string, part: Part) => `flash-sale:{${saleId}}:${part}`
export const keysOf = (saleId: string) => PARTS.map((part) => keyOf(saleId, part))

/** The fields of `stock`. */
export const shelfFields = (skus: Sale['skus'], counts: readonly SkuCount[]): string[] =>
  counts.flatMap(({ sku, stock, free, held, sold }) => {
    const limit = skus.find((each) => each.sku === sku)?.limitPerBuyer ?? null
    const all = { n: stock, f: free, h: held, s: sold, ...(limit === null ? {} : { l: limit }) }
    return Object.entries(all).flatMap(([kind, units]) => [`${kind}:${sku}`, String(units)])
  })

/** The fields of `sale`, but for `ready`. */
export const termsOf = (sale: Sale): string[] => [
  ...['opens', String(sale.opensAtMs), 'closes', String(sale.closesAtMs)],
  ...['hold', String(sale.holdSeconds * 1000), 'status', sale.status],
  ...['limit', sale.limitPerBuyer === null ? '' : String(sale.limitPerBuyer)],
]

export function countsFrom(flat: readonly string[]): SkuCount[] {
  const bySku = new Map<string, SkuCount>()
  const NAMES = { n: 'stock', f: 'free', h: 'held', s: 'sold' } as const
  for (let i = 0; i < flat.length; i += 2) {
    const name = NAMES[flat[i]![0] as keyof typeof NAMES]
    if (!name) continue
    const sku = flat[i]!.slice(2)
    const count = bySku.get(sku) ?? { sku, stock: 0, free: 0, held: 0, sold: 0 }
    count[name] = Number(flat[i + 1])
    bySku.set(sku, count)
  }
  return [...bySku.values()]
}
