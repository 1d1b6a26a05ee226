import type { ComponentType } from 'react'
import type { Word } from './words.ts'

export const wings = ['connect', 'create', 'engage', 'sell', 'bill', 'system'] as const
export type Wing = (typeof wings)[number]

/**
 * One entry of the rail: what a room's `nav.ts` exports as `nav`. It is read when the shell starts, so it
 * must import nothing but this type and an icon; the page itself is loaded when it is opened.
 */
export type Nav = Word & {
  wing: Wing
  /** The room's folder name. */
  key: string
  /** Place within the wing, smallest first. */
  order: number
  /** `/open-platform`: the folder name again. */
  route: string
  /** From @ant-design/icons; without one the first letter of the label stands for the page. */
  icon?: ComponentType
  /** The page understands `?q=` and finds rows by an id or its tail: search offers it. */
  finds?: boolean
  /** What its queues are called where jobs are shown: `{ 'hot-list/collect': … }`. */
  jobs?: Record<string, Word>
}

/** Key after `g` that opens a wing's first page. */
export const wingKeys: Record<string, Wing> = {
  c: 'connect',
  k: 'create',
  e: 'engage',
  s: 'sell',
  b: 'bill',
}

export const byPlace = (a: Nav, b: Nav) =>
  wings.indexOf(a.wing) - wings.indexOf(b.wing) || a.order - b.order || a.key.localeCompare(b.key)
