import { useQuery } from '@tanstack/react-query'
import type { CommentView, VideoView } from '#capabilities/connect/collector/catalogue.ts'
import { words } from '#capabilities/connect/collector/words.ts'
import { type ListPage, list, read } from '#console/client.ts'
import { num, time } from '#console/format.ts'
import type { Column } from '#console/parts/columns.ts'
import { DataTable } from '#console/parts/data-table.tsx'
import { Drawer560, Facts } from '#console/parts/drawer560.tsx'
import { Empty2 } from '#console/parts/empty2.tsx'
import type { Field } from '#console/parts/filter-fields.ts'
import { Filters, useFilters } from '#console/parts/filters.tsx'
import { Loading } from '#console/parts/loading.tsx'
import { Reason } from '#console/parts/reason.tsx'
import { Status } from '#console/parts/status.tsx'
import { Num, When } from '#console/parts/values.tsx'
import { partWords } from '#console/parts/words.ts'
import { useWords } from '#console/words.ts'
import { useAccountName, useAccounts } from './accounts.tsx'
import { Growth } from './growth.tsx'

const path = '/api/collector/videos'
const dayMs = 86_400_000

/** Plays per day, once a day has been seen: from minutes it would be a guess. */
const growthOf = (video: VideoView) =>
  video.lookedAtMs - video.firstSeenAtMs < dayMs ? null : Math.round(video.growth)

/** Every video with its counters, and how they grew. */
export default function Videos() {
  const w = useWords(words)
  const fields: Field[] = [
    { kind: 'choice', key: 'accountId', label: w.account, options: useAccounts() },
    {
      kind: 'choice',
      key: 'sort',
      label: w.orderBy,
      options: [
        { value: 'published', label: w.byPublished },
        { value: 'plays', label: w.byPlays },
        { value: 'likes', label: w.byLikes },
        { value: 'growth', label: w.byGrowth },
      ],
    },
    { kind: 'text', key: 'q', label: w.findVideo },
  ]
  const filters = useFilters(fields)
  return (
    <>
      <Filters state={filters} />
      <DataTable<VideoView>
        name="videos"
        source={list<VideoView>(path, filters.params, { everyMs: 60_000 })}
        columns={useColumns()}
        rowKey={({ itemId }) => itemId}
        drawer={(id) => <Detail key={id} id={id} />}
        empty={{ kind: 'unstarted', text: w.emptyVideos }}
        clearFilters={filters.count ? filters.clear : undefined}
        what={w.videos}
      />
    </>
  )
}

function useColumns(): Column<VideoView>[] {
  const w = useWords(words)
  const nameOf = useAccountName()
  const figure = (
    key: 'plays' | 'likes' | 'comments' | 'shares',
    title: string,
    width: number,
  ): Column<VideoView> => ({
    key,
    title,
    width,
    align: 'right',
    render: (video) => <Num value={video[key]} />,
    value: (video) => video[key],
  })
  return [
    {
      key: 'title',
      title: w.video,
      mobile: 'title',
      render: (video) => (
        <span className="d-clip" title={video.title}>
          {video.title || video.itemId}
        </span>
      ),
      value: (video) => video.title,
    },
    { key: 'account', title: w.account, width: 120, mobile: 'main', render: nameOf, value: nameOf },
    {
      key: 'published',
      title: w.published,
      width: 110,
      mobile: 'side',
      render: (video) => <When at={video.publishedAtMs} />,
      value: (video) => time(video.publishedAtMs),
    },
    { ...figure('plays', w.plays, 104), mobile: 'main' },
    {
      key: 'growth',
      title: w.growth,
      width: 104,
      align: 'right',
      render: (video) => <Num value={growthOf(video)} />,
      value: growthOf,
    },
    figure('likes', w.likes, 90),
    figure('comments', w.commentCount, 84),
    figure('shares', w.shares, 76),
    {
      key: 'lookedAt',
      title: w.lookedAt,
      width: 100,
      render: (video) =>
        video.goneAtMs ? (
          <Status tone="neutral">{w.goneVideo}</Status>
        ) : (
          <span className="d-muted">
            <When at={video.lookedAtMs} />
          </span>
        ),
      value: (video) => time(video.lookedAtMs),
    },
  ]
}

function Detail({ id }: { id: string }) {
  const w = useWords(words)
  const parts = useWords(partWords)
  const query = useQuery(read<VideoView>(`${path}/${encodeURIComponent(id)}`))
  const video = query.data
  const body = video ? (
    <Overview video={video} />
  ) : query.isError ? (
    <Reason problem={query.error} onRetry={() => void query.refetch()} />
  ) : (
    <Loading shape="rows" what={w.video} />
  )
  return (
    <Drawer560
      title={video?.title ?? w.video}
      id={id}
      status={video && <VideoState video={video} />}
      tabs={[
        { key: 'overview', label: parts.overview, body },
        { key: 'comments', label: w.comments, body: <Comments itemId={id} /> },
      ]}
    />
  )
}

function VideoState({ video }: { video: VideoView }) {
  const w = useWords(words)
  if (video.goneAtMs) return <Status tone="neutral">{w.goneVideo}</Status>
  if (!video.isReviewed) return <Status tone="info">{w.inReview}</Status>
  return video.isTop ? <Status tone="primary">{w.top}</Status> : null
}

function Overview({ video }: { video: VideoView }) {
  const w = useWords(words)
  const nameOf = useAccountName()
  return (
    <>
      <Growth itemId={video.itemId} />
      <Facts
        rows={[
          [w.account, nameOf(video)],
          [w.published, <When key="p" at={video.publishedAtMs} exact />],
          [w.plays, num(video.plays)],
          [
            w.growth,
            <span key="g" title={w.growthIs}>
              {num(growthOf(video))}
            </span>,
          ],
          [w.likes, num(video.likes)],
          [w.commentCount, `${num(video.comments)} · ${w.known} ${num(video.knownComments)}`],
          [w.shares, num(video.shares)],
          [w.forwards, num(video.forwards)],
          [w.downloads, num(video.downloads)],
          [w.firstSeen, <When key="f" at={video.firstSeenAtMs} exact />],
          [w.lookedAt, <When key="l" at={video.lookedAtMs} exact />],
        ]}
      />
      {video.shareUrl && (
        <a href={video.shareUrl} target="_blank" rel="noreferrer">
          {w.openDouyin}
        </a>
      )}
    </>
  )
}

function Comments({ itemId }: { itemId: string }) {
  const w = useWords(words)
  const query = useQuery(read<ListPage<CommentView>>('/api/collector/comments', { itemId, limit: 50 }))
  if (query.isError) return <Reason problem={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Loading shape="rows" what={w.comments} />
  if (!query.data.items.length) return <Empty2 kind="unstarted" text={w.emptyComments} />
  return (
    <>
      {query.data.items.map((comment) => (
        <div key={comment.commentId} className="d-job">
          <div className="d-job-facts">
            {comment.nickname} · <When at={comment.createdAtMs} /> · {w.likes} {num(comment.likes)}
            {comment.replyTo ? ` · ${w.reply}` : ''}
          </div>
          <div>{comment.content}</div>
        </div>
      ))}
    </>
  )
}
