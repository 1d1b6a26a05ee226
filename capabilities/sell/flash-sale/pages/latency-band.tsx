import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { History } from '#capabilities/sell/flash-sale/views.ts'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { read } from '#console/client.ts'
import { latency, num, time } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { palette } from '#console/tokens.ts'
import { fill, useWords } from '#console/words.ts'
import { salePath } from './sale-cells.tsx'

const none: History['seconds'] = []

/** How long buyers waited for an answer, from the platform's own record: it is there after a reload. */
export function LatencyBand({ saleId }: { saleId: string }) {
  const w = useWords(words)
  const { data } = useQuery(read<History>(`${salePath(saleId)}/history`, { points: 300 }, { everyMs: 5000 }))
  const seconds = data?.seconds.filter(({ p50Ms }) => p50Ms !== null) ?? none
  const option = useCallback(
    (dark: boolean) => {
      const [blue, orange] = dark ? palette.dark : palette.light
      const line = (name: string, key: 'p50Ms' | 'p99Ms', color: string | undefined) => ({
        ...{ type: 'line', name, color, showSymbol: seconds.length < 2, symbolSize: 5 },
        lineStyle: { width: 1 },
        data: seconds.map((each) => [each.atMs, each[key]]),
      })
      return {
        animation: false,
        grid: { left: 52, right: 16, top: 30, bottom: 24 },
        legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => latency(value) },
        xAxis: { type: 'time', splitNumber: 6, axisLabel: { hideOverlap: true, formatter: clockOf } },
        yAxis: { type: 'log', axisLabel: { formatter: (value: number) => latency(value) } },
        series: [line('p99', 'p99Ms', orange), line('p50', 'p50Ms', blue)],
      }
    },
    [seconds],
  )
  if (seconds.length === 0) return null
  const last = seconds.at(-1)!
  return (
    <Chart
      name="flash-sale-latency"
      title={w.latencyOverTime}
      label={fill(w.latencySays, { p50: latency(last.p50Ms), p99: latency(last.p99Ms) })}
      option={option}
      height={180}
      extra={<span className="d-muted">{fill(w.stepOf, { n: num(data?.stepSeconds) })}</span>}
      table={{
        head: [w.at, 'p50 ms', 'p99 ms', 'p99.9 ms'],
        rows: seconds.map(({ atMs, p50Ms, p99Ms, p999Ms }) => [time(atMs), p50Ms, p99Ms, p999Ms]),
      }}
    />
  )
}

const clockOf = (ms: number) => time(ms).slice(11)
