import { fault } from '#kernel/fault.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Pass, Run, SourceName } from './collector.ts'
import { moment, passValues } from './pass.postgres.ts'
import type { Verdict } from './store.ts'

/** What a page brought, for the run and for its source. */
export interface Tally {
  pages: number
  isNew: number
  isChanged: number
  pulled: number
  newestMs: number | null
  /** Progress in the run's own unit. */
  steps: number
}

/** Moves a source's walk from where we took it up. */
export async function moveSource(tx: Tx, run: Run, source: SourceName, to: Pass): Promise<void> {
  const moved = await tx.query(
    `update collector.source set revision = $4, pass = $5, pass_at = $6, cursor = $7, head_at = $8, until_at = $9, settled_at = $10, full_at = $11
      where workspace_id = $1 and account_id = $2 and source = $3 and revision = $4::bigint - 1 returning 1`,
    [run.workspaceId, run.accountId, source, to.revision, ...passValues(to)],
  )
  if (moved.length === 0) throw overtaken()
}

export const overtaken = () =>
  fault('conflict', 'collector/overtaken', 'Another run has moved this collection on, or it was restarted')

/** Counts a page for its run and its source, and says whether the source may go on. */
export async function count(
  tx: Tx,
  run: Run,
  source: SourceName,
  { pages, isNew, isChanged, pulled, newestMs, steps }: Tally,
): Promise<Verdict> {
  const [row] = await tx.query<{ state: string }>(
    `with told as (
       update collector.run set pages = pages + $3, rows_new = rows_new + $4, rows_changed = rows_changed + $5,
              rows_same = rows_same + $6, done = done + $7 where workspace_id = $1 and run_id = $2
     )
     update collector.source set rows = rows + $4, pulled = pulled + $8, repeated = repeated + $8 - $4, newest_at = greatest(newest_at, $9)
      where workspace_id = $1 and account_id = $10 and source = $11 returning state`,
    [
      run.workspaceId,
      run.runId,
      pages,
      isNew,
      isChanged,
      Math.max(0, pulled - isNew - isChanged),
      steps,
      pulled,
      moment(newestMs),
      run.accountId,
      source,
    ],
  )
  return row?.state === 'running' ? 'go-on' : 'stopped'
}
