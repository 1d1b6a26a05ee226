import { digits19, hexOf } from '#sandbox/random.ts'
import { buyerOf } from './people.ts'

export const orderStates = ['created', 'paid', 'partly-shipped', 'shipped', 'finished', 'cancelled'] as const
export type OrderState = (typeof orderStates)[number]
export const refundStates = ['asked', 'agreed', 'succeeded', 'refused', 'closed'] as const
export type RefundState = (typeof refundStates)[number]

export type Item = {
  skuOrderId: string
  productId: string
  skuId: string
  code: string
  name: string
  spec: string
  quantity: number
  priceFen: number
  /** Of the whole line. */
  discountFen: number
  shipped: boolean
}
export type Buyer = {
  openId: string
  name: string
  phone: string
  province: string
  city: string
  town: string
  street: string
  detail: string
}
export type Refund = {
  afterSaleId: string
  /** Null: the whole order. */
  skuOrderId: string | null
  /** 0 return and refund, 1 refund after shipping, 2 before shipping. */
  type: number
  /** Without freight. */
  amountFen: number
  postFen: number
  quantity: number
  state: RefundState
  reason: string
  appliedAtMs: number
  updatedAtMs: number
}
/** The truth about one order; what the wire says is made from it. */
export type Order = {
  orderId: string
  state: OrderState
  createdAtMs: number
  /** Moves with the state only. */
  updatedAtMs: number
  paidAtMs: number | null
  shippedAtMs: number | null
  finishedAtMs: number | null
  cancelledAtMs: number | null
  cancelReason: string
  items: Item[]
  postFen: number
  /** A changed price: what all items together cost more (or, below zero, less). */
  modifyFen: number
  buyer: Buyer
  buyerWords: string
  sellerWords: string
  trackingNo: string
  company: string
  refunds: Refund[]
}
export type LooseOrder = Partial<Omit<Order, 'items' | 'buyer' | 'refunds'>> & {
  items?: Partial<Item>[]
  buyer?: Partial<Buyer>
  refunds?: Partial<Refund>[]
}

const sum = (numbers: Iterable<number>): number => {
  let total = 0
  for (const n of numbers) total += n
  return total
}
export const itemSumFen = (item: Item): number => item.quantity * item.priceFen
export const itemsFen = (order: Order): number => sum(order.items.map(itemSumFen))
export const discountFen = (order: Order): number => sum(order.items.map((item) => item.discountFen))
export const payFen = (order: Order): number =>
  itemsFen(order) - discountFen(order) + order.modifyFen + order.postFen

/** What was paid for each item; with the freight they add up to `payFen`. */
export function itemPaysFen(order: Order): number[] {
  const plain = order.items.map((item) => itemSumFen(item) - item.discountFen)
  const whole = sum(plain)
  if (order.modifyFen === 0) return plain
  const parts = plain.map((part) => (whole === 0 ? 0 : Math.trunc((part * order.modifyFen) / whole)))
  const rest = order.modifyFen - sum(parts)
  const largest = plain.indexOf(plain.reduce((a, b) => Math.max(a, b), plain[0] ?? 0))
  return plain.map((part, nth) => part + parts[nth]! + (nth === largest ? rest : 0))
}

const isStanding = (refund: Refund) => refund.state === 'succeeded'
/** Money that went back. */
export const refundedFen = (order: Order): number =>
  sum(order.refunds.filter(isStanding).map((refund) => refund.amountFen + refund.postFen))
/** An order of 0 fen is refunded when a refund of all of it succeeded. */
export const isFullyRefunded = (order: Order): boolean =>
  order.paidAtMs !== null &&
  order.refunds.some(isStanding) &&
  refundedFen(order) >= payFen(order) - order.postFen

/** `order_status`: 1 to pay, 2 to ship, 101 partly shipped, 3 shipped, 4 cancelled, 5 finished. */
export function statusOf(order: Order): number {
  if (order.state === 'finished') return 5
  if (order.state === 'cancelled' || isFullyRefunded(order)) return 4
  return { created: 1, paid: 2, 'partly-shipped': 101, shipped: 3 }[order.state]
}
/** As the status; 21, 22 and 39 for an order that is wholly refunded before shipping, after it, after receipt. */
export function mainStatusOf(order: Order): number {
  if (!isFullyRefunded(order)) return statusOf(order)
  if (order.finishedAtMs !== null) return 39
  return order.shippedAtMs === null ? 21 : 22
}

const whole = (value: unknown, name: string, least = 0): number => {
  const n = Number(value)
  if (!Number.isSafeInteger(n) || n < least)
    throw new Error(`${name} must be a whole number of at least ${least}`)
  return n
}
const moment = (value: unknown, name: string, otherwise: number | null): number | null =>
  value === undefined || value === null ? otherwise : whole(value, name)

