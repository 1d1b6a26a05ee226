import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { STEPS } from '#capabilities/create/clips/clips.ts'
import type { ClipView, JobView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { type ListPage, read } from '#console/client.ts'
import { duration, num } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { fill, useWords } from '#console/words.ts'
import { stepColours } from './clip-text.ts'
import { isMoving } from './job-cells.tsx'
import { jobPath } from './path.ts'

const SHOWN = 12
const sumOf = ({ result }: ClipView) => result?.steps.reduce((sum, { ms }) => sum + ms, 0) ?? 0

/** Where the time goes: the steps of the slowest clips, one bar a clip. */
export function StepTimes({ job }: { job: JobView }) {
  const w = useWords(words)
  const { data } = useQuery(
    read<ListPage<ClipView>>(
      `${jobPath(job.jobId)}/clips`,
      { state: 'done', limit: 500 },
      { everyMs: isMoving(job) ? 4_000 : 30_000 },
    ),
  )
  const slowest = (data?.items ?? []).toSorted((a, b) => sumOf(b) - sumOf(a)).slice(0, SHOWN)
  const shown = JSON.stringify(slowest.map(({ name, result }) => [name, result?.steps]))
  const option = useCallback(
    (isDark: boolean) => {
      const colours = stepColours(isDark)
      const rows = (JSON.parse(shown) as [string, { name: string; ms: number }[]][]).toReversed()
      return {
        grid: { left: 8, right: 24, top: 28, bottom: 8, containLabel: true },
        legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 10 },
        tooltip: {
          trigger: 'axis',
          axisPointer: { type: 'shadow' },
          valueFormatter: (s: number) => `${num(s)} s`,
        },
        xAxis: { type: 'value', axisLabel: { formatter: `{value} ${w.secondsAxis}` } },
        yAxis: {
          type: 'category',
          data: rows.map(([name]) => name),
          axisLabel: { width: 150, overflow: 'truncate' },
        },
        series: STEPS.map((step) => ({
          type: 'bar',
          stack: 'steps',
          name: w[step],
          color: colours[step],
          barMaxWidth: 18,
          data: rows.map(([, steps]) => (steps?.find(({ name }) => name === step)?.ms ?? 0) / 1000),
        })),
      }
    },
    [shown, w],
  )
  if (!slowest.length) return null
  const total = slowest.reduce((sum, clip) => sum + sumOf(clip), 0) / 1000
  return (
    <Chart
      name="clip-steps"
      title={w.steps}
      label={fill(w.stepsLabel, { n: slowest.length, t: duration(total, w.language) })}
      option={option}
      height={Math.min(320, 64 + slowest.length * 22)}
      table={{
        head: [w.clip, ...STEPS.map((step) => w[step])],
        rows: slowest.map(({ name, result }) => [
          name,
          ...STEPS.map((step) => (result?.steps.find((one) => one.name === step)?.ms ?? 0) / 1000),
        ]),
      }}
    />
  )
}
