import { fault } from '#kernel/fault.ts'

/** What a line of sales may tell. Date, SKU and quantity have to be there. */
export const FIELDS = ['date', 'sku', 'quantity', 'price', 'order', 'customer', 'title'] as const
export type Field = (typeof FIELDS)[number]
export type Columns = Partial<Record<Field, number>>

/** Headings that are understood without being told, as they are written without spaces, dots and dashes. */
const KNOWN: Record<Field, readonly string[]> = {
  date: [
    'date',
    'day',
    'invoicedate',
    'orderdate',
    'saledate',
    'createdat',
    'createdtime',
    'ordertime',
    'paidat',
    'datetime',
    'timestamp',
    'time',
    'orderpurchasetimestamp',
    '日期',
    '下单时间',
    '支付时间',
    '付款时间',
    '订单创建时间',
    '时间',
  ],
  sku: [
    'sku',
    'stockcode',
    'skucode',
    'skuid',
    'itemcode',
    'productcode',
    'articlenumber',
    'article',
    'item',
    'productid',
    'itemid',
    '商家编码',
    'sku编码',
    '规格编码',
    '商品编码',
    '货号',
    '商品id',
    '商品规格',
  ],
  quantity: [
    'quantity',
    'qty',
    'units',
    'count',
    'amount',
    'pieces',
    'sold',
    '数量',
    '商品数量',
    '购买数量',
    '销量',
    '件数',
  ],
  price: ['price', 'unitprice', 'itemprice', 'saleprice', '单价', '商品单价', '价格', '商品价格'],
  order: [
    'order',
    'orderid',
    'orderno',
    'ordernumber',
    'invoiceno',
    'invoice',
    'invoicenumber',
    '订单号',
    '订单编号',
    '主订单编号',
  ],
  customer: [
    'customer',
    'customerid',
    'buyer',
    'buyerid',
    'customerno',
    '买家',
    '买家id',
    '客户',
    '买家昵称',
  ],
  title: [
    'description',
    'title',
    'name',
    'product',
    'productname',
    'itemname',
    '商品',
    '商品名称',
    '选购商品',
    '标题',
  ],
}

const bare = (heading: string): string => heading.toLowerCase().replace(/[\s_.\-()/]/g, '')

/** Which column holds what: as told, else by its heading. A missing one that is needed is refused with the headings. */
export function columnsOf(headings: readonly string[], told: Partial<Record<Field, string>>): Columns {
  const columns: Columns = {}
  for (const field of FIELDS) {
    const wish = told[field]
    const at =
      wish === undefined
        ? firstOf(headings, KNOWN[field])
        : headings.findIndex((heading) => bare(heading) === bare(wish))
    if (at >= 0) columns[field] = at
    else if (wish !== undefined) throw noColumn(field, wish, headings)
  }
  for (const field of ['date', 'sku', 'quantity'] as const) {
    if (columns[field] === undefined) throw noColumn(field, undefined, headings)
  }
  return columns
}

/** The best known name wins, not the leftmost column: `date` before `time`. */
function firstOf(headings: readonly string[], names: readonly string[]): number {
  const all = headings.map(bare)
  for (const name of names) if (all.includes(name)) return all.indexOf(name)
  return -1
}

const noColumn = (field: Field, wish: string | undefined, headings: readonly string[]) =>
  fault(
    'invalid',
    'inventory/no-column',
    wish === undefined ? `No column is known as the ${field}` : `There is no column "${wish}"`,
    {
      field,
      cure: `Name it: --${field} <heading>. The headings are: ${headings
        .map((one) => one.slice(0, 40))
        .slice(0, 30)
        .join(', ')}`,
    },
  )
