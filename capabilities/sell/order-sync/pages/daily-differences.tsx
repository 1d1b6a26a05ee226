import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import type { DayCount } from '#capabilities/sell/order-sync/reports.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { read } from '#console/client.ts'
import { day, num, percent } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Card } from '#console/parts/page.tsx'
import { tokens } from '#console/theme.ts'
import { fill, useWords } from '#console/words.ts'
import { kinds, path } from './order-cells.tsx'

const shownDays = 30
const dayMs = 86_400_000

/** What each day's reconciliation found, by kind, and how much of it was put right. */
export function DailyDifferences() {
  const w = useWords(words)
  const { data } = useQuery(
    read<{ items: DayCount[] }>(`${path}/series/differences`, undefined, { everyMs: 30_000 }),
  )
  const days = useMemo(() => filled(data?.items ?? []), [data])
  const found = days.reduce((sum, one) => sum + foundOf(one), 0)
  const repaired = days.reduce((sum, one) => sum + one.repaired, 0)
  const option = useCallback(
    (dark: boolean) => ({
      grid: { left: 40, right: 44, top: 56, bottom: 24 },
      legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 8, itemGap: 12 },
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      xAxis: {
        type: 'category',
        data: days.map((one) => one.day.slice(5)),
        axisLabel: { hideOverlap: true },
      },
      yAxis: [
        { type: 'value', minInterval: 1, splitNumber: 3 },
        {
          type: 'value',
          min: 0,
          max: 100,
          splitLine: { show: false },
          axisLabel: { formatter: '{value}%' },
          splitNumber: 2,
        },
      ],
      series: [
        ...kinds.map((kind) => ({
          type: 'bar',
          name: w[`dif-${kind}`],
          stack: 'found',
          barMaxWidth: 22,
          data: days.map((one) => one.byKind[kind]),
        })),
        {
          type: 'line',
          name: w.repairedShare,
          yAxisIndex: 1,
          color: tokens(dark).text2,
          symbol: 'diamond',
          symbolSize: 7,
          lineStyle: { type: 'dashed', width: 1.5 },
          connectNulls: true,
          tooltip: { valueFormatter: (value: number | null) => (value === null ? '—' : `${value}%`) },
          data: days.map((one) => (foundOf(one) ? Math.round((100 * one.repaired) / foundOf(one)) : null)),
        },
      ],
    }),
    [days, w],
  )
  if (data?.items.length === 0)
    return (
      <Card title={w.daily}>
        <Empty2 kind="unstarted" text={w.noReports} />
      </Card>
    )
  return (
    <Chart
      name="order-sync-differences"
      title={w.daily}
      label={fill(w.dailySays, { n: shownDays, found: num(found), repaired: num(repaired) })}
      option={option}
      height={172}
      extra={
        <span className="d-muted d-wide-only">
          {data && fill(w.dailySays, { n: shownDays, found: num(found), repaired: num(repaired) })}
        </span>
      }
      table={{
        head: [w.day, w.compared, ...kinds.map((kind) => w[`dif-${kind}`]), w.repairedShare],
        rows: (data?.items ?? []).map((one) => [
          one.day,
          one.compared,
          ...kinds.map((kind) => one.byKind[kind]),
          percent(foundOf(one) ? one.repaired / foundOf(one) : null),
        ]),
      }}
    />
  )
}

const foundOf = ({ byKind }: DayCount) => kinds.reduce((sum, kind) => sum + byKind[kind], 0)

/** Every day of the period, those without a report at nothing, so that the axis tells the truth about gaps. */
function filled(items: DayCount[]): DayCount[] {
  const none = { missing: 0, extra: 0, status: 0, amount: 0, time: 0, refund: 0 }
  return Array.from({ length: shownDays }, (_, i) => {
    const date = day(Date.now() - (shownDays - 1 - i) * dayMs)
    return items.find((one) => one.day === date) ?? { day: date, compared: 0, byKind: none, repaired: 0 }
  })
}
