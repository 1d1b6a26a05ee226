import { useQuery } from '@tanstack/react-query'
import { Segmented } from 'antd'
import type { ConflictRow } from '#capabilities/sell/order-sync/conflicts.ts'
import type { MessageRow, MessageState } from '#capabilities/sell/order-sync/inbox.ts'
import { words } from '#capabilities/sell/order-sync/words.ts'
import { useAddress } from '#console/address.ts'
import { api, list, read, refresh } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import type { Action } from '#console/parts/bulk-bar.tsx'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts, Raw } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Label, Status, type Tone } from '#console/parts/status.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import { path, summaryQuery, useShops } from './order-cells.tsx'
import { sentence, tagText } from './sentence.ts'

const kinds: Record<ConflictRow['kind'], Tone> = {
  repeat: 'neutral',
  forged: 'error',
  'unknown-shop': 'warning',
  unreadable: 'warning',
  'other-content': 'error',
  'other-shop': 'error',
}
const states: Record<MessageState, Tone> = {
  received: 'info',
  done: 'success',
  parked: 'error',
  ignored: 'neutral',
}

/** What was pushed: that which had no effect and why, and every message as it came. */
export default function Conflicts() {
  const w = useWords(words)
  const [search, change] = useAddress()
  const isMessages = search['list'] === 'messages'
  return (
    <>
      <Numbers />
      <Segmented
        style={{ alignSelf: 'flex-start' }}
        value={isMessages ? 'messages' : 'conflicts'}
        onChange={(value) =>
          change({
            list: value === 'messages' ? value : undefined,
            kind: undefined,
            state: undefined,
            open: undefined,
          })
        }
        options={[
          { value: 'conflicts', label: w.conflictRows },
          { value: 'messages', label: w.messageRows },
        ]}
      />
      {isMessages ? <Messages /> : <Log />}
    </>
  )
}

function Numbers() {
  const w = useWords(words)
  const { data } = useQuery(summaryQuery)
  const day = data?.pushes24h
  return (
    <Metrics>
      <Metric
        name={w.received24h}
        value={day?.received}
        definition={w.received24hIs}
        href="/order-sync?tab=conflicts&list=messages"
      />
      <Metric
        name={w.repeats24h}
        value={day?.repeats}
        definition={fill(w.repeatRateIs, { n: num(day?.repeats), forged: num(day?.forged) })}
        href="/order-sync?tab=conflicts&kind=repeat"
      />
      <Metric
        name={w.forged24h}
        value={day?.forged}
        definition={w.forged24hIs}
        href="/order-sync?tab=conflicts&kind=forged"
      />
      <Metric
        name={w.parked}
        value={day?.parked}
        definition={w.parkedIs}
        href="/order-sync?tab=conflicts&list=messages&state=parked"
      />
    </Metrics>
  )
}

function useSearchFields(choice: Field): Field[] {
  const w = useWords(words)
  const { options } = useShops()
  return [
    choice,
    { kind: 'choice', key: 'shopId', label: w.shop, options },
    { kind: 'text', key: 'orderId', label: w.orderId },
  ]
}

function Log() {
  const w = useWords(words)
  const { nameOf } = useShops()
  const filters = useFilters(
    useSearchFields({
      kind: 'choice',
      key: 'kind',
      label: w.kind,
      options: (Object.keys(kinds) as ConflictRow['kind'][]).map((value) => ({
        value,
        label: w[`con-${value}`],
      })),
    }),
  )
  const columns: Column<ConflictRow>[] = [
    {
      key: 'at',
      title: w.receivedAt,
      width: 116,
      mobile: 'side',
      render: ({ atMs }) => <When at={atMs} />,
      value: ({ atMs }) => time(atMs),
    },
    {
      key: 'kind',
      title: w.kind,
      width: w.language === 'zh' ? 124 : 168,
      mobile: 'title',
      render: ({ kind }) => <Status tone={kinds[kind]}>{w[`con-${kind}`]}</Status>,
      value: ({ kind }) => w[`con-${kind}`],
    },
    {
      key: 'order',
      title: w.order,
      width: 150,
      mobile: 'main',
      render: ({ orderId }) => <Id value={orderId} />,
      value: ({ orderId }) => orderId,
    },
    {
      key: 'shop',
      title: w.shop,
      width: 140,
      render: ({ shopId }) => nameOf(shopId) || '—',
      value: ({ shopId }) => shopId,
    },
    {
      key: 'tag',
      title: w.tag,
      width: 124,
      render: ({ tag }) => tagText(tag, w.language),
      value: ({ tag }) => tag,
    },
    {
      key: 'reason',
      title: w.reason,
      mobile: 'main',
      render: ({ reason }) => (
        <span title={sentence(reason, w.language)}>{sentence(reason, w.language)}</span>
      ),
      value: ({ reason }) => sentence(reason, w.language),
    },
    {
      key: 'msgId',
      title: w.msgId,
      width: 150,
      render: ({ msgId }) => <Id value={msgId} />,
      value: ({ msgId }) => msgId,
    },
    {
      key: 'remote',
      title: w.remote,
      width: 120,
      render: ({ remote }) => remote || '—',
      value: ({ remote }) => remote,
    },
  ]
  return (
    <>
      <Filters state={filters} />
      <DataTable<ConflictRow>
        name="order-conflicts"
        source={list<ConflictRow>(`${path}/conflicts`, filters.params, { everyMs: 10_000 })}
        columns={columns}
        rowKey={({ id }) => id}
        drawer={(id, row) => <ConflictDrawer id={id} row={row} />}
        empty={{ kind: 'done', text: w.noConflictRows }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.conflicts}
      />
    </>
  )
}

