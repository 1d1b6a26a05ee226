import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Failure, FindingCount } from '#capabilities/create/media-metadata/library.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { type ListPage, read } from '#console/client.ts'
import { num } from '#console/format.ts'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { path } from './path.ts'

type Said = { zh: string; en: string }
interface Bar {
  key: string
  says: string
  count: number
  href: string
  tone: 'error' | 'warning'
  title: string
}

/** Bad files by reason and rules by how often they are not kept; each bar leads to its files. */
export default function Troubles({ everyMs }: { everyMs: number }) {
  const w = useWords(words)
  const failures = useQuery(read<ListPage<Failure & Said>>(`${path}/failures`, undefined, { everyMs }))
  const findings = useQuery(read<ListPage<FindingCount>>(`${path}/findings`, undefined, { everyMs }))
  const problem = failures.error ?? findings.error
  if (problem) return <Reason problem={problem} onRetry={() => void failures.refetch()} />
  if (!failures.data || !findings.data) return <Loading shape="block" what={w.reasons} />
  const comma = (text: string) => (w.language === 'zh' ? text.replaceAll(',', '，') : text)
  const bad = failures.data.items.map(
    (one): Bar => ({
      key: one.reason,
      says: comma(one[w.language]),
      count: one.count,
      href: `/media-metadata?reason=${one.reason}`,
      tone: 'error',
      title: one.examples
        .map(({ fileName, detail }) => (detail ? `${fileName}: ${detail}` : fileName))
        .join('\n'),
    }),
  )
  const broken = findings.data.items.map(
    (one): Bar => ({
      key: one.code,
      says: comma(one[w.language]),
      count: one.count,
      href: `/media-metadata?finding=${one.code}`,
      tone: one.level,
      title: w[one.source],
    }),
  )
  const most = Math.max(1, ...bad.map(({ count }) => count), ...broken.map(({ count }) => count))
  return (
    <Card title={w.reasons}>
      <div style={{ maxHeight: 264, overflowY: 'auto' }}>
        {bad.length > 0 && <Bars title={w.badFiles} bars={bad} most={most} />}
        {broken.length > 0 && <Bars title={w.broken} bars={broken} most={most} />}
        {bad.length + broken.length === 0 && <Empty2 kind="done" text={w.noReasons} />}
      </div>
    </Card>
  )
}

function Bars({ title, bars, most }: { title: string; bars: Bar[]; most: number }) {
  return (
    <>
      <div className="d-muted" style={{ fontSize: 12, padding: '4px 0 2px' }}>
        {title}
      </div>
      {bars.map(({ key, says, count, href, tone, title: more }) => (
        <Link key={key} to={href as never} title={more} style={line}>
          <span className="d-clip">{says}</span>
          <span aria-hidden style={{ height: 10, borderRadius: 3, background: 'var(--d-head)' }}>
            <span
              style={{
                display: 'block',
                width: `${(count / most) * 100}%`,
                minWidth: 3,
                height: '100%',
                borderRadius: 3,
                background: `var(--d-${tone})`,
              }}
            />
          </span>
          <span className="d-num" style={{ textAlign: 'right' }}>
            {num(count)}
          </span>
        </Link>
      ))}
    </>
  )
}

const line = {
  display: 'grid',
  gridTemplateColumns: 'minmax(96px, 1.1fr) 2fr 44px',
  gap: 10,
  alignItems: 'center',
  minHeight: 28,
  color: 'var(--d-text)',
} as const
