import { fault } from '#kernel/fault.ts'

/** `order_status` of a parent or sub-order. */
export const ORDER_STATUS = {
  created: 1,
  paid: 105,
  preparing: 2,
  partlyShipped: 101,
  shipped: 3,
  cancelled: 4,
  finished: 5,
} as const

/**
 * A parent order. Money in fen, times in Unix milliseconds, ids as text; null where the platform left a field out (it does,
 * by permission package). Whichever of `order.searchList`, `order.orderDetail` it came from, it reads the same.
 */
export interface DoudianOrder {
  orderId: string
  shopId: string
  shopName: string
  /** {@link ORDER_STATUS} */
  status: number
  /** As `status`; 21, 22, 39 when fully refunded before shipping, after shipping, after receipt. */
  mainStatus: number
  statusText: string
  createdAtMs: number
  /** Moves with the main order's status only: not with refunds of a part, remarks or flags. */
  updatedAtMs: number
  paidAtMs: number | null
  shippedAtMs: number | null
  finishedAtMs: number | null
  cancelReason: string
  /** `order_amount`, `pay_amount`, `post_amount`, ... `items + freight - discounts + modify = paid`, see sandbox/README. */
  amounts: {
    orderFen: number
    payFen: number
    postFen: number
    promotionFen: number
    promotionShopFen: number
    promotionPlatformFen: number
    promotionTalentFen: number
    modifyFen: number
    modifyPostFen: number
    taxFen: number
  }
  receiver: Receiver
  buyerWords: string
  sellerWords: string
  sellerStars: number | null
  logistics: { trackingNo: string; company: string; companyName: string; shippedAtMs: number | null }[]
  items: DoudianItem[]
}

/** The platform gives cipher texts and masks; `order.batchDecrypt` gives plain text to apps that may have it. */
export interface Receiver {
  /** `doudian_open_id`, else `open_id`. */
  openId: string
  nameCipher: string
  phoneCipher: string
  addressCipher: string
  nameMask: string
  phoneMask: string
  addressMask: string
  province: string
  city: string
  town: string
  street: string
}

/** A sub-order: one SKU. */
export interface DoudianItem {
  skuOrderId: string
  productId: string
  skuId: string
  outSkuId: string
  /** The merchant's own code of the SKU. */
  code: string
  productName: string
  pictureUrl: string
  /** `颜色:红 尺码:M` */
  spec: string
  quantity: number
  /** Of one piece. */
  priceFen: number
  /** `sum_amount`: pieces times price. */
  sumFen: number
  promotionFen: number
  payFen: number
  status: number
  mainStatus: number
  /** `after_sale_info`; 0 where there is none. */
  afterSaleStatus: number
  afterSaleType: number
  refundStatus: number
}

export interface OrderPage {
  orders: DoudianOrder[]
  /** In the whole window. */
  total: number
  page: number
  size: number
}

type Json = Record<string, unknown>

/** `data` of `order.searchList`. Faults: `unavailable` `doudian/answer` where a field that must be there is not. */
export const readOrderPage = (data: unknown): OrderPage => {
  const of = object(data)
  return {
    orders: list(of['shop_order_list']).map(readOrder),
    total: count(of['total']) ?? 0,
    page: count(of['page']) ?? 0,
    size: count(of['size']) ?? 0,
  }
}

/** `data` of `order.orderDetail`. */
export const readOrderDetail = (data: unknown): DoudianOrder => readOrder(object(data)['shop_order_detail'])

