import { Link } from '@tanstack/react-router'
import type { JobView } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { Job } from '#console/parts/job.tsx'
import { Card } from '#console/parts/page.tsx'
import { useWords } from '#console/words.ts'
import { allOf, lengthText, speedText } from './clip-text.ts'
import { JobButtons } from './job-cells.tsx'
import { jobPage } from './path.ts'

/** Jobs at work, with time left and speed. */
export function UnderWay({ jobs }: { jobs: JobView[] }) {
  const w = useWords(words)
  return (
    <Card title={w.runningNow}>
      {jobs.map((job) => (
        <OneJob key={job.jobId} job={job} name={<Link to={jobPage(job.jobId) as never}>{job.name}</Link>} />
      ))}
    </Card>
  )
}

/** One job: counts of clips, seconds made of all, speed, time left, what can be done. */
export function OneJob({ job, name }: { job: JobView; name: React.ReactNode }) {
  const w = useWords(words)
  const { doneSeconds, totalSeconds, counts } = job
  const isEnded = job.endedAtMs !== null
  return (
    <Job
      name={name}
      status={
        <span className="d-muted d-num">
          {counts.done} / {allOf(job)} · {lengthText(doneSeconds)} / {lengthText(totalSeconds)}
          {job.speed === null ? '' : ` · ${speedText(job.speed, w.language)}`}
        </span>
      }
      progress={{
        done: Math.round(doneSeconds),
        total: Math.max(1, Math.round(totalSeconds)),
        etaSeconds: job.etaSeconds,
      }}
      startedBy={job.createdBy}
      startedAtMs={job.startedAtMs ?? job.createdAtMs}
      ended={isEnded || job.state === 'paused'}
      actions={<JobButtons job={job} />}
    />
  )
}
