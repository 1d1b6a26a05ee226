import { bad, type Method, missing, numberOf, type Params, pageOf, refuse, textOf } from './method.ts'
import { type Order, statusOf } from './order.ts'
import { orderWire, plainOf, refundStatusCodes, refundWire } from './order-wire.ts'
import { between } from './shop.ts'
import { stockMethods } from './stock-methods.ts'

const ninetyDays = 90 * 86_400
/** A minute of grace: a client counts the ninety days from its own now. */
const grace = 60
const mostReachable = 10_000

const searchList: Method = (shop, params, nowMs, drift) => {
  const paging = pageOf(params)
  if (!paging) return bad('page from 0, size 1 to 100')
  const { page, size } = paging
  if ((page + 1) * size > mostReachable) return bad('page * size beyond 10000')
  const window = orderWindow(params, Math.floor(nowMs / 1000))
  if ('words' in window) return bad(window.words)
  const wanted = statusesOf(params['combine_status'])
  const seconds = (order: Order) =>
    Math.floor(order[window.by === 'created' ? 'createdAtMs' : 'updatedAtMs'] / 1000)
  const found = between(shop.by(window.by), seconds, window.start, window.end)
  const chosen = wanted ? found.filter((order) => wanted.has(statusOf(order))) : found
  const sortBy = textOf(params['order_by']) === 'update_time' ? 'updated' : 'created'
  const field = sortBy === 'created' ? 'createdAtMs' : 'updatedAtMs'
  // The stretch is in order of its own time; another order must be made.
  const sorted = sortBy === window.by ? chosen : chosen.toSorted((a, b) => a[field] - b[field])
  const directed =
    params['order_asc'] === true || params['order_asc'] === 'true' ? sorted : sorted.toReversed()
  const list = directed.slice(page * size, (page + 1) * size)
  const total = drift('searchList/total', chosen.length)
  return { data: { page, size, total, shop_order_list: list.map((order) => orderWire(order, shop, drift)) } }
}

type OrderWindow = { by: 'created' | 'updated'; start: number; end: number }

function orderWindow(params: Params, now: number): OrderWindow | { words: string } {
  for (const by of ['update', 'create'] as const) {
    const start = numberOf(params[`${by}_time_start`])
    const end = numberOf(params[`${by}_time_end`])
    if (start === undefined && end === undefined) continue
    if (start === undefined || end === undefined) return { words: `${by}_time needs start and end` }
    if (end <= start) return { words: 'the ends of the window must differ' }
    if (start < now - ninetyDays - grace) return { words: 'only the last 90 days' }
    return { by: by === 'create' ? 'created' : 'updated', start, end }
  }
  return { words: 'create_time or update_time is needed' }
}

function statusesOf(combined: unknown): Set<number> | undefined {
  if (!Array.isArray(combined) || combined.length === 0) return undefined
  const text = textOf((combined[0] as Params)['order_status'])
  return text === '' ? undefined : new Set(text.split(',').map(Number))
}

const orderDetail: Method = (shop, params, _nowMs, drift) => {
  const orderId = textOf(params['shop_order_id'])
  if (!orderId) return missing('shop_order_id')
  const order = shop.orders.get(orderId)
  if (!order) return refuse(50002, 'isv.business-failed:3001', 'no such order')
  return { data: { shop_order_detail: orderWire(order, shop, drift) } }
}

const afterSaleList: Method = (shop, params, _nowMs, drift) => {
  const paging = pageOf(params)
  if (!paging) return bad('page from 0, size 1 to 100')
  const { page, size } = paging
  const within = (name: string, ms: number) => {
    const start = numberOf(params[`${name}start_time`]) ?? 0
    const end = numberOf(params[`${name}end_time`]) ?? Number.POSITIVE_INFINITY
    return Math.floor(ms / 1000) >= start && Math.floor(ms / 1000) < end
  }
  const statuses = params['standard_aftersale_status']
  const wanted = Array.isArray(statuses) && statuses.length > 0 ? statuses.map(Number) : undefined
  const orderId = textOf(params['order_id'])
  const afterSaleId = textOf(params['aftersale_id'])
  const found = shop
    .refunds()
    .filter(
      ({ order, refund }) =>
        (!orderId || order.orderId === orderId) &&
        (!afterSaleId || refund.afterSaleId === afterSaleId) &&
        (!wanted || wanted.includes(refundStatusCodes[refund.state])) &&
        within('', refund.appliedAtMs) &&
        within('update_', refund.updatedAtMs),
    )
  const sorting = textOf(Array.isArray(params['order_by']) ? params['order_by'][0] : 'update_time desc')
  const field = sorting.startsWith('apply_time') ? 'appliedAtMs' : 'updatedAtMs'
  const way = sorting.endsWith(' asc') ? 1 : -1
  const sorted = found.sort((a, b) => way * (a.refund[field] - b.refund[field]))
  const list = sorted.slice(page * size, (page + 1) * size)
  return {
    data: {
      items: list.map(({ order, refund }) => refundWire(order, refund, drift)),
      has_more: (page + 1) * size < sorted.length,
      total: sorted.length,
      page,
      size: list.length,
    },
  }
}

const batchDecrypt: Method = (_shop, params) => {
  const infos = params['cipher_infos']
  if (!Array.isArray(infos)) return missing('cipher_infos')
  if (infos.length > 50) return bad('at most 50')
  return {
    data: {
      decrypt_infos: (infos as Params[]).map((info) => {
        const text = plainOf(textOf(info['auth_id']), textOf(info['cipher_text']))
        const base = { auth_id: info['auth_id'], cipher_text: info['cipher_text'], is_virtual_tel: false }
        return text === undefined
          ? { ...base, decrypt_text: '', err_no: 300_008, err_msg: '密文不正确' }
          : { ...base, decrypt_text: text, err_no: 0, err_msg: '' }
      }),
      custom_err: { err_code: 0, err_msg: '' },
    },
  }
}

/** Every method that works in a shop's name. */
export const methods: Record<string, Method> = {
  'order.searchList': searchList,
  'order.orderDetail': orderDetail,
  'order.batchDecrypt': batchDecrypt,
  'afterSale.List': afterSaleList,
  ...stockMethods,
}
