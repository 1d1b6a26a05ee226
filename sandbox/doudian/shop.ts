import type { Order, Refund } from './order.ts'

export type Sku = {
  skuId: string
  productId: string
  name: string
  spec: string
  code: string
  priceFen: number
  stock: number
  prehold: number
  createdAtMs: number
}
export type Shop = ReturnType<typeof openShop>

/** One shop: its orders by number and by time, its refunds, its stock. */
export function openShop(shopId: string, name: string, live: boolean) {
  const orders = new Map<string, Order>()
  const skus = new Map<string, Sku>()
  const idempotent = new Set<string>()
  const sorted: { created?: Order[]; updated?: Order[]; refunds?: { order: Order; refund: Refund }[] } = {}

  return {
    shopId,
    name,
    live,
    orders,
    skus,
    /** Idempotent ids of stock changes that were carried out. */
    idempotent,
    put(order: Order) {
      orders.set(order.orderId, order)
      this.changed()
    },
    replace(list: Iterable<Order>, keep: boolean) {
      if (!keep) orders.clear()
      for (const order of list) orders.set(order.orderId, order)
      this.changed()
    },
    /** Something in an order moved: the lists are made again when somebody asks. */
    changed() {
      delete sorted.created
      delete sorted.updated
      delete sorted.refunds
    },
    /** Earliest first. */
    by(time: 'created' | 'updated'): Order[] {
      const field = time === 'created' ? 'createdAtMs' : 'updatedAtMs'
      sorted[time] ??= [...orders.values()].sort((a, b) => a[field] - b[field])
      return sorted[time]
    },
    /** Least recently moved first. */
    refunds(): { order: Order; refund: Refund }[] {
      sorted.refunds ??= [...orders.values()]
        .flatMap((order) => order.refunds.map((refund) => ({ order, refund })))
        .sort((a, b) => a.refund.updatedAtMs - b.refund.updatedAtMs)
      return sorted.refunds
    },
    has: (skuId: string, quantity: number) => (skus.get(skuId)?.stock ?? 0) >= quantity,
    /** Stock of a sale: what is gone is gone, but a shop never owes pieces. */
    move(skuId: string, sellable: number, held: number) {
      const sku = skus.get(skuId)
      if (!sku) return
      sku.stock = Math.max(0, sku.stock + sellable)
      sku.prehold = Math.max(0, sku.prehold + held)
    },
  }
}

/** The part of a sorted list with `from <= time < until`. */
export function between<T>(
  list: readonly T[],
  time: (row: T) => number,
  fromMs: number,
  untilMs: number,
): T[] {
  const place = (ms: number) => {
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (time(list[middle]!) < ms) low = middle + 1
      else high = middle
    }
    return low
  }
  return list.slice(place(fromMs), place(untilMs))
}
