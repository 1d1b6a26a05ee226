import { useInfiniteQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { lazy, Suspense, useState } from 'react'
import type { ItemView } from '#capabilities/sell/inventory/catalogue.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { useAddress } from '#console/address.ts'
import { list } from '#console/client.ts'
import { num } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { usePhone } from '#console/preferences.ts'
import { useWords } from '#console/words.ts'
import { StockFan } from './fan.tsx'
import { Figures } from './figures.tsx'
import { Matrix } from './matrix.tsx'
import { PlatformBars } from './platform-bars.tsx'
import {
  Available,
  Cover,
  daysText,
  keyOf,
  paces,
  path,
  platforms,
  titleOf,
  useShops,
  Warnings,
  warningKinds,
} from './stock-cells.tsx'

const SkuDrawer = lazy(() => import('./sku-drawer.tsx'))

/** Days of cover as the filter names them, and as the API does. */
const covers = {
  out: { coverTo: 0 },
  week: { coverFrom: 0.001, coverTo: 7 },
  month: { coverFrom: 7, coverTo: 30 },
  quarter: { coverFrom: 30, coverTo: 90 },
  longer: { coverFrom: 90 },
} as const
const orders = ['cover', 'suggested', 'velocity', 'available', 'sku'] as const

/** Every SKU of every shop: how long it lasts, and what to order. */
export default function Stock() {
  const w = useWords(words)
  const phone = usePhone()
  const [, change] = useAddress()
  const filters = useFilters(useFields())
  const { cover, by, due, sort: _, ...rest } = filters.params as Record<string, string | undefined>
  const params = {
    ...rest,
    ...(cover ? covers[cover as keyof typeof covers] : {}),
    ...(due ? { isDue: true } : {}),
    sort: by ?? 'cover',
  }
  const charts = (
    <div
      className="d-columns d-even"
      style={{ gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 330px), 1fr))' }}
    >
      <Foremost />
      <PlatformBars />
      <Matrix />
    </div>
  )
  return (
    <>
      <Figures />
      {!phone && charts}
      <Filters state={filters} />
      <DataTable<ItemView>
        name="stock"
        source={list<ItemView>(`${path}/items`, params, { everyMs: 15_000 })}
        columns={useColumns()}
        rowKey={keyOf}
        drawer={(id) => (
          <Suspense>
            <SkuDrawer key={id} id={id} />
          </Suspense>
        )}
        empty={{
          kind: 'unstarted',
          text: w.emptyStock,
          action: { label: w.toShops, run: () => change({ tab: 'shops' }) },
        }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.stock}
      />
      {phone && charts}
    </>
  )
}

const shownFirst = 12
/** Still there, and gone before long: where an order placed today decides. */
const soon = { coverFrom: 2, coverTo: 30 }

/** The fan of the fastest seller that runs out soon; another may be chosen. */
function Foremost() {
  const w = useWords(words)
  const [chosen, setChosen] = useState<string>()
  const { data } = useInfiniteQuery(
    list<ItemView>(`${path}/items`, { sort: 'velocity', ...soon, limit: shownFirst }, { everyMs: 60_000 }),
  )
  const items = data?.pages.flatMap((page) => page.items) ?? []
  const first = items[0]
  const id = chosen ?? (first && keyOf(first))
  if (!id) return null
  return (
    <StockFan
      id={id}
      name="inventory-fan"
      extra={
        <Select
          size="small"
          aria-label={w.chooseSku}
          style={{ width: 150 }}
          popupMatchSelectWidth={false}
          value={id}
          onChange={setChosen}
          options={items.map((item) => ({
            value: keyOf(item),
            label: `${item.sku} ${item.title}`.slice(0, 60),
          }))}
        />
      }
    />
  )
}

