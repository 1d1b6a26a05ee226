import { Link } from '@tanstack/react-router'
import type { JobView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { num } from '#console/format.ts'
import { Drawer560, Facts, Raw } from '#console/parts/drawer560.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { When } from '#console/parts/values.tsx'
import { useWords } from '#console/words.ts'
import { useJob } from './job.ts'
import { StateTag } from './job-cells.tsx'
import { jobPage } from './path.ts'
import { OneJob } from './under-way.tsx'

/** One job: how far, by state, and the file that asked for it. */
export default function JobDrawer({ id }: { id: string }) {
  const w = useWords(words)
  const query = useJob(id)
  const job = query.data
  const waiting = query.isError ? (
    <Reason problem={query.error} onRetry={() => void query.refetch()} />
  ) : (
    <Loading shape="rows" what={w.job} />
  )
  return (
    <Drawer560
      title={job?.name ?? w.job}
      id={id}
      status={job && <StateTag state={job.state} />}
      actions={<Link to={jobPage(id) as never}>{w.openJob}</Link>}
      tabs={[
        { key: 'overview', label: w.overview, body: job ? <Overview job={job} /> : waiting },
        { key: 'file', label: w.jobFile, body: job ? <Raw value={job.text} /> : waiting },
      ]}
    />
  )
}

function Overview({ job }: { job: JobView }) {
  const w = useWords(words)
  const counts = Object.entries(job.counts) as [keyof JobView['counts'], number][]
  return (
    <>
      <OneJob job={job} name={job.name} />
      <Facts
        rows={[
          ...counts.map(([state, n]): [string, string] => [w[state], num(n)]),
          [w.createdAt, <When key="c" at={job.createdAtMs} exact />],
          [
            w.folder,
            job.folder ? (
              w.ownFolder
            ) : (
              <span key="f" className="d-mono d-wrap">
                {w.jobFile}
              </span>
            ),
          ],
        ]}
      />
    </>
  )
}
