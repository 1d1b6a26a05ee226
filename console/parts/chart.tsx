import { DownloadOutlined, DownOutlined, PictureOutlined, UpOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import { chartTheme } from '#console/chart-theme.ts'
import { csv, download } from '#console/csv.ts'
import { day } from '#console/format.ts'
import { preferences, useDark, usePreferences } from '#console/preferences.ts'
import { useWords } from '#console/words.ts'
import type { Kind } from './chart-engine.ts'
import { Empty2 } from './empty2.tsx'
import { Reason } from './reason.tsx'
import { partWords } from './words.ts'

export type ChartProps = {
  /** File name of exports and key of the folded state. */
  name: string
  title: string
  /** What the chart shows in one sentence, for readers of the page. */
  label: string
  /** Colours that differ by theme are read from the argument. */
  option: (dark: boolean) => EChartsCoreOption
  /** The same data as a table: read aloud, and exported. */
  table: { head: string[]; rows: (string | number | null)[][] }
  /** Rarer kinds this chart draws, loaded with it. Line, bar and scatter are always there. */
  kinds?: Kind[]
  height?: number
  extra?: ReactNode
}

/** A chart with its name, its data as a hidden table, and exports. Foldable; the choice is remembered. */
export function Chart(props: ChartProps) {
  const { name, title, table, extra } = props
  const w = useWords(partWords)
  const { foldedCharts } = usePreferences()
  const folded = foldedCharts.includes(name)
  const chart = useRef<EChartsType>(undefined)
  const fold = () =>
    preferences.set({
      foldedCharts: folded ? foldedCharts.filter((other) => other !== name) : [...foldedCharts, name],
    })
  const file = `${name}-${day(Date.now())}`
  const tool = (label: string, icon: ReactNode, run: () => void) => (
    <Button size="small" type="text" title={label} aria-label={label} icon={icon} onClick={run} />
  )
  return (
    <section className="d-card d-chart">
      <div className="d-card-head">
        <h2>{title}</h2>
        <span className="d-space" />
        {extra}
        {tool(w.csv, <DownloadOutlined />, () => download(`${file}.csv`, csv(table.head, table.rows)))}
        {!folded && tool(w.png, <PictureOutlined />, () => void savePicture(chart, file))}
        {tool(folded ? w.unfold : w.fold, folded ? <DownOutlined /> : <UpOutlined />, fold)}
      </div>
      {!folded &&
        (table.rows.length ? <Canvas {...props} chart={chart} /> : <Empty2 kind="done" text={w.noPoints} />)}
    </section>
  )
}

async function savePicture(chart: RefObject<EChartsType | undefined>, file: string) {
  const url = chart.current?.getDataURL({
    pixelRatio: 2,
    backgroundColor: getComputedStyle(document.documentElement).getPropertyValue('--d-container'),
  })
  if (url) download(`${file}.png`, await (await fetch(url)).blob())
}

const noKinds: Kind[] = []
const loadEngine = async (kinds: string) =>
  (await import('./chart-engine.ts')).engine(kinds.split(',').filter(Boolean) as Kind[])

function Canvas({
  option,
  label,
  table,
  height = 220,
  kinds = noKinds,
  chart,
}: ChartProps & { chart: RefObject<EChartsType | undefined> }) {
  const w = useWords(partWords)
  const dark = useDark()
  const frame = useRef<HTMLDivElement>(null)
  const [ready, setReady] = useState(0)
  const [problem, setProblem] = useState<unknown>()
  const asked = kinds.join() // as text: a new array of the same kinds is the same chart
  const latest = useRef(dark)
  latest.current = dark

  useEffect(() => {
    let gone = false
    const observer = new ResizeObserver(() => chart.current?.resize())
    loadEngine(asked).then((init) => {
      if (gone || !frame.current) return
      chart.current = init(frame.current, chartTheme(latest.current), {
        locale: w.language === 'zh' ? 'ZH' : 'EN',
      })
      observer.observe(frame.current)
      setReady((count) => count + 1)
    }, setProblem)
    return () => {
      gone = true
      observer.disconnect()
      chart.current?.dispose()
      chart.current = undefined
    }
  }, [chart, asked, w.language])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new engine (`ready`) needs the theme again
  useEffect(() => chart.current?.setTheme(chartTheme(dark)), [chart, dark, ready])
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new engine (`ready`) needs the option again
  useEffect(() => {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches || table.rows.length > 500
    chart.current?.setOption(
      {
        animation: !still,
        animationDuration: 200,
        aria: { enabled: true, label: { description: label } },
        ...option(dark),
      },
      { notMerge: true },
    )
  }, [chart, option, dark, label, ready, table.rows.length])

  if (problem) return <Reason problem={problem} onRetry={() => location.reload()} />
  return (
    <>
      <div ref={frame} className="d-chart-canvas" style={{ height }} role="img" aria-label={label} />
      <table className="d-hidden">
        <caption>{w.dataTable}</caption>
        <thead>
          <tr>
            {table.head.map((cell) => (
              <th key={cell}>{cell}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.slice(0, 200).map((row) => (
            <tr key={row.join('|')}>
              {row.map((cell, index) => (
                <td key={table.head[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
