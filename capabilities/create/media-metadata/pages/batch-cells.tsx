import { Button } from 'antd'
import type { BatchView } from '#capabilities/create/media-metadata/batch.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { api, refresh } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { useDone } from '#console/parts/confirm.tsx'
import type { JobProgress } from '#console/parts/job.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { fill, useWords } from '#console/words.ts'
import { batchPath, path } from './path.ts'

const tones: Record<BatchView['state'], Tone> = {
  waiting: 'neutral',
  running: 'info',
  done: 'success',
  cancelled: 'neutral',
}
export const batchStates = Object.keys(tones) as BatchView['state'][]

export function BatchState({ batch }: { batch: BatchView }) {
  const w = useWords(words)
  return <Status tone={tones[batch.state]}>{w[batch.state]}</Status>
}

export const progressOf = ({ done, total, ratePerSecond, etaSeconds }: BatchView): JobProgress => ({
  done,
  total,
  ...(ratePerSecond === null ? {} : { rate: ratePerSecond }),
  etaSeconds,
})

/** The last part of a path or link; uploads by their count. */
export function sourcesText(
  { sources }: Pick<BatchView, 'sources'>,
  w: { uploads: string; sourcesN: string },
): string {
  const sent = sources.filter((source) => source.startsWith('upload:')).length
  if (sent === sources.length) return fill(w.uploads, { n: sent })
  const [first = ''] = sources
  const short = first.length > 48 ? `…${first.slice(-46)}` : first
  return sources.length > 1 ? fill(w.sourcesN, { first: short, n: sources.length }) : short
}

/** Stop what runs, retry what was bad. */
export function BatchButtons({ batch }: { batch: BatchView }) {
  const w = useWords(words)
  const may = useMayChange()
  const done = useDone()
  const { run, running, problem } = useAction<BatchView>()
  const stop: Action<BatchView> = {
    key: 's',
    label: w.stop,
    done: w.stoppedDone,
    confirm: () => ({ title: w.stopTitle, effect: w.stopEffect }),
    run: async () => {
      await api.post(`${batchPath(batch.batchId)}/cancel`)
      await refresh(path)
    },
  }
  const retry: Action<BatchView> = {
    key: 'r',
    label: w.retryBad,
    run: async () => {
      const { count } = await api.post<{ count: number }>(`${batchPath(batch.batchId)}/retry`)
      done(fill(w.retryBadDone, { n: count }))
      await refresh(path)
    },
  }
  const action = batch.endedAtMs === null ? stop : batch.bad > 0 ? retry : undefined
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      {action && (
        <Button
          size="small"
          disabled={!may}
          loading={running !== undefined}
          onClick={() => void run(action, [batch])}
        >
          {action.label}
        </Button>
      )}
    </>
  )
}
