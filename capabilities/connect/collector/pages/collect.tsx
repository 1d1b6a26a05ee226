import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { words } from '#capabilities/connect/collector/words.ts'
import { api, refresh } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { useDone } from '#console/parts/confirm.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { fill, useWords } from '#console/words.ts'

const Backfill = lazy(() => import('./backfill.tsx'))

type Ask = { accountId?: string; sources?: string[] }

/** Starts runs and says how many. */
export function useCollect() {
  const w = useWords(words)
  const done = useDone()
  return async (asks: Ask[]) => {
    const started = await Promise.all(
      asks.map((ask) => api.post<{ runIds: string[] }>('/api/collector/runs', ask)),
    )
    done(fill(w.started, { n: new Set(started.flatMap(({ runIds }) => runIds)).size }))
    await refresh('/api/collector')
  }
}

/** The page's two buttons: collect everything now, or read an account again back to a date. */
export function CollectAll() {
  const w = useWords(words)
  const may = useMayChange()
  const collect = useCollect()
  const { run, running, problem } = useAction<never>()
  const [asking, setAsking] = useState(false)
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      <Button disabled={!may} onClick={() => setAsking(true)}>
        {w.backfill}
      </Button>
      <Button
        type="primary"
        disabled={!may}
        loading={running !== undefined}
        onClick={() => void run({ key: 'all', label: w.collectAll, run: () => collect([{}]) }, [])}
      >
        {w.collectAll}
      </Button>
      <Suspense>{asking && <Backfill close={() => setAsking(false)} />}</Suspense>
    </>
  )
}
