import { createHash } from 'node:crypto'
import type { Sale } from './flash-sale.ts'
import type { SkuCount } from './store.ts'

export type Part = 'sale' | 'stock' | 'bought' | 'attempts' | 'holds' | 'intents' | 'moves' | 'claims'
const PARTS: readonly Part[] = ['sale', 'stock', 'bought', 'attempts', 'holds', 'intents', 'moves', 'claims']

/** All keys of a tag live on one node, and one script can touch them all. */
export const keyOf = (tag: string, part: Part) => `flash-sale:{${tag}}:${part}`
export const keysOf = (tag: string) => PARTS.map((part) => keyOf(tag, part))

export const MOST_SHARDS = 64

/** The hash tag of one shard. A sale of one shard has its own name as tag. */
export const tagOf = (saleId: string, shard: number) => (shard === 0 ? saleId : `${saleId}.${shard}`)
export const tagsOf = (saleId: string, shards: number) =>
  Array.from({ length: shards }, (_, shard) => tagOf(saleId, shard))

/** As many shards as the most widely spread SKU wants: a buyer's basket and limits are in one of them. */
export const shardsOf = ({ skus }: Pick<Sale, 'skus'>) => Math.max(...skus.map(({ shards }) => shards ?? 1))

/** Where a buyer, or the claim of an attempt, is at home. Part of the stored form: it must never change. */
export const homeOf = (id: string, shards: number) =>
  shards === 1 ? 0 : createHash('md5').update(id).digest().readUInt32LE(0) % shards

/** What the first `over` of `shards` get of `units`, as evenly as can be. */
export const spread = (units: number, over: number, shards: number): number[] =>
  Array.from({ length: shards }, (_, i) =>
    i < over ? Math.floor(units / over) + (i < units % over ? 1 : 0) : 0,
  )

/** The fields of `stock`. */
export const shelfFields = (skus: Sale['skus'], counts: readonly SkuCount[]): string[] =>
  counts.flatMap(({ sku, stock, free, held, sold }) => {
    const limit = skus.find((each) => each.sku === sku)?.limitPerBuyer ?? null
    const all = { n: stock, f: free, h: held, s: sold, ...(limit === null ? {} : { l: limit }) }
    return Object.entries(all).flatMap(([kind, units]) => [`${kind}:${sku}`, String(units)])
  })

/** The terms in `sale`. */
export const termsOf = (sale: Sale): string[] => [
  ...['opens', String(sale.opensAtMs), 'closes', String(sale.closesAtMs)],
  ...['hold', String(sale.holdSeconds * 1000), 'status', sale.status],
  ...['limit', sale.limitPerBuyer === null ? '' : String(sale.limitPerBuyer)],
  ...['shards', String(shardsOf(sale))],
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
