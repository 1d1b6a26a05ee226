import { columns, once } from '#engines/postgres/columns.ts'
import type { RoomContext } from '#kernel/capability.ts'
import { tell } from '#kernel/fact-log.ts'
import { commentReceived } from '#kernel/facts/comment.ts'
import { hotListCaptured } from '#kernel/facts/hot-list.ts'
import { videoPublished } from '#kernel/facts/video.ts'
import type { Ledger } from '#kernel/ledger.ts'
import { newest } from './columns.ts'
import { addKnown, putSteps } from './comment-pages.postgres.ts'
import { insertComments, type OwedRow, owedFrom, receivedFact } from './comment-rows.postgres.ts'
import { moment } from './pass.postgres.ts'
import type { Point, SnapshotEntry, Store } from './store.ts'
import { count, moveSource } from './tally.postgres.ts'
import { NEEDS_LOOK, THREADS, type ThreadRow, threadFrom } from './threads.postgres.ts'
import { POINT_EVERY_MS, publishedFact, putVideos } from './videos.postgres.ts'

/** Everything collected, in the ledger, page by page in one transaction each. */
export function postgresStore(ledger: Ledger, { factLog }: Pick<RoomContext, 'factLog'>): Store {
  const all = ledger.everywhere

  return {
    keepVideos: (run, { source, videos, to, isListed, lookedAtMs }) =>
      ledger.across(async (tx) => {
        const rows = once(videos, (video) => video.itemId)
        const { fresh, changed } = await putVideos(tx, run, rows, isListed, lookedAtMs)
        await factLog.appendIn(
          tx,
          fresh.map((video) =>
            tell(videoPublished, run.workspaceId, publishedFact(run, video), video.publishedAtMs),
          ),
        )
        await moveSource(tx, run, source, to)
        return count(tx, run, source, {
          pages: 1,
          isNew: fresh.length,
          isChanged: changed,
          pulled: videos.length,
          newestMs: newest(rows.map((video) => video.publishedAtMs)),
          steps: videos.length,
        })
      }),
    async markGone({ workspaceId, accountId }, walkedSinceMs, nowMs) {
      await all.query(
        `update collector.video set gone_at = $4
          where workspace_id = $1 and account_id = $2 and gone_at is null and listed_at < $3`,
        [workspaceId, accountId, moment(walkedSinceMs), moment(nowMs)],
      )
    },
    async videoIds({ workspaceId, accountId }, after, limit) {
      const rows = await all.query<{ item_id: string }>(
        `select item_id from collector.video where workspace_id = $1 and account_id = $2 and gone_at is null and item_id > $3
          order by item_id limit $4`,
        [workspaceId, accountId, after ?? '', limit],
      )
      return rows.map((row) => row.item_id)
    },
    async videoGone({ workspaceId }, itemId, nowMs) {
      await all.query(
        'update collector.video set gone_at = coalesce(gone_at, $3) where workspace_id = $1 and item_id = $2',
        [workspaceId, itemId, moment(nowMs)],
      )
    },

    async threads(run, { isEvery, staleMs, behind, limit }) {
      const rows = await all.query<ThreadRow>(
        `${THREADS} and ${NEEDS_LOOK}
            and ($6::timestamptz is null or (v.published_at, v.item_id) < ($6, $7))
          order by v.published_at desc, v.item_id desc limit $8`,
        [
          run.workspaceId,
          run.accountId,
          run.runId,
          isEvery,
          moment(staleMs),
          moment(behind?.publishedAtMs ?? null),
          behind?.itemId,
          limit,
        ],
      )
      return rows.map(threadFrom)
    },
    async threadWork(run, { isEvery, staleMs }) {
      const [row] = await all.query<{ steps: string }>(
        `select coalesce(sum(1 + greatest(reported - known, 0)), 0) as steps from (${THREADS} and ${NEEDS_LOOK}) as waiting`,
        [run.workspaceId, run.accountId, run.runId, isEvery, moment(staleMs)],
      )
      return Number(row!.steps)
    },
    async settledReplies({ workspaceId }, commentIds) {
      if (commentIds.length === 0) return new Map()
      const rows = await all.query<{ comment_id: string; replies_settled: string }>(
        'select comment_id, replies_settled from collector.comment where workspace_id = $1 and comment_id = any($2)',
        [workspaceId, commentIds],
      )
      return new Map(rows.map((row) => [row.comment_id, Number(row.replies_settled)]))
    },
    async owedReplies({ workspaceId }, itemId, limit) {
      const rows = await all.query<OwedRow>(
        `select comment_id, replies, reply_cursor from collector.comment
          where workspace_id = $1 and item_id = $2 and reply_to is null and replies <> replies_settled order by comment_id limit $3`,
        [workspaceId, itemId, limit],
      )
      return rows.map(owedFrom)
    },
    keepComments: (run, steps, nowMs) =>
      ledger.across(async (tx) => {
        // Nobody was promised these rows yet: if the server dies, rows, facts and cursors go back together, in order.
        await tx.query('set local synchronous_commit = off')
        const tally = await putSteps(tx, run, steps, nowMs)
        await factLog.appendIn(
          tx,
          tally.fresh.map((row) =>
            tell(commentReceived, run.workspaceId, receivedFact(run, row), row.createdAtMs),
          ),
        )
        return { verdict: await count(tx, run, 'comments', tally), known: tally.known, owed: tally.owed }
      }),
    keepTold: ({ workspaceId, accountId }, comments, nowMs) =>
      ledger.across(async (tx) => {
        const rows = once(comments, (comment) => comment.commentId).map((comment) => ({
          ...comment,
          avatar: '',
          replies: 0,
          isTop: false,
          settled: 0,
          replyCursor: null,
        }))
        const fresh = await insertComments(tx, { workspaceId, accountId }, rows, nowMs, 'do nothing')
        await addKnown(
          tx,
          workspaceId,
          Map.groupBy(fresh.isNew, (row) => row.itemId),
        )
        const account = { workspaceId, accountId }
        await factLog.appendIn(
          tx,
          fresh.isNew.map((row) =>
            tell(commentReceived, workspaceId, receivedFact(account, row), row.createdAtMs),
          ),
        )
        return fresh.isNew.length
      }),

    keepHotList: (run, { list, activeAtMs, entries }, capturedAtMs) =>
      ledger.across(async (tx) => {
        const atMs = activeAtMs ?? Math.floor(capturedAtMs / POINT_EVERY_MS) * POINT_EVERY_MS
        const made = await tx.query(
          `insert into collector.hot_list_snapshot (workspace_id, list, active_at, captured_at)
           values ($1, $2, $3, $4) on conflict do nothing returning 1`,
          [run.workspaceId, list, moment(atMs), moment(capturedAtMs)],
        )
        const isNew = made.length > 0 ? entries.length : 0
        if (isNew > 0) {
          await tx.query(
            `insert into collector.hot_list_entry (workspace_id, list, active_at, rank, sentence, heat, label)
             select $1, $2, $3, * from unnest($4::int[], $5::text[], $6::bigint[], $7::int[])`,
            [run.workspaceId, list, moment(atMs), ...columns(entries, ['rank', 'sentence', 'heat', 'label'])],
          )
          const data = { list, activeAtMs: atMs, capturedAtMs, entries: [...entries] }
          await factLog.appendIn(tx, [tell(hotListCaptured, run.workspaceId, data, atMs)])
        }
        return count(tx, run, 'hot-list', {
          pages: 1,
          isNew,
          isChanged: 0,
          pulled: entries.length,
          newestMs: atMs,
          steps: entries.length,
        })
      }),

    carryPoints: (limit, deliver) =>
      ledger.across(async (tx) => {
        const rows = await tx.query<Record<string, string> & { at: number }>(
          `delete from collector.point_outbox
            where seq in (select seq from collector.point_outbox order by seq limit $1 for update skip locked) returning *`,
          [limit],
        )
        // The delete is undone when the delivery fails, and a crash in between delivers the same points again.
        if (rows.length > 0) await deliver(rows.map(pointFrom))
        return rows.length
      }),
    carrySnapshots: (limit, deliver) =>
      ledger.across(async (tx) => {
        const taken = await tx.query<{ workspace_id: string; list: string; active_at: number }>(
          `select workspace_id, list, active_at from collector.hot_list_snapshot where not in_warehouse
            order by active_at limit $1 for update skip locked`,
          [limit],
        )
        if (taken.length === 0) return 0
        const keys = [
          taken.map((row) => row.workspace_id),
          taken.map((row) => row.list),
          taken.map((row) => moment(row.active_at)),
        ]
        const entries = await tx.query<Omit<SnapshotEntry, 'activeAtMs'> & { active_at: number }>(
          `select e.list, e.active_at, e.rank, e.sentence, e.heat::float8 as heat, e.label
             from unnest($1::text[], $2::text[], $3::timestamptz[]) as k(workspace_id, list, active_at)
             join collector.hot_list_entry e using (workspace_id, list, active_at)`,
          keys,
        )
        await deliver(entries.map(({ active_at, ...entry }) => ({ ...entry, activeAtMs: active_at })))
        await tx.query(
          `update collector.hot_list_snapshot s set in_warehouse = true
             from unnest($1::text[], $2::text[], $3::timestamptz[]) as k(workspace_id, list, active_at)
            where s.workspace_id = k.workspace_id and s.list = k.list and s.active_at = k.active_at`,
          keys,
        )
        return taken.length
      }),
  }
}

const pointFrom = (row: Record<string, string> & { at: unknown }): Point => ({
  workspaceId: row['workspace_id'] as Point['workspaceId'],
  accountId: row['account_id']!,
  itemId: row['item_id']!,
  atMs: row.at as unknown as number,
  plays: Number(row['plays']),
  likes: Number(row['likes']),
  comments: Number(row['comments']),
  shares: Number(row['shares']),
  forwards: Number(row['forwards']),
  downloads: Number(row['downloads']),
})
