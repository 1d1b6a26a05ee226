import { type InfiniteData, type UseInfiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { type ReactNode, useRef, useState } from 'react'
import { useAddress } from '#console/address.ts'
import type { ListPage } from '#console/client.ts'
import { showWaiting, useLive } from '#console/live.ts'
import { preferences, usePhone, usePreferences } from '#console/preferences.ts'
import { fill, useWords } from '#console/words.ts'
import { type Action, BulkBar } from './bulk-bar.tsx'
import type { Column } from './columns.ts'
import { Empty2, type Nothing } from './empty2.tsx'
import { Grid } from './grid.tsx'
import { Loading } from './loading.tsx'
import { Reason } from './reason.tsx'
import { useRoom } from './room-height.ts'
import { Cards } from './row-cards.tsx'
import { useRowKeys } from './row-keys.ts'
import { TableTools } from './table-tools.tsx'
import { When } from './values.tsx'
import { partWords } from './words.ts'

export type Source<Row> = UseInfiniteQueryOptions<
  ListPage<Row>,
  Error,
  InfiniteData<ListPage<Row>>,
  readonly unknown[],
  string | undefined
>

export type DataTableProps<Row> = {
  /** Names the person's column set and the CSV file. */
  name: string
  /** `list('/api/…', params, { topic })`. The topic lets rows change live. */
  source: Source<Row>
  columns: Column<Row>[]
  rowKey: (row: Row) => string
  actions?: Action<Row>[]
  /** What Enter or a click opens. `row` is undefined where a link names a row that is not loaded. */
  drawer?: (id: string, row: Row | undefined) => ReactNode
  empty: Nothing
  /** Given while filters are set: an empty list then offers to clear them. */
  clearFilters?: (() => void) | undefined
  /** What is awaited, for slow answers: `死信`. */
  what?: string
}

/** The list of a page: cursor paging, keys, selection, bulk actions, live rows, cards on a phone. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { source, rowKey } = props
  const w = useWords(partWords)
  const query = useInfiniteQuery(source)
  const rows = query.data?.pages.flatMap((page) => page.items) ?? []
  const [stopped, setStopped] = useState(false)
  const [search, change] = useAddress()
  const open = search['open']
  if (query.isPending && stopped)
    return (
      <Empty2
        kind="unstarted"
        text={w.cancelled}
        action={{
          label: w.retry,
          run: () => {
            setStopped(false)
            void query.refetch()
          },
        }}
      />
    )
  if (query.isPending)
    return (
      <Loading shape="rows" {...(props.what ? { what: props.what } : {})} onCancel={() => setStopped(true)} />
    )
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  return (
    <>
      {query.isError && <Reason problem={query.error} tone="warning" onRetry={() => void query.refetch()} />}
      <Waiting topic={source.meta?.['topic'] as string | undefined} />
      {rows.length === 0 ? (
        props.clearFilters ? (
          <Empty2 kind="no-result" clear={props.clearFilters} />
        ) : (
          <Empty2 {...props.empty} />
        )
      ) : (
        <Rows
          {...props}
          rows={rows}
          open={open}
          setOpen={(id) => change({ open: id })}
          more={
            query.hasNextPage ? () => void (query.isFetchingNextPage || query.fetchNextPage()) : undefined
          }
          loadingMore={query.isFetchingNextPage}
          updatedAt={query.dataUpdatedAt}
        />
      )}
      {open &&
        props.drawer?.(
          open,
          rows.find((row) => rowKey(row) === open),
        )}
    </>
  )
}

function Waiting({ topic }: { topic: string | undefined }) {
  const w = useWords(partWords)
  const count = useLive().waiting[topic ?? ''] ?? 0
  if (!topic || !count) return null
  return (
    <button type="button" className="d-waiting" onClick={() => void showWaiting(topic)}>
      {fill(w.newRows, { n: count })} · {w.show}
    </button>
  )
}

type RowsProps<Row> = DataTableProps<Row> & {
  rows: Row[]
  open: string | undefined
  setOpen: (id: string | undefined) => void
  more: (() => void) | undefined
  loadingMore: boolean
  updatedAt: number
}

function Rows<Row extends object>(props: RowsProps<Row>) {
  const { rows, rowKey, open, setOpen, more, actions, name } = props
  const phone = usePhone()
  const { density, hiddenColumns } = usePreferences()
  const frame = useRef<HTMLDivElement>(null)
  const height = useRoom(frame)
  const openable = Boolean(props.drawer)
  const pickable = Boolean(actions?.length)
  const { current, setActive, picked, setPicked } = useRowKeys({
    keys: rows.map(rowKey),
    open,
    setOpen,
    openable,
    pickable,
    more,
  })
  const selected = rows.filter((row) => picked.includes(rowKey(row)))
  const shared = { rows, rowKey, picked: pickable ? picked : undefined, setPicked }
  return (
    <div className="d-table" ref={frame}>
      {phone ? (
        <Cards {...shared} columns={props.columns} onOpen={openable ? setOpen : undefined} />
      ) : (
        <Grid<Row>
          {...shared}
          columns={props.columns.filter(({ key }) => !hiddenColumns[name]?.includes(key))}
          height={height}
          rowHeight={density === 'small' ? 36 : 44}
          current={current}
          onNearEnd={more}
          onRow={(key) => {
            setActive(key)
            if (openable) setOpen(key)
          }}
        />
      )}
      <Foot {...props} />
      {actions && selected.length > 0 && (
        <BulkBar actions={actions} rows={selected} clear={() => setPicked([])} />
      )}
    </div>
  )
}

function Foot<Row extends object>(props: RowsProps<Row>) {
  const { name, more, rows } = props
  const w = useWords(partWords)
  const { hiddenColumns } = usePreferences()
  return (
    <div className="d-table-foot">
      <span className="d-muted">{fill(more ? w.loaded : w.total, { n: rows.length })}</span>
      {more && (
        <Button size="small" type="link" loading={props.loadingMore} onClick={more}>
          {w.more}
        </Button>
      )}
      <span className="d-space" />
      <span className="d-muted d-updated">
        {fill(w.updated, { when: '' })}
        <When at={props.updatedAt} />
      </span>
      <TableTools
        {...props}
        hidden={hiddenColumns[name] ?? []}
        hide={(hidden) => preferences.set({ hiddenColumns: { ...hiddenColumns, [name]: hidden } })}
      />
    </div>
  )
}
