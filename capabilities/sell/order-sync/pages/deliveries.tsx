import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import type { DeliveryRow, Subscriber } from '#capabilities/sell/order-sync/fulfilment.ts'
import { words as roomWords } from '#capabilities/sell/order-sync/words.ts'
import { api, list, read, refresh } from '#console/client.ts'
import { time } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import type { Action } from '#console/parts/bulk-bar.tsx'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Metric } from '#console/parts/metric.tsx'
import { Id, Num, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { useWords } from '#console/words.ts'
import { path, summaryQuery, Tiles } from './order-cells.tsx'
import { Attempts, DeliveryState, deliveryStates, eventText, Replay } from './order-related.tsx'
import { sentence } from './sentence.ts'
import { Subscribers } from './subscribers.tsx'
import { fulfilmentWords } from './words.ts'

const ReplayRange = lazy(() => import('./replay-range.tsx'))

/** Who is told of orders, and whether it arrived. */
export default function Deliveries() {
  const w = useWords(fulfilmentWords)
  const room = useWords(roomWords)
  const may = useMayChange()
  const [isAsking, setAsking] = useState(false)
  const { data: summary } = useQuery(summaryQuery)
  const { data } = useQuery(read<{ items: Subscriber[] }>(`${path}/subscribers`))
  const options = (data?.items ?? []).map(({ subscriberId, name }) => ({ value: subscriberId, label: name }))
  const fields: Field[] = [
    {
      kind: 'choice',
      key: 'state',
      label: room.status,
      options: (Object.keys(deliveryStates) as DeliveryRow['state'][]).map((value) => ({
        value,
        label: w[`del-${value}`],
      })),
    },
    { kind: 'choice', key: 'subscriberId', label: w.subscriber, options },
  ]
  const filters = useFilters(fields)
  const nameOf = (id: string) => options.find(({ value }) => value === id)?.label ?? id
  return (
    <>
      <Tiles>
        <Metric
          name={w.waitingCount}
          value={summary?.deliveries.waiting}
          definition={w.waitingCountIs}
          href="/order-sync?tab=deliveries&state=waiting"
        />
        <Metric
          name={w['del-done']}
          value={summary?.deliveries.done}
          definition={w.doneCountIs}
          href="/order-sync?tab=deliveries&state=done"
        />
        <Metric
          name={w['del-dead']}
          value={summary?.deliveries.dead}
          definition={w.deadCountIs}
          href="/order-sync?tab=deliveries&state=dead"
        />
      </Tiles>
      <Subscribers />
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'flex-start' }}>
        <div style={{ flex: '1 1 240px' }}>
          <Filters state={filters} />
        </div>
        <Button disabled={!may} onClick={() => setAsking(true)}>
          {w.replayRange}
        </Button>
      </div>
      <DataTable<DeliveryRow>
        name="deliveries"
        source={list<DeliveryRow>(`${path}/deliveries`, filters.params, { everyMs: 5000 })}
        columns={useColumns(nameOf)}
        rowKey={({ deliveryId }) => deliveryId}
        actions={[useReplay()]}
        drawer={(id, row) => (
          <DeliveryDrawer key={id} id={id} row={row} name={row && nameOf(row.subscriberId)} />
        )}
        empty={{ kind: 'unstarted', text: w.noDeliveryRows }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.subscribers}
      />
      <Suspense>{isAsking && <ReplayRange subscribers={options} close={() => setAsking(false)} />}</Suspense>
    </>
  )
}

function useReplay(): Action<DeliveryRow> {
  const w = useWords(fulfilmentWords)
  return {
    key: 'w',
    label: w.replay,
    done: w.replayDone,
    run: async (rows) => {
      await Promise.all(rows.map(({ deliveryId }) => api.post(`${path}/deliveries/${deliveryId}/replay`)))
      await refresh(`${path}/deliveries`)
    },
  }
}

function useColumns(nameOf: (id: string) => string): Column<DeliveryRow>[] {
  const w = useWords(fulfilmentWords)
  const room = useWords(roomWords)
  return [
    {
      key: 'toldAt',
      title: w.toldAt,
      width: 116,
      mobile: 'main',
      render: ({ toldAtMs }) => <When at={toldAtMs} />,
      value: ({ toldAtMs }) => time(toldAtMs),
    },
    {
      key: 'event',
      title: w.event,
      width: w.language === 'zh' ? 80 : 108,
      mobile: 'main',
      render: ({ kind }) => eventText(w, kind),
      value: ({ kind }) => kind,
    },
    {
      key: 'order',
      title: room.order,
      width: 150,
      mobile: 'title',
      render: ({ orderId }) => <Id value={orderId} />,
      value: ({ orderId }) => orderId,
    },
    {
      key: 'subscriber',
      title: w.subscriber,
      width: 150,
      mobile: 'main',
      render: ({ subscriberId }) => nameOf(subscriberId),
      value: ({ subscriberId }) => nameOf(subscriberId),
    },
    {
      key: 'tries',
      title: w.tries,
      width: 72,
      align: 'right',
      render: ({ tries }) => <Num value={tries} />,
      value: ({ tries }) => tries,
    },
    {
      key: 'reason',
      title: room.reason,
      render: ({ reason }) =>
        reason ? (
          <span className="d-ink-error">{sentence(reason, w.language)}</span>
        ) : (
          <span className="d-muted">—</span>
        ),
      value: ({ reason }) => reason && sentence(reason, w.language),
    },
    {
      key: 'nextAt',
      title: w.nextAt,
      width: 116,
      render: ({ state, nextAtMs }) => <When at={state === 'waiting' ? nextAtMs : null} />,
      value: ({ state, nextAtMs }) => time(state === 'waiting' ? nextAtMs : null),
    },
    {
      key: 'state',
      title: room.status,
      width: 116,
      mobile: 'side',
      render: (row) => <DeliveryState row={row} />,
      value: ({ state }) => w[`del-${state}`],
    },
  ]
}

type DetailProps = { id: string; row: DeliveryRow | undefined; name: string | undefined }

function DeliveryDrawer({ id, row, name }: DetailProps) {
  const w = useWords(fulfilmentWords)
  const room = useWords(roomWords)
  const parts = useWords(partWords)
  const body = row ? (
    <>
      <Facts
        rows={[
          [w.subscriber, name ?? '—'],
          [room.order, <Id key="o" value={row.orderId} whole />],
          [room.msgId, <Id key="m" value={row.messageId} whole />],
          [w.toldAt, <When key="t" at={row.toldAtMs} exact />],
          [w.doneAt, <When key="d" at={row.doneAtMs} exact />],
          [w.replays, <Num key="r" value={row.replays} />],
        ]}
      />
      <h3>{w.attempts}</h3>
      <Attempts id={id} />
    </>
  ) : (
    <>
      <Empty2 kind="done" text={room.goneRow} />
      <Attempts id={id} />
    </>
  )
  return (
    <Drawer560
      title={row ? eventText(w, row.kind) : w.attempts}
      id={id}
      status={row && <DeliveryState row={row} />}
      actions={<Replay id={id} />}
      tabs={[{ key: 'overview', label: parts.overview, body }]}
    />
  )
}
