import { bare } from '#sandbox/market.ts'
import type { GoodsRow, Mall, SkuRow } from './shop.ts'

export type Parameters = Record<string, string>
export class Refusal extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
type Method = {
  root: string
  /** Calls of one mall in a window; beyond it the platform answers 70031. */
  limit: { calls: number; perMs: number }
  run(mall: Mall, parameters: Parameters): Record<string, unknown>
}

export const methods: Record<string, Method> = {
  'pdd.goods.list.get': {
    root: 'goods_list_get_response',
    limit: { calls: 600, perMs: 60_000 },
    run(mall, parameters) {
      const page = numberOf(parameters, 'page', 1)
      const pageSize = numberOf(parameters, 'page_size', 1, 100)
      const rows = mall.goods.filter(filterOf(parameters))
      return {
        total_count: rows.length,
        goods_list: rows.slice((page - 1) * pageSize, page * pageSize).map(goodsRow),
      }
    },
  },
  'pdd.goods.quantity.update': {
    root: 'goods_quantity_update_response',
    limit: { calls: 4_200, perMs: 1_000 },
    run(mall, parameters) {
      const goods = mall.goods.find(({ goodsId }) => goodsId === need(parameters, 'goods_id'))
      if (!goods) throw new Refusal(21001, 'goods_id: no such goods of this mall')
      const sku = skuOf(goods, parameters)
      const quantity = numberOf(parameters, 'quantity')
      const next = parameters['update_type'] === '2' ? sku.quantity + quantity : quantity
      if (next < 0) throw new Refusal(21001, 'quantity: would be below 0')
      if (goods.isPromoted && next < sku.quantity) return { is_success: false }
      sku.quantity = next
      return { is_success: true }
    },
  },
}

function filterOf(parameters: Parameters): (goods: GoodsRow) => boolean {
  if (parameters['is_onsale']) return ({ isOnSale }) => isOnSale === (parameters['is_onsale'] === '1')
  const outerId = parameters['outer_id']
  if (outerId) return ({ skus }) => skus.some((sku) => sku.outerId === outerId)
  return ({ name }) => name.includes(parameters['goods_name'] ?? '')
}

const goodsRow = (goods: GoodsRow) => ({
  goods_id: bare(goods.goodsId),
  goods_name: goods.name,
  is_onsale: goods.isOnSale ? 1 : 0,
  is_more_sku: goods.skus.length > 1 ? 1 : 0,
  goods_quantity: goods.skus.reduce((sum, { quantity }) => sum + quantity, 0),
  goods_reserve_quantity: goods.skus.reduce((sum, { reserved }) => sum + reserved, 0),
  image_url: '',
  sku_list: goods.skus.map((sku) => ({
    sku_id: bare(sku.skuId),
    sku_quantity: sku.quantity,
    reserve_quantity: sku.reserved,
    outer_id: sku.outerId,
    outer_goods_id: goods.outerId,
    is_sku_onsale: 1,
    spec: sku.spec,
  })),
})

/** `sku_id` wins over `outer_id`. */
function skuOf(goods: GoodsRow, { sku_id: skuId, outer_id: outerId }: Parameters): SkuRow {
  const sku = goods.skus.find((one) => (skuId ? one.skuId === skuId : one.outerId === outerId))
  if (!sku) throw new Refusal(21001, 'sku_id: no such SKU of these goods')
  return sku
}

function need(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (!value) throw new Refusal(21002, `${name}: must not be empty`)
  return value
}

function numberOf(parameters: Parameters, name: string, least = -1e9, most = 1e9): number {
  const value = Number(need(parameters, name))
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Refusal(21001, `${name}: not from ${least} to ${most}`)
}
