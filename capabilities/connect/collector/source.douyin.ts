import {
  type Comment,
  parseCommentList,
  parseHotSentences,
  parseVideoData,
  parseVideoList,
  type Video,
} from '#engines/douyin/parse.ts'
import { commentList, commentReplies, hotSentences, videoData, videoList } from '#engines/douyin/requests.ts'
import type { CallOptions, Douyin } from '#kernel/douyin.ts'
import { fault, isFault } from '#kernel/fault.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Page, PulledComment, PulledVideo, Source } from './source.ts'

/** How long a page may take, the wait for the limiter and all tries included. */
const PAGE_TIMEOUT_MS = 120_000

/** Douyin's own API, in the batch lane: people and follow-ups go first. */
export function douyinSource(douyin: Douyin, log: Log): Source {
  const options = (signal: AbortSignal): CallOptions => ({
    lane: 'batch',
    timeoutMs: PAGE_TIMEOUT_MS,
    signal,
  })
  const seen = new Set<string>()
  /** New fields lose nothing, but somebody should know: said once per field and process. */
  const noteDrift = <T extends { drift: string[] }>(parsed: T): T => {
    for (const field of parsed.drift) {
      if (seen.has(field) || seen.size > 200) continue
      seen.add(field)
      log.warn({ field }, 'Douyin sends a field that we do not know')
    }
    return parsed
  }

  return {
    async listVideos({ accountId }, cursor, signal) {
      const asked = douyin.call(accountId, videoList(cursor ?? undefined), options(signal))
      const data = await asked.catch(inOurWords(cursor))
      return pageOf(noteDrift(parseVideoList(data)), videoOf)
    },
    async videoData({ accountId }, itemIds, signal) {
      const asked = douyin.call(accountId, videoData(itemIds), options(signal))
      // None of them is there any more: that is an answer, not a failure.
      const data = await asked.catch(inOurWords(null)).catch((error) => {
        if (isFault(error) && error.kind === 'missing') return { list: [] }
        throw error
      })
      return noteDrift(parseVideoData(data)).list.map(videoOf)
    },
    async listComments({ accountId }, itemId, cursor, signal) {
      const request = commentList(itemId, { cursor: cursor ?? undefined, order: 'time' })
      const data = await douyin.call(accountId, request, options(signal)).catch(inOurWords(cursor))
      return pageOf(noteDrift(parseCommentList(data)), commentOf)
    },
    async listReplies({ accountId }, itemId, commentId, cursor, signal) {
      const request = commentReplies(itemId, commentId, { cursor: cursor ?? undefined })
      const data = await douyin.call(accountId, request, options(signal)).catch(inOurWords(cursor))
      return pageOf(noteDrift(parseCommentList(data)), commentOf)
    },
    async hotList(signal) {
      const { activeAtMs, list } = noteDrift(
        parseHotSentences(await douyin.callAsApp(hotSentences(), options(signal))),
      )
      const entries = list.map(({ sentence, hotLevel, label }, i) => ({
        rank: i + 1,
        sentence,
        heat: hotLevel,
        label: label ?? 0,
      }))
      return { list: 'hot-search', activeAtMs, entries }
    },
  }
}

/** Wrong video id; no such comment; comment of another video. */
const GONE = ['2190007', '2111003', '2111004']
/** Bad parameter: with a cursor from long ago that is what we sent wrong. */
const BAD_PARAMETER = ['2100005', '28001007', '10002']

/** What a refusal means here, in the faults that the port promises. */
const inOurWords =
  (cursor: string | null) =>
  (error: unknown): never => {
    if (!isFault(error) || error.kind !== 'invalid') throw error
    const code = error.code.slice(error.code.indexOf('/') + 1)
    if (GONE.includes(code)) throw fault('missing', 'collector/gone', error.message, { cause: error })
    if (cursor !== null && BAD_PARAMETER.includes(code)) {
      throw fault('invalid', 'collector/cursor-refused', 'Douyin no longer takes the cursor of this walk', {
        cause: error,
      })
    }
    throw error
  }

/** An empty page ends a list whatever `has_more` says: otherwise a bug over there would keep us here for ever. */
const pageOf = <A, B>(
  page: { list: A[]; cursor: string; hasMore: boolean },
  row: (value: A) => B,
): Page<B> => ({
  rows: page.list.map(row),
  cursor: page.hasMore && page.list.length > 0 ? page.cursor : null,
})

const videoOf = ({ statistics, createdAtMs, ...video }: Video): PulledVideo => ({
  ...video,
  publishedAtMs: createdAtMs,
  plays: statistics.playCount,
  likes: statistics.diggCount,
  comments: statistics.commentCount,
  shares: statistics.shareCount,
  forwards: statistics.forwardCount,
  downloads: statistics.downloadCount,
})

const commentOf = (comment: Comment): PulledComment => ({
  commentId: comment.commentId,
  userId: comment.userId,
  nickname: comment.nickname,
  avatar: comment.avatarUrl,
  content: comment.content,
  createdAtMs: comment.createdAtMs,
  likes: comment.diggCount,
  replies: comment.replyCount,
  isTop: comment.isTop,
})