function useFields(): Field[] {
  const w = useWords(words)
  const { options } = useShops()
  return [
    {
      kind: 'choice',
      key: 'platform',
      label: w.platform,
      options: platforms.map((value) => ({ value, label: w[value] })),
    },
    {
      kind: 'choice',
      key: 'warning',
      label: w.warning,
      options: [{ value: 'any', label: w.any }, ...warningKinds.map((value) => ({ value, label: w[value] }))],
    },
    {
      kind: 'choice',
      key: 'cover',
      label: w.cover,
      options: (Object.keys(covers) as (keyof typeof covers)[]).map((value) => ({ value, label: w[value] })),
    },
    { kind: 'choice', key: 'due', label: w.due, options: [{ value: '1', label: w.yes }] },
    { kind: 'choice', key: 'shopId', label: w.shop, options },
    {
      kind: 'choice',
      key: 'abc',
      label: w.abc,
      options: ['A', 'B', 'C'].map((value) => ({ value, label: value })),
    },
    {
      kind: 'choice',
      key: 'pace',
      label: w.pace,
      options: paces.map((value) => ({ value, label: w[value] })),
    },
    {
      kind: 'choice',
      key: 'by',
      label: w.sortBy,
      options: orders.map((value) => ({ value, label: w[`by-${value}`] })),
    },
    { kind: 'text', key: 'q', label: w.find },
  ]
}

function useColumns(): Column<ItemView>[] {
  const w = useWords(words)
  const phone = usePhone()
  const figure = (
    key: string,
    title: string,
    width: number,
    of: (item: ItemView) => number | null | undefined,
  ): Column<ItemView> => ({
    key,
    title,
    width,
    align: 'right',
    render: (item) => num(of(item)),
    value: of,
  })
  return [
    {
      key: 'sku',
      title: w.sku,
      width: 130,
      mobile: 'main',
      render: ({ sku }) => (
        <span className="d-mono" title={sku}>
          {sku}
        </span>
      ),
      value: ({ sku }) => sku,
    },
    {
      key: 'product',
      title: w.product,
      mobile: 'title',
      render: (item) => <span title={titleOf(item)}>{titleOf(item)}</span>,
      value: titleOf,
    },
    {
      key: 'platform',
      title: w.platform,
      width: 84,
      render: ({ platform, shopName }) => <span title={shopName}>{w[platform]}</span>,
      value: ({ platform }) => w[platform],
    },
    {
      key: 'available',
      title: w.available,
      width: 84,
      align: 'right',
      mobile: 'main',
      render: (item) => (
        <>
          {phone && `${w.available} `}
          <Available item={item} />
        </>
      ),
      value: ({ available, countedAtMs }) => (countedAtMs === null ? null : available),
    },
    figure('reserved', w.reserved, 64, ({ reserved }) => reserved),
    figure('inTransit', w.inTransit, w.language === 'zh' ? 64 : 72, ({ inTransit }) => inTransit),
    {
      ...figure('perDay', w.perDay, 64, ({ plan }) => plan?.perDay),
      render: ({ plan }) => daysText(plan?.perDay),
    },
    {
      key: 'cover',
      title: w.cover,
      width: 84,
      align: 'right',
      mobile: 'main',
      render: (item) => (
        <>
          {phone && `${w.cover} `}
          <Cover item={item} />
        </>
      ),
      value: ({ plan }) => plan?.daysOfCover,
    },
    {
      key: 'suggested',
      title: w.suggested,
      width: 84,
      align: 'right',
      mobile: 'main',
      render: ({ plan }) => (
        <>
          {phone && `${w.suggested} `}
          {plan?.suggested ? <strong>{num(plan.suggested)}</strong> : num(plan?.suggested)}
        </>
      ),
      value: ({ plan }) => plan?.suggested,
    },
    figure('reorderPoint', w.reorderPoint, w.language === 'zh' ? 72 : 78, ({ plan }) => plan?.reorderPoint),
    {
      key: 'warning',
      title: w.warning,
      width: w.language === 'zh' ? 206 : 222,
      mobile: 'side',
      render: (item) => <Warnings item={item} />,
      value: ({ warnings }) => warnings.map(({ kind }) => w[kind]).join(' '),
    },
  ]
}
