import { goodsOf } from '#sandbox/goods.ts'
import { hexOf } from '#sandbox/random.ts'

export type Location = { id: string; name: string }
export type LevelRow = { location: Location; available: number; committed: number; updatedAtMs: number }
export type VariantRow = {
  id: string
  inventoryItemId: string
  sku: string
  title: string
  product: { id: string; title: string }
  levels: Map<string, LevelRow>
}
export type Shop = {
  name: string
  accessToken: string
  clientSecret: string
  isTokenLive: boolean
  locations: Location[]
  variants: VariantRow[]
}

const SHOPS = [
  { name: 'doubloon-atelier', products: 140, places: ['杭州总仓', '义乌分仓', '上海门店'] },
  { name: 'doubloon-teahouse', products: 24, places: ['福州仓'] },
]

const gid = (kind: string, number: number | string) => `gid://shopify/${kind}/${number}`

/** The shops of a seed, with the same goods, ids and tokens each time. */
export const shopsOf = (seed: number, nowMs: number): Shop[] =>
  SHOPS.map(({ name, products, places }, nth) => {
    const first = 7_000_000_000_000 + nth * 100_000_000
    const locations = places.map((place, at) => ({
      id: gid('Location', 80_000_000 + nth * 100 + at),
      name: place,
    }))
    let number = 0
    const variants = goodsOf(seed, `shopify/${name}`, products).flatMap((product, at) =>
      product.skus.map((sku): VariantRow => {
        number++
        const levels = spread(sku.stock, sku.held, locations, number, nowMs)
        return {
          id: gid('ProductVariant', first + 10_000_000 + number),
          inventoryItemId: gid('InventoryItem', first + 20_000_000 + number),
          sku: sku.code,
          title: sku.specs.map(({ value }) => value).join(' / ') || 'Default Title',
          product: { id: gid('Product', first + at), title: product.title },
          levels: new Map(levels.map((level) => [level.location.id, level])),
        }
      }),
    )
    const accessToken = `shpat_${hexOf(`shopify/${seed}/${name}`, 32)}`
    const clientSecret = `shpss_${hexOf(`shopify-secret/${seed}/${name}`, 32)}`
    return { name, accessToken, clientSecret, isTokenLive: true, locations, variants }
  })

/** Most of it lies in the first place; not every SKU lies in all of them. */
function spread(stock: number, held: number, places: Location[], number: number, nowMs: number): LevelRow[] {
  const used = places.filter((_, at) => at === 0 || (number + at) % 3 !== 0)
  const share = Math.floor(stock / (used.length + 1))
  return used.map((location, at) => ({
    location,
    available: at === 0 ? stock - share * (used.length - 1) : share,
    committed: at === 0 ? held : 0,
    updatedAtMs: nowMs,
  }))
}

/** The truth, as the control API tells it. */
export const stockRows = (shop: Shop) =>
  shop.variants.flatMap((variant) =>
    [...variant.levels.values()].map(({ location, available, committed }) => ({
      sku: variant.sku,
      skuId: variant.inventoryItemId,
      productId: variant.product.id,
      title: variant.product.title,
      available,
      reserved: committed,
      location,
    })),
  )
