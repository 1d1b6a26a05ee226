import {
  type Item,
  isFullyRefunded,
  itemPaysFen,
  type Order,
  type OrderState,
  payFen,
  type Refund,
  type RefundState,
  refundFrom,
} from './order.ts'

/** What happened to an order, as a push will tell it; `tag` is the platform's. */
export type Happening = { order: Order; tag: string; atMs: number; refund?: Refund }
/** How far stock moves: `sellable` and `held` pieces of one SKU. */
export type StockMove = (skuId: string, sellable: number, held: number) => void

const next: Record<OrderState, OrderState | undefined> = {
  created: 'paid',
  paid: 'shipped',
  'partly-shipped': 'shipped',
  shipped: 'finished',
  finished: undefined,
  cancelled: undefined,
}
const companies = ['zhongtong', 'yuantong', 'yunda', 'shunfeng']

export const hold = (order: Order, move: StockMove) => {
  for (const item of order.items) move(item.skuId, -item.quantity, item.quantity)
}

/** One state on, or to the given one; undefined where that is no way to go. */
export function advance(
  order: Order,
  to: OrderState | undefined,
  atMs: number,
  move: StockMove,
  reason?: string,
): Happening | undefined {
  const target = to ?? next[order.state]
  if (!target || !isWay(order, target)) return undefined
  order.state = target
  order.updatedAtMs = atMs
  if (target === 'paid') order.paidAtMs = atMs
  if (target === 'finished') order.finishedAtMs = atMs
  if (target === 'cancelled') {
    order.cancelledAtMs = atMs
    order.cancelReason = reason ?? '买家未按时付款'
    for (const item of order.items) move(item.skuId, item.quantity, -item.quantity)
  }
  if (target === 'shipped' || target === 'partly-shipped') ship(order, target, atMs, move)
  return { order, tag: tags[target], atMs }
}

export const tags: Record<OrderState, string> = {
  created: '100',
  paid: '101',
  'partly-shipped': '108',
  shipped: '102',
  finished: '103',
  cancelled: '106',
}

const ways: Record<OrderState, OrderState[]> = {
  created: ['paid', 'cancelled'],
  paid: ['shipped', 'partly-shipped'],
  'partly-shipped': ['shipped'],
  shipped: ['finished'],
  finished: [],
  cancelled: [],
}
function isWay(order: Order, to: OrderState): boolean {
  if (isFullyRefunded(order) && order.state !== 'shipped') return false
  return ways[order.state].includes(to) && (to !== 'partly-shipped' || order.items.length > 1)
}

function ship(order: Order, to: OrderState, atMs: number, move: StockMove) {
  order.shippedAtMs ??= atMs
  order.company ||= companies[Number(order.orderId.slice(-2)) % companies.length]!
  order.trackingNo ||= `YT${order.orderId.slice(-13)}`
  const going = order.items.filter((item) => !item.shipped)
  const now = to === 'partly-shipped' ? going.slice(0, Math.ceil(going.length / 2)) : going
  for (const item of now) sendOff(item, move)
}
function sendOff(item: Item, move: StockMove) {
  item.shipped = true
  move(item.skuId, 0, -item.quantity)
}

const refundTags: Record<RefundState, string> = {
  asked: '200',
  agreed: '201',
  refused: '204',
  succeeded: '206',
  closed: '207',
}

export type RefundWish = {
  amountFen?: number
  postFen?: number
  skuOrderId?: string | null
  quantity?: number
  to?: RefundState
  reason?: string
}

/** A refund is asked for; without an amount, all that is left of the item or of the order. Throws where it cannot be. */
export function askRefund(order: Order, wish: RefundWish, atMs: number): Happening {
  if (order.paidAtMs === null) throw new Error('nothing was paid')
  const left = refundable(order, wish.skuOrderId ?? null)
  const amountFen = wish.amountFen ?? left.amountFen
  const postFen = wish.postFen ?? (wish.amountFen === undefined ? left.postFen : 0)
  if (amountFen > left.amountFen || postFen > left.postFen) throw new Error('more than what is left')
  const refund = refundFrom(
    {
      ...wish,
      amountFen,
      postFen,
      state: 'asked',
      appliedAtMs: atMs,
      updatedAtMs: atMs,
    },
    order,
    order.refunds.length,
  )
  order.refunds.push(refund)
  return { order, tag: '200', atMs, refund }
}

export function moveRefund(
  order: Order,
  refund: Refund,
  to: RefundState,
  atMs: number,
  move: StockMove,
): Happening | undefined {
  if (['succeeded', 'closed'].includes(refund.state) || to === 'asked' || to === refund.state)
    return undefined
  const wasFull = isFullyRefunded(order)
  refund.state = to
  refund.updatedAtMs = atMs
  if (to === 'succeeded' && !wasFull && isFullyRefunded(order)) {
    // Only a full refund moves the main order.
    order.updatedAtMs = atMs
    if (order.state === 'paid')
      for (const item of order.items) move(item.skuId, item.quantity, -item.quantity)
  }
  return { order, tag: refundTags[to], atMs, refund }
}

function refundable(order: Order, skuOrderId: string | null) {
  const standing = order.refunds.filter(({ state }) => state !== 'closed' && state !== 'refused')
  const of = (list: Refund[]) => list.reduce((total, refund) => total + refund.amountFen, 0)
  const whole = payFen(order) - order.postFen - of(standing)
  const nth = order.items.findIndex((item) => item.skuOrderId === skuOrderId)
  const line =
    nth < 0 ? whole : itemPaysFen(order)[nth]! - of(standing.filter((r) => r.skuOrderId === skuOrderId))
  const post = order.postFen - standing.reduce((total, refund) => total + refund.postFen, 0)
  return {
    amountFen: Math.max(0, Math.min(whole, line)),
    postFen: skuOrderId === null ? Math.max(0, post) : 0,
  }
}

/** The whole life of an order, as far as the truth tells it, each moment with its push. */
export function lifeOf(order: Order): { tag: string; atMs: number; refund?: Refund }[] {
  const life: { tag: string; atMs: number; refund?: Refund }[] = [{ tag: '100', atMs: order.createdAtMs }]
  if (order.paidAtMs !== null) life.push({ tag: '101', atMs: order.paidAtMs })
  if (order.shippedAtMs !== null) {
    life.push({ tag: order.state === 'partly-shipped' ? '108' : '102', atMs: order.shippedAtMs })
  }
  if (order.finishedAtMs !== null) life.push({ tag: '103', atMs: order.finishedAtMs })
  if (order.cancelledAtMs !== null) life.push({ tag: '106', atMs: order.cancelledAtMs })
  for (const refund of order.refunds) {
    life.push({ tag: '200', atMs: refund.appliedAtMs, refund })
    if (refund.state !== 'asked')
      life.push({ tag: refundTags[refund.state], atMs: refund.updatedAtMs, refund })
  }
  return life
}
