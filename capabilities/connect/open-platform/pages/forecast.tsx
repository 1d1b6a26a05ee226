import { useCallback, useMemo } from 'react'
import { words } from '#capabilities/connect/open-platform/words.ts'
import { day, time } from '#console/format.ts'
import { Chart } from '#console/parts/chart.tsx'
import { timeAxis } from '#console/parts/chart-axis.ts'
import type { Kind } from '#console/parts/chart-engine.ts'
import { type Mark, Months } from '#console/parts/months.tsx'
import { Card } from '#console/parts/page.tsx'
import { palette } from '#console/tokens.ts'
import { fill, useWords } from '#console/words.ts'
import { type Account, isCallable, warnTones } from './account-cells.tsx'

const shown = 8
const [fewestMonths, mostMonths] = [6, 8]
const dayMs = 86_400_000
const kinds: Kind[] = ['custom']

/** The two clocks of the accounts that end first, and on which days people must consent again. */
export default function Forecast({ accounts }: { accounts: Account[] }) {
  const first = useMemo(
    () =>
      accounts
        .filter(isCallable)
        .toSorted((a, b) => a.reauthoriseByMs - b.reauthoriseByMs)
        .slice(0, shown),
    [accounts],
  )
  return (
    <div className="d-columns d-even">
      <Strip accounts={first} />
      <Calendar accounts={accounts} />
    </div>
  )
}

type Shape = { coord: (point: [number, number]) => [number, number] } & { value: (at: number) => number }

/** A flat bar from one moment to another on the row of an account; `of` says which part of the row it fills. */
const bar = (of: { top: number; height: number; fill: string }) => (_: unknown, shape: Shape) => {
  const row = shape.value(0)
  const [x, y] = shape.coord([shape.value(1), row])
  const [end] = shape.coord([shape.value(2), row])
  return {
    type: 'rect',
    shape: { x, y: y + of.top, width: Math.max(1, end - x), height: of.height, r: 2 },
    style: { fill: of.fill },
  }
}

