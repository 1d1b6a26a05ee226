import { useMemo } from 'react'
import type { CommentView } from '#capabilities/connect/collector/catalogue.ts'
import { words } from '#capabilities/connect/collector/words.ts'
import { list } from '#console/client.ts'
import { dayBounds, num, time } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Label } from '#console/parts/status.tsx'
import { Id, Num, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { useWords } from '#console/words.ts'
import { useAccounts } from './accounts.tsx'

const dayMs = 86_400_000

/** Every comment and reply, newest first. */
export default function Comments() {
  const w = useWords(words)
  const accounts = useAccounts()
  const fields: Field[] = [
    { kind: 'choice', key: 'accountId', label: w.account, options: accounts },
    {
      kind: 'choice',
      key: 'since',
      label: w.sinceDays,
      options: [
        { value: '0', label: w.today },
        { value: '6', label: w.last7 },
        { value: '29', label: w.last30 },
      ],
    },
    { kind: 'text', key: 'q', label: w.findComment },
  ]
  const filters = useFilters(fields)
  const { accountId, q, since } = filters.value as Record<string, string | undefined>
  const sinceMs = useMemo(
    () => (since === undefined ? undefined : dayBounds(Date.now()).from - Number(since) * dayMs),
    [since],
  )
  const names = new Map(accounts.map(({ value, label }) => [value, label]))
  const nameOf = (comment: CommentView) => names.get(comment.accountId) ?? comment.accountId
  return (
    <>
      <Filters state={filters} />
      <DataTable<CommentView>
        name="comments"
        source={list<CommentView>(
          '/api/collector/comments',
          { accountId, q, since: sinceMs },
          { everyMs: 60_000 },
        )}
        columns={useColumns(nameOf)}
        rowKey={({ commentId }) => commentId}
        drawer={(id, row) => <Detail key={id} id={id} row={row} nameOf={nameOf} />}
        empty={{ kind: 'unstarted', text: w.emptyComments }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.comments}
      />
    </>
  )
}

function useColumns(nameOf: (comment: CommentView) => string): Column<CommentView>[] {
  const w = useWords(words)
  return [
    {
      key: 'content',
      title: w.content,
      mobile: 'title',
      render: (row) => (
        <span className="d-clip" title={row.content}>
          {row.replyTo && <Label>{w.reply}</Label>} {row.content}
        </span>
      ),
      value: (row) => row.content,
    },
    {
      key: 'nickname',
      title: w.author,
      width: 140,
      mobile: 'main',
      render: (row) => <span className="d-clip">{row.nickname || '—'}</span>,
      value: (row) => row.nickname,
    },
    { key: 'account', title: w.account, width: 120, render: nameOf, value: nameOf },
    {
      key: 'itemId',
      title: w.ofVideo,
      width: 140,
      render: (row) => <Id value={row.itemId} />,
      value: (row) => row.itemId,
    },
    {
      key: 'likes',
      title: w.likes,
      width: 76,
      align: 'right',
      render: (row) => <Num value={row.likes} />,
      value: (row) => row.likes,
    },
    {
      key: 'replies',
      title: w.replies,
      width: 76,
      align: 'right',
      render: (row) => <Num value={row.replies} />,
      value: (row) => row.replies,
    },
    { key: 'origin', title: w.origin, width: 76, render: (row) => w[row.origin], value: (row) => row.origin },
    {
      key: 'createdAt',
      title: w.saidAt,
      width: 116,
      mobile: 'side',
      render: (row) => <When at={row.createdAtMs} />,
      value: (row) => time(row.createdAtMs),
    },
  ]
}

type DetailProps = { id: string; row: CommentView | undefined; nameOf: (comment: CommentView) => string }

function Detail({ id, row, nameOf }: DetailProps) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const body = row ? (
    <>
      <div className="d-quote">{row.content}</div>
      <Facts
        rows={[
          [w.author, row.nickname],
          [w.saidAt, <When key="s" at={row.createdAtMs} exact />],
          [w.likes, num(row.likes)],
          [w.replies, num(row.replies)],
          [w.account, nameOf(row)],
          [w.ofVideo, <Id key="v" value={row.itemId} whole />],
          ...(row.replyTo
            ? ([[w.replyTo, <Id key="r" value={row.replyTo} whole />]] as [string, React.ReactNode][])
            : []),
          [w.origin, w[row.origin]],
          [w.firstSeen, <When key="f" at={row.firstSeenAtMs} exact />],
        ]}
      />
    </>
  ) : (
    <Empty2 kind="done" text={w.goneComment} />
  )
  return (
    <Drawer560
      title={row?.nickname ?? w.comments}
      id={id}
      tabs={[{ key: 'overview', label: parts.overview, body }]}
    />
  )
}
