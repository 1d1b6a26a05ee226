import type { RoomContext } from '#kernel/capability.ts'
import { minutes } from '#kernel/clock.ts'
import { tell } from '#kernel/fact-log.ts'
import { commentReceived } from '#kernel/facts/comment.ts'
import { hotListCaptured } from '#kernel/facts/hot-list.ts'
import { videoPublished } from '#kernel/facts/video.ts'
import { fault } from '#kernel/fault.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import type { Pass, Run, SourceName, Thread } from './collector.ts'
import { moment, PASS_COLUMNS, type PassRow, passFrom, passValues } from './pass.postgres.ts'
import type { PulledVideo } from './source.ts'
import type {
  CommentStep,
  KeptComments,
  OwedReplies,
  Point,
  ReplyPage,
  SnapshotEntry,
  Store,
  ToldComment,
  Verdict,
} from './store.ts'

/** Looks of the same minute are one point: what is sent twice is the same row in the warehouse. */
const POINT_EVERY_MS = minutes(1)

/** What a page brought, for the run and for its source. */
interface Tally {
  pages: number
  isNew: number
  isChanged: number
  pulled: number
  newestMs: number | null
  /** Progress in the run's own unit. */
  steps: number
}

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

const IS_OWING = `exists (select from collector.comment c where c.workspace_id = t.workspace_id and c.item_id = t.item_id
            and c.reply_to is null and c.replies <> c.replies_settled)`

const THREADS = `
  select t.item_id, v.published_at, v.comments as reported, t.counted, t.counted_full, t.known, ${PASS_COLUMNS.replace(/\w+/g, 't.$&')},
         ${IS_OWING} as is_owing
    from collector.thread t join collector.video v on v.workspace_id = t.workspace_id and v.item_id = t.item_id
   where t.workspace_id = $1 and t.account_id = $2 and v.gone_at is null`

/** $3 run, $4 every thread, $5 full walks from before are too old. */
const NEEDS_LOOK = `t.done_run is distinct from $3 and ($4 or t.pass is not null or t.full_at is null or t.full_at < $5
    or v.comments is distinct from t.counted
    or (t.known < v.comments and v.comments is distinct from t.counted_full)
    or ${IS_OWING})`

interface ThreadRow extends PassRow {
  item_id: string
  published_at: number
  reported: string
  counted: string | null
  counted_full: string | null
  known: string
  is_owing: boolean
}

const threadFrom = (row: ThreadRow): Thread => ({
  ...passFrom(row),
  itemId: row.item_id,
  publishedAtMs: row.published_at,
  reported: Number(row.reported),
  counted: row.counted === null ? null : Number(row.counted),
  countedFull: row.counted_full === null ? null : Number(row.counted_full),
  known: Number(row.known),
  isOwing: row.is_owing,
})

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

const VIDEO_FIELDS = [
  'itemId',
  'videoId',
  'title',
  'cover',
  'shareUrl',
  'isTop',
  'isReviewed',
  'mediaType',
  'videoStatus',
] as const
const COUNTERS = ['plays', 'likes', 'comments', 'shares', 'forwards', 'downloads'] as const

/** The videos never seen, and how many of the others look different. */
async function putVideos(tx: Tx, run: Run, videos: PulledVideo[], isListed: boolean, lookedAtMs: number) {
  const before = await tx.query<Record<string, unknown> & { item_id: string }>(
    `select item_id, title, ${COUNTERS.join(', ')} from collector.video where workspace_id = $1 and item_id = any($2) order by item_id for update`,
    [run.workspaceId, videos.map((video) => video.itemId)],
  )
  const rows = await tx.query<{ item_id: string; is_new: boolean }>(UPSERT_VIDEOS, [
    run.workspaceId,
    run.accountId,
    moment(lookedAtMs),
    isListed ? moment(lookedAtMs) : null,
    ...columns(videos, VIDEO_FIELDS),
    videos.map((video) => moment(video.publishedAtMs)),
    ...columns(videos, COUNTERS),
  ])
  const isNew = new Set(rows.filter((row) => row.is_new).map((row) => row.item_id))
  const fresh = videos.filter((video) => isNew.has(video.itemId))
  const known = new Map(before.map((row) => [row.item_id, row]))
  const differs = (video: PulledVideo, old: Record<string, unknown>) =>
    old['title'] !== video.title || COUNTERS.some((name) => Number(old[name]) !== video[name])
  const changed = videos.filter(
    (video) => known.has(video.itemId) && differs(video, known.get(video.itemId)!),
  ).length
  if (fresh.length > 0) {
    await tx.query(
      `insert into collector.thread (workspace_id, account_id, item_id, known)
       select $1, $2, i, (select count(*) from collector.comment c where c.workspace_id = $1 and c.item_id = i)
         from unnest($3::text[]) as i on conflict do nothing`,
      [run.workspaceId, run.accountId, fresh.map((video) => video.itemId)],
    )
  }
  await tx.query(
    `insert into collector.point_outbox (workspace_id, account_id, item_id, at, ${COUNTERS.join(', ')})
     select $1, $2, i, $3, a, b, c, d, e, f
       from unnest($4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]) as u(i, a, b, c, d, e, f)`,
    [
      run.workspaceId,
      run.accountId,
      moment(Math.floor(lookedAtMs / POINT_EVERY_MS) * POINT_EVERY_MS),
      videos.map((video) => video.itemId),
      ...columns(videos, COUNTERS),
    ],
  )
  return { fresh, changed }
}

