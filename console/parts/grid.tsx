import { CaretDownFilled, CaretUpFilled } from '@ant-design/icons'
import { type MouseEvent, useEffect, useRef, useState } from 'react'
import { useAddress } from '#console/address.ts'
import { useWords } from '#console/words.ts'
import { type Column, flexible } from './columns.ts'
import { partWords } from './words.ts'

const spare = 10

type GridProps<Row> = {
  rows: Row[]
  rowKey: (row: Row) => string
  columns: Column<Row>[]
  /** Pixels of the body. With it only the rows in sight are drawn, all of one height; without it every row, wrapping. */
  height?: number
  rowHeight?: number
  /** Key of the row that the keys act on; it is kept in sight. */
  current?: string | undefined
  picked?: string[] | undefined
  setPicked?: (keys: string[]) => void
  onRow?: (key: string) => void
  onNearEnd?: (() => void) | undefined
}

/** A real HTML table that draws only what is in sight. antd's would cost every page 60 to 90 kB more. */
export function Grid<Row>(props: GridProps<Row>) {
  const { rows, rowKey, columns, height, rowHeight = 36, current, picked, onNearEnd } = props
  const frame = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const first = height ? Math.max(0, Math.floor(top / rowHeight) - spare) : 0
  const last = height ? Math.min(rows.length, Math.ceil((top + height) / rowHeight) + spare) : rows.length
  const at = current === undefined ? -1 : rows.findIndex((row) => rowKey(row) === current)

  useEffect(() => {
    const box = frame.current
    if (!box || !height || at < 0) return
    if (at * rowHeight < box.scrollTop) box.scrollTop = at * rowHeight
    else if ((at + 1) * rowHeight > box.scrollTop + height) box.scrollTop = (at + 1) * rowHeight - height
  }, [at, height, rowHeight])

  const width = columns.reduce((sum, column) => sum + (column.width ?? flexible), picked ? 40 : 0)
  return (
    <div
      ref={frame}
      className={height ? 'd-grid d-grid-fixed' : 'd-grid'}
      style={height ? { maxHeight: height + 37 } : undefined}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        // In steps, so that most scroll events draw nothing.
        setTop(Math.floor(scrollTop / (rowHeight * 4)) * rowHeight * 4)
        if (scrollTop + clientHeight > scrollHeight - 600) onNearEnd?.()
      }}
    >
      <table
        style={{ minWidth: width, ['--d-row' as string]: `${rowHeight}px` }}
        aria-rowcount={rows.length + 1}
      >
        <colgroup>
          {picked && <col style={{ width: 40 }} />}
          {columns.map(({ key, width }) => (
            <col key={key} style={width ? { width } : undefined} />
          ))}
        </colgroup>
        <Head {...props} />
        <tbody>
          {first > 0 && <tr style={{ height: first * rowHeight }} />}
          {rows.slice(first, last).map((row, index) => (
            <Line key={rowKey(row)} {...props} row={row} index={first + index} />
          ))}
          {last < rows.length && <tr style={{ height: (rows.length - last) * rowHeight }} />}
        </tbody>
      </table>
    </div>
  )
}

function Head<Row>({ rows, rowKey, columns, picked, setPicked }: GridProps<Row>) {
  const w = useWords(partWords)
  const all = rows.length > 0 && picked?.length === rows.length
  return (
    <thead>
      <tr>
        {picked && (
          <th>
            <input
              type="checkbox"
              aria-label={w.selectAll}
              checked={all}
              ref={(box) => {
                if (box) box.indeterminate = !all && picked.length > 0
              }}
              onChange={() => setPicked?.(all ? [] : rows.map(rowKey))}
            />
          </th>
        )}
        {columns.map((column) => (
          <th key={column.key} scope="col" className={column.align === 'right' ? 'd-right-cell' : undefined}>
            {column.sort ? <SortButton column={column} /> : column.title}
          </th>
        ))}
      </tr>
    </thead>
  )
}

/** Sorting is the server's: `?sort=heat` and `?sort=-heat` in the address, sent on with the filters. */
function SortButton<Row>({ column: { key, title } }: { column: Column<Row> }) {
  const [search, change] = useAddress()
  const now = search['sort']
  const next = now === `-${key}` ? key : now === key ? undefined : `-${key}`
  return (
    <button type="button" className="d-sort" onClick={() => change({ sort: next })}>
      {title}
      {now === key && <CaretUpFilled aria-label="↑" />}
      {now === `-${key}` && <CaretDownFilled aria-label="↓" />}
    </button>
  )
}

function Line<Row>(props: GridProps<Row> & { row: Row; index: number }) {
  const { row, index, rowKey, columns, current, picked, setPicked, onRow } = props
  const w = useWords(partWords)
  const key = rowKey(row)
  const isPicked = picked?.includes(key) ?? false
  const click = ({ target }: MouseEvent) => {
    if (!(target as HTMLElement).closest('button, a, label, input')) onRow?.(key)
  }
  return (
    <tr
      aria-rowindex={index + 2}
      aria-selected={picked ? isPicked : undefined}
      className={`d-row${key === current ? ' d-row-current' : ''}${isPicked ? ' d-row-picked' : ''}`}
      onClick={click}
    >
      {picked && (
        <td>
          <input
            type="checkbox"
            aria-label={w.selectRow}
            checked={isPicked}
            onChange={() =>
              setPicked?.(isPicked ? picked.filter((other) => other !== key) : [...picked, key])
            }
          />
        </td>
      )}
      {columns.map((column) => (
        <td key={column.key} className={column.align === 'right' ? 'd-right-cell d-num' : undefined}>
          {column.render(row)}
        </td>
      ))}
    </tr>
  )
}
