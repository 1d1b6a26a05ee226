import {
  AFTER_SALE_STATUS,
  type AfterSale,
  REFUND_STATUS,
  readAfterSalePage,
} from '#engines/doudian/after-sales.ts'
import type { Answer, DoudianGateway, DoudianTokens, Refusal as Refused } from '#engines/doudian/doudian.ts'
import { type DoudianOrder, ORDER_STATUS, readOrderDetail, readOrderPage } from '#engines/doudian/orders.ts'
import { afterSaleList, orderDetail, orderSearch } from '#engines/doudian/requests.ts'
import type { FoundOrder, FoundRefund, Gateway, Refusal, RefusalKind, Sent, Tokens } from './gateway.ts'
import type { OrderStatus, RefundStatus, Times } from './order-sync.ts'

const PAGE_SIZE = 100

const STATUS: Record<number, OrderStatus> = {
  [ORDER_STATUS.created]: 'created',
  [ORDER_STATUS.paid]: 'paid',
  [ORDER_STATUS.preparing]: 'paid',
  [ORDER_STATUS.partlyShipped]: 'part-shipped',
  [ORDER_STATUS.shipped]: 'shipped',
  [ORDER_STATUS.cancelled]: 'closed',
  [ORDER_STATUS.finished]: 'finished',
}

const KIND: Record<Refused['class'], RefusalKind> = {
  ok: 'again',
  retry: 'again',
  rate: 'slower',
  'refresh-token': 'new-token',
  reauthorise: 'authorise',
  permission: 'never',
  repeated: 'never',
  invalid: 'never',
}

/** Doudian, seen by this room. */
export const doudianAdapter = (engine: DoudianGateway): Gateway => ({
  platform: 'doudian',
  pageSize: PAGE_SIZE,
  unknownOrder: '50002',
  createToken: async (app, shopId) => mapped(await engine.createToken(app, { shopId }), tokensOf),
  refreshToken: async (app, refreshToken) => mapped(await engine.refreshToken(app, refreshToken), tokensOf),
  send: async (app, accessToken, { method, params }, { timeoutMs, signal }) =>
    mapped(
      await engine.call({ app, accessToken, method, params, timeoutMs, ...(signal ? { signal } : {}) }),
      (data) => data as never,
    ),
  isSigned: engine.verifyPush,
  orders: (by, window, page) =>
    orderSearch({ by: by === 'created' ? 'create_time' : 'update_time', window, page, size: PAGE_SIZE }),
  order: orderDetail,
  refunds: (window, page) => afterSaleList({ window, page, size: PAGE_SIZE }),
  refundsOf: (orderId) => afterSaleList({ orderId, page: 0, size: PAGE_SIZE }),
  readOrders(data) {
    const { orders, total } = readOrderPage(data)
    return { items: orders.map(foundOrder), total }
  },
  readOrder: (data) => foundOrder(readOrderDetail(data)),
  readRefunds(data) {
    const { afterSales, total } = readAfterSalePage(data)
    return { items: afterSales.map(foundRefund), total }
  },
})

const tokensOf = ({ accessToken, refreshToken, expiresInSeconds, shopName }: DoudianTokens): Tokens => ({
  accessToken,
  refreshToken,
  accessSeconds: expiresInSeconds,
  shopName,
})

const mapped = <T, R>(answer: Answer<T>, map: (data: T) => R): Sent<R> =>
  answer.ok ? { ok: true, data: map(answer.data) } : { ok: false, refusal: refusalOf(answer.refusal) }

const refusalOf = ({
  class: of,
  code,
  httpStatus,
  en,
  description,
  logId,
  retryAfterMs,
}: Refused): Refusal => ({
  kind: KIND[of],
  code: code === null ? `HTTP ${httpStatus}` : String(code),
  says: [en, description, logId ? `log id ${logId}` : ''].filter(Boolean).join(', '),
  retryAfterMs,
})

/**
 * `items + post - promotion + modify = pay`: what the seller changed by hand counts as a discount, downwards or upwards.
 * An order that was cancelled has no time of it of its own: it was changed last by that.
 */
function foundOrder(order: DoudianOrder): FoundOrder {
  const { amounts, receiver } = order
  const status = STATUS[order.status] ?? 'created'
  const times: Times = { created: order.createdAtMs }
  if (order.paidAtMs !== null) times.paid = order.paidAtMs
  if (order.shippedAtMs !== null) times.shipped = order.shippedAtMs
  if (status === 'closed') times.closed = order.finishedAtMs ?? order.updatedAtMs
  else if (order.finishedAtMs !== null) times.finished = order.finishedAtMs
  return {
    orderId: order.orderId,
    page: {
      status,
      times,
      lines: order.items.map((item) => ({
        lineId: item.skuOrderId,
        productId: item.productId,
        skuId: item.skuId,
        sku: item.code || item.outSkuId || item.skuId,
        name: item.spec ? `${item.productName} ${item.spec}` : item.productName,
        quantity: item.quantity,
        sumFen: item.sumFen,
        paidFen: item.payFen,
      })),
      itemsFen: order.items.reduce((sum, { sumFen }) => sum + sumFen, 0),
      freightFen: amounts.postFen,
      discountFen: amounts.promotionFen - amounts.modifyFen - amounts.modifyPostFen,
      paidFen: order.paidAtMs === null ? 0 : amounts.payFen,
      updatedAtMs: order.updatedAtMs,
    },
    buyer:
      receiver.phoneCipher || receiver.nameCipher || receiver.openId || receiver.phoneMask
        ? {
            id: receiver.openId,
            name: receiver.nameCipher,
            phone: receiver.phoneCipher,
            address: [
              receiver.province,
              receiver.city,
              receiver.town,
              receiver.street,
              receiver.addressCipher,
            ]
              .filter(Boolean)
              .join(' '),
            mask: {
              name: receiver.nameMask,
              phone: receiver.phoneMask,
              address: [receiver.province, receiver.city, receiver.addressMask].filter(Boolean).join(' '),
            },
          }
        : null,
  }
}

const foundRefund = (sale: AfterSale): FoundRefund => ({
  orderId: sale.orderId,
  refundId: sale.afterSaleId,
  lineId: sale.skuOrderId === sale.orderId ? null : sale.skuOrderId,
  status: refundStatus(sale),
  fen: sale.refundFen + sale.refundPostFen,
  atMs: sale.updatedAtMs,
})

function refundStatus({ status, refundStatus }: AfterSale): RefundStatus {
  if (refundStatus === REFUND_STATUS.refunded || status === AFTER_SALE_STATUS.succeeded) return 'done'
  if (status === AFTER_SALE_STATUS.closed) return 'closed'
  if (status === AFTER_SALE_STATUS.refusedOnce || status === AFTER_SALE_STATUS.refusedTwice) return 'refused'
  return status === AFTER_SALE_STATUS.asked ? 'applied' : 'agreed'
}
