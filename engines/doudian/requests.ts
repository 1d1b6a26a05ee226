/** A method and its parameters, as `gateway.call` (with app and token beside) and the kernel's `Doudian.call` take them. */
export interface DoudianRequest {
  method: string
  params: Record<string, unknown>
}

/** Half open in the sandbox (`from <= t < until`); the platform does not say. Overlap and take repeats for granted. */
export interface Window {
  fromMs: number
  untilMs: number
}

interface Paging {
  page: number
  /** At most 100. */
  size?: number
}

/** Down and up: a window never loses its last second. */
const startSeconds = (ms: number) => Math.floor(ms / 1000)
const endSeconds = (ms: number) => Math.ceil(ms / 1000)

/**
 * `order.searchList`. Pages **from 0**, size at most 100; the window at most 90 days back and its ends different; at most
 * 10,000 orders of a window can be reached (page * size), so halve a window whose `total` is larger. `update_time` moves
 * with the main order's status only: refunds are found by {@link afterSaleList}.
 */
export const orderSearch = (
  options: Paging & {
    by: 'create_time' | 'update_time'
    window: Window
    ascending?: boolean
    status?: number[]
  },
): DoudianRequest => ({
  method: 'order.searchList',
  params: {
    page: options.page,
    size: options.size ?? 100,
    order_by: options.by,
    order_asc: options.ascending ?? true,
    [`${options.by}_start`]: startSeconds(options.window.fromMs),
    [`${options.by}_end`]: endSeconds(options.window.untilMs),
    combine_status: options.status ? [{ order_status: options.status.join(',') }] : undefined,
  },
})

/** `order.orderDetail` of a parent order, however old. */
export const orderDetail = (orderId: string): DoudianRequest => ({
  method: 'order.orderDetail',
  params: { shop_order_id: orderId },
})

/** `afterSale.List`: refunds and returns. Pages **from 0**, size at most 100. */
export const afterSaleList = (
  options: Paging & {
    by?: 'update_time' | 'apply_time'
    window?: Window
    orderId?: string
    afterSaleId?: string
    ascending?: boolean
  },
): DoudianRequest => {
  const by = options.by ?? 'update_time'
  const [start, end] =
    by === 'apply_time' ? ['start_time', 'end_time'] : ['update_start_time', 'update_end_time']
  const { window } = options
  return {
    method: 'afterSale.List',
    params: {
      page: options.page,
      size: options.size ?? 100,
      order_by: [`${by} ${(options.ascending ?? true) ? 'asc' : 'desc'}`],
      [start!]: window && startSeconds(window.fromMs),
      [end!]: window && endSeconds(window.untilMs),
      order_id: options.orderId,
      aftersale_id: options.afterSaleId,
    },
  }
}

/** `product.listV2`. Pages **from 1** to 100, size at most 100, page * size at most 10,000. */
export const productList = (options: Paging & { status?: 0 | 1 | 2 }): DoudianRequest => ({
  method: 'product.listV2',
  params: { page: options.page, size: options.size ?? 100, status: options.status },
})

/** `sku.list` of a product. */
export const skuList = (productId: string): DoudianRequest => ({
  method: 'sku.list',
  params: { product_id: productId },
})

/** `sku.stockNum` of a SKU. */
export const skuStock = (skuId: string): DoudianRequest => ({
  method: 'sku.stockNum',
  params: { sku_id: skuId },
})

/**
 * `sku.syncStock`: sets the stock of a SKU, or adds to it when `incremental` (then `idempotentId` must be there, and the
 * second call with it is refused as `repeated`).
 */
export const syncStock = (options: {
  productId: string
  skuId: string
  stockNum: number
  incremental?: boolean
  idempotentId?: string
}): DoudianRequest => ({
  method: 'sku.syncStock',
  params: {
    product_id: options.productId,
    sku_id: options.skuId,
    stock_num: options.stockNum,
    incremental: options.incremental ?? false,
    idempotent_id: options.idempotentId,
  },
})

/** `order.batchDecrypt`: the plain text of up to 50 cipher texts of orders. Needs its own permission of the platform. */
export const decrypt = (texts: readonly { orderId: string; cipherText: string }[]): DoudianRequest => ({
  method: 'order.batchDecrypt',
  params: {
    cipher_infos: texts.map(({ orderId, cipherText }) => ({ auth_id: orderId, cipher_text: cipherText })),
  },
})
