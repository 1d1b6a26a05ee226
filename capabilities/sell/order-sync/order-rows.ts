import type { WorkspaceId } from '#kernel/id.ts'
import { imbalanceOf, type Order, type SealedBuyer, type View, viewOf, wantsPage } from './order-sync.ts'

/** An order while its batch is worked on. */
export interface Working {
  workspaceId: WorkspaceId
  platform: string
  order: Order
  told: string[]
  /** Who told of it first. */
  source: string
  isNew: boolean
  hasMoved: boolean
  delayMs: number | null
}

export interface StoredOrder {
  shop_id: string
  order_id: string
  workspace_id: WorkspaceId
  platform: string
  state: Order
  told: string[]
  source: string
  buyer_sealed: string | null
  buyer_mask: SealedBuyer['mask'] | null
  buyer_hashes: string[]
  delay_ms: string | null
}

export const LOAD = `
  select shop_id, order_id, workspace_id, platform, state, told, source, buyer_sealed, buyer_mask, buyer_hashes, delay_ms
    from order_sync.purchase
   where (workspace_id, shop_id, order_id) in (select * from unnest($1::text[], $2::text[], $3::text[]))
   order by workspace_id, shop_id, order_id for update`

/** The buyer lies in columns of its own, never in `state`. */
export function orderFrom(row: StoredOrder): Order {
  const { state } = row
  if (!state.page || row.buyer_sealed === null) return state
  const buyer: SealedBuyer = {
    sealed: row.buyer_sealed,
    mask: row.buyer_mask ?? { name: '', phone: '', address: '' },
    hashes: row.buyer_hashes,
    buyer: row.buyer_hashes[0] ?? null,
  }
  return { ...state, page: { ...state.page, buyer } }
}

const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms))

const stateOf = (order: Order): string =>
  JSON.stringify(order.page ? { ...order, page: { ...order.page, buyer: null } } : order)

type Column = [name: string, type: string, of: (working: Working, view: View, nowMs: number) => unknown]

const KEY: Column[] = [
  ['workspace_id', 'text', ({ workspaceId }) => workspaceId],
  ['shop_id', 'text', ({ order }) => order.shopId],
  ['order_id', 'text', ({ order }) => order.orderId],
]
const COLUMNS: Column[] = [
  ['state', 'jsonb', ({ order }) => stateOf(order)],
  // A list within a list is no column: the names are joined by a space, which none of them has.
  ['told', 'text', ({ told }) => told.join(' ')],
  ['status', 'text', (_, view) => view.status],
  ['created_at', 'timestamptz', (_, view) => time(view.times.created)],
  ['paid_at', 'timestamptz', (_, view) => time(view.times.paid)],
  ['shipped_at', 'timestamptz', (_, view) => time(view.times.shipped)],
  ['finished_at', 'timestamptz', (_, view) => time(view.times.finished)],
  ['closed_at', 'timestamptz', (_, view) => time(view.times.closed)],
  ['total_fen', 'bigint', (_, view) => view.totalFen],
  ['paid_fen', 'bigint', (_, view) => view.paidFen],
  ['refunded_fen', 'bigint', (_, view) => view.refundedFen],
  ['line_count', 'int', ({ order }) => order.page?.lines.length ?? 0],
  ['imbalance', 'text', ({ order }) => imbalanceOf(order)],
  ['is_extra', 'boolean', ({ order }) => order.isExtra],
  ['buyer_sealed', 'text', ({ order }) => order.page?.buyer?.sealed ?? null],
  ['buyer_mask', 'jsonb', ({ order }) => (order.page?.buyer ? JSON.stringify(order.page.buyer.mask) : null)],
  ['buyer_hashes', 'text', ({ order }) => order.page?.buyer?.hashes.join(' ') ?? ''],
  ['wanted_at', 'timestamptz', ({ order }, _, nowMs) => (wantsPage(order) ? new Date(nowMs) : null)],
  ['delay_ms', 'bigint', ({ delayMs }) => delayMs],
]
const LISTS = new Set(['told', 'buyer_hashes'])
const ALL = [...KEY, ...COLUMNS]

export function columnsOf(changed: readonly Working[], nowMs: number): unknown[][] {
  const views = changed.map(({ order }) => viewOf(order))
  return ALL.map(([, , of]) => changed.map((working, i) => of(working, views[i]!, nowMs)))
}

const assignment = ([name]: Column) =>
  LISTS.has(name)
    ? `${name} = case when n.${name} = '' then '{}' else string_to_array(n.${name}, ' ') end`
    : `${name} = n.${name}`

/** Something new makes a wanted page wanted at once, and with all its tries. */
export const UPDATE = `
  update order_sync.purchase p set ${COLUMNS.map(assignment).join(', ')}, wanted_tries = 0,
         changed_at = now(), change_no = nextval('order_sync.change_no')
    from unnest(${ALL.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ')}) as n (${ALL.map(([name]) => name).join(', ')})
   where p.workspace_id = n.workspace_id and p.shop_id = n.shop_id and p.order_id = n.order_id`
