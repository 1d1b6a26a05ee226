import { Progress } from 'antd'
import type { ReactNode } from 'react'
import { num, timeLeft } from '#console/format.ts'
import { fill, useWords } from '#console/words.ts'
import { When } from './values.tsx'
import { partWords } from './words.ts'

export type JobProgress = { done: number; total: number | null; rate?: number; etaSeconds?: number | null }
export type JobProps = {
  name: ReactNode
  progress: JobProgress | null
  startedAtMs?: number | null
  startedBy?: string | null
  attempt?: number
  status?: ReactNode
  actions?: ReactNode
  /** Finished or failed: no time left is shown. */
  ended?: boolean
}

/** Long work: counts, rate, time left, who began it, and what can be done about it. */
export function Job({
  name,
  progress,
  startedAtMs,
  startedBy,
  attempt,
  status,
  actions,
  ended = false,
}: JobProps) {
  const w = useWords(partWords)
  const left = (seconds: number | null | undefined) =>
    seconds == null ? timeLeft(seconds, w.language) : fill(w.left, { t: timeLeft(seconds, w.language) })
  // Actors are `user:<id>` and `key:<id>`; an id says nothing to a reader.
  const who = (actor: string) =>
    actor.startsWith('user:') ? w.byPerson : actor.startsWith('key:') ? w.byKey : actor
  const facts = [
    progress && (progress.total ? `${num(progress.done)} / ${num(progress.total)}` : num(progress.done)),
    progress?.rate !== undefined &&
      fill(w.rate, { n: num(progress.rate >= 10 ? Math.round(progress.rate) : progress.rate) }),
    progress && !ended && progress.total && progress.done < progress.total && left(progress.etaSeconds),
    startedBy && fill(w.startedBy, { who: who(startedBy) }),
    attempt !== undefined && attempt > 1 && fill(w.attempt, { n: attempt }),
  ].filter(Boolean)
  return (
    <div className="d-job">
      <div className="d-job-head">
        <span className="d-job-name">{name}</span>
        {status}
        <span className="d-space" />
        {actions}
      </div>
      {progress?.total ? (
        <Progress
          size="small"
          percent={Math.floor((progress.done / progress.total) * 100)}
          strokeColor="var(--d-primary)"
          railColor="var(--d-head)"
        />
      ) : null}
      <div className="d-job-facts">
        {facts.join(' · ')}
        {startedAtMs ? (
          <>
            {facts.length ? ' · ' : ''}
            <When at={startedAtMs} />
          </>
        ) : null}
      </div>
    </div>
  )
}
