import type { ReactNode } from 'react'

export type Column<Row> = {
  key: string
  title: string
  render: (row: Row) => ReactNode
  /** Pixels. Leave exactly one column without: it takes the slack. */
  width?: number
  align?: 'right'
  /** Place on a phone's card. Default `hide`. */
  mobile?: 'title' | 'main' | 'side' | 'hide'
  /** The server can sort by `key`: the choice is `sort` in the address and in the parameters of the filters. */
  sort?: boolean
  /** Plain value for CSV; without it the column is not exported. */
  value?: (row: Row) => string | number | null | undefined
}

/** Least width of the column without a width. */
export const flexible = 240
