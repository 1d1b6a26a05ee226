import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import type { Subscriber } from '#capabilities/sell/order-sync/fulfilment.ts'
import { api, read, refresh } from '#console/client.ts'
import { useMe } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Card } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { When } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { path } from './order-cells.tsx'
import { eventText } from './order-related.tsx'
import { fulfilmentWords } from './words.ts'

const NewSubscriber = lazy(() => import('./new-subscriber.tsx'))

/** Who is told of orders. Only an owner may name an address that learns of every order. */
export function Subscribers() {
  const w = useWords(fulfilmentWords)
  const isOwner = useMe()?.role === 'owner'
  const [isAsking, setAsking] = useState(false)
  const query = useQuery(read<{ items: Subscriber[] }>(`${path}/subscribers`))
  const items = query.data?.items
  return (
    <Card
      title={w.subscribers}
      extra={
        <Button size="small" disabled={!isOwner} onClick={() => setAsking(true)}>
          {w.newSubscriber}
        </Button>
      }
    >
      {query.isError && !items && <Reason problem={query.error} onRetry={() => void query.refetch()} />}
      {items?.length === 0 && (
        <Empty2
          kind="unstarted"
          text={w.emptySubscribers}
          {...(isOwner ? { action: { label: w.newSubscriber, run: () => setAsking(true) } } : {})}
        />
      )}
      {items?.map((one) => (
        <One key={one.subscriberId} one={one} isOwner={isOwner} />
      ))}
      <Suspense>{isAsking && <NewSubscriber close={() => setAsking(false)} />}</Suspense>
    </Card>
  )
}

function One({ one, isOwner }: { one: Subscriber; isOwner: boolean }) {
  const w = useWords(fulfilmentWords)
  const { run, running, problem } = useAction<Subscriber>()
  const at = `${path}/subscribers/${encodeURIComponent(one.subscriberId)}`
  const turn = (isPaused: boolean) => async () => {
    await api.patch(at, { isPaused })
    await refresh(`${path}/subscribers`)
  }
  const steer: Action<Subscriber> = {
    key: 'steer',
    label: one.isPaused ? w.resume : w.pause,
    run: turn(!one.isPaused),
    done: one.isPaused ? w.active : w.paused,
    undo: turn(one.isPaused),
  }
  const remove: Action<Subscriber> = {
    key: 'remove',
    label: w.remove,
    confirm: () => ({
      title: fill(w.removeTitle, { name: one.name }),
      effect: fill(w.removeEffect, { url: one.url }),
    }),
    run: async () => {
      await api.delete(at)
      await refresh(path)
    },
  }
  return (
    <div className="d-job">
      <div className="d-job-head">
        <span className="d-job-name">{one.name}</span>
        {one.isPaused ? (
          <Status tone="warning">{w.paused}</Status>
        ) : (
          <Status tone="success">{w.active}</Status>
        )}
        <span className="d-space" />
        {[steer, remove].map((action) => (
          <Button
            key={action.key}
            size="small"
            disabled={!isOwner}
            loading={running === action.key}
            onClick={() => void run(action, [one])}
          >
            {action.label}
          </Button>
        ))}
      </div>
      <div className="d-job-facts d-wrap">
        <span className="d-mono">{one.url}</span> · {one.kinds.map((kind) => eventText(w, kind)).join(' ')} ·{' '}
        <When at={one.createdAtMs} />
      </div>
      {problem !== undefined && <Reason problem={problem} />}
    </div>
  )
}
