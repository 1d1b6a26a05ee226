import {
  bad,
  type Method,
  missing,
  numberOf,
  type Params,
  pageOf,
  refuse,
  type Said,
  textOf,
} from './method.ts'
import { int64 } from './raw-numbers.ts'
import type { Shop, Sku } from './shop.ts'

const productList: Method = (shop, params, _nowMs, drift) => {
  const paging = pageOf({ page: 1, ...params })
  if (!paging || paging.page < 1 || paging.page > 100) return bad('page 1 to 100, size 1 to 100')
  const { page, size } = paging
  const status = numberOf(params['status'])
  const products = status === undefined || status === 0 ? productsOf(shop) : []
  const list = products.slice((page - 1) * size, page * size)
  return {
    data: {
      data: list.map(([sku]) => ({
        product_id: int64(sku!.productId),
        name: sku!.name,
        img: `https://p3.example.com/${sku!.productId}.jpg`,
        status: 0,
        check_status: 3,
        product_type: 0,
        spec_id: 0,
        create_time: Math.floor(sku!.createdAtMs / 1000),
        update_time: Math.floor(sku!.createdAtMs / 1000),
        outer_product_id: '',
        category_detail: {},
      })),
      total: drift('listV2/total', products.length),
      page,
      size,
    },
  }
}

const productsOf = (shop: Shop) => [...Map.groupBy(shop.skus.values(), (sku) => sku.productId).values()]

const skuList: Method = (shop, params) => {
  const productId = textOf(params['product_id'])
  if (!productId) return missing('product_id')
  const skus = [...shop.skus.values()].filter((sku) => sku.productId === productId)
  return {
    data: skus.map((sku) => ({
      id: int64(sku.skuId),
      out_sku_id: 0,
      product_id: int64(sku.productId),
      product_id_str: sku.productId,
      spec_detail_name1: sku.spec.split(':').at(-1),
      spec_detail_name2: '',
      spec_detail_name3: '',
      price: sku.priceFen,
      create_time: Math.floor(sku.createdAtMs / 1000),
      code: sku.code,
      sku_type: 0,
      stock_num: sku.stock,
      prehold_stock_num: sku.prehold,
      prom_stock_num: 0,
      step_stock_num: 0,
      stock_map: {},
      normal_stock_num: sku.stock,
      channel_stock_num: 0,
    })),
  }
}

const stockNum: Method = (shop, params) => {
  const sku = skuOf(shop, params)
  if (!sku) return noSku()
  return {
    data: {
      sku_id: int64(sku.skuId),
      out_sku_id: 0,
      code: sku.code,
      sku_type: 0,
      stock_num: sku.stock,
      prehold_stock_num: sku.prehold,
      prom_stock_num: 0,
      stock_num_map: {},
      prehold_stock_map: {},
    },
  }
}

const skuOf = (shop: Shop, params: Params): Sku | undefined => {
  const code = textOf(params['code'])
  return (
    shop.skus.get(textOf(params['sku_id'])) ??
    (code ? [...shop.skus.values()].find((sku) => sku.code === code) : undefined)
  )
}
const noSku = (): Said => refuse(50002, 'isv.business-failed:2001', 'no such sku')

const syncStock: Method = (shop, params) => sync(shop, params, [params])
const syncStockBatch: Method = (shop, params) =>
  Array.isArray(params['sku_sync_list'])
    ? sync(shop, params, params['sku_sync_list'] as Params[])
    : missing('sku_sync_list')

/** All or nothing. */
function sync(shop: Shop, params: Params, lines: Params[]): Said {
  const incremental = params['incremental'] === true || params['incremental'] === 'true'
  const key = textOf(params['idempotent_id'])
  if (incremental && !key) return missing('idempotent_id')
  if (key && shop.idempotent.has(key)) {
    return refuse(40003, 'isv.idempotent-id-existed', 'this idempotent id was used')
  }
  const changes: [Sku, number][] = []
  for (const line of lines) {
    const sku = skuOf(shop, line)
    const n = numberOf(line['stock_num'])
    if (!sku) return noSku()
    if (n === undefined || !Number.isInteger(n)) return bad('stock_num')
    const stock = incremental ? sku.stock + n : n
    if (stock < 0) return bad('stock below zero')
    changes.push([sku, stock])
  }
  for (const [sku, stock] of changes) sku.stock = stock
  if (key) shop.idempotent.add(key)
  return { data: {} }
}

export const stockMethods: Record<string, Method> = {
  'product.listV2': productList,
  'sku.list': skuList,
  'sku.stockNum': stockNum,
  'sku.syncStock': syncStock,
  'sku.syncStockBatch': syncStockBatch,
}
