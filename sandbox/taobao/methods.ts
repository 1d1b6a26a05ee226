import { shanghaiTime } from '#sandbox/clock.ts'
import { bare } from '#sandbox/market.ts'
import { type ItemRow, type Shop, type SkuRow, totalOf } from './shop.ts'

export type Parameters = Record<string, string>
/** A platform code with its sub code, thrown where a method cannot go on. */
export class Refusal extends Error {
  readonly code: number
  readonly subCode: string
  constructor(code: number, subCode: string, message: string) {
    super(message)
    this.code = code
    this.subCode = subCode
  }
}
type Method = (shop: Shop, parameters: Parameters, nowMs: number) => Record<string, unknown>
type Row = Record<string, unknown>

const DEEPEST_ROW = 100_000

export const methods: Record<string, Method> = {
  'taobao.items.onsale.get'(shop, parameters) {
    const fields = fieldsOf(parameters)
    const pageNo = numberOf(parameters, 'page_no', 1, 1)
    const pageSize = numberOf(parameters, 'page_size', 40, 1, 200)
    if (pageNo * pageSize > DEEPEST_ROW)
      throw new Refusal(50, 'isv.invalid-parameter', 'page_no * page_size is beyond 100000')
    const words = parameters['q'] ?? ''
    const rows = ordered(
      shop.items.filter(({ title }) => title.includes(words)),
      parameters['order_by'],
    )
    const page = rows.slice((pageNo - 1) * pageSize, pageNo * pageSize)
    return {
      ...(page.length > 0 && { items: { item: page.map((item) => only(fields, itemRow(item))) } }),
      total_results: rows.length,
    }
  },

  'taobao.item.skus.get'(shop, parameters) {
    const fields = fieldsOf(parameters)
    const ids = need(parameters, 'num_iids').split(',')
    if (ids.length > 40) throw new Refusal(41, 'isv.invalid-parameter', 'num_iids: at most 40')
    const rows = shop.items
      .filter(({ numIid }) => ids.includes(numIid))
      .flatMap((item) => item.skus.map((sku) => only(fields, skuRow(item, sku))))
    return rows.length > 0 ? { skus: { sku: rows } } : {}
  },

  'taobao.item.quantity.update'(shop, parameters, nowMs) {
    const item = itemOf(shop, parameters)
    const sku = skuOf(item, parameters)
    if (!sku && item.skus.length > 0)
      throw new Refusal(41, 'isv.invalid-parameter', 'The item has SKUs: name one by sku_id or outer_id')
    const wanted = numberOf(parameters, 'quantity')
    const next = isAdding(parameters) ? (sku ? sku.quantity : item.count) + wanted : wanted
    if (next < 0) throw new Refusal(50, 'isv.invalid-parameter:quantity', 'The quantity would be below 0')
    write(item, sku, next, nowMs)
    return { item: changed(item, sku ? [sku] : []) }
  },

  'taobao.skus.quantity.update'(shop, parameters, nowMs) {
    const item = itemOf(shop, parameters)
    const byId = parameters['skuid_quantities']
    const pairs = (byId ?? need(parameters, 'outerid_quantities')).split(';').map((pair) => pair.split(':'))
    if (pairs.length > 20) throw new Refusal(41, 'isv.invalid-parameter', 'At most 20 SKUs')
    const skus = pairs.map(([id]) => skuOf(item, byId ? { sku_id: id! } : { outer_id: id! })!)
    for (const [at, sku] of skus.entries()) {
      const wanted = Number(pairs[at]![1])
      if (!Number.isInteger(wanted)) throw new Refusal(41, 'isv.invalid-parameter', 'A quantity is no number')
      // In add mode a sum below zero becomes zero here, unlike in the method above.
      write(item, sku, Math.max(0, isAdding(parameters) ? sku.quantity + wanted : wanted), nowMs)
    }
    return { item: changed(item, skus) }
  },
}

const itemRow = (item: ItemRow): Row => ({
  num_iid: bare(item.numIid),
  title: item.title,
  outer_id: item.outerId,
  num: totalOf(item),
  price: yuan(item.priceFen),
  approve_status: 'onsale',
  list_time: item.listTime,
  modified: item.modified,
})
const skuRow = (item: ItemRow, sku: SkuRow): Row => ({
  sku_id: bare(sku.skuId),
  num_iid: bare(item.numIid),
  quantity: sku.quantity,
  with_hold_quantity: sku.withHold,
  outer_id: sku.outerId,
  price: yuan(item.priceFen),
  properties_name: sku.propertiesName,
  status: 'normal',
  modified: sku.modified,
})
const changed = (item: ItemRow, skus: SkuRow[]): Row => ({
  num_iid: bare(item.numIid),
  num: totalOf(item),
  modified: item.modified,
  ...(skus.length > 0 && {
    skus: { sku: skus.map((sku) => only(['sku_id', 'quantity', 'modified'], skuRow(item, sku))) },
  }),
})

function write(item: ItemRow, sku: SkuRow | null, quantity: number, nowMs: number) {
  item.modified = shanghaiTime(nowMs)
  if (!sku) item.count = quantity
  else {
    sku.quantity = quantity
    sku.modified = item.modified
  }
}

function ordered(items: ItemRow[], order = 'list_time:desc'): ItemRow[] {
  const [column, way] = order.split(':')
  const key = column === 'modified' ? 'modified' : 'listTime'
  const sign = way === 'asc' ? 1 : -1
  return items.toSorted((a, b) => sign * (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0))
}

function itemOf(shop: Shop, parameters: Parameters): ItemRow {
  const id = need(parameters, 'num_iid')
  const item = shop.items.find(({ numIid }) => numIid === id)
  if (!item) throw new Refusal(50, 'isv.item-not-exist', `No item ${id} in this shop`)
  return item
}

/** `sku_id` wins over `outer_id`; null when neither is given. */
function skuOf(item: ItemRow, { sku_id: skuId, outer_id: outerId }: Parameters): SkuRow | null {
  if (!skuId && !outerId) return null
  const sku = item.skus.find((one) => (skuId ? one.skuId === skuId : one.outerId === outerId))
  if (!sku) throw new Refusal(50, 'isv.sku-not-exist', `No SKU ${skuId ?? outerId} of this item`)
  return sku
}

const isAdding = ({ type }: Parameters) => type === '2'
const yuan = (fen: number) => (fen / 100).toFixed(2)
const only = (fields: string[], row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => fields.includes(name)))
const fieldsOf = (parameters: Parameters) => need(parameters, 'fields').split(',')

function need(parameters: Parameters, name: string): string {
  const value = parameters[name]
  if (!value) throw new Refusal(40, `isv.missing-parameter:${name}`, `Missing required arguments: ${name}`)
  return value
}

function numberOf(parameters: Parameters, name: string, fallback?: number, least = -1e9, most = 1e9): number {
  const text = parameters[name]
  const value = !text && fallback !== undefined ? fallback : Number(need(parameters, name))
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Refusal(41, `isv.invalid-parameter:${name}`, `Invalid arguments: ${name}`)
}
