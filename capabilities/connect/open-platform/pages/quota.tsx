import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { words } from '#capabilities/connect/open-platform/words.ts'
import { type ListPage, read } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Grid } from '#console/parts/grid.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { palette } from '#console/tokens.ts'
import { useWords } from '#console/words.ts'

type Family = {
  family: string
  usedToday: number
  remaining: number | null
  limit: number | null
  restoresAtMs: number
  state: 'free' | 'low' | 'used-up'
}

const tones = { free: 'success', low: 'warning', 'used-up': 'error' } as const
const reserve = 10

/** How many calls each endpoint family has left today. */
export default function Quota() {
  const w = useWords(words)
  const query = useQuery(read<ListPage<Family>>('/api/open-platform/quota', undefined, { everyMs: 10_000 }))
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="rows" what={w.quota} />
  const families = query.data.items
  if (!families.length) return <Empty2 kind="unstarted" text={w.emptyQuota} />
  return (
    <>
      <Bullets families={families.filter(({ remaining }) => remaining !== null)} />
      <Card title={w.quota}>
        <Grid<Family>
          rows={families}
          rowKey={({ family }) => family}
          columns={[
            { key: 'family', title: w.family, render: (row) => <span className="d-mono">{row.family}</span> },
            { key: 'used', title: w.used, width: 110, align: 'right', render: (row) => num(row.usedToday) },
            {
              key: 'remaining',
              title: w.remaining,
              width: 110,
              align: 'right',
              render: (row) => num(row.remaining),
            },
            { key: 'limit', title: w.limit, width: 110, align: 'right', render: (row) => num(row.limit) },
            {
              key: 'restores',
              title: w.restores,
              width: 140,
              render: (row) => (row.state === 'free' ? '—' : <When at={row.restoresAtMs} />),
            },
            {
              key: 'state',
              title: w.status,
              width: 130,
              render: (row) =>
                row.remaining === null ? (
                  <Status tone="neutral">{w.noRemaining}</Status>
                ) : (
                  <Status tone={tones[row.state]}>{w[row.state]}</Status>
                ),
            },
          ]}
        />
        <p className="d-muted d-card-note">{w.quotaUsedUp}</p>
      </Card>
    </>
  )
}

/** A log scale, because limits differ by orders of magnitude and the line at 10 must be seen. */
const atLeastOne = (value: number | null) => Math.max(1, value ?? 1)

function Bullets({ families }: { families: Family[] }) {
  const w = useWords(words)
  const option = useCallback(
    (dark: boolean) => {
      const [blue, orange] = dark ? palette.dark : palette.light
      return {
        grid: { left: 140, right: 24, top: 28, bottom: 40 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: tip(families, w) },
        xAxis: { type: 'log', min: 1, name: w.quotaAxis, nameLocation: 'middle', nameGap: 24 },
        yAxis: { type: 'category', inverse: true, data: families.map(({ family }) => family) },
        series: [
          {
            type: 'bar',
            barWidth: 16,
            barGap: '-100%',
            silent: true,
            itemStyle: { color: blue, opacity: 0.18 },
            data: families.map(({ limit, remaining }) => atLeastOne(limit ?? remaining)),
          },
          {
            type: 'bar',
            barWidth: 8,
            barGap: '-75%',
            itemStyle: { color: blue },
            data: families.map(({ remaining }) => ({
              value: atLeastOne(remaining),
              itemStyle: { color: (remaining ?? 0) < reserve ? orange : blue },
            })),
            markLine: {
              symbol: 'none',
              silent: true,
              lineStyle: { color: orange, type: 'dashed' },
              label: { formatter: w.quotaLine, position: 'start', rotate: 0, fontSize: 11 },
              data: [{ xAxis: reserve }],
            },
          },
        ],
      }
    },
    [families, w],
  )
  if (!families.length) return null
  const least = families.toSorted((a, b) => (a.remaining ?? 0) - (b.remaining ?? 0))[0]!
  return (
    <Chart
      name="open-platform-quota"
      title={w.quotaChart}
      label={`${w.quotaChart}: ${least.family} ${num(least.remaining)}`}
      option={option}
      height={60 + families.length * 34}
      table={{
        head: [w.family, w.used, w.remaining, w.limit, w.restores],
        rows: families.map((row) => [
          row.family,
          row.usedToday,
          row.remaining,
          row.limit,
          time(row.restoresAtMs),
        ]),
      }}
    />
  )
}

const tip =
  (families: Family[], w: Record<'used' | 'remaining' | 'limit', string>) =>
  ([{ dataIndex }]: [{ dataIndex: number }]) => {
    const row = families[dataIndex]!
    return `${row.family}<br>${w.used} ${num(row.usedToday)}<br>${w.remaining} ${num(row.remaining)} / ${num(row.limit)}`
  }
