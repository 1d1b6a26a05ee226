import { Progress } from 'antd'
import type { ReactNode } from 'react'
import { num, timeLeft } from '#console/format.ts'
import { fill, useWords } from '#console/words.ts'
import { When } from './values.tsx'
import { partWords } from './words.ts'

export type JobProgress = { done: number; total: number; rate?: number; etaSeconds?: number }
export type JobProps = {
  name: ReactNode
  progress: JobProgress | null
  startedAt?: number | null
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
  startedAt,
  startedBy,
  attempt,
  status,
  actions,
  ended = false,
}: JobProps) {
  const w = useWords(partWords)
  const left = (seconds: number | undefined) =>
    seconds === undefined ? timeLeft(seconds, w.language) : fill(w.left, { t: timeLeft(seconds, w.language) })
  const facts = [
    progress && `${num(progress.done)} / ${num(progress.total)}`,
    progress?.rate !== undefined && fill(w.rate, { n: num(progress.rate) }),
    progress && !ended && progress.done < progress.total && left(progress.etaSeconds),
    startedBy && fill(w.startedBy, { who: startedBy }),
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
      {progress && (
        <Progress
          size="small"
          percent={progress.total ? Math.floor((progress.done / progress.total) * 100) : 0}
          strokeColor="var(--d-primary)"
          railColor="var(--d-head)"
        />
      )}
      <div className="d-job-facts">
        {facts.join(' · ')}
        {startedAt ? (
          <>
            {facts.length ? ' · ' : ''}
            <When at={startedAt} />
          </>
        ) : null}
      </div>
    </div>
  )
}
