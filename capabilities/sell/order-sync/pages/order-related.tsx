import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { OrderDetail } from '#capabilities/sell/order-sync/catalogue.ts'
import type { ConflictRow } from '#capabilities/sell/order-sync/conflicts.ts'
import type { Attempt, DeliveryRow } from '#capabilities/sell/order-sync/fulfilment.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { api, read, refresh } from '#console/client.ts'
import { latency, num } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { useAction } from '#console/parts/bulk-bar.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status, type Tone } from '#console/parts/status.tsx'
import { Trail } from '#console/parts/trail.tsx'
import { Id } from '#console/parts/values.tsx'
import { fill, useWords } from '#console/words.ts'
import { path } from './order-cells.tsx'
import { sentence, tagText } from './sentence.ts'
import { fulfilmentWords } from './words.ts'

export const deliveryStates: Record<DeliveryRow['state'], Tone> = {
  waiting: 'info',
  done: 'success',
  dead: 'error',
}

export function DeliveryState({ row }: { row: DeliveryRow }) {
  const w = useWords(fulfilmentWords)
  const tone = row.state === 'waiting' && row.tries > 0 ? 'warning' : deliveryStates[row.state]
  return <Status tone={tone}>{w[`del-${row.state}`]}</Status>
}

export const eventText = (w: Record<string, unknown>, kind: string) => String(w[kind] ?? kind)

/** Who was told of this order, and each try. */
export function OrderDeliveries({ orderId }: { orderId: string }) {
  const w = useWords(words)
  const query = useQuery(read<{ items: DeliveryRow[] }>(`${path}/deliveries`, { orderId }, { everyMs: 5000 }))
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="block" />
  if (!query.data.items.length) return <Empty2 kind="done" text={w.noDeliveries} />
  return query.data.items.map((row) => <Delivery key={row.deliveryId} row={row} />)
}

function Delivery({ row }: { row: DeliveryRow }) {
  const w = useWords(fulfilmentWords)
  return (
    <section className="d-card">
      <div className="d-card-head">
        <h2>{eventText(w, row.kind)}</h2>
        <DeliveryState row={row} />
        <span className="d-space" />
        <Replay id={row.deliveryId} />
      </div>
      <Attempts id={row.deliveryId} />
    </section>
  )
}

export function Replay({ id }: { id: string }) {
  const w = useWords(fulfilmentWords)
  const may = useMayChange()
  const { run, running, problem } = useAction<string>()
  const replay = {
    key: 'replay',
    label: w.replay,
    done: w.replayDone,
    run: async () => {
      await api.post(`${path}/deliveries/${id}/replay`)
      await refresh(`${path}/deliveries`)
    },
  }
  return (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      <Button size="small" disabled={!may} loading={Boolean(running)} onClick={() => void run(replay, [id])}>
        {w.replay}
      </Button>
    </>
  )
}

/** Each try of a delivery: when, how long, and what was answered. */
export function Attempts({ id }: { id: string }) {
  const w = useWords(fulfilmentWords)
  const { data } = useQuery(
    read<{ items: Attempt[] }>(`${path}/deliveries/${id}/attempts`, undefined, { everyMs: 5000 }),
  )
  if (!data) return <Loading shape="block" />
  if (!data.items.length) return <p className="d-muted">{w.noAttempts}</p>
  return (
    <Trail
      steps={data.items.map((one, i) => ({
        key: `${one.atMs}/${i}`,
        tone: one.reason === null ? 'success' : 'error',
        title: fill(one.status === null ? w.attemptNone : w.attemptAnswer, {
          status: num(one.status),
          took: latency(one.tookMs),
        }),
        atMs: one.atMs,
        note: one.reason && sentence(one.reason, w.language),
      }))}
    />
  )
}

/** What was pushed of this order and had no effect, and what reconciliations said of it. */
export function OrderConflicts({ order }: { order: OrderDetail }) {
  const w = useWords(words)
  const query = useQuery(read<{ items: ConflictRow[] }>(`${path}/conflicts`, { orderId: order.orderId }))
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="block" />
  const named = order.differences.map(({ day, kind, isRepaired }) => (
    <div key={`${day}${kind}`} className="d-job">
      <div className="d-job-head">
        <a href={`/order-sync?tab=reports&shop=${order.shopId}&day=${day}`}>{day}</a>
        {w[`dif-${kind}`]}
        <span className="d-space" />
        {isRepaired ? <Status tone="success">{w.repaired}</Status> : <Status tone="warning">{w.open}</Status>}
      </div>
    </div>
  ))
  if (!named.length && !query.data.items.length) return <Empty2 kind="done" text={w.noConflicts} />
  return (
    <>
      {named}
      <Trail
        steps={query.data.items.map((row) => ({
          key: row.id,
          tone: row.kind === 'repeat' ? 'neutral' : 'error',
          title: w[`con-${row.kind}`],
          atMs: row.atMs,
          note: (
            <>
              <div>{sentence(row.reason, w.language)}</div>
              <div className="d-muted">
                {row.tag && `${w.tag} ${tagText(row.tag, w.language)} · `}
                {row.msgId && <Id value={row.msgId} />} {row.remote && `${w.remote} ${row.remote}`}
              </div>
            </>
          ),
        }))}
      />
    </>
  )
}
