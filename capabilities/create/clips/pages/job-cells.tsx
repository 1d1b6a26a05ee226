import { Button } from 'antd'
import { CLIP_STATES, type ClipState } from '#capabilities/create/clips/clips.ts'
import type { ClipView, JobView, Action as Verb } from '#capabilities/create/clips/store.ts'
import { words } from '#capabilities/create/clips/words.ts'
import { api, refresh } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'
import { clipPath, jobPath, path } from './path.ts'

const tones: Record<ClipState, Tone> = {
  waiting: 'neutral',
  running: 'info',
  paused: 'warning',
  done: 'success',
  failed: 'error',
  cancelled: 'neutral',
}

export function StateTag({ state }: { state: ClipState }) {
  const w = useWords(words)
  return <Status tone={tones[state]}>{w[state]}</Status>
}

export function useStateOptions() {
  const w = useWords(words)
  return CLIP_STATES.map((value) => ({ value, label: w[value] }))
}

/** While something moves it is asked every second. */
export const isMoving = (job: Pick<JobView, 'state'> | undefined) =>
  job?.state === 'running' || job?.state === 'waiting'
export const everyMsFor = (job: Pick<JobView, 'state'> | undefined) => (isMoving(job) ? 1_000 : 10_000)

const keys = { pause: 'z', resume: 'u', retry: 'a', cancel: 'c' } as const satisfies Record<Verb, string>

/** Pause, resume, retry and cancel, for anything that has an address of its own. */
function useVerbs<Row>(addressOf: (row: Row) => string): Record<Verb, Action<Row>> {
  const w = useWords(words)
  const done = useDone()
  const steer = async (verb: Verb, rows: Row[]) => {
    const answers = await Promise.all(
      rows.map((row) => api.post<{ changed: number }>(`${addressOf(row)}/${verb}`)),
    )
    await refresh(path)
    return answers.reduce((sum, { changed }) => sum + changed, 0)
  }
  const verb = (name: Verb, label: string, said: string): Action<Row> => ({
    key: keys[name],
    label,
    run: async (rows) => done(fill(said, { n: await steer(name, rows) })),
  })
  return {
    pause: verb('pause', w.pause, w.pauseDone),
    resume: verb('resume', w.resume, w.resumeDone),
    retry: verb('retry', w.retry, w.retryDone),
    cancel: {
      ...verb('cancel', w.cancel, w.cancelDone),
      danger: true,
      confirm: (rows) => ({ title: fill(w.cancelTitle, { n: rows.length }), effect: w.cancelEffect }),
    },
  }
}

export const useJobVerbs = () => useVerbs<JobView>(({ jobId }) => jobPath(jobId))
export const useClipVerbs = (jobId: string) => useVerbs<ClipView>(({ position }) => clipPath(jobId, position))

/** What can be done with one job as it stands. */
export function JobButtons({ job }: { job: JobView }) {
  const w = useWords(words)
  const may = useMayChange()
  const verbs = useJobVerbs()
  const { run, running, problem } = useAction<JobView>()
  const { counts } = job
  const isOpen = counts.waiting + counts.running + counts.paused > 0
  const shown = [
    ...(counts.waiting + counts.running > 0 ? [verbs.pause] : []),
    ...(counts.paused > 0 ? [verbs.resume] : []),
    ...(counts.failed + counts.cancelled > 0 ? [{ ...verbs.retry, label: w.retryFailed }] : []),
    ...(isOpen ? [verbs.cancel] : []),
  ]
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      {shown.map((action) => (
        <Button
          key={action.key}
          size="small"
          disabled={!may}
          danger={action.danger ?? false}
          loading={running === action.key}
          onClick={() => void run(action, [job])}
        >
          {action.label}
        </Button>
      ))}
      {counts.done > 0 && (
        <Button size="small" href={`${jobPath(job.jobId)}/download`} download>
          {w.download}
        </Button>
      )}
    </>
  )
}
