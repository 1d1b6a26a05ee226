import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { ScatterPoint } from '#capabilities/create/media-metadata/library.ts'
import type { Verdict } from '#capabilities/create/media-metadata/media-metadata.ts'
import type { Preset } from '#capabilities/create/media-metadata/readiness.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { type Params, read } from '#console/client.ts'
import { num } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { dark as darkTokens, light as lightTokens, palette } from '#console/tokens.ts'
import { fill, useWords } from '#console/words.ts'
import { verdicts } from './file-cells.tsx'
import { lengthText } from './media-text.ts'
import { path } from './path.ts'

interface Answer {
  items: ScatterPoint[]
  preset: Preset
}

const symbols: Record<Verdict, string> = {
  ready: 'circle',
  warning: 'triangle',
  blocked: 'diamond',
  bad: 'rect',
}
const shortSide = ({ width, height }: ScatterPoint) => Math.min(width, height)
const LEAST_SECONDS = 0.5

/** Each video by its length and its shorter side, with the box in which the preset wants it. */
export default function Scatter({ params, everyMs }: { params: Params; everyMs: number }) {
  const w = useWords(words)
  const query = useQuery({
    ...read<Answer>(`${path}/scatter`, params, { everyMs }),
    placeholderData: (before: Answer | undefined) => before,
  })
  const { items, preset } = query.data ?? {}
  const option = useCallback(
    (isDark: boolean) => {
      const [blue, orange, third, green] = isDark ? palette.dark : palette.light
      const colours: Record<Verdict, string | undefined> = {
        ready: blue,
        warning: orange,
        blocked: third,
        bad: green,
      }
      const points = items ?? []
      const { maxDurationSeconds = 900, minShortSidePx = 720 } = preset ?? {}
      const longest = Math.max(
        maxDurationSeconds * 1.6,
        ...points.map(({ durationSeconds }) => durationSeconds),
      )
      const shortest = Math.min(
        1,
        ...points.map(({ durationSeconds }) => Math.max(LEAST_SECONDS, durationSeconds)),
      )
      const tallest = Math.max(minShortSidePx * 1.6, ...points.map(shortSide)) * 1.05
      const top = Math.ceil(tallest / 200) * 200
      const box = (isDark ? darkTokens : lightTokens).success
      return {
        grid: { left: 62, right: 20, top: 34, bottom: 34 },
        legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 10 },
        tooltip: {
          formatter: ({ data }: { data: { name?: string; says?: string } }) =>
            data.name ? `${escaped(data.name)}<br>${data.says}` : w.presetBox,
        },
        xAxis: {
          type: 'log',
          min: shortest,
          max: longest,
          name: w.seconds,
          nameLocation: 'middle',
          nameGap: 22,
          axisLabel: { formatter: (value: number) => num(value), hideOverlap: true },
        },
        yAxis: {
          type: 'value',
          min: 0,
          max: top,
          name: w.shortSide,
          nameLocation: 'middle',
          nameGap: 40,
        },
        series: [
          ...verdicts
            .filter((verdict) => points.some((point) => point.verdict === verdict))
            .map((verdict) => ({
              type: 'scatter',
              name: w[verdict],
              color: colours[verdict],
              symbol: symbols[verdict],
              symbolSize: points.length > 300 ? 6 : 9,
              itemStyle: { opacity: 0.75 },
              data: points
                .filter((point) => point.verdict === verdict)
                .map((point) => ({
                  value: [Math.max(shortest, point.durationSeconds), shortSide(point)],
                  name: point.fileName,
                  says: `${point.width}×${point.height} · ${lengthText(point.durationSeconds)} · ${w[verdict]}`,
                })),
            })),
          {
            type: 'line',
            name: w.presetBox,
            color: box,
            symbol: 'none',
            lineStyle: { type: 'dashed', width: 1.5 },
            areaStyle: { opacity: 0.08, origin: minShortSidePx },
            silent: true,
            data: [
              [shortest, minShortSidePx],
              [maxDurationSeconds, minShortSidePx],
              [maxDurationSeconds, top],
              [shortest, top],
            ],
          },
        ],
      }
    },
    [items, preset, w],
  )
  if (query.isError && !items) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!items || !preset) return <Loading shape="block" what={w.scatter} />
  const inside = items.filter(
    (point) =>
      point.durationSeconds <= preset.maxDurationSeconds && shortSide(point) >= preset.minShortSidePx,
  ).length
  return (
    <Chart
      name="media-scatter"
      title={w.scatter}
      label={fill(w.scatterLabel, {
        n: num(items.length),
        inside: num(inside),
        most: lengthText(preset.maxDurationSeconds),
        least: preset.minShortSidePx,
      })}
      option={option}
      height={252}
      extra={
        <span className="d-muted d-num">
          {num(inside)} / {num(items.length)}
        </span>
      }
      table={{
        head: [w.file, w.resolution, w.seconds, w.verdict],
        rows: items.map((point) => [
          point.fileName,
          `${point.width}x${point.height}`,
          point.durationSeconds,
          w[point.verdict],
        ]),
      }}
    />
  )
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