/** Fill in what a loaded order leaves out; throws with the reason where it cannot stand. */
export function orderFrom(loose: LooseOrder): Order {
  const orderId = String(loose.orderId ?? '')
  if (!/^\d{1,20}$/.test(orderId)) throw new Error('orderId must be digits')
  const state = loose.state ?? 'finished'
  if (!orderStates.includes(state)) throw new Error(`state must be one of ${orderStates.join(', ')}`)
  const createdAtMs = whole(loose.createdAtMs ?? Number.NaN, 'createdAtMs')
  const reached = (...states: OrderState[]) => (states.includes(state) ? createdAtMs : null)
  const items = loose.items ?? []
  if (items.length === 0) throw new Error('items must not be empty')
  const order: Order = {
    orderId,
    state,
    createdAtMs,
    updatedAtMs: createdAtMs,
    paidAtMs: moment(loose.paidAtMs, 'paidAtMs', reached('paid', 'partly-shipped', 'shipped', 'finished')),
    shippedAtMs: moment(loose.shippedAtMs, 'shippedAtMs', reached('partly-shipped', 'shipped', 'finished')),
    finishedAtMs: moment(loose.finishedAtMs, 'finishedAtMs', reached('finished')),
    cancelledAtMs: moment(loose.cancelledAtMs, 'cancelledAtMs', reached('cancelled')),
    cancelReason: String(loose.cancelReason ?? ''),
    items: items.map((item, nth) => itemFrom(item, orderId, nth, state)),
    postFen: whole(loose.postFen ?? 0, 'postFen'),
    modifyFen: whole(loose.modifyFen ?? 0, 'modifyFen', Number.MIN_SAFE_INTEGER),
    buyer: { ...buyerOf(orderId), ...loose.buyer },
    buyerWords: String(loose.buyerWords ?? ''),
    sellerWords: String(loose.sellerWords ?? ''),
    trackingNo: String(loose.trackingNo ?? ''),
    company: String(loose.company ?? ''),
    refunds: [],
  }
  order.refunds = (loose.refunds ?? []).map((refund, nth) => refundFrom(refund, order, nth))
  const moments = [order.paidAtMs, order.shippedAtMs, order.finishedAtMs, order.cancelledAtMs]
  const latest = Math.max(createdAtMs, ...moments.map((ms) => ms ?? 0))
  order.updatedAtMs = moment(loose.updatedAtMs, 'updatedAtMs', latest)!
  if (payFen(order) < 0) throw new Error('the order costs less than nothing')
  return order
}

function itemFrom(item: Partial<Item>, orderId: string, nth: number, state: OrderState): Item {
  const code = String(item.code ?? item.skuId ?? '')
  return {
    skuOrderId: String(item.skuOrderId ?? subOrderId(orderId, nth)),
    productId: String(item.productId ?? digits19(`product/${code}`)),
    skuId: String(item.skuId ?? digits19(`sku/${code}`)),
    code,
    name: String(item.name ?? code),
    spec: String(item.spec ?? ''),
    quantity: whole(item.quantity ?? 1, 'quantity', 1),
    priceFen: whole(item.priceFen ?? 0, 'priceFen'),
    discountFen: whole(item.discountFen ?? 0, 'discountFen'),
    shipped: item.shipped ?? ['shipped', 'finished'].includes(state),
  }
}

/** The first sub-order has the number of its parent, as on the platform. */
export const subOrderId = (orderId: string, nth: number): string =>
  nth === 0 ? orderId : digits19(`sub-order/${orderId}/${nth}`)

export function refundFrom(refund: Partial<Refund>, order: Order, nth: number): Refund {
  const state = refund.state ?? 'succeeded'
  if (!refundStates.includes(state)) throw new Error(`refund state must be one of ${refundStates.join(', ')}`)
  const skuOrderId = refund.skuOrderId ?? null
  const appliedAtMs = moment(refund.appliedAtMs, 'appliedAtMs', order.paidAtMs ?? order.createdAtMs)!
  const places = order.items.map((item) => item.skuOrderId)
  if (skuOrderId !== null && !places.includes(skuOrderId)) throw new Error(`no item ${skuOrderId}`)
  const lines = order.items.filter((item) => skuOrderId === null || item.skuOrderId === skuOrderId)
  return {
    afterSaleId: String(refund.afterSaleId ?? afterSaleId(order.orderId, nth)),
    skuOrderId,
    type: refund.type ?? (order.shippedAtMs === null ? 2 : 1),
    amountFen: whole(refund.amountFen ?? 0, 'amountFen'),
    postFen: whole(refund.postFen ?? 0, 'postFen'),
    quantity: whole(refund.quantity ?? sum(lines.map((item) => item.quantity)), 'quantity'),
    state,
    reason: String(refund.reason ?? '不想要了'),
    appliedAtMs,
    updatedAtMs: moment(refund.updatedAtMs, 'updatedAtMs', appliedAtMs)!,
  }
}

export const afterSaleId = (orderId: string, nth: number): string =>
  String(BigInt(`0x${hexOf(`after-sale/${orderId}/${nth}`, 14)}`) + 10n ** 18n)
