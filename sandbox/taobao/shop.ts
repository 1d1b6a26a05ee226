import { shanghaiTime } from '#sandbox/clock.ts'
import { goodsOf } from '#sandbox/goods.ts'
import { digits19, hexOf } from '#sandbox/random.ts'

export type SkuRow = {
  skuId: string
  outerId: string
  propertiesName: string
  quantity: number
  withHold: number
  modified: string
}
export type ItemRow = {
  numIid: string
  title: string
  outerId: string
  priceFen: number
  listTime: string
  modified: string
  /** Of an item without SKUs. */
  count: number
  skus: SkuRow[]
}
export type Shop = { nick: string; session: string; isSessionLive: boolean; items: ItemRow[] }

const SHOPS = [
  { nick: '达布隆生活馆', items: 130 },
  { nick: '半山茶铺', items: 18 },
]

export const shopsOf = (seed: number, nowMs: number): Shop[] =>
  SHOPS.map(({ nick, items }) => ({
    nick,
    session: `6100${hexOf(`taobao/${seed}/${nick}`, 50)}`,
    isSessionLive: true,
    items: goodsOf(seed, `taobao/${nick}`, items).map((product, nth): ItemRow => {
      const name = `taobao/${seed}/${nick}/${product.code}`
      const modified = shanghaiTime(nowMs - (items - nth) * 3_600_000)
      const [only] = product.skus
      const hasSkus = only!.specs.length > 0
      return {
        numIid: `68${digits19(name).slice(2, 12)}`,
        title: product.title,
        outerId: product.code,
        priceFen: product.priceFen,
        listTime: modified,
        modified,
        count: hasSkus ? 0 : only!.stock,
        skus: !hasSkus
          ? []
          : product.skus.map((sku, at) => ({
              // Tmall's SKU ids have 19 digits and go beyond 2^53.
              skuId: `4${digits19(`${name}/${at}`).slice(1)}`,
              outerId: sku.code,
              propertiesName: sku.specs
                .map(({ axis, value }, place) => `${1_627_207 + place}:${28_320 + at}:${axis}:${value}`)
                .join(';'),
              quantity: sku.stock,
              withHold: sku.held,
              modified,
            })),
      }
    }),
  }))

export const totalOf = ({ count, skus }: ItemRow): number =>
  skus.length === 0 ? count : skus.reduce((sum, { quantity }) => sum + quantity, 0)

type StockRow = {
  sku: string
  skuId: string | null
  productId: string
  title: string
  available: number
  reserved: number | null
}

/** The truth, as the control API tells it. */
export const stockRows = (shop: Shop): StockRow[] =>
  shop.items.flatMap<StockRow>(({ numIid: productId, title, outerId, count, skus }) =>
    skus.length === 0
      ? [{ sku: outerId, skuId: null, productId, title, available: count, reserved: null }]
      : skus.map((sku) => ({
          sku: sku.outerId,
          skuId: sku.skuId,
          productId,
          title,
          available: sku.quantity,
          reserved: sku.withHold,
        })),
  )
