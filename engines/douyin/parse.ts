import { fault } from '#kernel/fault.ts'
import { type Json, number } from './envelope.ts'

/** A parsed answer and the names of the fields in it that we did not know (`list.new_field`). */
export type Parsed<T> = T & { drift: string[] }

export interface Page<T> {
  list: T[]
  /** Give it back as it is for the next page. */
  cursor: string
  hasMore: boolean
}

export interface Video {
  itemId: string
  videoId: string
  title: string
  cover: string
  shareUrl: string
  createdAtMs: number
  isTop: boolean
  isReviewed: boolean
  mediaType: number
  videoStatus: number
  statistics: VideoStatistics
}

export interface VideoStatistics {
  playCount: number
  diggCount: number
  commentCount: number
  shareCount: number
  forwardCount: number
  downloadCount: number
}

export interface Comment {
  commentId: string
  userId: string
  content: string
  createdAtMs: number
  diggCount: number
  replyCount: number
  isTop: boolean
  avatarUrl: string
  nickname: string
  /** The comment that this one answers, of a reply. */
  replyToCommentId: string | null
}

export interface HotWord {
  sentence: string
  hotLevel: number
  label: number | null
}

export interface UserInfo {
  openId: string
  unionId: string | null
  nickname: string
  avatarUrl: string
}

export interface Share {
  item: string
  value: number
}

/** Reads the fields of one object, remembers which it knew and throws when a required one is not there. */
function fields(value: unknown, at: string, drift: Set<string>) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw absent(at)
  const object = value as Json
  const known = new Set<string>()
  const get = (name: string) => {
    known.add(name)
    return object[name]
  }
  const path = (name: string) => (at ? `${at}.${name}` : name)
  return {
    text(name: string, otherwise?: string): string {
      const got = get(name)
      if (typeof got === 'string') return got
      if (typeof got === 'number') return String(got)
      if (otherwise === undefined) throw absent(path(name))
      return otherwise
    },
    number(name: string, otherwise?: number): number {
      const got = number(get(name)) ?? otherwise
      if (got === undefined) throw absent(path(name))
      return got
    },
    flag(name: string, otherwise = false): boolean {
      const got = get(name)
      return got === undefined || got === null
        ? otherwise
        : got === true || got === 1 || got === '1' || got === 'true'
    },
    list(name: string, required = true): unknown[] {
      const got = get(name)
      if (Array.isArray(got)) return got
      // An empty list comes as null from some services.
      if (!required || got === null) return []
      throw absent(path(name))
    },
    object: (name: string) => get(name),
    ignore: (...names: string[]) => names.forEach(get),
    /** Reports what was there and not asked for. */
    done() {
      for (const name of Object.keys(object)) if (!known.has(name)) drift.add(path(name))
    },
  }
}

const absent = (field: string) =>
  fault('invalid', 'douyin/field-missing', `The platform's answer has no usable ${field}`, { field })

const ENVELOPE = ['error_code', 'description', 'log_id'] as const

function parsed<T extends object>(
  data: unknown,
  read: (of: ReturnType<typeof fields>, drift: Set<string>) => T,
): Parsed<T> {
  const drift = new Set<string>()
  const of = fields(data, '', drift)
  of.ignore(...ENVELOPE)
  const value = read(of, drift)
  of.done()
  return { ...value, drift: [...drift] }
}

function page<T>(data: unknown, item: (value: unknown, drift: Set<string>) => T): Parsed<Page<T>> {
  return parsed(data, (of, drift) => {
    of.ignore('total')
    const hasMore = of.flag('has_more')
    return {
      list: of.list('list').map((value) => item(value, drift)),
      cursor: of.text('cursor', hasMore ? undefined : '0'),
      hasMore,
    }
  })
}

function video(value: unknown, drift: Set<string>): Video {
  const of = fields(value, 'list', drift)
  const parsed: Video = {
    itemId: of.text('item_id'),
    videoId: of.text('video_id', ''),
    title: of.text('title', ''),
    cover: of.text('cover', ''),
    shareUrl: of.text('share_url', ''),
    createdAtMs: of.number('create_time') * 1000,
    isTop: of.flag('is_top'),
    isReviewed: of.flag('is_reviewed'),
    mediaType: of.number('media_type', 0),
    videoStatus: of.number('video_status', 0),
    statistics: statistics(of.object('statistics'), drift),
  }
  of.done()
  return parsed
}

function statistics(value: unknown, drift: Set<string>): VideoStatistics {
  const of = fields(value, 'list.statistics', drift)
  const parsed = {
    playCount: of.number('play_count'),
    diggCount: of.number('digg_count'),
    commentCount: of.number('comment_count'),
    shareCount: of.number('share_count', 0),
    forwardCount: of.number('forward_count', 0),
    downloadCount: of.number('download_count', 0),
  }
  of.done()
  return parsed
}

