import { count, id, list, moment, object, text } from './orders.ts'

export interface DoudianProduct {
  productId: string
  name: string
  pictureUrl: string
  /** 0 on sale, 1 off sale, 2 deleted. */
  status: number
  checkStatus: number
  outerProductId: string
  createdAtMs: number | null
  updatedAtMs: number | null
}

export interface DoudianSku {
  skuId: string
  productId: string
  /** The merchant's own code. */
  code: string
  outSkuId: string
  /** `红 / M` */
  spec: string
  priceFen: number
  /** What can still be sold. */
  stock: number
  /** Held by orders that are not paid or not shipped yet. */
  prehold: number
}

/** `data` of `product.listV2`; pages from 1. */
export function readProductPage(data: unknown): { products: DoudianProduct[]; total: number; page: number } {
  const of = object(data)
  return {
    products: list(of['data']).map(readProduct),
    total: count(of['total']) ?? 0,
    page: count(of['page']) ?? 0,
  }
}

function readProduct(raw: unknown): DoudianProduct {
  const of = object(raw)
  return {
    productId: id(of['product_id'], 'product_id'),
    name: text(of['name']),
    pictureUrl: text(of['img']),
    status: count(of['status']) ?? 0,
    checkStatus: count(of['check_status']) ?? 0,
    outerProductId: text(of['outer_product_id']),
    createdAtMs: moment(of['create_time']),
    updatedAtMs: moment(of['update_time']),
  }
}

/** `data` of `sku.list`: an array, or an object with one in `data` (the SDK declares both). */
export const readSkus = (data: unknown): DoudianSku[] =>
  (Array.isArray(data) ? data : list(object(data)['data'])).map((raw) => {
    const of = object(raw)
    return {
      skuId: id(of['id'], 'id'),
      productId: text(of['product_id_str']) || text(of['product_id']),
      code: text(of['code']),
      outSkuId: text(of['out_sku_id']),
      spec: [1, 2, 3]
        .map((level) => text(of[`spec_detail_name${level}`]))
        .filter(Boolean)
        .join(' / '),
      priceFen: count(of['price']) ?? 0,
      stock: count(of['stock_num']) ?? 0,
      prehold: count(of['prehold_stock_num']) ?? 0,
    }
  })

/** `data` of `sku.stockNum`. */
export function readSkuStock(data: unknown): { skuId: string; code: string; stock: number; prehold: number } {
  const of = object(data)
  return {
    skuId: id(of['sku_id'], 'sku_id'),
    code: text(of['code']),
    stock: count(of['stock_num']) ?? 0,
    prehold: count(of['prehold_stock_num']) ?? 0,
  }
}

/** `data` of `order.batchDecrypt`: plain text by cipher text; what could not be decrypted is not in it. */
export function readDecrypted(data: unknown): Map<string, string> {
  const infos = list(object(data)['decrypt_infos']).map(object)
  const good = infos.filter((info) => (count(info['err_no']) ?? 0) === 0)
  return new Map(good.map((info) => [text(info['cipher_text']), text(info['decrypt_text'])]))
}
