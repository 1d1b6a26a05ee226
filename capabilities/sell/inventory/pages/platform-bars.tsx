import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import type { PlatformView } from '#capabilities/sell/inventory/catalogue.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { sequential } from '#console/chart-theme.ts'
import { read } from '#console/client.ts'
import { Chart } from '#console/parts/chart.tsx'
import { tokens } from '#console/theme.ts'
import { useWords } from '#console/words.ts'
import { buckets, judgedTopic, path } from './stock-cells.tsx'

const none: PlatformView[] = []

/** How long the stock of each platform lasts: its SKUs by days of cover. */
export function PlatformBars() {
  const w = useWords(words)
  const { data } = useQuery(
    read<{ items: PlatformView[] }>(`${path}/charts/platforms`, undefined, { topic: judgedTopic }),
  )
  const rows = data?.items ?? none
  const option = useCallback(
    (dark: boolean) => {
      const t = tokens(dark)
      const [, soft, mid, strong] = sequential(dark)
      const colors = {
        out: t.error,
        week: dark ? '#F39A4A' : '#C2570C',
        month: strong,
        quarter: mid,
        longer: soft,
        idle: t.text3,
        unknown: t.line,
      }
      const shown = [...rows].reverse()
      return {
        grid: { left: w.language === 'zh' ? 60 : 76, right: 16, top: 62, bottom: 22 },
        legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 8, itemGap: 10 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
        xAxis: { type: 'value', minInterval: 1 },
        yAxis: { type: 'category', data: shown.map(({ platform }) => w[platform]) },
        series: buckets.map((bucket) => ({
          type: 'bar',
          name: w[bucket],
          stack: 'skus',
          color: colors[bucket],
          barMaxWidth: 24,
          data: shown.map((row) => row.buckets[bucket]),
        })),
      }
    },
    [rows, w],
  )
  return (
    <Chart
      name="inventory-platforms"
      title={w.byPlatform}
      label={w.byPlatformSays}
      option={option}
      height={184}
      table={{
        head: [w.platform, ...buckets.map((bucket) => w[bucket])],
        rows: rows.map((row) => [w[row.platform], ...buckets.map((bucket) => row.buckets[bucket])]),
      }}
    />
  )
}