function comment(value: unknown, drift: Set<string>): Comment {
  const of = fields(value, 'list', drift)
  const parsed: Comment = {
    commentId: of.text('comment_id'),
    userId: of.text('comment_user_id'),
    content: of.text('content'),
    createdAtMs: of.number('create_time') * 1000,
    diggCount: of.number('digg_count', 0),
    replyCount: of.number('reply_comment_total', 0),
    isTop: of.flag('top'),
    avatarUrl: of.text('avatar', ''),
    nickname: of.text('nick_name', ''),
    replyToCommentId: of.text('reply_comment_id', '') || null,
  }
  of.done()
  return parsed
}

function hotWord(value: unknown, drift: Set<string>): HotWord {
  const of = fields(value, 'list', drift)
  const label = of.number('label', Number.NaN)
  const parsed = {
    sentence: of.text('sentence'),
    hotLevel: of.number('hot_level'),
    label: Number.isNaN(label) ? null : label,
  }
  of.done()
  return parsed
}

/** `data` of {@link videoList}. */
export const parseVideoList = (data: unknown): Parsed<Page<Video>> => page(data, video)

/** `data` of {@link videoData}. */
export const parseVideoData = (data: unknown): Parsed<{ list: Video[] }> =>
  parsed(data, (of, drift) => ({ list: of.list('list').map((value) => video(value, drift)) }))

/** `data` of {@link commentList} and {@link commentReplies}. */
export const parseCommentList = (data: unknown): Parsed<Page<Comment>> => page(data, comment)

/** `data` of {@link hotSentences}; the time is the platform's `active_time`, Shanghai, or null. */
export const parseHotSentences = (data: unknown): Parsed<{ activeAtMs: number | null; list: HotWord[] }> =>
  parsed(data, (of, drift) => ({
    activeAtMs: shanghaiMs(of.text('active_time', '')),
    list: of.list('list').map((value) => hotWord(value, drift)),
  }))

/** `data` of {@link trendingSentences}. */
export const parseTrendingSentences = (data: unknown): Parsed<Page<HotWord>> => page(data, hotWord)

/** `data` of {@link userInfo}. */
export const parseUserInfo = (data: unknown): Parsed<UserInfo> =>
  parsed(data, (of) => {
    of.ignore(
      'city',
      'province',
      'country',
      'gender',
      'e_account_role',
      'captcha',
      'desc_url',
      'client_key',
      'avatar_larger',
    )
    return {
      openId: of.text('open_id'),
      unionId: of.text('union_id', '') || null,
      nickname: of.text('nickname', ''),
      avatarUrl: of.text('avatar', ''),
    }
  })

export interface FansData {
  fansTotal: number
  gender: Share[]
  age: Share[]
  place: Share[]
  device: Share[]
  interest: Share[]
  activeDays: Share[]
  flows: { flow: string; allSum: number; fansSum: number }[]
}

/** `data` of {@link fansData}. */
export const parseFansData = (data: unknown): Parsed<FansData> =>
  parsed(data, (outer, drift) => {
    const of = fields(outer.object('fans_data'), 'fans_data', drift)
    const shares = (name: string) =>
      of.list(name, false).map((value) => share(value, `fans_data.${name}`, drift))
    const read: FansData = {
      fansTotal: of.number('all_fans_num'),
      gender: shares('gender_distributions'),
      age: shares('age_distributions'),
      place: shares('geographical_distributions'),
      device: shares('device_distributions'),
      interest: shares('interest_distributions'),
      activeDays: shares('active_days_distributions'),
      flows: of.list('flow_contributions', false).map((value) => {
        const flow = fields(value, 'fans_data.flow_contributions', drift)
        return {
          flow: flow.text('flow'),
          allSum: flow.number('all_sum', 0),
          fansSum: flow.number('fans_sum', 0),
        }
      }),
    }
    of.done()
    return read
  })

function share(value: unknown, at: string, drift: Set<string>): Share {
  const of = fields(value, at, drift)
  return { item: of.text('item'), value: of.number('value') }
}

export interface ItemBase {
  totalPlay: number
  totalLike: number
  totalComment: number
  totalShare: number
  avgPlaySeconds: number
}

/** `data` of {@link itemBase}. */
export const parseItemBase = (data: unknown): Parsed<ItemBase> =>
  parsed(data, (outer, drift) => {
    const of = fields(outer.object('result'), 'result', drift)
    const read = {
      totalPlay: of.number('total_play'),
      totalLike: of.number('total_like'),
      totalComment: of.number('total_comment'),
      totalShare: of.number('total_share'),
      avgPlaySeconds: of.number('avg_play_duration', 0),
    }
    of.done()
    return read
  })

const shanghaiMs = (time: string): number | null => {
  const ms = Date.parse(`${time.replace(' ', 'T')}+08:00`)
  return Number.isNaN(ms) ? null : ms
}
