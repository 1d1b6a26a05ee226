import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { words } from '#capabilities/connect/collector/words.ts'
import { type ListPage, read } from '#console/client.ts'
import { compact, num, time } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { timeAxis } from '#console/parts/chart-axis.ts'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { palette } from '#console/tokens.ts'
import { fill, useWords } from '#console/words.ts'

type Sample = { activeAtMs: number; rank: number; heat: number }

/** Rank and heat of one topic in every snapshot it was in. */
export function Topic({ sentence }: { sentence: string }) {
  const w = useWords(words)
  const query = useQuery(
    read<ListPage<Sample>>(`/api/collector/hot-lists/topics/${encodeURIComponent(sentence)}`, undefined, {
      everyMs: 60_000,
    }),
  )
  const samples = query.data?.items
  const option = useCallback(
    (dark: boolean) => {
      const [blue, orange] = dark ? palette.dark : palette.light
      const points = samples ?? []
      const worst = Math.max(10, ...points.map(({ rank }) => rank))
      return {
        grid: { left: 36, right: 56, top: 32, bottom: 24 },
        legend: { top: 0, left: 0 },
        tooltip: { trigger: 'axis' },
        xAxis: timeAxis(),
        yAxis: [
          { type: 'value', inverse: true, min: 1, max: worst, minInterval: 1 },
          {
            type: 'value',
            splitLine: { show: false },
            axisLabel: { formatter: (value: number) => compact(value, w.language) },
          },
        ],
        series: [
          {
            type: 'line',
            name: w.rank,
            color: blue,
            symbolSize: 6,
            data: points.map(({ activeAtMs, rank }) => [activeAtMs, rank]),
          },
          {
            type: 'line',
            name: w.heat,
            color: orange,
            yAxisIndex: 1,
            lineStyle: { type: 'dashed' },
            symbol: 'diamond',
            symbolSize: 6,
            tooltip: { valueFormatter: (value: number) => num(value) },
            data: points.map(({ activeAtMs, heat }) => [activeAtMs, heat]),
          },
        ],
      }
    },
    [samples, w],
  )
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!samples) return <Loading shape="block" what={sentence} />
  const seen = fill(w.topicSeen, {
    n: samples.length,
    best: samples.length ? Math.min(...samples.map(({ rank }) => rank)) : '—',
  })
  return (
    <div className="d-stack d-sticky">
      <Chart
        name="hot-topic"
        title={sentence}
        label={`${sentence}: ${seen}`}
        option={option}
        height={300}
        table={{
          head: [w.snapshot, w.rank, w.heat],
          rows: samples.map(({ activeAtMs, rank, heat }) => [time(activeAtMs), rank, heat]),
        }}
        extra={<span className="d-muted">{seen}</span>}
      />
    </div>
  )
}
