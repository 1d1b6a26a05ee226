import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import type { Board } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { queries } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { When } from '#console/parts/values.tsx'
import { usePhone } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import { useSaleActions } from './sale-actions.tsx'
import { boardQuery, phases, type Sale, SaleState, salesQuery } from './sale-cells.tsx'

const SaleDrawer = lazy(() => import('./sale-drawer.tsx'))

/** Every sale with its units as they are now. */
export default function Sales() {
  const w = useWords(words)
  const fields: Field[] = [
    {
      kind: 'choice',
      key: 'phase',
      label: w.state,
      options: (Object.keys(phases) as Sale['phase'][]).map((value) => ({ value, label: w[value] })),
    },
    { kind: 'text', key: 'q', label: w.searchSku },
  ]
  const filters = useFilters(fields)
  const { phase, q } = filters.value
  const text = String(q ?? '').toLowerCase()
  const isWanted = (sale: Sale) =>
    !sale.isRehearsal &&
    (!phase || sale.phase === phase) &&
    (!text ||
      [sale.name, sale.saleId, ...sale.skus.flatMap(({ sku, title }) => [sku, title])].some((each) =>
        each.toLowerCase().includes(text),
      ))
  const { pause, resume } = useSaleActions()
  return (
    <>
      <Filters state={filters} />
      <DataTable<Sale>
        name="flash-sales"
        source={{
          ...salesQuery,
          select: (data) => ({
            ...data,
            pages: data.pages.map((page) => ({ ...page, items: page.items.filter(isWanted) })),
          }),
        }}
        columns={useColumns()}
        rowKey={({ saleId }) => saleId}
        actions={[pause, resume]}
        drawer={(id) => (
          <Suspense>
            <SaleDrawer key={id} id={id} />
          </Suspense>
        )}
        empty={{ kind: 'unstarted', text: w.emptySales }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.sales}
      />
    </>
  )
}

/** The list tells the terms; units come from each sale's own board, for the rows in sight. */
function Units({ sale, of }: { sale: Sale; of: 'stock' | 'free' | 'held' | 'sold' }) {
  const { data } = useQuery(boardQuery(sale))
  return <span className="d-num">{num(data?.total[of])}</span>
}

const known = (sale: Sale) => queries.getQueryData<Board>(boardQuery(sale).queryKey)?.total

function useColumns(): Column<Sale>[] {
  const w = useWords(words)
  const phone = usePhone()
  const units = (key: 'stock' | 'free' | 'held' | 'sold', title: string): Column<Sale> => ({
    key,
    title,
    width: 88,
    align: 'right',
    mobile: key === 'free' || key === 'sold' ? 'main' : 'hide',
    render: (sale) => (
      <>
        {phone && `${title} `}
        <Units sale={sale} of={key} />
      </>
    ),
    value: (sale) => known(sale)?.[key],
  })
  const skuText = ({ skus }: Sale) =>
    skus.length === 1 ? skus[0]!.sku : fill(w.skusN, { first: skus[0]!.sku, n: skus.length })
  return [
    { key: 'name', title: w.sale, mobile: 'title', render: ({ name }) => name, value: ({ name }) => name },
    {
      key: 'sku',
      title: w.sku,
      width: 200,
      mobile: 'main',
      render: (sale) => (
        <span className="d-mono" title={sale.skus.map(({ sku }) => sku).join(' ')}>
          {skuText(sale)}
        </span>
      ),
      value: ({ skus }) => skus.map(({ sku }) => sku).join(' '),
    },
    {
      key: 'opens',
      title: w.opens,
      width: 116,
      mobile: 'main',
      render: ({ opensAtMs }) => (
        <>
          {phone && `${w.opens} `}
          <When at={opensAtMs} />
        </>
      ),
      value: ({ opensAtMs }) => time(opensAtMs),
    },
    {
      key: 'closes',
      title: w.closes,
      width: 116,
      render: ({ closesAtMs }) => <When at={closesAtMs} />,
      value: ({ closesAtMs }) => time(closesAtMs),
    },
    units('stock', w.initial),
    units('free', w.free),
    units('held', w.held),
    units('sold', w.sold),
    {
      key: 'state',
      title: w.state,
      width: 110,
      mobile: 'side',
      render: ({ phase }) => <SaleState phase={phase} />,
      value: ({ phase }) => phase,
    },
  ]
}
