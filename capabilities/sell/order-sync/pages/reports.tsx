import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense, useEffect } from 'react'
import type { ReportRow } from '#capabilities/sell/order-sync/reports.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { useAddress } from '#console/address.ts'
import { list, read, refresh } from '#console/client.ts'
import { money, num, time } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Job } from '#console/parts/job.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { Money, When } from '#console/parts/values.tsx'
import { usePhone } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import { Share } from './figures.tsx'
import { kinds, path, useShops } from './order-cells.tsx'

const Report = lazy(() => import('./report.tsx'))

/** Each day of each shop beside the platform's list; one of them opens as a sheet of paper. */
export default function Reports() {
  const [search] = useAddress()
  const { shop, day, open } = search
  const shown = open ?? (shop && day ? `${shop}/${day}` : undefined)
  return (
    <>
      {search['job'] && <Running jobId={search['job']} of={search['jobOf'] ?? ''} />}
      {shown ? (
        <Suspense>
          <Report key={shown} id={shown} />
        </Suspense>
      ) : (
        <List />
      )}
    </>
  )
}

function List() {
  const w = useWords(words)
  const { options } = useShops()
  const fields: Field[] = [{ kind: 'choice', key: 'shopId', label: w.shop, options }]
  const filters = useFilters(fields)
  return (
    <>
      <Filters state={filters} />
      <DataTable<ReportRow>
        name="reconciliations"
        source={list<ReportRow>(`${path}/reports`, filters.params)}
        columns={useColumns()}
        rowKey={({ shopId, day }) => `${shopId}/${day}`}
        drawer={() => null}
        empty={{ kind: 'unstarted', text: w.noReportRows }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.reports}
      />
    </>
  )
}

type Comparison = { state: string; compared: number; error: string | null }
const ended = ['completed', 'failed', 'cancelled']

/** A comparison that was begun here: how far it is, and the way to its report. The page may be left. */
function Running({ jobId, of }: { jobId: string; of: string }) {
  const w = useWords(words)
  const [, change] = useAddress()
  const { nameOf } = useShops()
  const [shopId = '', day = ''] = of.split('/')
  const isOurs = jobId !== 'under-way'
  const { data, error } = useQuery({
    ...read<Comparison>(`${path}/reconciliations/${jobId}`),
    enabled: isOurs,
    refetchInterval: ({ state }: { state: { data?: Comparison | undefined } }) =>
      ended.includes(state.data?.state ?? '') ? (false as const) : 1000,
  })
  const isEnded = ended.includes(data?.state ?? '')
  useEffect(() => {
    if (isEnded) void refresh(path)
  }, [isEnded])
  const forget = { job: undefined, jobOf: undefined }
  if (error) return <Reason problem={error} onRetry={() => change(forget)} />
  if (data?.state === 'failed')
    return (
      <Reason
        problem={Object.assign(new Error(data.error ?? ''), {
          code: 'order-sync/reconcile',
          status: 0,
          title: w.runFailed,
          detail: data.error ?? '',
        })}
        onRetry={() => change(forget)}
      />
    )
  return (
    <Card>
      <Job
        name={`${nameOf(shopId)} · ${day}`}
        status={
          isEnded ? <Status tone="success">{w.runDone}</Status> : <Status tone="info">{w.running}</Status>
        }
        progress={null}
        ended={isEnded}
        actions={
          <>
            <span className="d-muted">
              {isOurs ? fill(w.comparedSoFar, { n: num(data?.compared ?? 0) }) : w.runUnderWay}
            </span>
            {isEnded && (
              <Button
                size="small"
                onClick={() => change({ ...forget, open: of, shop: undefined, day: undefined })}
              >
                {w.toReport}
              </Button>
            )}
          </>
        }
      />
    </Card>
  )
}

export const totalsOf = ({ byKind }: Pick<ReportRow, 'byKind'>) =>
  kinds.reduce(
    (sum, kind) => ({
      found: sum.found + byKind[kind].found,
      repaired: sum.repaired + byKind[kind].repaired,
      offFen: sum.offFen + byKind[kind].offFen,
    }),
    { found: 0, repaired: 0, offFen: 0 },
  )

const kindWidths = {
  zh: { missing: 58, extra: 58, status: 78, amount: 78, time: 78, refund: 78 },
  en: { missing: 78, extra: 64, status: 98, amount: 140, time: 120, refund: 132 },
}

function useColumns(): Column<ReportRow>[] {
  const w = useWords(words)
  const phone = usePhone()
  const { nameOf } = useShops()
  const count = (kind: (typeof kinds)[number]): Column<ReportRow> => ({
    key: kind,
    title: w[`dif-${kind}`],
    width: kindWidths[w.language][kind],
    align: 'right',
    render: ({ byKind }) =>
      byKind[kind].found ? num(byKind[kind].found) : <span className="d-muted">0</span>,
    value: ({ byKind }) => byKind[kind].found,
  })
  return [
    {
      key: 'day',
      title: w.day,
      width: 108,
      mobile: 'title',
      render: ({ day }) => day,
      value: ({ day }) => day,
    },
    {
      key: 'shop',
      title: w.shop,
      mobile: 'main',
      render: ({ shopId }) => nameOf(shopId),
      value: ({ shopId }) => shopId,
    },
    {
      key: 'share',
      title: w.share,
      width: 90,
      align: 'right',
      mobile: 'side',
      render: ({ compared, equal }) => <Share value={compared ? equal / compared : null} />,
      value: ({ compared, equal }) => (compared ? equal / compared : null),
    },
    {
      key: 'compared',
      title: w.compared,
      width: 70,
      align: 'right',
      mobile: 'main',
      render: ({ compared }) => (phone ? `${w.compared} ${num(compared)}` : num(compared)),
      value: ({ compared }) => compared,
    },
    {
      key: 'theirsFen',
      title: w.theirsFen,
      width: 106,
      align: 'right',
      render: ({ theirsFen }) => <Money fen={theirsFen} />,
      value: ({ theirsFen }) => money(theirsFen),
    },
    count('missing'),
    count('extra'),
    count('status'),
    count('amount'),
    {
      key: 'repaired',
      title: w.repaired,
      width: 70,
      align: 'right',
      mobile: 'main',
      render: (row) => {
        const { found, repaired } = totalsOf(row)
        return `${phone ? `${w.repaired} ` : ''}${num(repaired)} / ${num(found)}`
      },
      value: (row) => totalsOf(row).repaired,
    },
    {
      key: 'until',
      title: w.status,
      width: w.language === 'zh' ? 156 : 190,
      mobile: 'main',
      render: ({ isPartial, trueUntilMs }) =>
        isPartial ? (
          <Status tone="warning">{fill(w.partial, { t: time(trueUntilMs).slice(5, 16) })}</Status>
        ) : (
          <Status tone="success">{w.whole}</Status>
        ),
      value: ({ trueUntilMs }) => time(trueUntilMs),
    },
    {
      key: 'madeAt',
      title: w.madeAt,
      width: 84,
      render: ({ madeAtMs }) => <When at={madeAtMs} />,
      value: ({ madeAtMs }) => time(madeAtMs),
    },
  ]
}
