import { useQuery } from '@tanstack/react-query'
import { Segmented } from 'antd'
import { useCallback, useMemo } from 'react'
import type { OrderStatus } from '#capabilities/sell/order-sync/order-sync.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { useAddress } from '#console/address.ts'
import { read } from '#console/client.ts'
import { num, percent } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { tokens } from '#console/theme.ts'
import { useWords } from '#console/words.ts'
import { path, sources, statuses, summaryQuery } from './order-cells.tsx'

/** Where orders come from: who told us first, or from which status they came to which. */
export function Origins() {
  const w = useWords(words)
  const [search, change] = useAddress()
  const isFlow = search['chart'] === 'flow'
  const choice = (
    <Segmented
      size="small"
      value={isFlow ? 'flow' : 'source'}
      onChange={(value) => change({ chart: value === 'flow' ? value : undefined })}
      options={[
        { value: 'source', label: w.source },
        { value: 'flow', label: w.flow },
      ]}
    />
  )
  return isFlow ? <Flow choice={choice} /> : <Sources choice={choice} />
}

const noSeries: number[] = []

function Sources({ choice }: { choice: React.ReactNode }) {
  const w = useWords(words)
  const { data } = useQuery(summaryQuery)
  const counts = useMemo(() => (data ? sources.map((source) => data.bySource[source]) : noSeries), [data])
  const total = counts.reduce((sum, count) => sum + count, 0)
  const option = useCallback(
    () => ({
      grid: { left: 12, right: 12, top: 44, bottom: 24, containLabel: false },
      legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 8 },
      tooltip: { trigger: 'item', valueFormatter: (value: number) => num(value) },
      xAxis: { type: 'value', max: 100, axisLabel: { formatter: '{value}%' } },
      yAxis: { type: 'category', data: [''], show: false },
      series: sources.map((source, i) => ({
        type: 'bar',
        name: `${w[source]} ${num(counts[i])}`,
        stack: 'all',
        barWidth: 44,
        data: [total ? Math.round((10_000 * (counts[i] ?? 0)) / total) / 100 : 0],
        tooltip: { valueFormatter: (value: number) => `${value}%` },
      })),
    }),
    [counts, total, w],
  )
  return (
    <Chart
      name="order-sync-sources"
      title={w.sourceShare}
      label={sources.map((source, i) => `${w[source]} ${percent((counts[i] ?? 0) / total)}`).join(', ')}
      option={option}
      height={172}
      extra={choice}
      table={{
        head: [w.source, w.orders, '%'],
        rows: total ? sources.map((source, i) => [w[source], counts[i]!, percent(counts[i]! / total)]) : [],
      }}
    />
  )
}

type Step = { from: OrderStatus | 'new'; to: OrderStatus; count: number }
const order = ['new', ...(Object.keys(statuses) as OrderStatus[])]

function Flow({ choice }: { choice: React.ReactNode }) {
  const w = useWords(words)
  const { data } = useQuery(read<{ items: Step[] }>(`${path}/flow`, undefined, { everyMs: 30_000 }))
  // A Sankey cannot go back: what a repair moved back is in the table, not in the picture.
  const steps = useMemo(
    () => (data?.items ?? []).filter(({ from, to }) => order.indexOf(from) < order.indexOf(to)),
    [data],
  )
  const option = useCallback(
    (dark: boolean) => {
      const used = order.filter((status) => steps.some(({ from, to }) => from === status || to === status))
      const nameOf = (status: string) => w[status as OrderStatus | 'new']
      return {
        tooltip: { trigger: 'item' },
        series: [
          {
            type: 'sankey',
            left: 4,
            right: w.language === 'zh' ? 64 : 96,
            top: 8,
            bottom: 8,
            nodeWidth: 10,
            nodeGap: 10,
            draggable: false,
            emphasis: { focus: 'adjacency' },
            label: { color: tokens(dark).text, textBorderWidth: 0, fontSize: 11 },
            lineStyle: { color: 'source', opacity: 0.35 },
            data: used.map((status) => ({ name: nameOf(status) })),
            links: steps.map(({ from, to, count }) => ({
              source: nameOf(from),
              target: nameOf(to),
              value: count,
            })),
          },
        ],
      }
    },
    [steps, w],
  )
  return (
    <Chart
      name="order-sync-flow"
      title={w.flow}
      label={w.flowSays}
      kinds={sankey}
      option={option}
      height={172}
      extra={choice}
      table={{
        head: [w.status, w.status, w.orders],
        rows: (data?.items ?? []).map(({ from, to, count }) => [w[from], w[to], count]),
      }}
    />
  )
}

const sankey: ['sankey'] = ['sankey']
