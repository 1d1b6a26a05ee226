import { time } from '#console/format.ts'

/** A time axis that speaks Shanghai time whatever the reader's zone; ECharts alone would use the reader's. */
export const timeAxis = () => ({
  type: 'time' as const,
  axisLabel: { hideOverlap: true, formatter: axisLabel },
  axisPointer: { label: { formatter: ({ value }: { value: number }) => time(value).slice(5, 16) } },
})

const axisLabel = (ms: number) => {
  const text = time(ms)
  return text.endsWith('00:00:00') ? text.slice(5, 10) : text.slice(11, 16)
}