const IS_BASE_OLD = "excluded.looked_at - v.next_at >= interval '1 day'"
const UPSERT_VIDEOS = `
  insert into collector.video as v (workspace_id, account_id, looked_at, listed_at, first_seen_at,
         item_id, video_id, title, cover, share_url, is_top, is_reviewed, media_type, video_status, published_at,
         plays, likes, comments, shares, forwards, downloads, base_plays, base_at, next_plays, next_at)
  select $1, $2, $3, $4, $3, u.*, plays, $3, plays, $3
    from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bool[], $11::bool[], $12::int[], $13::int[],
                $14::timestamptz[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[])
         as u(item_id, video_id, title, cover, share_url, is_top, is_reviewed, media_type, video_status, published_at,
              plays, likes, comments, shares, forwards, downloads)
  on conflict (workspace_id, item_id) do update set
    video_id = excluded.video_id, title = excluded.title, cover = excluded.cover, share_url = excluded.share_url,
    is_top = excluded.is_top, is_reviewed = excluded.is_reviewed, media_type = excluded.media_type,
    video_status = excluded.video_status, published_at = excluded.published_at, plays = excluded.plays,
    likes = excluded.likes, comments = excluded.comments, shares = excluded.shares, forwards = excluded.forwards,
    downloads = excluded.downloads, looked_at = excluded.looked_at, gone_at = null,
    listed_at = coalesce(excluded.listed_at, v.listed_at),
    base_plays = case when ${IS_BASE_OLD} then v.next_plays else v.base_plays end,
    base_at = case when ${IS_BASE_OLD} then v.next_at else v.base_at end,
    next_plays = case when ${IS_BASE_OLD} then excluded.plays else v.next_plays end,
    next_at = case when ${IS_BASE_OLD} then excluded.looked_at else v.next_at end,
    growth = (excluded.plays - case when ${IS_BASE_OLD} then v.next_plays else v.base_plays end) * 86400.0
             / greatest(extract(epoch from excluded.looked_at - case when ${IS_BASE_OLD} then v.next_at else v.base_at end), 3600)
  returning item_id, (xmax = 0) as is_new`

const publishedFact = ({ accountId }: Run, video: PulledVideo) => ({
  accountId,
  itemId: video.itemId,
  videoId: video.videoId,
  title: video.title,
  shareUrl: video.shareUrl,
  publishedAtMs: video.publishedAtMs,
})

type CommentRow = Omit<ToldComment, 'origin'> & {
  origin: 'pull' | 'webhook' | 'live'
  avatar: string
  replies: number
  isTop: boolean
  settled: number
  replyCursor: string | null
}

const pagesIn = (step: CommentStep): number =>
  step.kind === 'thread' ? 1 + step.replies.length : Number(step.kind === 'replies')

/** All rows that a step brings: comments of a page with what is known of their replies, then the replies themselves. */
function rowsOf(step: CommentStep): CommentRow[] {
  if (step.kind === 'finish') return []
  if (step.kind === 'replies') return repliesOf(step.itemId, step)
  const { itemId } = step.thread
  const read = new Map(step.replies.map((page) => [page.commentId, page]))
  const comments = step.rows.map((row): CommentRow => {
    const page = read.get(row.commentId)
    const before = row.replies === 0 ? 0 : (step.settled.get(row.commentId) ?? 0)
    const settled = page && page.cursor === null ? page.replies : before
    return {
      ...row,
      itemId,
      replyTo: null,
      roomId: null,
      origin: 'pull',
      settled,
      replyCursor: page?.cursor ?? null,
    }
  })
  return [...comments, ...step.replies.flatMap((page) => repliesOf(itemId, page))]
}

const repliesOf = (itemId: string, { commentId, rows }: ReplyPage): CommentRow[] =>
  rows.map((row) => ({
    ...row,
    itemId,
    replyTo: commentId,
    roomId: null,
    origin: 'pull',
    settled: 0,
    replyCursor: null,
  }))

