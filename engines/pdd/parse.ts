import type { StockItem } from '#kernel/stock.ts'
import type { Json } from './answer.ts'

/** One row for each SKU of the goods, or one for goods without SKUs. */
export function goodsItems(goods: Json): StockItem[] {
  const skus = Array.isArray(goods['sku_list']) ? (goods['sku_list'] as Json[]) : []
  const productId = text(goods['goods_id'])
  const title = text(goods['goods_name'])
  if (skus.length === 0) {
    const reserved = countOrNull(goods['goods_reserve_quantity'])
    const available = countOrNull(goods['goods_quantity']) ?? 0
    const sku = text(goods['outer_goods_id']) || productId
    return [{ sku, productId, skuId: null, title, variant: null, available, reserved, location: null }]
  }
  return skus.map((sku) => {
    const skuId = text(sku['sku_id'])
    return {
      sku: text(sku['outer_id']) || skuId,
      productId,
      skuId,
      title,
      variant: text(sku['spec']) || null,
      available: countOrNull(sku['sku_quantity']) ?? 0,
      reserved: countOrNull(sku['reserve_quantity']),
      location: null,
    }
  })
}

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value))

function countOrNull(value: unknown): number | null {
  const count = Number(value ?? Number.NaN)
  return Number.isFinite(count) ? Math.trunc(count) : null
}
