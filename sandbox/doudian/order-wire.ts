import { createHash } from 'node:crypto'
import type { Drift } from '#sandbox/douyin/envelope.ts'
import {
  discountFen,
  type Item,
  isFullyRefunded,
  itemPaysFen,
  itemSumFen,
  itemsFen,
  mainStatusOf,
  type Order,
  payFen,
  type Refund,
  statusOf,
} from './order.ts'
import { maskedName, maskedPhone } from './people.ts'
import { int64 } from './raw-numbers.ts'

const seconds = (ms: number | null): number => (ms === null ? 0 : Math.floor(ms / 1000))

const words: Record<number, string> = {
  1: '待付款',
  2: '备货中',
  101: '部分发货',
  3: '已发货',
  4: '已取消',
  5: '已完成',
  21: '发货前退款完结',
  22: '发货后退款完结',
  39: '收货后退款完结',
}
export const refundStatusCodes = { asked: 6, agreed: 11, succeeded: 12, refused: 27, closed: 28 } as const

/** An order as `order.searchList` and `order.orderDetail` write it. */
export function orderWire(order: Order, shop: { shopId: string; name: string }, drift: Drift) {
  const n = (name: string, value: number) => drift(`order/${name}`, value)
  const status = statusOf(order)
  const main = mainStatusOf(order)
  const pays = itemPaysFen(order)
  const promotion = discountFen(order)
  return {
    order_id: order.orderId,
    order_level: 2,
    shop_id: int64(shop.shopId),
    shop_name: shop.name,
    open_id: '',
    doudian_open_id: order.buyer.openId,
    order_status: n('order_status', status),
    order_status_desc: words[status],
    main_status: n('main_status', main),
    main_status_desc: words[main],
    order_type: 0,
    biz: 2,
    b_type: 2,
    sub_b_type: 3,
    app_id: 1128,
    pay_type: order.paidAtMs === null ? 0 : 1,
    channel_payment_no: order.paidAtMs === null ? '' : `24${order.orderId}`,
    create_time: n('create_time', seconds(order.createdAtMs)),
    update_time: n('update_time', seconds(order.updatedAtMs)),
    pay_time: n('pay_time', seconds(order.paidAtMs)),
    ship_time: n('ship_time', seconds(order.shippedAtMs)),
    finish_time: n('finish_time', seconds(order.finishedAtMs)),
    order_expire_time: 1800,
    exp_ship_time: order.paidAtMs === null ? 0 : seconds(order.paidAtMs) + 172_800,
    cancel_reason: order.cancelReason,
    buyer_words: order.buyerWords,
    seller_words: order.sellerWords,
    seller_remark_stars: 0,
    order_amount: n('order_amount', itemsFen(order) + order.postFen),
    pay_amount: n('pay_amount', payFen(order)),
    post_amount: n('post_amount', order.postFen),
    post_insurance_amount: 0,
    modify_amount: n('modify_amount', order.modifyFen),
    modify_post_amount: 0,
    promotion_amount: n('promotion_amount', promotion),
    promotion_shop_amount: n('promotion_shop_amount', promotion),
    promotion_platform_amount: 0,
    promotion_talent_amount: 0,
    promotion_pay_amount: 0,
    tax_amount: 0,
    ...receiver(order),
    logistics_info: order.trackingNo
      ? [
          {
            tracking_no: order.trackingNo,
            company: order.company,
            company_name: order.company,
            ship_time: n('logistics_ship_time', seconds(order.shippedAtMs)),
            delivery_id: '',
            product_info: order.items
              .filter((item) => item.shipped)
              .map((item) => ({
                product_name: item.name,
                product_count: item.quantity,
                sku_order_id: item.skuOrderId,
              })),
          },
        ]
      : [],
    sku_order_list: order.items.map((item, nth) => skuOrder(order, item, pays[nth]!, n)),
  }
}

function skuOrder(
  order: Order,
  item: Item,
  paysFen: number,
  n: (name: string, value: number) => number | string,
) {
  const refund = order.refunds.findLast(
    (one) => one.skuOrderId === null || one.skuOrderId === item.skuOrderId,
  )
  const status = order.state === 'partly-shipped' ? (item.shipped ? 3 : 2) : statusOf(order)
  const [name, value] = item.spec.includes(':') ? item.spec.split(':', 2) : ['规格', item.spec]
  return {
    order_id: item.skuOrderId,
    parent_order_id: order.orderId,
    order_level: 3,
    product_id: int64(item.productId),
    product_id_str: item.productId,
    sku_id: int64(item.skuId),
    out_sku_id: '',
    code: item.code,
    product_name: item.name,
    product_pic: `https://p3.example.com/${item.productId}.jpg`,
    spec: item.spec ? [{ name, value }] : [],
    item_num: n('item_num', item.quantity),
    origin_amount: n('origin_amount', item.priceFen),
    sum_amount: n('sum_amount', itemSumFen(item)),
    order_amount: n('sku_order_amount', itemSumFen(item)),
    promotion_amount: n('sku_promotion_amount', item.discountFen),
    modify_amount: paysFen - itemSumFen(item) + item.discountFen,
    pay_amount: n('sku_pay_amount', paysFen),
    order_status: status,
    main_status: isFullyRefunded(order) ? mainStatusOf(order) : status,
    after_sale_info: refund
      ? {
          after_sale_status: refundStatusCodes[refund.state],
          after_sale_type: refund.type,
          refund_status: refundMoney(refund),
        }
      : { after_sale_status: 0, after_sale_type: 0, refund_status: 0 },
    inventory_list: [],
    given_product_type: '',
    pre_sale_type: 0,
    confirm_receipt_time: seconds(order.finishedAtMs),
  }
}

