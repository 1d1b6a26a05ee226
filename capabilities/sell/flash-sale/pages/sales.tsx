import { lazy, Suspense } from 'react'
import type { ListedSale } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { num, time } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { When } from '#console/parts/values.tsx'
import { usePhone } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import { useSaleActions } from './sale-actions.tsx'
import { phases, type Sale, SaleState, salesQuery } from './sale-cells.tsx'

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
    { kind: 'text', key: 'sku', label: w.sku },
  ]
  const filters = useFilters(fields)
  const { phase, sku, q } = filters.value as Record<string, string | undefined>
  const { pause, resume } = useSaleActions()
  return (
    <>
      <Filters state={filters} />
      <DataTable<ListedSale>
        name="flash-sales"
        source={salesQuery({
          isRehearsal: false,
          ...(phase ? { state: phase } : {}),
          ...(sku ? { sku } : {}),
          ...(q ? { text: q } : {}),
        })}
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

const shardsOf = ({ skus }: ListedSale) => Math.max(...skus.map(({ shards }) => shards))

function useColumns(): Column<ListedSale>[] {
  const w = useWords(words)
  const phone = usePhone()
  const units = (key: 'stock' | 'free' | 'held' | 'sold', title: string): Column<ListedSale> => ({
    key,
    title,
    width: 76,
    align: 'right',
    mobile: key === 'free' || key === 'sold' ? 'main' : 'hide',
    render: (sale) => (
      <>
        {phone && `${title} `}
        <span className="d-num">{num(sale.units[key])}</span>
      </>
    ),
    value: (sale) => sale.units[key],
  })
  const skuText = ({ skus }: ListedSale) =>
    skus.length === 1 ? skus[0]!.sku : fill(w.skusN, { first: skus[0]!.sku, n: skus.length })
  return [
    { key: 'name', title: w.sale, mobile: 'title', render: ({ name }) => name, value: ({ name }) => name },
    {
      key: 'sku',
      title: w.sku,
      width: 150,
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
      width: 104,
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
      width: 104,
      render: ({ closesAtMs }) => <When at={closesAtMs} />,
      value: ({ closesAtMs }) => time(closesAtMs),
    },
    units('stock', w.initial),
    units('free', w.free),
    units('held', w.held),
    units('sold', w.sold),
    {
      key: 'shards',
      title: w.shards,
      width: 64,
      align: 'right',
      render: (sale) => num(shardsOf(sale)),
      value: shardsOf,
    },
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
