import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
} from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

// What most charts need and no more: the whole of ECharts is 374 kB gzip.
echarts.use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  ScatterChart,
  TooltipComponent,
])

export type Kind = 'heatmap' | 'sankey' | 'custom'

/** The engine, with the rarer kinds a chart asks for. */
export async function engine(kinds: Kind[]) {
  const more = {
    heatmap: () => import('./chart-heatmap.ts'),
    sankey: () => import('./chart-sankey.ts'),
    custom: () => import('./chart-custom.ts'),
  }
  await Promise.all(kinds.map((kind) => more[kind]()))
  return echarts.init
}
