import { hexOf } from '#sandbox/random.ts'
import { type Order, payFen, type Refund, statusOf } from './order.ts'
import { refundStatusCodes } from './order-wire.ts'
import { int64 } from './raw-numbers.ts'

export type Message = { tag: string; msg_id: string; data: string }
type Told = { order: Order; tag: string; atMs: number; refund?: Refund }

/** What a push says of one moment of an order: the same moment has the same id whenever it is told. */
export function messageOf(shopId: string, told: Told): Message {
  const time = Math.floor(told.atMs / 1000)
  const what = `${told.order.orderId}/${told.tag}/${told.refund?.afterSaleId ?? ''}/${told.atMs}`
  const number = BigInt(`0x${hexOf(`push/${shopId}/${what}`, 12)}`)
  return {
    tag: told.tag,
    msg_id: `${number}::${told.tag}:${time}:${shopId}`,
    data: JSON.stringify(
      told.refund
        ? refundData(shopId, told.order, told.refund, time, told.tag)
        : tradeData(shopId, told, time),
    ),
  }
}

const statusAt: Record<string, number> = {
  '100': 1,
  '101': 2,
  '102': 3,
  '103': 5,
  '106': 4,
  '108': 101,
  '109': 1,
}

function tradeData(shopId: string, { order, tag }: Told, time: number) {
  return {
    p_id: int64(order.orderId),
    s_ids: order.items.map((item) => int64(item.skuOrderId)),
    shop_id: int64(shopId),
    order_status: statusAt[tag] ?? statusOf(order),
    order_type: 0,
    biz: 2,
    ...more(order, tag, time),
  }
}

function more(order: Order, tag: string, time: number): Record<string, unknown> {
  const logistics = { express_company_id: order.company, logistics_code: order.trackingNo }
  if (tag === '100') return { create_time: time }
  if (tag === '101') return { pay_time: time, pay_type: 1, pay_amount: payFen(order) }
  if (tag === '102') return { update_time: time, logistics_msg: logistics, receiver_msg: {} }
  if (tag === '103') return { complete_time: time }
  if (tag === '106') return { cancel_time: time, cancel_reason: order.cancelReason }
  if (tag === '108') {
    const shipped = order.items.filter((item) => item.shipped)
    const parts = shipped.map((item) => ({
      sku_order_id: int64(item.skuOrderId),
      shipped_num: item.quantity,
    }))
    return {
      update_time: time,
      pack_id: order.trackingNo,
      logistics_msg: { ...logistics, shipped_order_info: parts },
    }
  }
  if (tag === '109') return { modify_time: time, total_amount: payFen(order), post_amount: order.postFen }
  return { update_time: time }
}

const timeNames: Record<string, string> = {
  '200': 'apply_time',
  '201': 'agree_time',
  '204': 'refuse_time',
  '206': 'success_time',
  '207': 'close_time',
}
const statusByTag: Record<string, number> = { '200': 6, '201': 11, '204': 27, '206': 12, '207': 28 }

const refundData = (shopId: string, order: Order, refund: Refund, time: number, tag: string) => ({
  aftersale_id: int64(refund.afterSaleId),
  aftersale_status: statusByTag[tag] ?? refundStatusCodes[refund.state],
  aftersale_type: refund.type,
  p_id: int64(order.orderId),
  s_id: int64(refund.skuOrderId ?? order.orderId),
  shop_id: int64(shopId),
  refund_amount: refund.amountFen,
  refund_post_amount: refund.postFen,
  reason_code: 1,
  [timeNames[tag] ?? 'update_time']: time,
})

/** What a stranger would send: the same message with another amount, under an id of its own. */
export function forgedFrom(message: Message): Message {
  const data = message.data
    .replace(/("(?:pay_amount|refund_amount|total_amount)":)\d+/, (_, name) => `${name}1`)
    .replace(/("order_status":)\d+/, (_, name) => `${name}5`)
  return { tag: message.tag, msg_id: `9${message.msg_id}`, data }
}
