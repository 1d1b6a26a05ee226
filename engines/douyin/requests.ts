import type { DouyinRequest } from '#kernel/douyin.ts'

/*
 * One function per endpoint that we call. `cursor` is what the former page gave, or nothing. The scopes are those that
 * an account must have granted; hot words go under the app's own token.
 */

type Cursor = string | undefined

/** Own videos, newest first; `count` at most 20. Scope `video.list.bind`. */
export const videoList = (cursor?: Cursor, count = 20): DouyinRequest => ({
  family: 'video.list',
  method: 'GET',
  path: '/api/douyin/v1/video/video_list/',
  query: { cursor: cursor ?? '0', count },
})

/** The present numbers of up to 50 own videos. Scope `video.data.bind`. */
export const videoData = (itemIds: readonly string[]): DouyinRequest => ({
  family: 'video.data',
  method: 'POST',
  path: '/api/douyin/v1/video/video_data/',
  json: { item_ids: itemIds },
})

/** Comments of an own video; `count` at most 50. Without `order` the platform recommends. Scope `item.comment`. */
export const commentList = (
  itemId: string,
  { cursor, count = 50, order }: { cursor?: Cursor; count?: number; order?: 'time' | 'time_asc' } = {},
): DouyinRequest => ({
  family: 'comment.list',
  method: 'GET',
  path: '/item/comment/list/',
  query: { item_id: itemId, cursor: cursor ?? '0', count, sort_type: order },
})

/** Replies to a comment; `count` at most 20. Scope `item.comment`. */
export const commentReplies = (
  itemId: string,
  commentId: string,
  { cursor, count = 20 }: { cursor?: Cursor; count?: number } = {},
): DouyinRequest => ({
  family: 'comment.reply.list',
  method: 'GET',
  path: '/item/comment/reply/list/',
  query: { item_id: itemId, comment_id: commentId, cursor: cursor ?? '0', count },
})

/** The hot words of now. Client token, scope `hotsearch`. */
export const hotSentences = (): DouyinRequest => ({
  family: 'hotsearch.sentences',
  method: 'GET',
  path: '/hotsearch/sentences/',
})

/** The rising words of now; `count` at most 50. Client token, scope `hotsearch`. */
export const trendingSentences = (cursor?: Cursor, count = 50): DouyinRequest => ({
  family: 'hotsearch.trending',
  method: 'GET',
  path: '/hotsearch/trending/sentences/',
  query: { cursor: cursor ?? '0', count },
})

/** Name and picture of the account. Scope `user_info`. */
export const userInfo = (): DouyinRequest => ({
  family: 'user.info',
  method: 'POST',
  path: '/oauth/userinfo/',
})

/** Who the fans are. Empty by rule until two days after the consent. Scope `fans.data.bind`. */
export const fansData = (): DouyinRequest => ({
  family: 'fans.data',
  method: 'GET',
  path: '/api/douyin/v1/user/fans_data/',
})

/** The totals of one own video over its last 30 days. Scope `data.external.item`. */
export const itemBase = (itemId: string): DouyinRequest => ({
  family: 'item.base',
  method: 'GET',
  path: '/data/external/item/base/',
  query: { item_id: itemId },
})
