import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import type { FileView } from '#capabilities/create/media-metadata/library.ts'
import { words } from '#capabilities/create/media-metadata/words.ts'
import { useAddress } from '#console/address.ts'
import type { Source } from '#console/parts/data-table.tsx'
import { Empty2, type Nothing } from '#console/parts/empty2.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { useRowKeys } from '#console/parts/row-keys.ts'
import { partWords } from '#console/parts/words.ts'
import { fill, useWords } from '#console/words.ts'
import { VerdictTag, whyText } from './file-cells.tsx'
import FileDrawer from './file-drawer.tsx'
import { lengthText } from './media-text.ts'
import { Poster } from './poster.tsx'

const GAP = 12
const LEAST = 168
const CARD = 210
const SPARE_ROWS = 2

interface GridProps {
  source: Source<FileView>
  empty: Nothing
  clearFilters: (() => void) | undefined
}

/** The same files as pictures. Only the rows of cards near the window are drawn. */
export default function PosterGrid({ source, empty, clearFilters }: GridProps) {
  const w = useWords(partWords)
  const [search, change] = useAddress()
  const query = useInfiniteQuery(source)
  const files = query.data?.pages.flatMap(({ items }) => items) ?? []
  const frame = useRef<HTMLDivElement>(null)
  const { columns, from, to } = useWindow(frame, files.length)
  const more = query.hasNextPage ? () => void (query.isFetchingNextPage || query.fetchNextPage()) : undefined
  const open = search['open']
  const setOpen = (id: string | undefined) => change({ open: id })
  const { current } = useRowKeys({
    keys: files.map(({ fileId }) => fileId),
    open,
    setOpen,
    openable: true,
    pickable: false,
    more,
  })
  if (query.isPending) return <Loading shape="rows" />
  if (query.isError && !query.data)
    return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (files.length === 0)
    return clearFilters ? <Empty2 kind="no-result" clear={clearFilters} /> : <Empty2 {...empty} />
  const rows = Math.ceil(files.length / columns)
  return (
    <>
      <div ref={frame} style={{ height: rows * (CARD + GAP) - GAP, position: 'relative' }}>
        <ul style={{ ...cards(columns), top: from * (CARD + GAP) }}>
          {files.slice(from * columns, to * columns).map((file) => (
            <li key={file.fileId}>
              <Card file={file} isCurrent={file.fileId === current} open={() => setOpen(file.fileId)} />
            </li>
          ))}
        </ul>
      </div>
      <div className="d-table-foot" style={{ border: 0 }}>
        <span className="d-muted">{fill(more ? w.loaded : w.total, { n: files.length })}</span>
        {more && (
          <Button size="small" type="link" loading={query.isFetchingNextPage} onClick={more}>
            {w.more}
          </Button>
        )}
      </div>
      {open && <FileDrawer key={open} id={open} />}
    </>
  )
}

const cards = (columns: number) =>
  ({
    position: 'absolute',
    left: 0,
    right: 0,
    display: 'grid',
    gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
    gridAutoRows: CARD,
    gap: GAP,
  }) as const

function Card({ file, isCurrent, open }: { file: FileView; isCurrent: boolean; open: () => void }) {
  const w = useWords(words)
  const { record } = file
  const why = whyText(file, w.language)
  const facts = [
    record?.resolution?.replace('x', '×'),
    record?.durationSeconds ? lengthText(record.durationSeconds) : '',
  ]
  return (
    <button
      type="button"
      className="d-plain d-card"
      style={box(isCurrent)}
      onClick={open}
      title={file.location}
    >
      <Poster file={file} fit="contain" style={{ height: 120, width: '100%' }} />
      <span style={{ display: 'block', padding: '6px 10px 8px' }}>
        <span className="d-clip">{file.fileName}</span>
        <span className="d-clip d-muted d-num" style={{ fontSize: 12 }}>
          {facts.filter(Boolean).join(' · ') || '—'}
        </span>
        <span style={{ display: 'flex', gap: 6, alignItems: 'center', marginTop: 4 }}>
          <VerdictTag verdict={file.verdict} />
          <span className="d-clip d-muted" style={{ fontSize: 12 }}>
            {why}
          </span>
        </span>
      </span>
    </button>
  )
}

const box = (isCurrent: boolean) =>
  ({
    display: 'block',
    width: '100%',
    height: '100%',
    padding: 0,
    overflow: 'hidden',
    border: `1px solid var(--d-${isCurrent ? 'primary' : 'line'})`,
    background: 'var(--d-container)',
  }) as const

/** How many cards stand in a row, and which rows are near the window of the page. */
function useWindow(frame: RefObject<HTMLDivElement | null>, count: number) {
  const [seen, setSeen] = useState({ columns: 4, from: 0, to: 6 })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the frame is there once there is something to show
  useLayoutEffect(() => {
    const page = frame.current?.closest('.d-main')
    if (!page || !frame.current) return
    const measure = () => {
      if (!frame.current) return
      const { width, top } = frame.current.getBoundingClientRect()
      const above = page.getBoundingClientRect().top - top
      const columns = Math.max(2, Math.floor((width + GAP) / (LEAST + GAP)))
      const from = Math.max(0, Math.floor(above / (CARD + GAP)) - SPARE_ROWS)
      const to = Math.ceil((above + page.clientHeight) / (CARD + GAP)) + SPARE_ROWS
      setSeen((before) =>
        before.columns === columns && before.from === from && before.to === to
          ? before
          : { columns, from, to },
      )
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(frame.current)
    page.addEventListener('scroll', measure, { passive: true })
    return () => {
      observer.disconnect()
      page.removeEventListener('scroll', measure)
    }
  }, [frame, count > 0])
  return seen
}