/** One parent order of either method, as it came. */
export function readOrder(raw: unknown): DoudianOrder {
  const of = object(raw)
  const updated = moment(of['update_time'])
  const created = moment(of['create_time'])
  const status = count(of['order_status'])
  if (created === null || status === null) throw incomplete('create_time, order_status')
  return {
    orderId: id(of['order_id'], 'order_id'),
    shopId: id(of['shop_id'], 'shop_id'),
    shopName: text(of['shop_name']),
    status,
    mainStatus: count(of['main_status']) ?? status,
    statusText: text(of['order_status_desc']),
    createdAtMs: created,
    updatedAtMs: updated ?? created,
    paidAtMs: moment(of['pay_time']),
    shippedAtMs: moment(of['ship_time']),
    finishedAtMs: moment(of['finish_time']),
    cancelReason: text(of['cancel_reason']),
    amounts: readAmounts(of),
    receiver: readReceiver(of),
    buyerWords: text(of['buyer_words']),
    sellerWords: text(of['seller_words']),
    sellerStars: count(of['seller_remark_stars']),
    logistics: list(of['logistics_info']).map((one) => ({
      trackingNo: text(object(one)['tracking_no']),
      company: text(object(one)['company']),
      companyName: text(object(one)['company_name']),
      shippedAtMs: moment(object(one)['ship_time']),
    })),
    items: list(of['sku_order_list']).map(readItem),
  }
}

const readAmounts = (of: Json): DoudianOrder['amounts'] => ({
  orderFen: count(of['order_amount']) ?? 0,
  payFen: count(of['pay_amount']) ?? 0,
  postFen: count(of['post_amount']) ?? 0,
  promotionFen: count(of['promotion_amount']) ?? 0,
  promotionShopFen: count(of['promotion_shop_amount']) ?? 0,
  promotionPlatformFen: count(of['promotion_platform_amount']) ?? 0,
  promotionTalentFen: count(of['promotion_talent_amount']) ?? 0,
  modifyFen: count(of['modify_amount']) ?? 0,
  modifyPostFen: count(of['modify_post_amount']) ?? 0,
  taxFen: count(of['tax_amount']) ?? 0,
})

function readReceiver(of: Json): Receiver {
  const at = object(of['post_addr'])
  const mask = object(of['mask_post_addr'])
  const part = (name: string) => text(object(at[name])['name']) || text(object(mask[name])['name'])
  return {
    openId: text(of['doudian_open_id']) || text(of['open_id']),
    nameCipher: text(of['encrypt_post_receiver']),
    phoneCipher: text(of['encrypt_post_tel']),
    addressCipher: text(at['encrypt_detail']),
    nameMask: text(of['mask_post_receiver']),
    phoneMask: text(of['mask_post_tel']),
    addressMask: text(mask['detail']),
    province: part('province'),
    city: part('city'),
    town: part('town'),
    street: part('street'),
  }
}

function readItem(raw: unknown): DoudianItem {
  const of = object(raw)
  const afterSale = object(of['after_sale_info'])
  const status = count(of['order_status']) ?? 0
  return {
    skuOrderId: id(of['order_id'], 'sku_order_list.order_id'),
    productId: text(of['product_id_str']) || text(of['product_id']),
    skuId: text(of['sku_id']),
    outSkuId: text(of['out_sku_id']),
    code: text(of['code']),
    productName: text(of['product_name']),
    pictureUrl: text(of['product_pic']),
    spec: list(of['spec'])
      .map((one) => `${text(object(one)['name'])}:${text(object(one)['value'])}`)
      .join(' '),
    quantity: count(of['item_num']) ?? 0,
    priceFen: count(of['origin_amount']) ?? 0,
    sumFen: count(of['sum_amount']) ?? 0,
    promotionFen: count(of['promotion_amount']) ?? 0,
    payFen: count(of['pay_amount']) ?? 0,
    status,
    mainStatus: count(of['main_status']) ?? status,
    afterSaleStatus: count(afterSale['after_sale_status']) ?? 0,
    afterSaleType: count(afterSale['after_sale_type']) ?? 0,
    refundStatus: count(afterSale['refund_status']) ?? 0,
  }
}

export const object = (value: unknown): Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {}
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''

/** The platform writes numbers as numbers and as text. */
export function count(value: unknown): number | null {
  const n = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof n === 'number' && Number.isFinite(n) ? n : null
}

/** Unix seconds to milliseconds; zero means "not yet". */
export function moment(value: unknown): number | null {
  const seconds = count(value)
  return seconds === null || seconds <= 0 ? null : seconds * 1000
}

export function id(value: unknown, field: string): string {
  const found = text(value)
  if (found === '') throw incomplete(field)
  return found
}

const incomplete = (field: string) =>
  fault('unavailable', 'doudian/answer', `The platform's answer has no ${field}`, { field })
