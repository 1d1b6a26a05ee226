import { columns } from '#engines/postgres/columns.ts'
import { minutes } from '#kernel/clock.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Run } from './collector.ts'
import { moment } from './pass.postgres.ts'
import type { PulledVideo } from './source.ts'

/** Looks of the same minute are one point: what is sent twice is the same row in the warehouse. */
export const POINT_EVERY_MS = minutes(1)

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
export async function putVideos(
  tx: Tx,
  run: Run,
  videos: PulledVideo[],
  isListed: boolean,
  lookedAtMs: number,
) {
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

export const publishedFact = ({ accountId }: Run, video: PulledVideo) => ({
  accountId,
  itemId: video.itemId,
  videoId: video.videoId,
  title: video.title,
  shareUrl: video.shareUrl,
  publishedAtMs: video.publishedAtMs,
})
