import { useQuery } from '@tanstack/react-query'
import type { FieldStatistics } from '#capabilities/create/media-metadata/library.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { read } from '#console/client.ts'
import { num } from '#console/format.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { useEveryMs } from './library.tsx'
import { bytesText, lengthText, rateText } from './media-text.ts'
import { path } from './path.ts'
import { fieldName } from './record-table.tsx'

const SHOWN = 6

/** How often each value of a field occurs, and how figures are spread. */
export default function Statistics() {
  const w = useWords(words)
  const query = useQuery(read<FieldStatistics>(`${path}/statistics`, undefined, { everyMs: useEveryMs() }))
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="rows" what={w.statistics} />
  const { values, numbers } = query.data
  const files = Math.max(0, ...values.map((one) => one.files))
  if (files === 0) return <Empty2 kind="unstarted" text={w.emptyStatistics} />
  return (
    <>
      <p className="d-muted">{fill(w.statisticsNote, { n: num(files) })}</p>
      <Card title={w.numbers}>
        <Numbers numbers={numbers} />
      </Card>
      <div style={{ display: 'grid', gap: 12, gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))' }}>
        {values.map((one) => (
          <Values key={one.field} {...one} />
        ))}
      </div>
    </>
  )
}

function Values({ field, filled, files, top }: FieldStatistics['values'][number]) {
  const w = useWords(words)
  const said = top.filter(({ value }) => value !== null)
  const rest = said.slice(SHOWN)
  const share = Math.round((filled / Math.max(1, files)) * 100)
  return (
    <Card
      title={fieldName(field, w.language)}
      extra={<span className="d-muted d-num">{fill(w.filled, { n: share })}</span>}
    >
      {said.slice(0, SHOWN).map(({ value, count }) => (
        <div key={value} style={line}>
          <span className="d-clip" title={value}>
            {w[value as 'video'] ?? value}
          </span>
          <span aria-hidden style={{ height: 8, borderRadius: 3, background: 'var(--d-head)' }}>
            <span style={{ ...bar, width: `${(count / Math.max(1, files)) * 100}%` }} />
          </span>
          <span className="d-num" style={{ textAlign: 'right' }}>
            {num(count)}
          </span>
        </div>
      ))}
      {rest.length > 0 && <div className="d-muted">{fill(w.others, { n: rest.length })}</div>}
      {said.length === 0 && <div className="d-muted">{w.none}</div>}
    </Card>
  )
}

function Numbers({ numbers }: { numbers: FieldStatistics['numbers'] }) {
  const w = useWords(words)
  const text = (field: string, value: number) =>
    field === 'sizeBytes'
      ? bytesText(value)
      : field === 'durationSeconds'
        ? lengthText(value)
        : /Kbps$/.test(field)
          ? rateText(Math.round(value))
          : num(value)
  const hasSum = (field: string) => field === 'sizeBytes' || field === 'durationSeconds'
  return (
    <div className="d-grid">
      <table style={{ minWidth: 620 }}>
        <thead>
          <tr>
            <th scope="col">{w.field}</th>
            {[w.count, w.least, w.median, 'p95', w.most, w.sum].map((head) => (
              <th key={head} scope="col" className="d-right-cell">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {numbers.map(({ field, count, min, p50, p95, max, sum }) => (
            <tr key={field}>
              <td>{fieldName(field, w.language)}</td>
              <td className="d-right-cell d-num">{num(count)}</td>
              {[min, p50, p95, max].map((value, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: four figures in a fixed order
                <td key={place} className="d-right-cell d-num">
                  {text(field, value)}
                </td>
              ))}
              <td className="d-right-cell d-num">{hasSum(field) ? text(field, sum) : '—'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const line = {
  display: 'grid',
  gridTemplateColumns: 'minmax(0, 1.2fr) 1fr 44px',
  gap: 8,
  alignItems: 'center',
  minHeight: 26,
} as const
const bar = {
  display: 'block',
  minWidth: 2,
  height: '100%',
  borderRadius: 3,
  background: 'var(--d-info)',
} as const
