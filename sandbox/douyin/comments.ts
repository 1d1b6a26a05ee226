import { atId } from '#sandbox/random.ts'
import type { Comment } from '#sandbox/world.ts'
import { isRefused, userAccess } from './access.ts'
import { numbers } from './content.ts'
import { type Call, type Endpoint, type Outcome, parameter } from './envelope.ts'
import { countOf, cursorOf } from './paging.ts'
import type { Platform } from './platform.ts'

const longestContent = 1_000

/** Comments of a video, replies to a comment, and replying. */
export function commentEndpoints(platform: Platform): Endpoint[] {
  const { world } = platform
  let posted = 0

  function ownVideo(call: Call, scope: string) {
    const access = userAccess(platform, call, scope)
    if (isRefused(access)) return access
    const video = world.video(parameter(call, 'item_id'), call.nowMs)
    if (!video || video.openId !== access.account.openId) return { code: 2190007 }
    return { account: access.account, video }
  }

  /** The cursor is a place in the list: a new comment shifts the pages behind it, as on the real platform. */
  function pageOf(
    call: Call,
    most: number,
    take: (offset: number, count: number) => Comment[],
    size: number,
  ): Outcome {
    const count = countOf(call, most)
    const offset = cursorOf(call)
    if (count === undefined || offset === undefined) return { code: 2100005 }
    const list = take(offset, count)
    const next = Math.min(offset + list.length, size)
    return {
      data: {
        list: list.map((comment) => wireComment(comment, platform, call.nowMs)),
        cursor: platform.drift(`${call.path}/cursor`, next),
        has_more: next < size && list.length > 0,
      },
    }
  }

  function list(call: Call, scope: string): Outcome {
    const found = ownVideo(call, scope)
    if (isRefused(found)) return found
    const { rows, size } = world.thread(found.video.itemId, call.nowMs)
    const order = parameter(call, 'sort_type')
    if (!['', 'time', 'time_asc'].includes(order)) return { code: 2100005 }
    const take = (offset: number, count: number) => {
      if (size === 0) return []
      if (order === 'time_asc') return rows.slice(offset, Math.min(offset + count, size))
      if (order === 'time') return newestFirst(rows, size, offset, count)
      return world.recommendedThread(found.video.itemId, size).slice(offset, offset + count)
    }
    return pageOf(call, 50, take, size)
  }

  function replyList(call: Call): Outcome {
    const found = ownVideo(call, 'item.comment')
    if (isRefused(found)) return found
    const parent = world.comments.get(parameter(call, 'comment_id'))
    if (!parent) return { code: 2111003 }
    if (parent.itemId !== found.video.itemId) return { code: 2111004 }
    const { rows, size } = world.repliesTo(parent.commentId, call.nowMs)
    const take = (offset: number, count: number) =>
      parameter(call, 'sort_type') === 'time'
        ? newestFirst(rows, size, offset, count)
        : rows.slice(offset, Math.min(offset + count, size))
    return pageOf(call, 20, take, size)
  }

  function reply(call: Call): Outcome {
    const found = ownVideo(call, 'item.comment')
    if (isRefused(found)) return found
    const content = parameter(call, 'content')
    if (content === '' || content.length > longestContent) return { code: 2100005 }
    const replyTo = parameter(call, 'comment_id') || null
    const parent = replyTo === null ? undefined : world.comments.get(replyTo)
    if (replyTo !== null && !parent) return { code: 2111003 }
    if (parent && parent.itemId !== found.video.itemId) return { code: 2111004 }
    const { account, video } = found
    const comment: Comment = {
      commentId: atId(`posted/${platform.seed}/${call.nowMs}/${posted++}`),
      itemId: video.itemId,
      // A reply to a reply joins its thread: there are only two levels.
      replyTo: parent ? (parent.replyTo ?? parent.commentId) : null,
      userId: account.openId,
      nickname: account.nickname,
      avatar: account.avatar,
      content,
      createTime: Math.floor(call.nowMs / 1000),
      diggCount: 0,
      top: false,
    }
    world.add(comment)
    platform.tell(commentEvent(comment, account.openId))
    return { data: { comment_id: comment.commentId, avatar: comment.avatar, nick_name: comment.nickname } }
  }

  return [
    { method: 'GET', path: '/item/comment/list/', family: 'a', handle: (call) => list(call, 'item.comment') },
    { method: 'GET', path: '/item/comment/reply/list/', family: 'a', handle: replyList },
    { method: 'POST', path: '/item/comment/reply/', family: 'a', handle: reply },
    {
      method: 'GET',
      path: '/api/apps/v1/item/list_comment/',
      family: 'b',
      handle: (call) => {
        const outcome = list(call, 'ma.item.comment')
        // The mini-app's answer wraps its page once more (official SDK: data.data).
        return 'data' in outcome ? { data: { data: outcome.data } } : outcome
      },
    },
  ]
}

export const commentEvent = (comment: Comment, ownerOpenId: string) => ({
  event: 'item_comment_reply',
  from: comment.userId,
  to: ownerOpenId,
  entity: comment.commentId,
  content: {
    comment_id: comment.commentId,
    comment_user_id: comment.userId,
    content: comment.content,
    create_time: comment.createTime,
    digg_count: comment.diggCount,
    reply_comment_total: 0,
    reply_to_comment_id: comment.replyTo ?? '',
    reply_to_item_id: comment.itemId,
    at_user_id: '',
  },
})

function wireComment(comment: Comment, platform: Platform, nowMs: number) {
  const number = numbers(platform.drift, comment.commentId)
  return {
    comment_id: comment.commentId,
    comment_user_id: comment.userId,
    content: comment.content,
    create_time: number('create_time', comment.createTime),
    digg_count: number('digg_count', comment.diggCount),
    reply_comment_total: number('reply_comment_total', platform.world.replyTotal(comment.commentId, nowMs)),
    top: comment.top,
    avatar: comment.avatar,
    nick_name: comment.nickname,
    ...(comment.replyTo === null ? {} : { reply_comment_id: comment.replyTo }),
  }
}

/** A page of an oldest-first list, read from its end. */
function newestFirst(rows: readonly Comment[], size: number, offset: number, count: number): Comment[] {
  const end = Math.max(0, size - offset)
  return rows.slice(Math.max(0, end - count), end).reverse()
}
