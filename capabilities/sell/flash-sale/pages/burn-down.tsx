import { useCallback } from 'react'
import { words } from '#capabilities/sell/flash-sale/words.ts'
import { compact, num, time } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { palette } from '#console/tokens.ts'
import { fill, useWords } from '#console/words.ts'
import type { Point } from './board.tsx'

const leastMs = 60_000
const clockOf = (ms: number) => time(ms).slice(11)

/** Sold, held and free on top of each other: together they must stay as high as what was put on sale. */
export function BurnDown({ points, stock }: { points: Point[]; stock: number }) {
  const w = useWords(words)
  const option = useCallback(
    (dark: boolean) => {
      const [blue, orange, , green] = dark ? palette.dark : palette.light
      const firstMs = points[0]?.atMs ?? 0
      const lastMs = points.at(-1)?.atMs ?? 0
      const series = (key: 'sold' | 'held' | 'free', color: string | undefined) => ({
        type: 'line',
        name: w[key],
        stack: 'units',
        color,
        showSymbol: points.length < 2,
        symbolSize: 5,
        step: 'end',
        lineStyle: { width: 1 },
        areaStyle: { opacity: key === 'free' ? 0.14 : 0.55 },
        data: points.map((point) => [point.atMs, point[key]]),
      })
      return {
        // Every second anew: the figures move, nothing else may.
        animation: false,
        grid: { left: 52, right: 16, top: 30, bottom: 24 },
        legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, data: [w.free, w.held, w.sold] },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => num(value) },
        xAxis: {
          type: 'time',
          min: firstMs,
          max: Math.max(lastMs, firstMs + leastMs),
          splitNumber: 6,
          axisLabel: { hideOverlap: true, formatter: clockOf },
          axisPointer: { label: { formatter: ({ value }: { value: number }) => time(value) } },
        },
        yAxis: {
          type: 'value',
          max: Math.max(1, stock),
          axisLabel: { formatter: (value: number) => compact(value, w.language) },
        },
        series: [
          series('sold', dark ? orange : green),
          series('held', dark ? '#E8BCD4' : orange),
          series('free', blue),
        ],
      }
    },
    [points, stock, w],
  )
  const last = points.at(-1)
  return (
    <Chart
      name="flash-sale-burn-down"
      title={w.burnDown}
      label={fill(w.burnDownSays, {
        free: num(last?.free),
        held: num(last?.held),
        sold: num(last?.sold),
        since: time(points[0]?.atMs),
      })}
      option={option}
      height={220}
      extra={<span className="d-muted">{fill(w.since, { since: time(points[0]?.atMs) })}</span>}
      table={{
        head: [w.at, w.free, w.held, w.sold],
        rows: points.map(({ atMs, free, held, sold }) => [time(atMs), free, held, sold]),
      }}
    />
  )
}
