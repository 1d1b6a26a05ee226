import { useQuery } from '@tanstack/react-query'
import { Segmented, Select } from 'antd'
import { useCallback, useState } from 'react'
import { words } from '#capabilities/connect/collector/words.ts'
import { type ListPage, read } from '#console/client.ts'
import { compact, num, time } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { timeAxis } from '#console/parts/chart-axis.ts'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'

type Sample = { atMs: number; value: number }

/** Days shown, with the step in seconds that keeps a curve below some 1,500 points. */
const windows = { '1': 60, '7': 900, '30': 3600 } as const
const metrics = ['plays', 'likes', 'comments', 'shares', 'forwards', 'downloads'] as const
const dayMs = 86_400_000
const none: Sample[] = []

/** How one number of a video grew. */
export function Growth({ itemId }: { itemId: string }) {
  const w = useWords(words)
  const [metric, setMetric] = useState<(typeof metrics)[number]>('plays')
  const [days, setDays] = useState<keyof typeof windows>('1')
  // Whole minutes, so that the question stays the same between renders.
  const to = Math.ceil(Date.now() / 60_000) * 60_000
  const [until] = useState(to)
  const query = useQuery(
    read<ListPage<Sample>>(`/api/collector/videos/${encodeURIComponent(itemId)}/series`, {
      metric,
      from: until - Number(days) * dayMs,
      to: until,
      step: windows[days],
    }),
  )
  const points = query.data?.items ?? none
  const name = metric === 'comments' ? w.commentCount : w[metric]
  const option = useCallback(
    () => ({
      grid: { left: 52, right: 16, top: 12, bottom: 24 },
      tooltip: { trigger: 'axis', valueFormatter: (value: number) => num(value) },
      xAxis: timeAxis(),
      yAxis: {
        type: 'value',
        scale: true,
        axisLabel: { formatter: (value: number) => compact(value, w.language) },
      },
      series: [
        {
          type: 'line',
          name,
          showSymbol: points.length < 40,
          symbolSize: 5,
          areaStyle: { opacity: 0.08 },
          data: points.map(({ atMs, value }) => [atMs, value]),
        },
      ],
    }),
    [points, name, w],
  )
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  return (
    <>
      <Chart
        name="video-growth"
        title={fill(w.trend, { metric: name })}
        label={`${name}: ${num(points.at(-1)?.value)}`}
        option={option}
        height={190}
        table={{ head: [w.lookedAt, name], rows: points.map(({ atMs, value }) => [time(atMs), value]) }}
        extra={
          <>
            <Select
              size="small"
              variant="borderless"
              aria-label={w.metrics}
              value={metric}
              onChange={setMetric}
              popupMatchSelectWidth={false}
              options={metrics.map((value) => ({
                value,
                label: value === 'comments' ? w.commentCount : w[value],
              }))}
            />
            <Segmented
              size="small"
              value={days}
              onChange={setDays}
              options={[
                { value: '1', label: w.window1 },
                { value: '7', label: w.window7 },
                { value: '30', label: w.window30 },
              ]}
            />
          </>
        }
      />
      {query.data && points.length < 2 && <p className="d-muted d-card-note">{w.onePoint}</p>}
    </>
  )
}
