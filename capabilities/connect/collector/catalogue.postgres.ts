import type { RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import { HOUSE, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Row } from '#kernel/ledger.ts'
import type {
  Catalogue,
  CommentView,
  HotListView,
  RunView,
  Slice,
  SourceView,
  Summary,
  VideoOrder,
  VideoView,
} from './catalogue.ts'
import { HOUSE_ACCOUNT } from './collector.ts'
import { moment } from './pass.postgres.ts'

/** What was collected, for reading. A person's request runs inside the workspace's own row-level security. */
export function postgresCatalogue(ledger: Ledger, _context: Pick<RoomContext, 'name'>): Catalogue {
  const all = ledger.everywhere
  const within = <R>(workspace: WorkspaceId, text: string, values: readonly unknown[] = []) =>
    ledger.within(workspace, (tx) => tx.query<R>(text, values))
  /** The workspace's rows and then the installation's: nobody's secret, and nobody else's. */
  const withHouse = async <R>(workspace: WorkspaceId, text: string, values: readonly unknown[] = []) => [
    ...(await within<R>(workspace, text, values)),
    ...(await within<R>(HOUSE, text, values)),
  ]

  return {
    async sources(workspaceId, nowMs) {
      const rows = await withHouse<SourceRow>(workspaceId, SOURCES, [moment(nowMs)])
      return rows.map((row) => sourceView(row, nowMs))
    },
    async runs({ workspaceId, accountId, state, after, limit }) {
      const values = [accountId, state, after || null, limit + 1]
      const text = `${RUNS} where ($1::text is null or r.account_id = $1) and ($2::text is null or r.state = $2)
        and ($3::text is null or r.run_id < $3) order by r.run_id desc limit $4`
      const rows = await withHouse<Row>(workspaceId, text, values)
      const items = rows.map(runView).sort((a, b) => (a.runId < b.runId ? 1 : -1))
      return sliced(items, limit, (run) => run.runId)
    },
    async run(workspaceId, runId) {
      const [row] = await withHouse<Row>(workspaceId, `${RUNS} where r.run_id = $1`, [runId])
      return row ? runView(row) : null
    },
    async videos({ workspaceId, accountId, q, sort, after, limit }) {
      const { column, type } = ORDERS[sort]
      const [value, id] = positionFrom(after)
      const rows = await within<Row>(
        workspaceId,
        `${VIDEOS} where ($1::text is null or v.account_id = $1) and ($2::text is null or v.title ilike $2 or v.item_id = $3)
            and ($4::${type} is null or (${column}, v.item_id) < ($4, $5))
          order by ${column} desc, v.item_id desc limit $6`,
        [accountId, containing(q), q, sort === 'published' ? momentText(value) : value, id, limit + 1],
      )
      return sliced(rows.map(videoView), limit, (video) => positionOf(VALUE_OF[sort](video), video.itemId))
    },
    async video(workspaceId, itemId) {
      const [row] = await within<Row>(workspaceId, `${VIDEOS} where v.item_id = $1`, [itemId])
      return row ? videoView(row) : null
    },
    async comments({ workspaceId, accountId, itemId, q, sinceMs, after, limit }) {
      const [value, id] = positionFrom(after)
      const rows = await within<Row>(
        workspaceId,
        `select * from collector.comment
          where ($1::text is null or account_id = $1) and ($2::text is null or item_id = $2)
            and ($3::text is null or content ilike $3 or nickname ilike $3 or comment_id = $4)
            and ($5::timestamptz is null or created_at >= $5)
            and ($6::timestamptz is null or (created_at, comment_id) < ($6, $7))
          order by created_at desc, comment_id desc limit $8`,
        [accountId, itemId, containing(q), q, moment(sinceMs ?? null), momentText(value), id, limit + 1],
      )
      return sliced(rows.map(commentView), limit, (comment) =>
        positionOf(comment.createdAtMs, comment.commentId),
      )
    },
    async hotListAt(atMs) {
      const rows = await all.query<Row>(
        `select e.*, s.captured_at from collector.hot_list_entry e
           join (select list, active_at, captured_at from collector.hot_list_snapshot
                  where workspace_id = $1 and active_at <= $2 order by active_at desc limit 1) s using (list, active_at)
          where e.workspace_id = $1 order by e.rank`,
        [HOUSE, moment(atMs)],
      )
      const [first] = rows
      if (!first) return null
      return {
        list: first['list'],
        activeAtMs: first['active_at'],
        capturedAtMs: first['captured_at'],
        entries: rows.map(entryView),
      }
    },
    async hotLists({ after, limit }) {
      const rows = await all.query<Row>(
        `select list, active_at, captured_at from collector.hot_list_snapshot
          where workspace_id = $1 and ($2::timestamptz is null or active_at < $2) order by active_at desc limit $3`,
        [HOUSE, momentText(after), limit + 1],
      )
      const items = rows.map(
        (row): Omit<HotListView, 'entries'> => ({
          list: row['list'],
          activeAtMs: row['active_at'],
          capturedAtMs: row['captured_at'],
        }),
      )
      return sliced(items, limit, (snapshot) => String(snapshot.activeAtMs))
    },
    async summary(workspaceId, nowMs) {
      const [row] = await within<Row>(workspaceId, SUMMARY, [
        moment(nowMs),
        moment(shanghaiMidnightMs(nowMs)),
      ])
      const sources = await withHouse<Row>(workspaceId, SOURCE_SUMMARY, [moment(nowMs)])
      const pulled = Number(row!['pulled'])
      return {
        lagP95Seconds: seconds(row!['lag_p95']),
        newestItemP95Seconds: seconds(row!['newest_p95']),
        gapDays: Number(row!['gap_days']),
        newToday: Number(row!['new_today']),
        newYesterday: Number(row!['new_yesterday']),
        duplicateRate: pulled > 0 ? Number(row!['repeated']) / pulled : null,
        videos: Number(row!['videos']),
        comments: Number(row!['comments']),
        backfill: { videosPending: Number(row!['pending']), commentsMissing: Number(row!['missing']) },
        sources: sources.map(sourceSummary),
      }
    },

    async exportVideos({ workspaceId, after, limit }) {
      const [value, id] = positionFrom(after)
      const rows = await within<Row>(
        workspaceId,
        `${VIDEOS} where ($1::timestamptz is null or (v.published_at, v.item_id) > ($1, $2)) order by v.published_at, v.item_id limit $3`,
        [momentText(value), id, limit + 1],
      )
      return sliced(rows.map(videoView), limit, (video) => positionOf(video.publishedAtMs, video.itemId))
    },
    async exportComments({ workspaceId, after, limit }) {
      const [value, id] = positionFrom(after)
      const rows = await within<Row>(
        workspaceId,
        `select * from collector.comment where ($1::timestamptz is null or (created_at, comment_id) > ($1, $2))
          order by created_at, comment_id limit $3`,
        [momentText(value), id, limit + 1],
      )
      return sliced(rows.map(commentView), limit, (comment) =>
        positionOf(comment.createdAtMs, comment.commentId),
      )
    },
    async exportHotList({ after, limit }) {
      const [value, id] = positionFrom(after)
      const rows = await all.query<Row>(
        `select * from collector.hot_list_entry
          where workspace_id = $1 and ($2::timestamptz is null or (active_at, rank) > ($2, $3::int)) order by active_at, rank limit $4`,
        [HOUSE, momentText(value), id, limit + 1],
      )
      const items = rows.map((row) => ({
        list: row['list'] as string,
        activeAtMs: row['active_at'] as number,
        ...entryView(row),
      }))
      return sliced(items, limit, (entry) => positionOf(entry.activeAtMs, String(entry.rank)))
    },
  }
}

const SOURCES = `
  select s.*, coalesce(a.nickname, '') as nickname,
         case s.source
           when 'comments' then (select count(*) from collector.comment c where c.workspace_id = s.workspace_id
                                  and c.account_id = s.account_id and c.first_seen_at > $1::timestamptz - interval '1 day')
           when 'videos' then (select count(*) from collector.video v where v.workspace_id = s.workspace_id
                                and v.account_id = s.account_id and v.first_seen_at > $1::timestamptz - interval '1 day')
           when 'hot-list' then (select count(*) from collector.hot_list_entry e where e.workspace_id = s.workspace_id
                                  and e.active_at > $1::timestamptz - interval '1 day')
           else 0 end as new_24h
    from collector.source s left join collector.account a using (workspace_id, account_id)
   order by s.account_id, s.source`

type SourceRow = Row & {
  settled_at: number | null
  last_success_at: number | null
  pulled: string
  repeated: string
}

const sourceView = (row: SourceRow, nowMs: number): SourceView => ({
  accountId: row['account_id'],
  nickname: row['nickname'],
  source: row['source'],
  state: row['state'],
  cursor: row['cursor'] ?? cursorOf(row.settled_at ?? row['newest_at']),
  lastSuccessAtMs: row.last_success_at,
  nextPlanAtMs: row['state'] === 'paused' ? null : row['next_plan_at'],
  newestItemAtMs: row['newest_at'],
  quotaUntilMs: row['quota_until'],
  rows: Number(row['rows']),
  new24h: Number(row['new_24h']),
  pulled: Number(row.pulled),
  duplicateRate: Number(row.pulled) > 0 ? Number(row.repeated) / Number(row.pulled) : null,
  lagSeconds:
    row.last_success_at === null ? null : Math.max(0, Math.round((nowMs - row.last_success_at) / 1000)),
  failure: row['failure'],
})

const cursorOf = (ms: number | null): string => (ms === null ? 'start' : new Date(ms).toISOString())

const RUNS = `select r.*, coalesce(a.nickname, '') as nickname from collector.run r left join collector.account a using (workspace_id, account_id)`

const runView = (row: Row): RunView => ({
  runId: row['run_id'],
  accountId: row['account_id'],
  nickname: row['nickname'],
  sources: row['sources'],
  isScheduled: row['is_scheduled'],
  sinceMs: row['since_at'],
  state: row['state'],
  startedBy: row['started_by'],
  createdAtMs: row['created_at'],
  startedAtMs: row['started_at'],
  endedAtMs: row['ended_at'],
  progress: { done: Number(row['done']), total: row['total'] === null ? null : Number(row['total']) },
  pages: Number(row['pages']),
  rowsNew: Number(row['rows_new']),
  rowsChanged: Number(row['rows_changed']),
  rowsSame: Number(row['rows_same']),
  cursors: row['cursors'],
  failures: row['failures'],
})

const VIDEOS = `
  select v.*, coalesce(a.nickname, '') as nickname, coalesce(t.known, 0) as known
    from collector.video v left join collector.account a using (workspace_id, account_id)
    left join collector.thread t on t.workspace_id = v.workspace_id and t.item_id = v.item_id`

const ORDERS: Record<VideoOrder, { column: string; type: string }> = {
  published: { column: 'v.published_at', type: 'timestamptz' },
  plays: { column: 'v.plays', type: 'bigint' },
  likes: { column: 'v.likes', type: 'bigint' },
  growth: { column: 'v.growth', type: 'float8' },
}
const VALUE_OF: Record<VideoOrder, (video: VideoView) => number> = {
  published: (video) => video.publishedAtMs,
  plays: (video) => video.plays,
  likes: (video) => video.likes,
  growth: (video) => video.growth,
}

const videoView = (row: Row): VideoView => ({
  itemId: row['item_id'],
  videoId: row['video_id'],
  accountId: row['account_id'],
  nickname: row['nickname'],
  title: row['title'],
  cover: row['cover'],
  shareUrl: row['share_url'],
  publishedAtMs: row['published_at'],
  isTop: row['is_top'],
  isReviewed: row['is_reviewed'],
  mediaType: row['media_type'],
  videoStatus: row['video_status'],
  plays: Number(row['plays']),
  likes: Number(row['likes']),
  comments: Number(row['comments']),
  shares: Number(row['shares']),
  forwards: Number(row['forwards']),
  downloads: Number(row['downloads']),
  growth: Number(row['growth']),
  lookedAtMs: row['looked_at'],
  firstSeenAtMs: row['first_seen_at'],
  goneAtMs: row['gone_at'],
  knownComments: Number(row['known']),
})

const commentView = (row: Row): CommentView => ({
  commentId: row['comment_id'],
  itemId: row['item_id'],
  roomId: row['room_id'],
  accountId: row['account_id'],
  replyTo: row['reply_to'],
  userId: row['user_id'],
  nickname: row['nickname'],
  avatar: row['avatar'],
  content: row['content'],
  createdAtMs: row['created_at'],
  likes: Number(row['likes']),
  replies: Number(row['replies']),
  top: row['is_top'],
  origin: row['origin'],
  firstSeenAtMs: row['first_seen_at'],
})

const entryView = (row: Row) => ({
  rank: row['rank'] as number,
  sentence: row['sentence'] as string,
  heat: Number(row['heat']),
  label: row['label'] as number,
})

/** $1 now, $2 midnight. A thread owes something while its walk is open, never made, or its count is short. */
const SUMMARY = `
  with lag as (
    select extract(epoch from $1::timestamptz - last_success_at) as since, extract(epoch from $1::timestamptz - newest_at) as newest, pulled, repeated
      from collector.source where account_id <> '${HOUSE_ACCOUNT}'
  ), owing as (
    select t.account_id, least($1::timestamptz, coalesce(t.settled_at, v.published_at)) as since, greatest(v.comments - t.known, 0) as missing
      from collector.thread t join collector.video v using (workspace_id, item_id)
     where v.gone_at is null and (t.full_at is null or t.pass is not null or (t.known < v.comments and v.comments is distinct from t.counted_full))
  )
  select (select percentile_cont(0.95) within group (order by since) from lag) as lag_p95,
         (select percentile_cont(0.95) within group (order by newest) from lag) as newest_p95,
         (select coalesce(sum(pulled), 0) from lag) as pulled, (select coalesce(sum(repeated), 0) from lag) as repeated,
         (select coalesce(sum(days), 0) from (select ceil(extract(epoch from $1::timestamptz - min(since)) / 86400) as days
                                                 from owing group by account_id) as gaps) as gap_days,
         (select count(*) from owing) as pending, (select coalesce(sum(missing), 0) from owing) as missing,
         (select count(*) from collector.video where gone_at is null) as videos,
         (select coalesce(sum(known), 0) from collector.thread) as comments,
         (select count(*) from collector.comment where first_seen_at >= $2) + (select count(*) from collector.video where first_seen_at >= $2) as new_today,
         (select count(*) from collector.comment where first_seen_at < $2 and first_seen_at >= $2::timestamptz - interval '1 day')
         + (select count(*) from collector.video where first_seen_at < $2 and first_seen_at >= $2::timestamptz - interval '1 day') as new_yesterday`

const SOURCE_SUMMARY = `
  select source, count(*) as accounts, max(last_success_at) as last_success_at,
         percentile_cont(0.95) within group (order by extract(epoch from $1::timestamptz - last_success_at)) as lag_p95,
         count(*) filter (where state = 'failed') as failed, count(*) filter (where state = 'waiting-quota') as waiting,
         count(*) filter (where state = 'paused') as paused
    from collector.source group by source order by source`

const sourceSummary = (row: Row): Summary['sources'][number] => ({
  source: row['source'],
  accounts: Number(row['accounts']),
  lagP95Seconds: seconds(row['lag_p95']),
  lastSuccessAtMs: row['last_success_at'],
  failed: Number(row['failed']),
  waiting: Number(row['waiting']),
  paused: Number(row['paused']),
})

const seconds = (value: unknown): number | null =>
  value === null ? null : Math.max(0, Math.round(Number(value)))

const SHANGHAI_MS = 8 * 3_600_000
const DAY_MS = 86_400_000
const shanghaiMidnightMs = (nowMs: number): number =>
  Math.floor((nowMs + SHANGHAI_MS) / DAY_MS) * DAY_MS - SHANGHAI_MS

/** One row more than asked was read: it says whether there is another page. */
function sliced<T>(rows: T[], limit: number, position: (row: T) => string): Slice<T> {
  const items = rows.slice(0, limit)
  return { items, next: rows.length > limit ? position(items.at(-1)!) : null }
}

const positionOf = (value: number, id: string): string =>
  Buffer.from(JSON.stringify([value, id])).toString('base64url')

function positionFrom(after: string | undefined): [number, string] | [null, null] {
  if (!after) return [null, null]
  try {
    const [value, id] = JSON.parse(Buffer.from(after, 'base64url').toString()) as unknown[]
    if (typeof value === 'number' && typeof id === 'string') return [value, id]
  } catch {}
  throw fault('invalid', 'collector/bad-cursor', 'This cursor is not one of ours', { field: 'after' })
}

/** Unix ms, as it came in a cursor. */
function momentText(value: number | string | null | undefined): Date | null {
  if (value === null || value === undefined || value === '') return null
  const date = new Date(Number(value))
  if (Number.isNaN(date.getTime()))
    throw fault('invalid', 'collector/bad-cursor', 'This cursor is not one of ours', { field: 'after' })
  return date
}

const containing = (q: string | undefined): string | undefined => q && `%${q.replace(/[\\%_]/g, '\\$&')}%`
