import { type Clock, minutes } from '#kernel/clock.ts'
import type { Consumer } from '#kernel/fact-log.ts'
import { accountAuthorised } from '#kernel/facts/account.ts'
import { webhookReceived } from '#kernel/facts/webhook.ts'
import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import type { Runs } from './runs.ts'
import type { Schedule } from './schedule.ts'
import type { Store, ToldComment } from './store.ts'

type Fields = Record<string, unknown>

/** Numbers of a new video are all zero at first: the early look waits a little. */
const EARLY_LOOK_MS = minutes(1)

/** What Douyin tells by itself: comments are kept at once, a new video brings the next look forward. */
export function webhookConsumer({
  store,
  schedule,
  clock,
}: {
  store: Store
  schedule: Schedule
  clock: Clock
}): Consumer {
  return {
    group: 'collector/webhooks',
    facts: [webhookReceived.name],
    async handle(facts) {
      const told = new Map<
        string,
        { workspaceId: WorkspaceId; accountId: AccountId; comments: ToldComment[] }
      >()
      for (const fact of facts) {
        const { event, content, accountId, receivedAtMs, fromUserId } = fact.data as {
          event: string
          content: unknown
          accountId: AccountId | null
          receivedAtMs: number
          fromUserId: string
        }
        if (!accountId) continue
        const { workspaceId } = fact
        const comments = toldComments(event, content, fromUserId, receivedAtMs)
        const of = told.get(accountId) ?? { workspaceId, accountId, comments: [] }
        of.comments.push(...comments)
        if (comments.length > 0) told.set(accountId, of)
        if (event === 'create_video')
          await schedule.hurry(workspaceId, accountId, 'videos', clock.now() + EARLY_LOOK_MS)
      }
      // Each is kept in a transaction of its own: a batch that comes again finds them known and tells nothing.
      for (const { workspaceId, accountId, comments } of told.values()) {
        await store.keepTold({ workspaceId, accountId, openId: '', nickname: '' }, comments, clock.now())
      }
    },
  }
}

/** An account that has just come is collected without waiting for the next minute. */
export const accountConsumer = (runs: Runs): Consumer => ({
  group: 'collector/accounts',
  facts: [accountAuthorised.name],
  handle: () => runs.planSoon(),
})

/** The comments in a webhook's content; none in any other event. Sources: `item_comment_reply` (protocol notes 4.4), `live_comment` (4.6). */
export function toldComments(
  event: string,
  content: unknown,
  fromUserId: string,
  receivedAtMs: number,
): ToldComment[] {
  const list = (Array.isArray(content) ? content : [content]).filter(
    (one): one is Fields => one !== null && typeof one === 'object',
  )
  if (event === 'item_comment_reply') {
    return list.flatMap((of): ToldComment[] => {
      const commentId = text(of['comment_id'])
      const itemId = text(of['reply_to_item_id'])
      if (!commentId || !itemId) return []
      return [
        {
          commentId,
          itemId,
          roomId: null,
          replyTo: text(of['reply_to_comment_id']) || null,
          userId: text(of['comment_user_id']) || fromUserId,
          nickname: '',
          content: text(of['content']),
          createdAtMs: momentOf(of['create_time'], receivedAtMs),
          likes: Math.max(0, Math.trunc(Number(of['digg_count']) || 0)),
          origin: 'webhook',
        },
      ]
    })
  }
  if (event !== 'live_comment') return []
  return list.flatMap((of): ToldComment[] => {
    const id = text(of['msg_id'])
    if (!id) return []
    return [
      {
        commentId: `live/${id}`,
        itemId: '',
        roomId: text(of['room_id'] ?? of['roomid']),
        replyTo: null,
        userId: text(of['sec_openid']) || fromUserId,
        nickname: text(of['nickname']),
        content: text(of['content']),
        createdAtMs: momentOf(of['timestamp'], receivedAtMs),
        likes: 0,
        origin: 'live',
      },
    ]
  })
}

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

/** Seconds or milliseconds, whichever they sent. */
function momentOf(value: unknown, otherwise: number): number {
  const n = Number(value)
  if (!Number.isFinite(n) || n <= 0) return otherwise
  return n < 100_000_000_000 ? n * 1000 : n
}
