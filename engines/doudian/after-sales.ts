import { count, id, list, moment, object, text } from './orders.ts'

/** `aftersale_status`: who has to move. Source: the official SDK's comments. */
export const AFTER_SALE_STATUS = {
  asked: 6,
  waitsForReturn: 7,
  waitsForShop: 11,
  succeeded: 12,
  refusedOnce: 27,
  closed: 28,
  refusedTwice: 29,
} as const
/** `refund_status`: 1 to refund, 2 under way, 3 refunded, 4 failed. Money is back only at 3. */
export const REFUND_STATUS = { waits: 1, underWay: 2, refunded: 3, failed: 4 } as const

/** One refund or return. Money in fen, times in Unix milliseconds. */
export interface AfterSale {
  afterSaleId: string
  orderId: string
  /** The sub-order it is about; the parent's id where it is about the whole order. */
  skuOrderId: string
  /** Ask this and not the ids: the first sub-order often has the number of its parent. */
  isOfWholeOrder: boolean
  /** 0 return and refund, 1 refund after shipping, 2 before shipping, 3 exchange, 6 price protection, 7 resend. */
  type: number
  status: number
  refundStatus: number
  /** Without freight. */
  refundFen: number
  refundPostFen: number
  quantity: number
  appliedAtMs: number
  updatedAtMs: number
  reason: string
  skus: { skuOrderId: string; quantity: number; refundFen: number }[]
}

export interface AfterSalePage {
  afterSales: AfterSale[]
  total: number
  hasMore: boolean
  page: number
}

/** `data` of `afterSale.List`. */
export function readAfterSalePage(data: unknown): AfterSalePage {
  const of = object(data)
  return {
    afterSales: list(of['items']).map(readAfterSale),
    total: count(of['total']) ?? 0,
    hasMore: of['has_more'] === true || of['has_more'] === 'true',
    page: count(of['page']) ?? 0,
  }
}

function readAfterSale(raw: unknown): AfterSale {
  const info = object(object(raw)['aftersale_info'])
  const order = object(object(raw)['order_info'])
  const applied = moment(info['apply_time']) ?? moment(info['create_time']) ?? 0
  const orderId = id(order['shop_order_id'], 'order_info.shop_order_id')
  return {
    afterSaleId: id(info['aftersale_id'], 'aftersale_info.aftersale_id'),
    orderId,
    skuOrderId: text(info['related_id']) || orderId,
    isOfWholeOrder: count(info['aftersale_order_type']) === 2,
    type: count(info['aftersale_type']) ?? 0,
    status: count(info['aftersale_status']) ?? 0,
    refundStatus: count(info['refund_status']) ?? 0,
    refundFen: count(info['refund_amount']) ?? 0,
    refundPostFen: count(info['refund_post_amount']) ?? 0,
    quantity: count(info['aftersale_num']) ?? 0,
    appliedAtMs: applied,
    updatedAtMs: moment(info['update_time']) ?? applied,
    reason: text(object(object(raw)['text_part'])['reason_text']),
    skus: list(order['related_order_info']).map((one) => ({
      skuOrderId: text(object(one)['sku_order_id']),
      quantity: count(object(one)['aftersale_item_num']) ?? 0,
      refundFen: count(object(one)['aftersale_pay_amount']) ?? 0,
    })),
  }
}
