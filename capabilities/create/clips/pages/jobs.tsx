import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import type { JobView, Summary } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { useAddress } from '#console/address.ts'
import { type ListPage, list, read } from '#console/client.ts'
import { missing, num, time, timeLeft } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { Card } from '#console/parts/page.tsx'
import { Label } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { useWords } from '#console/words.ts'
import { allOf, lengthText, reasonText, speedText } from './clip-text.ts'
import { StateTag, useJobVerbs, useStateOptions } from './job-cells.tsx'
import { jobPage, path } from './path.ts'
import { Share } from './progress.tsx'
import { UnderWay } from './under-way.tsx'

const JobDrawer = lazy(() => import('./job-drawer.tsx'))

/** Every job: how far it is, and what stopped. */
export default function Jobs() {
  const w = useWords(words)
  const [, change] = useAddress()
  const fields: Field[] = [
    { kind: 'choice', key: 'state', label: w.state, options: useStateOptions() },
    { kind: 'text', key: 'q', label: w.find },
  ]
  const filters = useFilters(fields)
  const { sort: _sort, ...params } = filters.params
  const { pause, resume, retry, cancel } = useJobVerbs()
  const running = useQuery({
    ...read<ListPage<JobView>>(`${path}/jobs`, { state: 'running', limit: 10 }),
    refetchInterval: 1_000,
  }).data?.items
  const everyMs = running?.length ? 2_000 : 10_000
  return (
    <>
      <Numbers everyMs={everyMs} />
      {running && running.length > 0 && <UnderWay jobs={running} />}
      <Filters state={filters} />
      <DataTable<JobView>
        name="clip-jobs"
        source={list<JobView>(`${path}/jobs`, params, { everyMs })}
        columns={useColumns()}
        rowKey={({ jobId }) => jobId}
        actions={[pause, resume, retry, cancel]}
        drawer={(id) => (
          <Suspense>
            <JobDrawer key={id} id={id} />
          </Suspense>
        )}
        empty={{
          kind: 'unstarted',
          text: w.empty,
          action: { label: w.fromTemplate, run: () => change({ tab: 'editor' }) },
        }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.jobs}
      />
    </>
  )
}

function Numbers({ everyMs }: { everyMs: number }) {
  const w = useWords(words)
  const { data } = useQuery(read<Summary>(`${path}/summary`, undefined, { everyMs }))
  const counts = data?.counts
  const all = counts ? Object.values(counts).reduce((sum, n) => sum + n, 0) - counts.cancelled : undefined
  return (
    <>
      <Metrics>
        <Metric
          name={w.finished}
          value={counts?.done}
          text={counts ? `${num(counts.done)} / ${num(all)}` : missing}
          definition={w.finishedIs}
          href="/clips?state=done"
        />
        <Metric
          name={w.left}
          value={data?.etaSeconds}
          text={data?.etaSeconds ? timeLeft(data.etaSeconds, w.language) : missing}
          definition={w.leftIs}
        />
        <Metric name={w.passed} value={data?.passedShare} as="percent" definition={w.passedIs} />
        <Metric
          name={w.speed}
          value={data?.speed}
          text={speedText(data?.speed, w.language)}
          definition={w.speedIs}
        />
      </Metrics>
      {data && data.failures.length > 0 && (
        <Card>
          <span style={{ display: 'flex', gap: 8, flexWrap: 'wrap', alignItems: 'center' }}>
            <span className="d-muted">{w.whyFailed}</span>
            {data.failures.map(({ code, count }) => (
              <Label key={code} tone="error" title={code}>
                {reasonText(code, w.language)} {num(count)}
              </Label>
            ))}
            <span className="d-space" />
            <Link to={'/clips?state=failed' as never}>{w.failed}</Link>
          </span>
        </Card>
      )}
    </>
  )
}

function useColumns(): Column<JobView>[] {
  const w = useWords(words)
  return [
    {
      key: 'name',
      title: w.job,
      mobile: 'title',
      render: (job) => (
        <span className="d-clip">
          <Link to={jobPage(job.jobId) as never} title={w.openJob}>
            {job.name}
          </Link>
        </span>
      ),
      value: (job) => job.name,
    },
    {
      key: 'state',
      title: w.state,
      width: 108,
      mobile: 'side',
      render: (job) => <StateTag state={job.state} />,
      value: (job) => job.state,
    },
    {
      key: 'progress',
      title: w.progress,
      width: 168,
      mobile: 'main',
      render: (job) => (
        <Share
          of={job.totalSeconds > 0 ? Math.min(1, job.doneSeconds / job.totalSeconds) : 0}
          tone={job.state === 'done' ? 'success' : 'primary'}
        />
      ),
      value: (job) => job.doneSeconds / (job.totalSeconds || 1),
    },
    {
      key: 'clips',
      title: w.clipsDone,
      width: 96,
      align: 'right',
      mobile: 'main',
      render: (job) => `${num(job.counts.done)} / ${num(allOf(job))}`,
      value: (job) => job.counts.done,
    },
    {
      key: 'failed',
      title: w.failures,
      width: 76,
      align: 'right',
      render: ({ counts }) =>
        counts.failed ? <span className="d-ink-error">{num(counts.failed)}</span> : <span>0</span>,
      value: ({ counts }) => counts.failed,
    },
    {
      key: 'length',
      title: w.length,
      width: 92,
      align: 'right',
      render: (job) => lengthText(job.totalSeconds),
      value: (job) => job.totalSeconds,
    },
    {
      key: 'speed',
      title: w.speed,
      width: 80,
      align: 'right',
      render: (job) => speedText(job.speed, w.language),
      value: (job) => job.speed,
    },
    {
      key: 'left',
      title: w.left,
      width: 116,
      render: (job) => (job.speed === null ? missing : timeLeft(job.etaSeconds, w.language)),
    },
    {
      key: 'createdAt',
      title: w.createdAt,
      width: 108,
      render: (job) => <When at={job.createdAtMs} />,
      value: (job) => time(job.createdAtMs),
    },
  ]
}