/** 1 to refund, 2 under way, 3 refunded; 0 where no money will go. */
export const refundMoney = ({ state }: Refund): number =>
  ({ asked: 1, agreed: 2, succeeded: 3, refused: 0, closed: 0 })[state]

function receiver(order: Order) {
  const { buyer } = order
  const part = (name: string) => ({ name, id: '0' })
  const place = {
    province: part(buyer.province),
    city: part(buyer.city),
    town: part(buyer.town),
    street: part(buyer.street),
  }
  return {
    encrypt_post_tel: cipherOf(order.orderId, 'tel', buyer.phone),
    encrypt_post_receiver: cipherOf(order.orderId, 'name', buyer.name),
    mask_post_tel: maskedPhone(buyer.phone),
    mask_post_receiver: maskedName(buyer.name),
    post_addr: { ...place, encrypt_detail: cipherOf(order.orderId, 'addr', buyer.detail) },
    mask_post_addr: { ...place, detail: maskedName(buyer.detail) },
  }
}

const pad = (orderId: string, kind: string) => createHash('sha512').update(`${orderId}/${kind}`).digest()
const mixed = (bytes: Buffer, key: Buffer) =>
  Buffer.from(bytes.map((byte, nth) => byte ^ key[nth % key.length]!))

/** Unreadable, and the same for the same order: enough for a sandbox, no protection of anything. */
export const cipherOf = (orderId: string, kind: string, text: string): string =>
  text === '' ? '' : `#${mixed(Buffer.from(text), pad(orderId, kind)).toString('base64')}#${kind}#1##`

/** The text of a cipher; undefined for one that is not of this order. */
export function plainOf(orderId: string, cipher: string): string | undefined {
  const [, coded, kind] = cipher.split('#')
  if (!coded || !kind) return undefined
  const text = mixed(Buffer.from(coded, 'base64'), pad(orderId, kind)).toString('utf8')
  return text.includes('\uFFFD') ? undefined : text
}

/** A refund as `afterSale.List` writes it. */
export function refundWire(order: Order, refund: Refund, drift: Drift) {
  const n = (name: string, value: number) => drift(`after-sale/${name}`, value)
  const pays = itemPaysFen(order)
  const lines = order.items.flatMap((item, nth) =>
    refund.skuOrderId === null || item.skuOrderId === refund.skuOrderId
      ? [{ item, paysFen: pays[nth]! }]
      : [],
  )
  return {
    aftersale_info: {
      aftersale_id: refund.afterSaleId,
      aftersale_order_type: refund.skuOrderId === null ? 2 : 1,
      aftersale_type: refund.type,
      aftersale_status: refundStatusCodes[refund.state],
      related_id: refund.skuOrderId ?? order.orderId,
      apply_time: n('apply_time', seconds(refund.appliedAtMs)),
      create_time: n('create_time', seconds(refund.appliedAtMs)),
      update_time: n('update_time', seconds(refund.updatedAtMs)),
      status_deadline: 0,
      refund_amount: n('refund_amount', refund.amountFen),
      refund_post_amount: n('refund_post_amount', refund.postFen),
      aftersale_num: refund.quantity,
      part_type: 0,
      refund_status: refundMoney(refund),
      arbitrate_status: 0,
      refund_tax_amount: 0,
      remark: '',
      got_pkg: order.finishedAtMs === null ? 0 : 1,
    },
    order_info: {
      shop_order_id: order.orderId,
      order_flag: 0,
      related_order_info: lines.map(({ item, paysFen }) => ({
        sku_order_id: item.skuOrderId,
        order_status: statusOf(order),
        pay_amount: paysFen,
        post_amount: 0,
        item_num: item.quantity,
        create_time: seconds(order.createdAtMs),
        product_name: item.name,
        product_id: int64(item.productId),
        shop_sku_code: item.code,
        price: item.priceFen,
        aftersale_pay_amount: lines.length === 1 ? refund.amountFen : Math.min(paysFen, refund.amountFen),
        aftersale_item_num: lines.length === 1 ? refund.quantity : item.quantity,
      })),
    },
    text_part: { reason_text: refund.reason, aftersale_status_text: '', aftersale_type_text: '' },
    seller_logs: [],
  }
}
