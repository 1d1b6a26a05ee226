import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { words } from '#capabilities/connect/open-platform/words.ts'
import { api, list, read, refresh } from '#console/client.ts'
import { latency, time } from '#console/format.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts, Raw } from '#console/parts/drawer560.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Metric, Metrics } from '#console/parts/metric.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import type { Summary } from './summary.tsx'

type Webhook = {
  id: string
  msgId: string
  event: string
  accountId: string | null
  fromUserId: string
  toUserId: string
  state: 'received' | 'done' | 'failed'
  reason: string | null
  duplicates: number
  receivedAtMs: number
  processedAtMs: number | null
}

const path = '/api/open-platform/webhooks'
const tones = { received: 'info', done: 'success', failed: 'error' } as const

/** What the platform told us, as it came. */
export default function Webhooks({ summary }: { summary: Summary | undefined }) {
  const w = useWords(words)
  const fields: Field[] = [
    {
      kind: 'choice',
      key: 'state',
      label: w.status,
      options: (Object.keys(tones) as (keyof typeof tones)[]).map((value) => ({
        value,
        label: w[`w-${value}`],
      })),
    },
    { kind: 'text', key: 'event', label: w.eventName },
  ]
  const filters = useFilters(fields)
  const replay = useReplay()
  const day = summary?.webhooks24h
  return (
    <>
      <Metrics>
        <Metric name={w.received} value={day?.received} definition={w.receivedIs} />
        <Metric name={w.duplicates} value={day?.duplicates} definition={w.duplicatesIs} />
        <Metric name={w.rejected} value={day?.rejected} definition={w.rejectedIs} />
      </Metrics>
      <Filters state={filters} />
      <DataTable<Webhook>
        name="webhooks"
        source={list<Webhook>(path, filters.params, { topic: 'open-platform/webhook' })}
        columns={useColumns()}
        rowKey={({ id }) => id}
        actions={[replay]}
        drawer={(id) => <Detail key={id} id={id} replay={replay} />}
        empty={{
          kind: 'unstarted',
          text: fill(w.emptyWebhooks, { url: `${location.origin}/api/open-platform/webhook` }),
        }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.webhooks}
      />
    </>
  )
}

function useReplay(): Action<Webhook> {
  const w = useWords(words)
  return {
    key: 'w',
    label: w.replay,
    done: w.replayed,
    run: async (rows) => {
      await Promise.all(rows.map(({ id }) => api.post(`${path}/${id}/replay`)))
      await refresh(path)
    },
  }
}

function State({ row }: { row: Webhook }) {
  const w = useWords(words)
  return <Status tone={tones[row.state]}>{w[`w-${row.state}`]}</Status>
}

const took = ({ receivedAtMs, processedAtMs }: Webhook) =>
  processedAtMs === null ? '—' : latency(Math.max(0, processedAtMs - receivedAtMs))

function useColumns(): Column<Webhook>[] {
  const w = useWords(words)
  return [
    {
      key: 'receivedAt',
      title: w.receivedAt,
      width: 184,
      mobile: 'main',
      render: (row) => <When at={row.receivedAtMs} exact />,
      value: (row) => time(row.receivedAtMs),
    },
    {
      key: 'event',
      title: w.event,
      mobile: 'title',
      render: (row) => <span className="d-mono">{row.event}</span>,
      value: (row) => row.event,
    },
    {
      key: 'account',
      title: w.account,
      width: 160,
      mobile: 'main',
      render: (row) =>
        row.accountId ? <Id value={row.accountId} /> : <span className="d-muted">{w.unknownAccount}</span>,
      value: (row) => row.accountId,
    },
    {
      key: 'msgId',
      title: w.msgId,
      width: 160,
      render: (row) => <Id value={row.msgId} />,
      value: (row) => row.msgId,
    },
    {
      key: 'duplicates',
      title: w.duplicates,
      width: 92,
      align: 'right',
      render: (row) => fill(w.times, { n: row.duplicates }),
      value: (row) => row.duplicates,
    },
    { key: 'took', title: w.tookMs, width: 92, align: 'right', render: took, value: took },
    {
      key: 'state',
      title: w.status,
      width: 116,
      mobile: 'side',
      render: (row) => <State row={row} />,
      value: (row) => row.state,
    },
  ]
}

function Detail({ id, replay }: { id: string; replay: Action<Webhook> }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const may = useMayChange()
  const { run, running, problem } = useAction<Webhook>()
  const query = useQuery(
    read<Webhook & { body: string }>(`${path}/${encodeURIComponent(id)}`, undefined, {
      topic: 'open-platform/webhook',
    }),
  )
  const row = query.data
  if (!row)
    return (
      <Drawer560
        title={w.webhooks}
        id={id}
        tabs={[
          {
            key: 'none',
            label: parts.overview,
            body: query.isError ? (
              <Reason problem={query.error} onRetry={() => void query.refetch()} />
            ) : (
              <Loading shape="rows" what={w.webhooks} />
            ),
          },
        ]}
      />
    )
  const overview = (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      {row.reason && <div className="d-quote d-tone-error">{row.reason}</div>}
      <Facts
        rows={[
          [w.msgId, <Id key="m" value={row.msgId} whole />],
          [w.account, row.accountId ? <Id key="a" value={row.accountId} whole /> : w.unknownAccount],
          [w.from, <Id key="f" value={row.fromUserId} whole />],
          [w.to, <Id key="t" value={row.toUserId} whole />],
          [w.receivedAt, <When key="r" at={row.receivedAtMs} exact />],
          [w.processedAt, <When key="p" at={row.processedAtMs} exact />],
          [w.tookMs, took(row)],
          [w.duplicates, fill(w.times, { n: row.duplicates })],
        ]}
      />
      <Raw value={pretty(row.body)} />
    </>
  )
  return (
    <Drawer560
      title={<span className="d-mono">{row.event}</span>}
      id={row.id}
      status={<State row={row} />}
      actions={
        <Button
          size="small"
          type="primary"
          disabled={!may}
          loading={running === replay.key}
          onClick={() => void run(replay, [row])}
        >
          {w.replay}
        </Button>
      }
      tabs={[
        { key: 'overview', label: parts.overview, body: overview },
        { key: 'body', label: w.body, body: <Raw value={row.body} /> },
      ]}
    />
  )
}

/** Spread over lines by text alone: reading 19-digit ids as numbers would round them. */
const pretty = (body: string) => body.replace(/([{,])"/g, '$1\n  "').replace(/\}$/, '\n}')
