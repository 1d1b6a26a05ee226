import { Button } from 'antd'
import { api, list, refresh } from '#console/client.ts'
import { useMayChange } from '#console/me.ts'
import { type Action, useAction } from '#console/parts/bulk-bar.tsx'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts, Raw } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Page } from '#console/parts/page.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { roomName, roomOptions } from '#console/room-name.ts'
import { fill, useWords } from '#console/words.ts'
import { deadWords } from './words.ts'

type DeadLetter = {
  id: string
  room: string
  group: string
  fact: string
  key: string
  reason: { code: string; message: string }
  attempts: number
  firstAtMs: number
  lastAtMs: number
  data: unknown
}

const path = '/api/system/dead-letters'

function useActions(): Action<DeadLetter>[] {
  const w = useWords(deadWords)
  const send = (verb: string) => async (rows: DeadLetter[]) => {
    await api.post(`${path}/${verb}`, { ids: rows.map(({ id }) => id) })
    await refresh('/api/system')
  }
  return [
    { key: 'r', label: w.retry, run: send('retry'), done: w.retried },
    {
      key: 'd',
      label: w.discard,
      danger: true,
      run: send('discard'),
      done: w.discarded,
      confirm: (rows) => ({ title: fill(w.discardTitle, { n: rows.length }), effect: w.discardEffect }),
    },
  ]
}

function useColumns(): Column<DeadLetter>[] {
  const w = useWords(deadWords)
  return [
    {
      key: 'fact',
      title: w.fact,
      width: 160,
      mobile: 'title',
      render: (row) => <span className="d-mono">{row.fact}</span>,
      value: (row) => row.fact,
    },
    {
      key: 'reason',
      title: w.reason,
      mobile: 'main',
      render: (row) => <span title={`${row.reason.message}\n${row.reason.code}`}>{row.reason.message}</span>,
      value: (row) => row.reason.message,
    },
    {
      key: 'code',
      title: w.code,
      width: 200,
      render: (row) => <span className="d-mono d-muted">{row.reason.code}</span>,
      value: (row) => row.reason.code,
    },
    {
      key: 'room',
      title: w.room,
      width: 100,
      render: (row) => roomName(row.room, w.language),
      value: (row) => row.room,
    },
    {
      key: 'key',
      title: w.key,
      width: 140,
      mobile: 'main',
      render: (row) => <Id value={row.key} />,
      value: (row) => row.key,
    },
    {
      key: 'attempts',
      title: w.attempts,
      width: 84,
      align: 'right',
      render: (row) => fill(w.times, { n: row.attempts }),
      value: (row) => row.attempts,
    },
    {
      key: 'lastAt',
      title: w.lastAt,
      width: 110,
      mobile: 'side',
      render: (row) => <When at={row.lastAtMs} />,
      value: (row) => new Date(row.lastAtMs).toISOString(),
    },
  ]
}

export default function DeadLetters() {
  const w = useWords(deadWords)
  const fields: Field[] = [
    { kind: 'choice', key: 'room', label: w.room, options: roomOptions(w.language) },
    { kind: 'text', key: 'q', label: w.find },
  ]
  const filters = useFilters(fields)
  const actions = useActions()
  return (
    <Page title={w.title} question={w.question} fill>
      <Filters state={filters} />
      <DataTable<DeadLetter>
        name="dead-letters"
        source={list<DeadLetter>(path, filters.params, { topic: 'dead-letters' })}
        columns={useColumns()}
        rowKey={({ id }) => id}
        actions={actions}
        drawer={(id, row) => <Detail key={id} id={id} row={row} actions={actions} />}
        empty={{ kind: 'done', text: w.empty }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.title}
      />
    </Page>
  )
}

function Detail({
  id,
  row,
  actions,
}: {
  id: string
  row: DeadLetter | undefined
  actions: Action<DeadLetter>[]
}) {
  const w = useWords(deadWords)
  const parts = useWords(partWords)
  const may = useMayChange()
  const { run, running, problem } = useAction<DeadLetter>()
  if (!row)
    return (
      <Drawer560
        title={w.title}
        id={id}
        tabs={[{ key: 'none', label: parts.overview, body: <Empty2 kind="done" text={w.gone} /> }]}
      />
    )
  const overview = (
    <>
      {problem !== undefined && <Reason problem={problem} />}
      <div className="d-quote d-tone-error">
        {row.reason.message}
        <div className="d-mono">{row.reason.code}</div>
      </div>
      <Facts
        rows={[
          [
            w.fact,
            <span key="f" className="d-mono">
              {row.fact}
            </span>,
          ],
          [w.key, <Id key="k" value={row.key} whole />],
          [w.room, roomName(row.room, w.language)],
          [
            w.group,
            <span key="g" className="d-mono">
              {row.group}
            </span>,
          ],
          [w.attempts, fill(w.times, { n: row.attempts })],
          [w.firstAt, <When key="1" at={row.firstAtMs} exact />],
          [w.lastAt, <When key="2" at={row.lastAtMs} exact />],
        ]}
      />
    </>
  )
  return (
    <Drawer560
      title={row.fact}
      id={row.id}
      status={<Status tone="error">{w.parked}</Status>}
      actions={actions.map((action, index) => (
        <Button
          key={action.key}
          size="small"
          type={index ? 'default' : 'primary'}
          danger={action.danger ?? false}
          disabled={!may}
          loading={running === action.key}
          onClick={() => void run(action, [row])}
        >
          {action.label}
        </Button>
      ))}
      tabs={[
        { key: 'overview', label: parts.overview, body: overview },
        { key: 'raw', label: w.data, body: <Raw value={row.data} /> },
      ]}
    />
  )
}
