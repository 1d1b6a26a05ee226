import type { Thread } from './collector.ts'
import { PASS_COLUMNS, type PassRow, passFrom } from './pass.postgres.ts'

const IS_OWING = `exists (select from collector.comment c where c.workspace_id = t.workspace_id and c.item_id = t.item_id
            and c.reply_to is null and c.replies <> c.replies_settled)`

export const THREADS = `
  select t.item_id, v.published_at, v.comments as reported, t.counted, t.counted_full, t.known, ${PASS_COLUMNS.replace(/\w+/g, 't.$&')},
         ${IS_OWING} as is_owing
    from collector.thread t join collector.video v on v.workspace_id = t.workspace_id and v.item_id = t.item_id
   where t.workspace_id = $1 and t.account_id = $2 and v.gone_at is null`

/** $3 run, $4 every thread, $5 full walks from before are too old. */
export const NEEDS_LOOK = `t.done_run is distinct from $3 and ($4 or t.pass is not null or t.full_at is null or t.full_at < $5
    or v.comments is distinct from t.counted
    or (t.known < v.comments and v.comments is distinct from t.counted_full)
    or ${IS_OWING})`

export interface ThreadRow extends PassRow {
  item_id: string
  published_at: number
  reported: string
  counted: string | null
  counted_full: string | null
  known: string
  is_owing: boolean
}

export const threadFrom = (row: ThreadRow): Thread => ({
  ...passFrom(row),
  itemId: row.item_id,
  publishedAtMs: row.published_at,
  reported: Number(row.reported),
  counted: row.counted === null ? null : Number(row.counted),
  countedFull: row.counted_full === null ? null : Number(row.counted_full),
  known: Number(row.known),
  isOwing: row.is_owing,
})