function ConflictDrawer({ id, row }: { id: string; row: ConflictRow | undefined }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const { nameOf } = useShops()
  const body = row ? (
    <>
      <Facts
        rows={[
          [w.reason, sentence(row.reason, w.language)],
          [w.receivedAt, <When key="a" at={row.atMs} exact />],
          [w.shop, nameOf(row.shopId) || '—'],
          [w.order, <Id key="o" value={row.orderId} whole />],
          [w.msgId, <Id key="m" value={row.msgId} whole />],
          [w.tag, tagText(row.tag, w.language)],
          [w.remote, row.remote || '—'],
        ]}
      />
      {row.head && (
        <>
          <Label>{w.head}</Label>
          <Raw value={row.head} />
        </>
      )}
    </>
  ) : (
    <Empty2 kind="done" text={w.goneRow} />
  )
  return (
    <Drawer560
      title={row ? w[`con-${row.kind}`] : w.conflicts}
      id={id}
      status={row && <Status tone={kinds[row.kind]}>{w[`con-${row.kind}`]}</Status>}
      tabs={[{ key: 'overview', label: parts.overview, body }]}
    />
  )
}

function Messages() {
  const w = useWords(words)
  const { nameOf } = useShops()
  const filters = useFilters(
    useSearchFields({
      kind: 'choice',
      key: 'state',
      label: w.status,
      options: (Object.keys(states) as MessageState[]).map((value) => ({ value, label: w[`msg-${value}`] })),
    }),
  )
  const retry: Action<MessageRow> = {
    key: 'w',
    label: w.retryMessage,
    done: w.retried,
    run: async (rows) => {
      await Promise.all(rows.map(({ id }) => api.post(`${path}/messages/${id}/retry`)))
      await refresh(`${path}/messages`)
    },
  }
  const columns: Column<MessageRow>[] = [
    {
      key: 'receivedAt',
      title: w.receivedAt,
      width: 116,
      mobile: 'main',
      render: ({ receivedAtMs }) => <When at={receivedAtMs} />,
      value: ({ receivedAtMs }) => time(receivedAtMs),
    },
    {
      key: 'order',
      title: w.order,
      width: 150,
      mobile: 'title',
      render: ({ orderId }) => <Id value={orderId} />,
      value: ({ orderId }) => orderId,
    },
    {
      key: 'tag',
      title: w.tag,
      width: 124,
      render: ({ tag }) => tagText(tag, w.language),
      value: ({ tag }) => tag,
    },
    {
      key: 'shop',
      title: w.shop,
      width: 140,
      render: ({ shopId }) => nameOf(shopId),
      value: ({ shopId }) => shopId,
    },
    {
      key: 'msgId',
      title: w.msgId,
      width: 150,
      render: ({ msgId }) => <Id value={msgId} />,
      value: ({ msgId }) => msgId,
    },
    {
      key: 'reason',
      title: w.reason,
      mobile: 'main',
      render: ({ reason }) => (reason ? sentence(reason, w.language) : <span className="d-muted">—</span>),
      value: ({ reason }) => reason && sentence(reason, w.language),
    },
    {
      key: 'state',
      title: w.status,
      width: 132,
      mobile: 'side',
      render: ({ state }) => <Status tone={states[state]}>{w[`msg-${state}`]}</Status>,
      value: ({ state }) => w[`msg-${state}`],
    },
  ]
  return (
    <>
      <Filters state={filters} />
      <DataTable<MessageRow>
        name="order-messages"
        source={list<MessageRow>(`${path}/messages`, filters.params, { everyMs: 10_000 })}
        columns={columns}
        rowKey={({ id }) => id}
        actions={[retry]}
        drawer={(id) => <MessageDrawer key={id} id={id} />}
        empty={{ kind: 'unstarted', text: w.noMessages }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.messageRows}
      />
    </>
  )
}

function MessageDrawer({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const query = useQuery(read<MessageRow & { body: string }>(`${path}/messages/${encodeURIComponent(id)}`))
  const row = query.data
  const body = row ? (
    <>
      <Facts
        rows={[
          [w.order, <Id key="o" value={row.orderId} whole />],
          [w.msgId, <Id key="m" value={row.msgId} whole />],
          [w.tag, tagText(row.tag, w.language)],
          [w.receivedAt, <When key="r" at={row.receivedAtMs} exact />],
          [w.processedAt, <When key="p" at={row.processedAtMs} exact />],
          [w.reason, row.reason ? sentence(row.reason, w.language) : '—'],
        ]}
      />
      <Label>{w.body}</Label>
      <Raw value={row.body} />
    </>
  ) : query.isError ? (
    <Reason problem={query.error} onRetry={() => void query.refetch()} />
  ) : (
    <Loading shape="rows" />
  )
  return (
    <Drawer560
      title={w.messageRows}
      id={id}
      status={row && <Status tone={states[row.state]}>{w[`msg-${row.state}`]}</Status>}
      tabs={[{ key: 'overview', label: parts.overview, body }]}
    />
  )
}
