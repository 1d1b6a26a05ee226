import { goodsOf } from '#sandbox/goods.ts'
import { digits19, hexOf } from '#sandbox/random.ts'

export type SkuRow = { skuId: string; outerId: string; spec: string; quantity: number; reserved: number }
export type GoodsRow = {
  goodsId: string
  name: string
  outerId: string
  isOnSale: boolean
  /** On a promotion slot: the stock can only go up. */
  isPromoted: boolean
  skus: SkuRow[]
}
export type Mall = {
  mallId: string
  name: string
  accessToken: string
  isTokenLive: boolean
  goods: GoodsRow[]
}

const MALLS = [
  { name: '达布隆优选', goods: 230 },
  { name: '山里人家食品', goods: 30 },
]

export const mallsOf = (seed: number): Mall[] =>
  MALLS.map(({ name, goods }, nth) => ({
    mallId: String(680_000_100 + nth),
    name,
    accessToken: hexOf(`pdd/${seed}/${name}`, 40),
    isTokenLive: true,
    goods: goodsOf(seed, `pdd/${name}`, goods).map((product, at): GoodsRow => {
      const id = `pdd/${seed}/${name}/${product.code}`
      return {
        goodsId: `71${digits19(id).slice(2, 12)}`,
        name: product.title,
        outerId: product.code,
        isOnSale: at % 17 !== 16,
        isPromoted: at % 29 === 7,
        skus: product.skus.map((sku, place) => ({
          skuId: `1${digits19(`${id}/${place}`).slice(1, 13)}`,
          outerId: sku.code,
          spec: sku.specs.map(({ value }) => value).join(','),
          quantity: sku.stock,
          reserved: sku.held,
        })),
      }
    }),
  }))

export const stockRows = (mall: Mall) =>
  mall.goods.flatMap(({ goodsId: productId, name: title, isOnSale, isPromoted, skus }) =>
    skus.map((sku) => ({
      sku: sku.outerId,
      skuId: sku.skuId,
      productId,
      title,
      available: sku.quantity,
      reserved: sku.reserved,
      isOnSale,
      isPromoted,
    })),
  )
