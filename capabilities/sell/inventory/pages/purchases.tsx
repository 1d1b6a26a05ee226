import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { PurchaseLine } from '#capabilities/sell/inventory/catalogue.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { api, list, refresh, withParams } from '#console/client.ts'
import { money, num } from '#console/format.ts'
import type { Action } from '#console/parts/bulk-bar.tsx'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Money } from '#console/parts/values.tsx'
import { usePhone } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import { daysText, keyOf, path, titleOf, useShops } from './stock-cells.tsx'

/** What to buy, the most urgent first; what was ordered is marked, and is in transit from then on. */
export default function Purchases() {
  const w = useWords(words)
  const { options } = useShops()
  const filters = useFilters([{ kind: 'choice', key: 'shopId', label: w.shop, options }])
  const shopId = filters.value['shopId'] as string | undefined
  const source = list<PurchaseLine>(`${path}/purchase-list`, { shopId, limit: undefined })
  const { data } = useInfiniteQuery(source)
  const lines = data?.pages.flatMap(({ items }) => items) ?? []
  const sum = (of: (line: PurchaseLine) => number) => lines.reduce((total, line) => total + of(line), 0)
  const without = lines.filter(({ amountFen }) => amountFen === null).length
  const move = (sign: 1 | -1) => async (rows: PurchaseLine[]) => {
    const moves = rows.map(({ shopId, sku, suggested }) => ({ shopId, sku, units: sign * suggested }))
    await api.post(`${path}/transit`, { moves })
    await refresh(path)
  }
  const order: Action<PurchaseLine> = {
    key: 'o',
    label: w.markOrdered,
    done: w.ordered,
    run: move(1),
    undo: move(-1),
  }
  return (
    <>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' }}>
        <Filters state={filters} />
        <span className="d-num">
          {fill(w.purchaseTotal, {
            skus: num(lines.length),
            units: num(sum(({ suggested }) => suggested)),
            amount: money(without === lines.length ? null : sum(({ amountFen }) => amountFen ?? 0)),
          })}
          {without > 0 && <span className="d-muted">{fill(w.withoutCost, { n: num(without) })}</span>}
        </span>
        <span className="d-space" />
        <Button type="primary" href={withParams(`${path}/purchase-list.csv`, { shopId })}>
          {w.csvDownload}
        </Button>
      </div>
      <p className="d-muted">{w.purchaseSays}</p>
      <DataTable<PurchaseLine>
        name="purchase-list"
        source={source}
        columns={useColumns()}
        rowKey={keyOf}
        actions={[order]}
        empty={{ kind: 'done', text: w.noPurchases }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.purchases}
      />
    </>
  )
}

function useColumns(): Column<PurchaseLine>[] {
  const w = useWords(words)
  const phone = usePhone()
  const figure = (
    key: string,
    title: string,
    width: number,
    of: (line: PurchaseLine) => number | null,
    isMain = false,
  ): Column<PurchaseLine> => ({
    key,
    title,
    width,
    align: 'right',
    mobile: isMain ? 'main' : 'hide',
    render: (line) => `${phone ? `${title} ` : ''}${num(of(line))}`,
    value: of,
  })
  return [
    {
      key: 'sku',
      title: w.sku,
      width: 130,
      mobile: 'main',
      render: ({ sku }) => <span className="d-mono">{sku}</span>,
      value: ({ sku }) => sku,
    },
    {
      key: 'product',
      title: w.product,
      mobile: 'title',
      render: (line) => <span title={titleOf(line)}>{titleOf(line)}</span>,
      value: titleOf,
    },
    {
      key: 'shop',
      title: w.shop,
      width: 140,
      render: ({ shopName, platform }) => <span title={w[platform]}>{shopName}</span>,
      value: ({ shopName }) => shopName,
    },
    figure('available', w.available, 72, ({ available }) => available, true),
    figure('inTransit', w.inTransit, 64, ({ inTransit }) => inTransit),
    {
      ...figure('perDay', w.perDay, 64, ({ perDay }) => perDay),
      render: ({ perDay }) => daysText(perDay),
    },
    {
      ...figure('cover', w.cover, 84, ({ daysOfCover }) => daysOfCover, true),
      render: ({ daysOfCover }) => `${phone ? `${w.cover} ` : ''}${daysText(daysOfCover)}`,
    },
    figure('reorderPoint', w.reorderPoint, 76, ({ reorderPoint }) => reorderPoint),
    {
      ...figure('suggested', w.suggested, 84, ({ suggested }) => suggested),
      mobile: 'side',
      render: ({ suggested }) => <strong>{num(suggested)}</strong>,
    },
    {
      key: 'cost',
      title: w.cost,
      width: 88,
      align: 'right',
      render: ({ costFen }) => <Money fen={costFen} />,
      value: ({ costFen }) => money(costFen),
    },
    {
      key: 'amount',
      title: w.amount,
      width: 104,
      align: 'right',
      render: ({ amountFen }) => <Money fen={amountFen} />,
      value: ({ amountFen }) => money(amountFen),
    },
  ]
}
