import assert from 'node:assert/strict'
import type { Ledger } from '#kernel/ledger.ts'
import type { visitor } from '#sandbox/visitor.ts'

/** Every row of the world is in the tables as it is, nothing else is, and each was told once. */
export async function assertEqualsWorld(ledger: Ledger, world: ReturnType<typeof visitor>): Promise<void> {
  const rowsOf = (text: string) => ledger.everywhere.query(text)
  const comments = await rowsOf(
    `select comment_id, item_id, reply_to, user_id, nickname, avatar, content, created_at, likes::float8, replies::float8, is_top
       from collector.comment order by comment_id collate "C"`,
  )
  const truth = (await world.rows('comments')).map((row) => ({
    comment_id: row['commentId'],
    item_id: row['itemId'],
    reply_to: row['replyTo'],
    user_id: row['userId'],
    nickname: row['nickname'],
    avatar: row['avatar'],
    content: row['content'],
    created_at: Number(row['createTime']) * 1000,
    likes: row['diggCount'],
    replies: row['replyTotal'],
    is_top: row['top'],
  }))
  const byId = (a: { comment_id: unknown }, b: { comment_id: unknown }) =>
    String(a.comment_id) < String(b.comment_id) ? -1 : 1
  assert.deepEqual(comments, truth.sort(byId))
  const videos = await rowsOf(
    'select item_id, title, plays::float8, likes::float8, comments::float8 from collector.video order by item_id collate "C"',
  )
  const shown = (await world.rows('videos')).map((row) => {
    const statistics = row['statistics'] as Record<string, number>
    return {
      item_id: row['itemId'],
      title: row['title'],
      plays: statistics['playCount'],
      likes: statistics['diggCount'],
      comments: statistics['commentCount'],
    }
  })
  assert.deepEqual(
    videos,
    shown.sort((a, b) => (String(a.item_id) < String(b.item_id) ? -1 : 1)),
  )
  const told = await rowsOf(
    `select name, count(*)::int as facts, count(distinct coalesce(data->>'commentId', data->>'itemId'))::int as things from fact_log.outbox group by 1 order by 1`,
  )
  assert.deepEqual(told, [
    { name: 'comment.received', facts: truth.length, things: truth.length },
    { name: 'video.published', facts: shown.length, things: shown.length },
  ])
}
