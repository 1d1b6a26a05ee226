import { tokens } from './theme.ts'
import { palette, sans } from './tokens.ts'

/** ECharts in our colours; axes, legend and split lines are explicit because its dark defaults do not read. */
export function chartTheme(isDark: boolean) {
  const t = tokens(isDark)
  const axis = {
    axisLine: { lineStyle: { color: t.line } },
    axisTick: { show: false },
    axisLabel: { color: t.text2, fontSize: 12 },
    nameTextStyle: { color: t.text3, fontSize: 12 },
    splitLine: { lineStyle: { color: t.line } },
    splitArea: { areaStyle: { color: ['transparent', 'transparent'] } },
  }
  return {
    color: isDark ? palette.dark : palette.light,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: sans, color: t.text },
    title: { textStyle: { color: t.text } },
    legend: { textStyle: { color: t.text2 }, pageTextStyle: { color: t.text2 }, inactiveColor: t.text3 },
    tooltip: {
      backgroundColor: t.raised,
      borderColor: t.line,
      textStyle: { color: t.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: t.text3 }, crossStyle: { color: t.text3 } },
    },
    visualMap: { textStyle: { color: t.text2 } },
    dataZoom: { textStyle: { color: t.text2 }, borderColor: t.line },
    markLine: { label: { color: t.text2 } },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: axis,
    timeAxis: { ...axis, splitLine: { show: false } },
    logAxis: axis,
  }
}

/** One hue in five steps, for density. @public */
export const sequential = (isDark: boolean) =>
  isDark
    ? ['#16233D', '#1F3C6E', '#2D5FA8', '#4B86DD', '#8AB4FF']
    : ['#E8EFFE', '#BCD3F7', '#86B0EC', '#4585D6', '#0B57A8']
/** Good and bad of a balance: blue and orange, never green and red. @public */
export const diverging = (isDark: boolean) => (isDark ? ['#5AA9FF', '#F39A4A'] : ['#0B6BCB', '#C2570C'])
