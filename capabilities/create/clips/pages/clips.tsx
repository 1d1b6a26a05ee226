import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { lazy, Suspense } from 'react'
import type { ClipView, JobView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { useAddress } from '#console/address.ts'
import { type ListPage, list, read } from '#console/client.ts'
import { missing, num, timeLeft } from '#console/format.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useWords } from '#console/words.ts'
import { useClipColumns } from './clip-columns.tsx'
import { allOf, speedText } from './clip-text.ts'
import { useJob } from './job.ts'
import { isMoving, JobButtons, StateTag, useClipVerbs, useStateOptions } from './job-cells.tsx'
import { jobPath, path } from './path.ts'
import { StepTimes } from './step-times.tsx'

const ClipDrawer = lazy(() => import('./clip-drawer.tsx'))

/** The clips of one job. Without a choice: the one that runs, or the newest. */
export default function Clips() {
  const w = useWords(words)
  const [search, change] = useAddress()
  const query = useQuery(read<ListPage<JobView>>(`${path}/jobs`, { limit: 100 }, { everyMs: 10_000 }))
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="metrics" what={w.jobs} />
  const jobs = query.data.items
  const jobId = search['job'] ?? (jobs.find(isMoving) ?? jobs[0])?.jobId
  if (!jobId)
    return (
      <Empty2
        kind="unstarted"
        text={w.empty}
        action={{ label: w.fromTemplate, run: () => change({ tab: 'editor' }) }}
      />
    )
  const options = jobs.map((job) => ({ value: job.jobId, label: `${job.name} · ${w[job.state]}` }))
  const choice = (
    <Select
      className="d-filter-choice"
      aria-label={w.job}
      value={jobId}
      options={options}
      onChange={(job) => change({ job, open: undefined })}
      popupMatchSelectWidth={false}
      style={{ maxWidth: '100%' }}
    />
  )
  return <OfJob key={jobId} jobId={jobId} choice={choice} />
}

function OfJob({ jobId, choice }: { jobId: string; choice: React.ReactNode }) {
  const w = useWords(words)
  const { data: job, error, refetch } = useJob(jobId)
  const fields: Field[] = [{ kind: 'choice', key: 'state', label: w.state, options: useStateOptions() }]
  const filters = useFilters(fields)
  const verbs = useClipVerbs(jobId)
  const columns = useClipColumns()
  return (
    <>
      <div className="d-filters">
        {choice}
        {job && <StateTag state={job.state} />}
        <span className="d-space" />
        {job && <JobButtons job={job} />}
      </div>
      {error && !job && <Reason problem={error} onRetry={() => void refetch()} />}
      {job && <Numbers job={job} />}
      {job && job.counts.done > 0 && <StepTimes job={job} />}
      <Filters state={filters} />
      <DataTable<ClipView>
        name="clips"
        source={list<ClipView>(
          `${jobPath(jobId)}/clips`,
          { state: filters.params['state' as 'sort'] },
          { everyMs: isMoving(job) ? 1_000 : 15_000 },
        )}
        columns={columns}
        rowKey={({ position }) => String(position)}
        actions={[verbs.pause, verbs.resume, verbs.retry, verbs.cancel]}
        drawer={(id) => (
          <Suspense>
            <ClipDrawer key={id} jobId={jobId} position={id} />
          </Suspense>
        )}
        empty={{ kind: 'done', text: w.emptyClips }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.clips}
      />
    </>
  )
}

function Numbers({ job }: { job: JobView }) {
  const w = useWords(words)
  const { done, failed } = job.counts
  const share = job.totalSeconds > 0 ? Math.min(1, job.doneSeconds / job.totalSeconds) : 0
  return (
    <Metrics>
      <Metric
        name={w.finished}
        value={done}
        text={`${num(done)} / ${num(allOf(job))}`}
        unit={`${Math.floor(share * 100)}%`}
        definition={w.finishedIs}
      />
      <Metric
        name={w.left}
        value={job.etaSeconds}
        text={job.speed === null ? missing : timeLeft(job.etaSeconds, w.language)}
        definition={w.leftIs}
      />
      <Metric
        name={w.passed}
        value={done + failed > 0 ? done / (done + failed) : null}
        as="percent"
        definition={w.passedIs}
      />
      <Metric
        name={w.speed}
        value={job.speed}
        text={speedText(job.speed ?? averageSpeed(job), w.language)}
        definition={w.speedIs}
      />
    </Metrics>
  )
}

/** Of a job that has ended: results by the time from its first clip to its last. */
const averageSpeed = ({ doneSeconds, startedAtMs, endedAtMs }: JobView): number | null =>
  startedAtMs === null || endedAtMs === null || endedAtMs <= startedAtMs || doneSeconds === 0
    ? null
    : doneSeconds / ((endedAtMs - startedAtMs) / 1000)
