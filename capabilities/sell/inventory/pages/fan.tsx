import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useMemo } from 'react'
import type { Static } from 'typebox'
import type { FanSchema } from '#capabilities/sell/inventory/schemas.ts'
import { words } from '#capabilities/sell/inventory/words.ts'
import { read } from '#console/client.ts'
import { num } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { tokens } from '#console/theme.ts'
import { palette } from '#console/tokens.ts'
import { fill, useWords } from '#console/words.ts'
import { itemPath, judgedTopic, shareText } from './stock-cells.tsx'

type Fan = Static<typeof FanSchema>
const days = 56
const leastDays = 10

/** What may be left of the stock day by day if nothing arrives: a band for nine chances in ten, one for every other. */
export function StockFan({ id, serviceLevel, extra, name, height = 184 }: FanProps) {
  const w = useWords(words)
  const query = useQuery(read<Fan | null>(`${itemPath(id)}/fan`, { days }, { topic: judgedTopic }))
  const near = useMemo(() => query.data && nearPart(query.data), [query.data])
  if (query.isError && query.data === undefined)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (near === undefined) return <Loading shape="block" />
  if (near === null)
    return (
      <Card title={w.fan} extra={extra}>
        <Empty2 kind="done" text={w.fanNone} />
      </Card>
    )
  return <Bands fan={near} serviceLevel={serviceLevel} extra={extra} name={name} height={height} />
}

/** Up to a few days after the last unit may be gone or the goods be there: a flat line at nothing says nothing. */
function nearPart(fan: Fan): Fan {
  const gone = (fan.remaining[0] ?? []).indexOf(0)
  const arrives = fan.dates.indexOf(fan.arrivesOn)
  const end = gone < 0 ? fan.dates.length : Math.max(gone, arrives, leastDays) + 3
  return {
    ...fan,
    dates: fan.dates.slice(0, end),
    remaining: fan.remaining.map((line) => line.slice(0, end)),
  }
}

type FanProps = {
  /** `shop/sku` */
  id: string
  /** The SKU's own or inherited; 0.95 where it is not known here. */
  serviceLevel?: number | undefined
  extra?: ReactNode
  name: string
  height?: number
}

function Bands({ fan, serviceLevel = 0.95, extra, name, height }: Omit<FanProps, 'id'> & { fan: Fan }) {
  const w = useWords(words)
  const { dates, levels, remaining, arrivesOn, outOn } = fan
  // The forecast is drawn at a few levels; the one that is as sure as the service level, or the surest there is.
  const sure = levels.findIndex((level) => level >= serviceLevel)
  const safe = sure < 0 ? levels.length - 1 : sure
  const middle = levels.indexOf(0.5)
  const until = (at: number) => outOn[at] ?? fill(w.fanLonger, { n: days })
  const label = fill(w.fanSays, { share: shareText(levels[safe]!), safe: until(safe), mid: until(middle) })
  const option = useCallback(
    (dark: boolean) => {
      const [blue] = dark ? palette.dark : palette.light
      const t = tokens(dark)
      const at = (level: number) => remaining[levels.indexOf(level)] ?? []
      const low = at(0.95)
      const quarter = at(0.75)
      const upper = at(0.25)
      const top = at(0.05)
      const band = (title: string, from: number[], to: number[], opacity: number) => ({
        type: 'line',
        name: title,
        stack: 'band',
        color: blue,
        symbol: 'none',
        lineStyle: { width: 0 },
        areaStyle: { color: blue, opacity },
        itemStyle: { color: blue, opacity: opacity + 0.1 },
        data: to.map((value, i) => value - (from[i] ?? 0)),
      })
      return {
        animation: false,
        grid: { left: 48, right: 20, top: 50, bottom: 24 },
        legend: {
          top: 0,
          left: 0,
          itemWidth: 14,
          itemHeight: 8,
          icon: 'roundRect',
          data: [w.band90, w.band50, w.middleLine],
        },
        tooltip: {
          trigger: 'axis',
          formatter: (points: { dataIndex: number }[]) => {
            const i = points[0]?.dataIndex ?? 0
            const line = (title: string, text: string) => `${title} ${text}`
            return [
              dates[i],
              line(w.middleLine, num(at(0.5)[i])),
              line(w.band50, `${num(quarter[i])} – ${num(upper[i])}`),
              line(w.band90, `${num(low[i])} – ${num(top[i])}`),
            ].join('<br>')
          },
        },
        xAxis: {
          type: 'category',
          boundaryGap: false,
          data: dates,
          axisLabel: { hideOverlap: true, formatter: (date: string) => date.slice(5) },
        },
        yAxis: { type: 'value', min: 0, minInterval: 1 },
        series: [
          { ...band('', [], low, 0), tooltip: { show: false } },
          { ...band(w.band90, low, quarter, 0.18) },
          { ...band(w.band50, quarter, upper, 0.4) },
          { ...band(w.band90, upper, top, 0.18) },
          {
            type: 'line',
            name: w.middleLine,
            color: blue,
            symbol: 'none',
            lineStyle: { width: 2 },
            data: at(0.5),
            markLine: {
              symbol: 'none',
              silent: true,
              lineStyle: { color: t.primary, type: 'dashed', width: 1.5 },
              label: { color: t.text2, formatter: w.arrives, position: 'end', distance: 4 },
              data: dates.includes(arrivesOn) ? [{ xAxis: arrivesOn }] : [],
            },
          },
        ],
      }
    },
    [dates, levels, remaining, arrivesOn, w],
  )
  return (
    <div className="d-stack" style={{ gap: 0 }}>
      <Chart
        name={name}
        title={w.fan}
        label={label}
        option={option}
        {...(height ? { height } : {})}
        extra={extra}
        table={{
          head: [w.at, ...levels.map(shareText)],
          rows: dates.map((date, i) => [date, ...remaining.map((line) => line[i] ?? null)]),
        }}
      />
    </div>
  )
}

/** The sentence of the fan, for where there is room for words. */
export function FanSentence({ id, serviceLevel = 0.95 }: Pick<FanProps, 'id' | 'serviceLevel'>) {
  const w = useWords(words)
  const { data: fan } = useQuery(read<Fan | null>(`${itemPath(id)}/fan`, { days }, { topic: judgedTopic }))
  if (!fan) return null
  const sure = fan.levels.findIndex((level) => level >= serviceLevel)
  const safe = sure < 0 ? fan.levels.length - 1 : sure
  const until = (at: number) => fan.outOn[at] ?? fill(w.fanLonger, { n: days })
  return (
    <p className="d-muted">
      {fill(w.fanSays, {
        share: shareText(fan.levels[safe]!),
        safe: until(safe),
        mid: until(fan.levels.indexOf(0.5)),
      })}
    </p>
  )
}
