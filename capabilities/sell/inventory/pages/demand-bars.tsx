import { useCallback } from 'react'
import { words } from '#capabilities/sell/inventory/words.ts'
import { Chart } from '#console/parts/chart.tsx'
import { fill, useWords } from '#console/words.ts'

/** What was sold day by day: what every forecast begins with. */
export default function DemandBars({ demand }: { demand: { date: string; units: number }[] }) {
  const w = useWords(words)
  const option = useCallback(
    () => ({
      animation: false,
      grid: { left: 40, right: 12, top: 12, bottom: 24 },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      xAxis: {
        type: 'category',
        data: demand.map(({ date }) => date),
        axisLabel: { hideOverlap: true, formatter: (date: string) => date.slice(5) },
      },
      yAxis: { type: 'value', minInterval: 1 },
      series: [{ type: 'bar', name: w.demand, data: demand.map(({ units }) => units) }],
    }),
    [demand, w],
  )
  return (
    <Chart
      name="sku-demand"
      title={w.demand}
      label={fill(w.demandSays, { n: demand.length })}
      option={option}
      height={168}
      table={{ head: [w.at, w.demand], rows: demand.map(({ date, units }) => [date, units]) }}
    />
  )
}
