import { lazy, Suspense } from 'react'
import type { OrderRow } from '#capabilities/sell/order-sync/catalogue.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { useAddress } from '#console/address.ts'
import { list } from '#console/client.ts'
import { money, time } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Id, Money, When } from '#console/parts/values.tsx'
import { usePhone } from '#console/preferences.ts'
import { useWords } from '#console/words.ts'
import { DailyDifferences } from './daily-differences.tsx'
import { Figures } from './figures.tsx'
import { News } from './news.tsx'
import {
  Differences,
  keyOf,
  kinds,
  OrderState,
  path,
  Repaired,
  sources,
  statuses,
  useShops,
} from './order-cells.tsx'
import { Origins } from './origins.tsx'

const OrderDrawer = lazy(() => import('./order-drawer.tsx'))
const leastTail = 4

/** Every order with what was found about it, the latest change first. */
export default function Orders() {
  const w = useWords(words)
  const phone = usePhone()
  const [, change] = useAddress()
  const filters = useFilters(useFields())
  const { q, from, to, ...rest } = filters.params as Record<string, string | number | undefined>
  const isShort = typeof q === 'string' && q.length < leastTail
  const params = {
    ...rest,
    ...(isShort ? {} : { q }),
    from,
    until: to,
    ...(rest['difference'] === 'imbalance' ? { difference: undefined, imbalance: true } : {}),
  }
  const charts = (
    <div className="d-columns d-even">
      <DailyDifferences />
      <Origins />
    </div>
  )
  return (
    <>
      <Figures />
      {!phone && charts}
      <Filters state={filters} />
      {isShort && <p className="d-ink-warning">{w.shortTail}</p>}
      <News params={params} />
      <DataTable<OrderRow>
        name="orders"
        source={list<OrderRow>(`${path}/orders`, params)}
        columns={useColumns()}
        rowKey={keyOf}
        drawer={(id) => (
          <Suspense>
            <OrderDrawer key={id} id={id} />
          </Suspense>
        )}
        empty={{
          kind: 'unstarted',
          text: w.emptyOrders,
          action: { label: w.toShops, run: () => change({ tab: 'shops' }) },
        }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.orders}
      />
      {phone && charts}
    </>
  )
}

function useFields(): Field[] {
  const w = useWords(words)
  const { options } = useShops()
  return [
    {
      kind: 'choice',
      key: 'status',
      label: w.status,
      options: (Object.keys(statuses) as (keyof typeof statuses)[]).map((value) => ({
        value,
        label: w[value],
      })),
    },
    {
      kind: 'choice',
      key: 'difference',
      label: w.difference,
      options: [
        { value: 'any', label: w['dif-any'] },
        ...kinds.map((value) => ({ value, label: w[`dif-${value}`] })),
        { value: 'imbalance', label: w.imbalance },
      ],
    },
    {
      kind: 'choice',
      key: 'source',
      label: w.source,
      options: sources.map((value) => ({ value, label: w[value] })),
    },
    { kind: 'choice', key: 'shopId', label: w.shop, options },
    { kind: 'period', key: 'when', label: w.createdAt },
    { kind: 'text', key: 'q', label: w.findOrder },
    { kind: 'text', key: 'buyer', label: w.findBuyer },
  ]
}

function useColumns(): Column<OrderRow>[] {
  const w = useWords(words)
  const { nameOf } = useShops()
  const buyer = ({ buyerMask }: OrderRow) => [buyerMask?.name, buyerMask?.phone].filter(Boolean).join(' ')
  return [
    {
      key: 'order',
      title: w.order,
      width: 130,
      mobile: 'title',
      render: ({ orderId }) => <Id value={orderId} />,
      value: ({ orderId }) => orderId,
    },
    {
      key: 'shop',
      title: w.shop,
      width: w.language === 'zh' ? 110 : 92,
      mobile: 'main',
      render: ({ shopId }) => nameOf(shopId),
      value: ({ shopId }) => shopId,
    },
    { key: 'buyer', title: w.buyer, width: 150, render: (row) => buyer(row) || '—', value: buyer },
    {
      key: 'status',
      title: w.status,
      width: w.language === 'zh' ? 108 : 150,
      mobile: 'side',
      render: ({ status }) => <OrderState status={status} />,
      value: ({ status }) => w[status],
    },
    {
      key: 'paid',
      title: w.paidFen,
      width: 86,
      align: 'right',
      mobile: 'main',
      render: ({ times, paidFen }) =>
        times.paid === undefined ? <span className="d-muted">—</span> : <Money fen={paidFen} />,
      value: ({ times, paidFen }) => money(times.paid === undefined ? null : paidFen),
    },
    {
      key: 'refund',
      title: w.refund,
      width: 84,
      align: 'right',
      render: ({ refundedFen }) =>
        refundedFen ? <Money fen={refundedFen} /> : <span className="d-muted">—</span>,
      value: ({ refundedFen }) => money(refundedFen),
    },
    {
      key: 'source',
      title: w.source,
      width: w.language === 'zh' ? 64 : 74,
      render: ({ source }) => w[source],
      value: ({ source }) => w[source],
    },
    {
      key: 'difference',
      title: w.difference,
      mobile: 'main',
      render: (row) => <Differences order={row} />,
      value: ({ differences }) => differences.map(({ kind }) => w[`dif-${kind}`]).join(' '),
    },
    {
      key: 'repaired',
      title: w.repaired,
      width: w.language === 'zh' ? 96 : 106,
      render: (row) => <Repaired order={row} />,
      value: ({ differences }) => differences.filter(({ isRepaired }) => isRepaired).length,
    },
    {
      key: 'changedAt',
      title: w.changedAt,
      width: 104,
      render: ({ changedAtMs }) => <When at={changedAtMs} />,
      value: ({ changedAtMs }) => time(changedAtMs),
    },
  ]
}
