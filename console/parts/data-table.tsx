import { type InfiniteData, type UseInfiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useAddress } from '#console/address.ts'
import type { ListPage } from '#console/client.ts'
import { showWaiting, useLive } from '#console/live.ts'
import { preferences, usePhone, usePreferences } from '#console/preferences.ts'
import { useKeys } from '#console/shortcuts.ts'
import { fill, useWords } from '#console/words.ts'
import { type Action, BulkBar } from './bulk-bar.tsx'
import type { Column } from './columns.ts'
import { useCopy } from './copy.ts'
import { Empty2, type Nothing } from './empty2.tsx'
import { Grid } from './grid.tsx'
import { Loading } from './loading.tsx'
import { Reason } from './reason.tsx'
import { useRoom } from './room-height.ts'
import { Cards } from './row-cards.tsx'
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
  const w = useWords(partWords)
  const phone = usePhone()
  const { density, hiddenColumns } = usePreferences()
  const [active, setActive] = useState<string>()
  const [picked, setPicked] = useState<string[]>([])
  const anchor = useRef<string>(undefined)
  const frame = useRef<HTMLDivElement>(null)
  const height = useRoom(frame)
  const copy = useCopy()
  const keys = rows.map(rowKey)
  const selected = rows.filter((row) => picked.includes(rowKey(row)))
  const current = open ?? active
  const openable = Boolean(props.drawer)

  const move = (by: number) => () => {
    const at = current === undefined ? -1 : keys.indexOf(current)
    const next = keys[Math.min(Math.max(at + by, 0), keys.length - 1)]
    if (next === undefined) return
    setActive(next)
    if (open) setOpen(next)
    if (keys.indexOf(next) > keys.length - 5) more?.()
  }
  const pick = (range: boolean) => () => {
    if (!current || !actions?.length) return
    const [from, to] = [keys.indexOf(range ? (anchor.current ?? current) : current), keys.indexOf(current)]
    const between = keys.slice(Math.min(from, to), Math.max(from, to) + 1)
    anchor.current = current
    setPicked((before) =>
      range || !before.includes(current)
        ? [...new Set([...before, ...between])]
        : before.filter((key) => key !== current),
    )
  }
  useKeys({
    j: move(1),
    k: move(-1),
    Enter: openable && current && !open ? () => setOpen(current) : undefined,
    o: openable && current ? () => setOpen(current) : undefined,
    x: actions?.length ? pick(false) : undefined,
    'Shift x': actions?.length ? pick(true) : undefined,
    y: current ? () => void copy(current) : undefined,
    Escape: open ? () => setOpen(undefined) : picked.length ? () => setPicked([]) : undefined,
  })
  // Rows that left the list leave the selection too: an action must never reach what is no longer shown.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the keys' text stands for the keys, which are a new array each time
  useEffect(() => {
    setPicked((before) =>
      before.every((key) => keys.includes(key)) ? before : before.filter((key) => keys.includes(key)),
    )
  }, [keys.join()])

  const columns = props.columns.filter(({ key }) => !hiddenColumns[name]?.includes(key))
  const tools = (
    <TableTools
      {...props}
      hidden={hiddenColumns[name] ?? []}
      hide={(hidden) => preferences.set({ hiddenColumns: { ...hiddenColumns, [name]: hidden } })}
    />
  )
  const foot = (
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
      {tools}
    </div>
  )
  return (
    <div className="d-table" ref={frame}>
      {phone ? (
        <Cards
          rows={rows}
          rowKey={rowKey}
          columns={props.columns}
          picked={actions?.length ? picked : undefined}
          setPicked={setPicked}
          onOpen={openable ? setOpen : undefined}
        />
      ) : (
        <Grid<Row>
          rows={rows}
          rowKey={rowKey}
          columns={columns}
          height={height}
          rowHeight={density === 'small' ? 36 : 44}
          current={current}
          picked={actions?.length ? picked : undefined}
          setPicked={setPicked}
          onNearEnd={more}
          onRow={(key) => {
            setActive(key)
            if (openable) setOpen(key)
          }}
        />
      )}
      {foot}
      {actions && selected.length > 0 && (
        <BulkBar actions={actions} rows={selected} clear={() => setPicked([])} />
      )}
    </div>
  )
}
