import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import type { DifferenceRow, ReportRow } from '#capabilities/sell/order-sync/reports.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { useAddress } from '#console/address.ts'
import { api, list, read } from '#console/client.ts'
import { money, num, percent, time } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'
import { Share } from './figures.tsx'
import { kinds, path, useShops } from './order-cells.tsx'
import { totalsOf } from './reports.tsx'
import { sentence, side } from './sentence.ts'
import '#console/paper.css'

/** One day of one shop on a sheet of A4: what was compared, what differed, what was put right. */
export default function Report({ id }: { id: string }) {
  const w = useWords(words)
  const at = `${path}/reports/${id.split('/').map(encodeURIComponent).join('/')}`
  const query = useQuery(read<ReportRow>(at))
  if (query.isError && !query.data)
    return (
      <>
        <Back />
        <Reason problem={query.error} onRetry={() => void query.refetch()} />
      </>
    )
  if (!query.data) return <Loading shape="page" what={w.reports} />
  return (
    <>
      <Tools report={query.data} at={at} />
      <article className="d-paper">
        <Sheet report={query.data} at={at} />
      </article>
    </>
  )
}

function Back() {
  const w = useWords(words)
  const [, change] = useAddress()
  return (
    <Button onClick={() => change({ open: undefined, shop: undefined, day: undefined })}>{w.back}</Button>
  )
}

function Tools({ report, at }: { report: ReportRow; at: string }) {
  const w = useWords(words)
  const may = useMayChange()
  const [, change] = useAddress()
  const { run, running, problem } = useAction<ReportRow>()
  const again = {
    key: 'again',
    label: w.again,
    run: async () => {
      const { shopId, day } = report
      const { jobId } = await api.post<{ jobId: string | null }>(`${path}/reconciliations`, {
        shopId,
        day,
        repair: true,
      })
      change({ job: jobId ?? 'under-way', jobOf: `${shopId}/${day}` })
    },
  }
  return (
    <div className="d-paper-tools">
      <Back />
      <span className="d-space" />
      <Button disabled={!may} loading={Boolean(running)} onClick={() => void run(again, [report])}>
        {w.again}
      </Button>
      <Button href={`${at}/download`}>{w.csv}</Button>
      <Button onClick={() => window.print()}>{w.print}</Button>
      {problem !== undefined && (
        <div style={{ flexBasis: '100%' }}>
          <Reason problem={problem} />
        </div>
      )}
    </div>
  )
}

function Sheet({ report, at }: { report: ReportRow; at: string }) {
  const w = useWords(words)
  const { nameOf } = useShops()
  const { found, repaired, offFen } = totalsOf(report)
  const until = time(report.trueUntilMs).slice(0, 16)
  const figure = (name: string, value: React.ReactNode) => (
    <div>
      <span>{name}</span>
      <b>{value}</b>
    </div>
  )
  return (
    <>
      <header>
        <h2>{w.paperTitle}</h2>
        <p>
          {nameOf(report.shopId)} · <span className="d-mono">{report.shopId}</span> · {report.day}
        </p>
        <p className="d-muted">
          {w.madeAt} {time(report.madeAtMs)} · {report.isPartial ? fill(w.partial, { t: until }) : w.whole}
          {report.mailedAtMs !== null && ` · ${w.mailedAt} ${time(report.mailedAtMs)}`}
        </p>
      </header>
      {report.isPartial && (
        <Alert
          type="warning"
          showIcon
          title={fill(w.partialTitle, { t: until })}
          description={`${report.partialWhy ? `${sentence(report.partialWhy, w.language)}${w.language === 'zh' ? '。' : '. '}` : ''}${w.partialEffect}`}
        />
      )}
      <div className="d-paper-figures">
        {figure(w.share, <Share value={report.compared ? report.equal / report.compared : null} />)}
        {figure(w.compared, num(report.compared))}
        {figure(w.theirsFen, money(report.theirsFen))}
        {figure(w.differences, num(found))}
        {figure(w.repaired, num(repaired))}
        {figure(w.offFen, money(offFen))}
      </div>
      <h3>{w.byKind}</h3>
      <ByKind report={report} />
      <h3>{w.differences}</h3>
      <Named at={at} report={report} />
      <h3>{w.definitions}</h3>
      <ul className="d-paper-notes">
        {(['def-share', 'def-kinds', 'def-day', 'def-repair'] as const).map((key) => (
          <li key={key}>{w[key]}</li>
        ))}
      </ul>
    </>
  )
}

/** Found and repaired by kind; the bar is as long as the kind's part of all that was found. */
function ByKind({ report }: { report: ReportRow }) {
  const w = useWords(words)
  const most = Math.max(1, ...kinds.map((kind) => report.byKind[kind].found))
  return (
    <table>
      <thead>
        <tr>
          <th style={{ width: 110 }}>{w.kind}</th>
          <th aria-hidden />
          <th className="d-right-cell">{w.found}</th>
          <th className="d-right-cell">{w.repaired}</th>
          <th className="d-right-cell">{w.offFen}</th>
        </tr>
      </thead>
      <tbody>
        {kinds.map((kind) => {
          const { found, repaired, offFen } = report.byKind[kind]
          return (
            <tr key={kind}>
              <td>{w[`dif-${kind}`]}</td>
              <td>
                <svg viewBox="0 0 100 8" width="100%" height="8" preserveAspectRatio="none" aria-hidden>
                  <rect width={(100 * found) / most} height="8" fill="var(--d-warning)" />
                  <rect width={(100 * repaired) / most} height="8" fill="var(--d-success)" />
                </svg>
              </td>
              <td className="d-right-cell d-num">{num(found)}</td>
              <td className="d-right-cell d-num">
                {num(repaired)} {found > 0 && <small>({percent(repaired / found)})</small>}
              </td>
              <td className="d-right-cell d-num">{money(offFen)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** Each difference by its order: what we had, what the platform has, whether it was put right. */
function Named({ at, report }: { at: string; report: ReportRow }) {
  const w = useWords(words)
  const query = useInfiniteQuery(list<DifferenceRow>(`${at}/differences`, { limit: 500 }))
  const rows = query.data?.pages.flatMap(({ items }) => items)
  if (query.isError && !rows) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!rows) return <Loading shape="block" />
  if (!rows.length) return <p className="d-ink-success">{w.noDifferences}</p>
  return (
    <>
      <div className="d-paper-wide">
        <table>
          <thead>
            <tr>
              <th>{w.order}</th>
              <th>{w.kind}</th>
              <th>{w.ours}</th>
              <th>{w.theirs}</th>
              <th className="d-right-cell">{w.offFen}</th>
              <th>{w.repaired}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.orderId} ${row.kind}`}>
                <td className="d-mono">
                  <Link
                    to={`/order-sync?open=${encodeURIComponent(`${report.shopId}/${row.orderId}`)}` as never}
                  >
                    {row.orderId}
                  </Link>
                </td>
                <td>{w[`dif-${row.kind}`]}</td>
                <td>{side(row.ours, row.kind, w.language)}</td>
                <td>{side(row.theirs, row.kind, w.language)}</td>
                <td className="d-right-cell d-num">{row.offFen ? money(row.offFen) : '—'}</td>
                <td>{row.isRepaired ? <span className="d-ink-success">✓ {w.repaired}</span> : w.open}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {query.hasNextPage && (
        <Button
          className="d-paper-more"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {w.loadRest}
        </Button>
      )}
    </>
  )
}
