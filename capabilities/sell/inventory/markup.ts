import type { Tally } from './catalogue.ts'

/** A text inside HTML, attributes included. */
export const esc = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

export type Language = 'zh' | 'en'

export const count = (value: number | null | undefined, digits = 0): string =>
  value === null || value === undefined
    ? '–'
    : value.toLocaleString('en-US', { maximumFractionDigits: digits })

export const yuan = (fen: number | null): string =>
  fen === null
    ? '–'
    : `¥${(fen / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`

/** At cost; a dash when no SKU of it has a cost. */
export const deadMoney = ({
  deadFen,
  deadSkus,
  deadWithoutCost,
}: Pick<Tally, 'deadFen' | 'deadSkus' | 'deadWithoutCost'>): string =>
  deadSkus > 0 && deadWithoutCost === deadSkus ? yuan(null) : yuan(deadFen)

export const COLORS = {
  out: '#b42318',
  week: '#e5761a',
  month: '#e8b93b',
  quarter: '#3f9b5f',
  longer: '#5b86c9',
  idle: '#9aa3ad',
  unknown: '#d5d9de',
} as const

/** What is written on a bucket's bar. */
export const onColor = (bucket: keyof typeof COLORS): string =>
  ['month', 'unknown'].includes(bucket) ? INK : '#ffffff'

export const INK = '#1f2933'
export const FAINT = '#66727f'
export const LINE = '#e3e7eb'
export const ACCENT = '#2f6fbf'
