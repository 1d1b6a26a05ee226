import type { Pass } from './collector.ts'

/** The columns that both `source` and `thread` keep a pass in. */
export const PASS_COLUMNS = 'revision, pass, pass_at, cursor, head_at, until_at, settled_at, full_at'

export interface PassRow {
  revision: string
  pass: Pass['pass']
  pass_at: number | null
  cursor: string | null
  head_at: number | null
  until_at: number | null
  settled_at: number | null
  full_at: number | null
}

export const passFrom = (row: PassRow): Pass => ({
  revision: Number(row.revision),
  pass: row.pass,
  passAtMs: row.pass_at,
  cursor: row.cursor,
  headMs: row.head_at,
  untilMs: row.until_at,
  settledMs: row.settled_at,
  fullMs: row.full_at,
})

/** Unix ms for a `timestamptz`. */
export const moment = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

/** The values of {@link PASS_COLUMNS} but the revision, in their order. */
export const passValues = (pass: Pass): unknown[] => [
  pass.pass,
  moment(pass.passAtMs),
  pass.cursor,
  moment(pass.headMs),
  moment(pass.untilMs),
  moment(pass.settledMs),
  moment(pass.fullMs),
]
