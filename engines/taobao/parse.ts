import type { StockItem } from '#kernel/stock.ts'
import type { Json } from './answer.ts'

export interface Item {
  id: string
  title: string
  outerId: string
  count: number
}

export const itemOf = (row: Json): Item => ({
  id: text(row['num_iid']),
  title: text(row['title']),
  outerId: text(row['outer_id']),
  count: count(row['num']),
})

/** One row for each SKU, and one for each item without SKUs. */
export function skuItems(items: readonly Item[], skus: readonly Json[]): StockItem[] {
  const living = skus.filter((sku) => sku['status'] !== 'delete')
  const byItem = Map.groupBy(living, (sku) => text(sku['num_iid']))
  return items.flatMap((item) => {
    const own = byItem.get(item.id)
    return own ? own.map((sku) => skuItem(item, sku)) : [bareItem(item)]
  })
}

function skuItem(item: Item, sku: Json): StockItem {
  const skuId = text(sku['sku_id'])
  const held = sku['with_hold_quantity']
  return {
    sku: text(sku['outer_id']) || skuId,
    productId: item.id,
    skuId,
    title: item.title,
    variant: variantOf(text(sku['properties_name'])),
    available: count(sku['quantity']),
    reserved: held === undefined ? null : count(held),
    location: null,
  }
}

const bareItem = ({ id, title, outerId, count: available }: Item): StockItem => ({
  sku: outerId || id,
  productId: id,
  skuId: null,
  title,
  variant: null,
  available,
  reserved: null,
  location: null,
})

/** `1627207:28341:颜色:黑色;20509:28314:尺码:M` -> `颜色:黑色;尺码:M`. */
const variantOf = (properties: string): string | null =>
  properties
    .split(';')
    .map((part) => part.split(':').slice(2).join(':'))
    .filter(Boolean)
    .join(';') || null

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
const count = (value: unknown): number => Math.trunc(Number(value ?? 0)) || 0
