import { Checkbox } from 'antd'
import type { Column } from './columns.ts'

type CardsProps<Row> = {
  rows: Row[]
  rowKey: (row: Row) => string
  columns: Column<Row>[]
  /** Undefined where nothing can be done with a selection. */
  picked: string[] | undefined
  setPicked: (keys: string[]) => void
  onOpen: ((id: string) => void) | undefined
}

/** A table on a phone: one card a row, from the columns marked title, main and side. */
export function Cards<Row>({ rows, rowKey, columns, picked, setPicked, onOpen }: CardsProps<Row>) {
  const at = (place: Column<Row>['mobile']) => columns.filter(({ mobile }) => mobile === place)
  const toggle = (key: string) =>
    setPicked(picked?.includes(key) ? picked.filter((other) => other !== key) : [...(picked ?? []), key])
  return (
    <ul className="d-cards">
      {rows.map((row) => {
        const key = rowKey(row)
        return (
          <li key={key} className="d-card d-row-card">
            {picked && (
              <Checkbox checked={picked.includes(key)} onChange={() => toggle(key)} aria-label={key} />
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list's own keys open rows */}
            {/* biome-ignore lint/a11y/noStaticElementInteractions: a card holds buttons of its own, so it cannot be one */}
            <div
              className="d-row-card-body"
              onClick={({ target }) => !(target as HTMLElement).closest('button, a') && onOpen?.(key)}
            >
              <div className="d-row-card-top">
                <strong>
                  {at('title').map((column) => (
                    <span key={column.key}>{column.render(row)}</span>
                  ))}
                </strong>
                <span className="d-row-card-side">
                  {at('side').map((column) => (
                    <span key={column.key}>{column.render(row)}</span>
                  ))}
                </span>
              </div>
              {at('main').map((column) => (
                <div key={column.key} className="d-row-card-main">
                  {column.render(row)}
                </div>
              ))}
            </div>
          </li>
        )
      })}
    </ul>
  )
}
