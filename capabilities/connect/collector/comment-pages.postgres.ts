import { columns, once } from '#engines/postgres/columns.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Run, Thread } from './collector.ts'
import { newest, transposed } from './columns.ts'
import { type CommentRow, insertComments, rowsOf, UPDATE_COMMENT } from './comment-rows.postgres.ts'
import { passValues } from './pass.postgres.ts'
import type { CommentStep, KeptComments } from './store.ts'
import { overtaken, type Tally } from './tally.postgres.ts'

/** Writes the rows of these pages and moves their walks, all in the caller's transaction. */
export async function putSteps(
  tx: Tx,
  run: Run,
  steps: readonly CommentStep[],
  nowMs: number,
): Promise<Tally & { fresh: CommentRow[] } & Pick<KeptComments, 'known' | 'owed'>> {
  const pulled = steps.flatMap(rowsOf)
  const rows = once(pulled, (row) => row.commentId)
  const { isNew, changed, owed } = await insertComments(tx, run, rows, nowMs, UPDATE_COMMENT)
  const walked = steps.flatMap((step) => (step.kind === 'thread' ? [step.thread] : []))
  const byItem = Map.groupBy(isNew, (row) => row.itemId)
  const known = await moveThreads(tx, run, walked, byItem)
  for (const { itemId } of walked) byItem.delete(itemId)
  for (const [itemId, count] of await addKnown(tx, run.workspaceId, byItem)) known.set(itemId, count)
  await moveReplies(
    tx,
    run,
    steps.filter((step) => step.kind === 'replies'),
  )
  const finished = steps.filter((step) => step.kind === 'finish')
  if (finished.length > 0) {
    await tx.query(
      'update collector.thread set done_run = $2 where workspace_id = $1 and item_id = any($3)',
      [run.workspaceId, run.runId, finished.map((step) => step.itemId)],
    )
  }
  return {
    fresh: isNew,
    known,
    owed,
    pages: steps.reduce((sum, step) => sum + pagesIn(step), 0),
    isNew: isNew.length,
    isChanged: changed,
    pulled: pulled.length,
    newestMs: newest(rows.map((row) => row.createdAtMs)),
    steps: finished.reduce((sum, step) => sum + step.steps, 0),
  }
}

const pagesIn = (step: CommentStep): number =>
  step.kind === 'thread' ? 1 + step.replies.length : Number(step.kind === 'replies')

export async function addKnown(
  tx: Tx,
  workspaceId: string,
  fresh: ReadonlyMap<string, readonly CommentRow[]>,
): Promise<Map<string, number>> {
  if (fresh.size === 0) return new Map()
  const items = [...fresh.keys()].sort()
  const rows = await tx.query<{ item_id: string; known: string }>(
    `update collector.thread t set known = t.known + u.n from unnest($2::text[], $3::int[]) as u(item_id, n)
      where t.workspace_id = $1 and t.item_id = u.item_id returning t.item_id, t.known`,
    [workspaceId, items, items.map((item) => fresh.get(item)!.length)],
  )
  return new Map(rows.map((row) => [row.item_id, Number(row.known)]))
}

/** Moves every walk from where we took it up; if one is no longer there, nothing of this transaction happens. */
async function moveThreads(
  tx: Tx,
  run: Run,
  threads: readonly Thread[],
  fresh: ReadonlyMap<string, readonly CommentRow[]>,
): Promise<Map<string, number>> {
  if (threads.length === 0) return new Map()
  const moved = await tx.query<{ item_id: string; known: string }>(
    `update collector.thread t set revision = u.revision, pass = u.pass, pass_at = u.pass_at, cursor = u.cursor, head_at = u.head_at,
            until_at = u.until_at, settled_at = u.settled_at, full_at = u.full_at, counted = u.counted, counted_full = u.counted_full,
            known = t.known + u.fresh
       from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::text[], $8::timestamptz[], $9::text[], $10::timestamptz[],
                   $11::timestamptz[], $12::timestamptz[], $13::timestamptz[])
            as u(item_id, revision, counted, counted_full, fresh, pass, pass_at, cursor, head_at, until_at, settled_at, full_at)
      where t.workspace_id = $1 and t.item_id = u.item_id and t.revision = u.revision - 1 returning t.item_id, t.known`,
    [
      run.workspaceId,
      ...columns(threads, ['itemId', 'revision', 'counted', 'countedFull']),
      threads.map((thread) => fresh.get(thread.itemId)?.length ?? 0),
      ...transposed(threads.map(passValues)),
    ],
  )
  if (moved.length < threads.length) throw overtaken()
  return new Map(moved.map((row) => [row.item_id, Number(row.known)]))
}

async function moveReplies(
  tx: Tx,
  run: Run,
  pages: readonly (CommentStep & { kind: 'replies' })[],
): Promise<void> {
  if (pages.length === 0) return
  await tx.query(
    `update collector.comment c set reply_cursor = u.cursor, replies_settled = case when u.cursor is null then u.replies else c.replies_settled end
       from unnest($2::text[], $3::text[], $4::bigint[]) as u(comment_id, cursor, replies)
      where c.workspace_id = $1 and c.comment_id = any($2) and c.comment_id = u.comment_id`,
    [run.workspaceId, ...columns(pages, ['commentId', 'cursor', 'replies'])],
  )
}
