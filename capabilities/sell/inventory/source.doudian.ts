import { readProductPage, readSkus } from '#engines/doudian/products.ts'
import type { Doudian } from '#kernel/doudian.ts'
import type { StockItem } from '#kernel/stock.ts'
import type { StockSource } from './source.ts'

const PAGE_SIZE = 100
const DELETED = 2
const AT_ONCE = 4

/** The shop's products page by page, and the SKUs of each: `product.listV2` has no stock in it, `sku.list` has. */
export const doudianSource = (doudian: Doudian): StockSource => ({
  credentials: [],
  async page({ shopId }, cursor, signal) {
    const page = Number(cursor ?? 1)
    const call = <T>(method: string, params: Record<string, unknown>) =>
      doudian.call<T>(shopId, method, params, { signal })
    const { products, total } = readProductPage(await call('product.listV2', { page, size: PAGE_SIZE }))
    const items: StockItem[] = []
    const there = products.filter(({ status }) => status !== DELETED)
    for (let i = 0; i < there.length; i += AT_ONCE) {
      const some = there.slice(i, i + AT_ONCE)
      const skus = await Promise.all(
        some.map(async ({ productId }) => readSkus(await call('sku.list', { product_id: productId }))),
      )
      skus.forEach((of, nth) => {
        for (const { code, skuId, spec, stock, prehold } of of) {
          const { productId, name } = some[nth]!
          items.push({
            sku: code || skuId,
            productId,
            skuId,
            title: name,
            variant: spec || null,
            available: stock,
            reserved: prehold,
            location: null,
          })
        }
      })
    }
    const isLast = products.length === 0 || page * PAGE_SIZE >= total
    return { items, next: isLast ? null : String(page + 1) }
  },
})
