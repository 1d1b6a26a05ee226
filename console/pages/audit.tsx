import { list } from '#console/client.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts, Raw } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import { Page } from '#console/parts/page.tsx'
import { Id, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { roomName } from '#console/room-name.ts'
import { useWords } from '#console/words.ts'
import { auditWords } from './words.ts'

type Entry = {
  id: string
  at: number
  actor: string
  action: string
  subject: string
  detail: unknown
  room: string
}

const plain = (detail: unknown) =>
  typeof detail === 'string' ? detail : detail ? JSON.stringify(detail) : ''

export default function Audit() {
  const w = useWords(auditWords)
  const columns: Column<Entry>[] = [
    {
      key: 'at',
      title: w.at,
      width: 170,
      mobile: 'side',
      render: (row) => <When at={row.at} exact />,
      value: (row) => new Date(row.at).toISOString(),
    },
    {
      key: 'actor',
      title: w.actor,
      width: 160,
      mobile: 'main',
      render: (row) => row.actor,
      value: (row) => row.actor,
    },
    {
      key: 'action',
      title: w.action,
      width: 220,
      mobile: 'title',
      render: (row) => <span className="d-mono">{row.action}</span>,
      value: (row) => row.action,
    },
    {
      key: 'subject',
      title: w.subject,
      width: 170,
      mobile: 'main',
      render: (row) => <Id value={row.subject} />,
      value: (row) => row.subject,
    },
    {
      key: 'room',
      title: w.room,
      width: 120,
      render: (row) => roomName(row.room, w.language),
      value: (row) => row.room,
    },
    {
      key: 'detail',
      title: w.detail,
      render: (row) => <span className="d-muted">{plain(row.detail)}</span>,
      value: (row) => plain(row.detail),
    },
  ]
  return (
    <Page title={w.title} question={w.question} fill>
      <DataTable<Entry>
        name="audit"
        source={list<Entry>('/api/system/audit', {}, { topic: 'audit' })}
        columns={columns}
        rowKey={({ id }) => id}
        drawer={(id, row) => <Detail id={id} row={row} />}
        empty={{ kind: 'unstarted', text: w.empty }}
        what={w.title}
      />
    </Page>
  )
}

function Detail({ id, row }: { id: string; row: Entry | undefined }) {
  const w = useWords(auditWords)
  const parts = useWords(partWords)
  const body = row ? (
    <>
      <Facts
        rows={[
          [w.at, <When key="at" at={row.at} exact />],
          [w.actor, row.actor],
          [w.subject, <Id key="subject" value={row.subject} whole />],
          [w.room, roomName(row.room, w.language)],
        ]}
      />
      {row.detail ? <Raw value={row.detail} /> : null}
    </>
  ) : (
    <Empty2 kind="done" text={w.gone} />
  )
  return (
    <Drawer560
      title={row?.action ?? w.title}
      id={id}
      tabs={[{ key: 'overview', label: parts.overview, body }]}
    />
  )
}
