import { columns } from '#engines/postgres/columns.ts'
import type { Tx } from '#kernel/ledger.ts'
import type { Run } from './collector.ts'
import { moment } from './pass.postgres.ts'
import type { CommentStep, OwedReplies, ReplyPage, ToldComment } from './store.ts'

/** A comment on its way into the table, whichever way it came. */
export type CommentRow = Omit<ToldComment, 'origin'> & {
  origin: 'pull' | 'webhook' | 'live'
  avatar: string
  replies: number
  isTop: boolean
  settled: number
  replyCursor: string | null
}

/** All rows that a step brings: comments of a page with what is known of their replies, then the replies themselves. */
export function rowsOf(step: CommentStep): CommentRow[] {
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

export interface OwedRow {
  comment_id: string
  replies: string
  reply_cursor: string | null
}

type TouchedRow = OwedRow & { item_id: string; is_new: boolean; is_owing: boolean }

export const owedFrom = (row: OwedRow): OwedReplies => ({
  commentId: row.comment_id,
  replies: Number(row.replies),
  cursor: row.reply_cursor,
})

export const UPDATE_COMMENT = `do update set reply_to = coalesce(excluded.reply_to, c.reply_to), user_id = excluded.user_id, nickname = excluded.nickname,
    avatar = excluded.avatar, content = excluded.content, likes = excluded.likes, replies = excluded.replies, is_top = excluded.is_top,
    replies_settled = excluded.replies_settled, reply_cursor = excluded.reply_cursor
  where (c.reply_to, c.user_id, c.nickname, c.avatar, c.content, c.likes, c.replies, c.is_top, c.replies_settled, c.reply_cursor)
     is distinct from (coalesce(excluded.reply_to, c.reply_to), excluded.user_id, excluded.nickname, excluded.avatar,
                       excluded.content, excluded.likes, excluded.replies, excluded.is_top, excluded.replies_settled, excluded.reply_cursor)`

export async function insertComments(
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

export const receivedFact = ({ accountId }: Pick<Run, 'accountId'>, row: CommentRow) => ({
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