async function putSteps(
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

const COMMENT_FIELDS = [
  'commentId',
  'itemId',
  'roomId',
  'replyTo',
  'userId',
  'nickname',
  'avatar',
  'content',
  'likes',
  'replies',
  'isTop',
  'origin',
  'settled',
  'replyCursor',
] as const
interface OwedRow {
  comment_id: string
  replies: string
  reply_cursor: string | null
}

type TouchedRow = OwedRow & { item_id: string; is_new: boolean; is_owing: boolean }

const owedFrom = (row: OwedRow): OwedReplies => ({
  commentId: row.comment_id,
  replies: Number(row.replies),
  cursor: row.reply_cursor,
})

const UPDATE_COMMENT = `do update set reply_to = coalesce(excluded.reply_to, c.reply_to), user_id = excluded.user_id, nickname = excluded.nickname,
    avatar = excluded.avatar, content = excluded.content, likes = excluded.likes, replies = excluded.replies, is_top = excluded.is_top,
    replies_settled = excluded.replies_settled, reply_cursor = excluded.reply_cursor
  where (c.reply_to, c.user_id, c.nickname, c.avatar, c.content, c.likes, c.replies, c.is_top, c.replies_settled, c.reply_cursor)
     is distinct from (coalesce(excluded.reply_to, c.reply_to), excluded.user_id, excluded.nickname, excluded.avatar,
                       excluded.content, excluded.likes, excluded.replies, excluded.is_top, excluded.replies_settled, excluded.reply_cursor)`

async function insertComments(
  tx: Tx,
  { workspaceId, accountId }: Pick<Run, 'workspaceId' | 'accountId'>,
  rows: CommentRow[],
  nowMs: number,
  whenKnown: string,
): Promise<{ isNew: CommentRow[]; changed: number; owed: Map<string, OwedReplies[]> }> {
  if (rows.length === 0) return { isNew: [], changed: 0, owed: new Map() }
  const touched = await tx.query<TouchedRow>(
    `insert into collector.comment as c (workspace_id, account_id, first_seen_at, comment_id, item_id, room_id, reply_to, user_id,
            nickname, avatar, content, likes, replies, is_top, origin, replies_settled, reply_cursor, created_at)
     select $1, $2, $3, * from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::bigint[], $13::bigint[], $14::bool[], $15::text[], $16::bigint[], $17::text[], $18::timestamptz[])
     on conflict (workspace_id, comment_id) ${whenKnown}
     returning comment_id, item_id, replies, reply_cursor, (xmax = 0) as is_new, (reply_to is null and replies <> replies_settled) as is_owing`,
    [
      workspaceId,
      accountId,
      moment(nowMs),
      ...columns(rows, COMMENT_FIELDS),
      rows.map((row) => moment(row.createdAtMs)),
    ],
  )
  const isNew = new Set(touched.filter((row) => row.is_new).map((row) => row.comment_id))
  const owing = Map.groupBy(
    touched.filter((row) => row.is_owing),
    (row) => row.item_id,
  )
  return {
    isNew: rows.filter((row) => isNew.has(row.commentId)),
    changed: touched.length - isNew.size,
    owed: new Map([...owing].map(([itemId, of]) => [itemId, of.map(owedFrom)])),
  }
}

async function addKnown(
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

async function moveSource(tx: Tx, run: Run, source: SourceName, to: Pass): Promise<void> {
  const moved = await tx.query(
    `update collector.source set revision = $4, pass = $5, pass_at = $6, cursor = $7, head_at = $8, until_at = $9, settled_at = $10, full_at = $11
      where workspace_id = $1 and account_id = $2 and source = $3 and revision = $4::bigint - 1 returning 1`,
    [run.workspaceId, run.accountId, source, to.revision, ...passValues(to)],
  )
  if (moved.length === 0) throw overtaken()
}

const overtaken = () =>
  fault('conflict', 'collector/overtaken', 'Another run has moved this collection on, or it was restarted')

async function count(
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

const receivedFact = ({ accountId }: Pick<Run, 'accountId'>, row: CommentRow) => ({
  accountId,
  commentId: row.commentId,
  itemId: row.itemId,
  roomId: row.roomId,
  replyTo: row.replyTo,
  userId: row.userId,
  nickname: row.nickname,
  content: row.content,
  createdAtMs: row.createdAtMs,
  origin: row.origin,
})

/** One row per key, the later one, in the order of keys: two transactions always lock in the same order. */
function once<T>(rows: readonly T[], key: (row: T) => string): T[] {
  const byKey = new Map(rows.map((row) => [key(row), row]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

const columns = <T, K extends keyof T>(rows: readonly T[], names: readonly K[]): T[K][][] =>
  names.map((name) => rows.map((row) => row[name]))

const transposed = (rows: readonly unknown[][]): unknown[][] =>
  rows[0]?.map((_, i) => rows.map((row) => row[i])) ?? []

const newest = (times: readonly number[]): number | null => (times.length === 0 ? null : Math.max(...times))