function Strip({ accounts }: { accounts: Account[] }) {
  const w = useWords(words)
  const option = useCallback(
    (dark: boolean) => {
      const [blue, orange] = dark ? palette.dark : palette.light
      const nowMs = Date.now()
      const rows = accounts.map((account, index) => ({ account, index }))
      const last = Math.max(nowMs + 30 * dayMs, ...accounts.map((account) => account.reauthoriseByMs))
      const custom = (name: string, color: string, render: ReturnType<typeof bar>, data: number[][]) => ({
        type: 'custom',
        name,
        color,
        renderItem: render,
        encode: { x: [1, 2], y: 0 },
        data,
      })
      return {
        grid: { left: 96, right: 44, top: 30, bottom: 22 },
        legend: { type: 'scroll', top: 0, left: 0, itemWidth: 14, itemHeight: 8 },
        tooltip: {
          trigger: 'item',
          formatter: ({ seriesName, value }: { seriesName: string; value: number[] }) =>
            `${accounts[value[0] ?? 0]?.nickname ?? ''}<br>${seriesName}: ${day(value[2] ?? value[1])}`,
        },
        xAxis: { ...timeAxis(), min: nowMs, max: last + 6 * dayMs, splitNumber: 6 },
        yAxis: {
          type: 'category',
          inverse: true,
          data: accounts.map(({ nickname }) => nickname),
          axisLabel: { width: 84, overflow: 'truncate' },
          axisTick: { show: false },
        },
        series: [
          custom(
            w.renewalTick,
            `${blue}38`,
            bar({ top: -8, height: 8, fill: `${blue}38` }),
            rows.map(({ account, index }) => [index, account.refreshExpiresAtMs, account.reauthoriseByMs]),
          ),
          custom(
            w.refreshEnds,
            blue!,
            bar({ top: -8, height: 8, fill: blue! }),
            rows.map(({ account, index }) => [index, nowMs, account.refreshExpiresAtMs]),
          ),
          custom(
            w.accessEnds,
            orange!,
            bar({ top: 2, height: 5, fill: orange! }),
            rows.map(({ account, index }) => [index, nowMs, account.accessExpiresAtMs]),
          ),
          {
            type: 'scatter',
            name: w.renewalTick,
            symbol: 'rect',
            symbolSize: [2, 8],
            symbolOffset: [0, -4],
            itemStyle: { color: blue },
            data: rows.flatMap(({ account, index }) => ticks(account).map((at) => ({ value: [at, index] }))),
            tooltip: { show: false },
          },
          {
            type: 'scatter',
            name: w.reauthoriseBy,
            symbol: 'diamond',
            symbolSize: 11,
            symbolOffset: [0, -4],
            itemStyle: { color: orange },
            label: {
              show: true,
              position: 'right',
              fontSize: 11,
              color: 'inherit',
              formatter: ({ value }: { value: number[] }) => day(value[0]).slice(5),
            },
            data: rows.map(({ account, index }) => ({ value: [account.reauthoriseByMs, index] })),
            tooltip: {
              formatter: ({ value }: { value: number[] }) => `${w.reauthoriseBy}: ${day(value[0])}`,
            },
          },
        ],
      }
    },
    [accounts, w],
  )
  const label = fill(w.forecastSays, { n: accounts.length, day: day(accounts[0]?.reauthoriseByMs) })
  return (
    <Chart
      name="open-platform-forecast"
      title={w.forecast}
      label={label}
      option={option}
      kinds={kinds}
      height={70 + Math.max(4, accounts.length) * 32}
      table={{
        head: [w.account, w.accessEnds, w.refreshEnds, w.renewed, w.reauthoriseBy],
        rows: accounts.map((account) => [
          account.nickname,
          time(account.accessExpiresAtMs),
          time(account.refreshExpiresAtMs),
          account.renewals,
          time(account.reauthoriseByMs),
        ]),
      }}
    />
  )
}

/** Where each renewal that is left will be used, spread evenly up to the end. */
function ticks({ refreshExpiresAtMs, reauthoriseByMs, renewalsLeft }: Account): number[] {
  if (renewalsLeft < 1) return []
  const each = (reauthoriseByMs - refreshExpiresAtMs) / renewalsLeft
  return Array.from({ length: renewalsLeft }, (_, index) => refreshExpiresAtMs + each * index)
}

/** Months since year 0, in Shanghai. */
const monthOf = (ms: number) => {
  const [year, month] = day(ms).split('-').map(Number)
  return year! * 12 + month!
}

function Calendar({ accounts }: { accounts: Account[] }) {
  const w = useWords(words)
  const days = Map.groupBy(accounts.filter(isCallable), (account) => day(account.reauthoriseByMs))
  const marks = new Map<string, Mark>()
  for (const [date, due] of days) {
    const nearest = due.toSorted((a, b) => a.reauthoriseByMs - b.reauthoriseByMs)[0]!
    const tone = warnTones[nearest.warnLevel]
    const within = Math.max(0, Math.ceil((nearest.reauthoriseByMs - Date.now()) / dayMs))
    marks.set(date, {
      tone: tone === 'neutral' ? 'primary' : tone,
      title: fill(w.calendarDay, { day: date, n: due.length }),
      href:
        due.length === 1
          ? `/open-platform?open=${nearest.accountId}`
          : `/open-platform?expiresWithinDays=${Math.min(400, within)}`,
    })
  }
  const lastMs = Math.max(
    Date.now(),
    ...accounts.filter(isCallable).map((account) => account.reauthoriseByMs),
  )
  const count = Math.min(mostMonths, Math.max(fewestMonths, monthOf(lastMs) - monthOf(Date.now()) + 1))
  return (
    <Card title={w.calendar}>
      <Months fromMs={Date.now()} count={count} marks={marks} />
    </Card>
  )
}
