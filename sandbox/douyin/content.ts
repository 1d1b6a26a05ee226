import { chanceOf } from '#sandbox/random.ts'
import type { Video } from '#sandbox/world.ts'
import { isRefused, userAccess } from './access.ts'
import { type Call, type Drift, type Endpoint, type Outcome, parameter } from './envelope.ts'
import { countOf, cursorOf } from './paging.ts'
import type { Platform } from './platform.ts'

const mostIds = 50

/** Videos, their numbers and the fan profile. */
export function contentEndpoints(platform: Platform): Endpoint[] {
  const { world } = platform
  const endpoint = (method: 'GET' | 'POST', path: string, handle: (call: Call) => Outcome): Endpoint => ({
    method,
    path,
    family: 'a',
    handle,
  })
  const shown = (call: Call) => (video: Video) => wireVideo(video, platform, call.nowMs)

  function list(call: Call, scope: string, place: 'header' | 'query'): Outcome {
    const access = userAccess(platform, call, scope, place)
    if (isRefused(access)) return access
    const count = countOf(call, 20)
    const cursor = cursorOf(call)
    if (count === undefined || cursor === undefined) return { code: 2100005 }
    const { rows, size } = world.videosOf(access.account.openId, call.nowMs)
    // The cursor names a moment, not a place: a new video never shifts the pages that follow.
    const start = cursor === 0 ? size : rowsBefore(rows, size, cursor)
    const end = Math.max(0, start - count)
    const page = rows.slice(end, start).reverse()
    const next = end > 0 ? momentOf(rows, end) : 0
    return {
      data: {
        list: page.map(shown(call)),
        cursor: platform.drift(`${call.path}/cursor`, next),
        has_more: end > 0,
      },
    }
  }

  function data(call: Call, scope: string, place: 'header' | 'query'): Outcome {
    const access = userAccess(platform, call, scope, place)
    if (isRefused(access)) return access
    const ids = [...idList(call.body['item_ids']), ...idList(call.body['video_ids'])]
    if (ids.length === 0 || ids.length > mostIds) return { code: 2100005 }
    const videos = ids.map((id) => world.video(id, call.nowMs))
    const own = videos.filter((video) => video !== undefined && video.openId === access.account.openId)
    return own.length === 0 ? { code: 2190007 } : { data: { list: own.map((video) => shown(call)(video!)) } }
  }

  function itemBase(call: Call): Outcome {
    const access = userAccess(platform, call, 'data.external.item')
    if (isRefused(access)) return access
    const video = world.video(parameter(call, 'item_id'), call.nowMs)
    if (!video || video.openId !== access.account.openId) return { code: 2190007 }
    const { playCount, diggCount, commentCount, shareCount } = world.statistics(video, call.nowMs)
    const number = numbers(platform.drift, video.itemId)
    return {
      data: {
        result: {
          total_play: number('total_play', playCount),
          total_like: number('total_like', diggCount),
          total_comment: number('total_comment', commentCount),
          total_share: number('total_share', shareCount),
          avg_play_duration: Math.round(60 * (4 + 30 * chanceOf(video.itemId))) / 60,
        },
      },
    }
  }

  function fansData(call: Call): Outcome {
    const access = userAccess(platform, call, 'fans.data.bind')
    return isRefused(access)
      ? access
      : { data: { fans_data: fanProfile(access.account.openId, access.account.fans) } }
  }

  return [
    endpoint('GET', '/api/douyin/v1/video/video_list/', (call) => list(call, 'video.list.bind', 'header')),
    endpoint('GET', '/video/list/', (call) => list(call, 'video.list', 'query')),
    endpoint('POST', '/api/douyin/v1/video/video_data/', (call) => data(call, 'video.data.bind', 'header')),
    endpoint('POST', '/video/data/', (call) => data(call, 'video.data', 'query')),
    endpoint('GET', '/data/external/item/base/', itemBase),
    endpoint('GET', '/api/douyin/v1/user/fans_data/', fansData),
  ]
}

export function wireVideo(video: Video, platform: Platform, nowMs: number) {
  const statistics = platform.world.statistics(video, nowMs)
  const number = numbers(platform.drift, video.itemId)
  return {
    item_id: video.itemId,
    video_id: video.videoId,
    title: video.title,
    cover: video.cover,
    share_url: video.shareUrl,
    create_time: number('create_time', video.createTime),
    is_top: video.isTop,
    is_reviewed: video.isReviewed,
    media_type: video.mediaType,
    video_status: video.videoStatus,
    statistics: {
      play_count: number('play_count', statistics.playCount),
      digg_count: number('digg_count', statistics.diggCount),
      comment_count: number('comment_count', statistics.commentCount),
      share_count: number('share_count', statistics.shareCount),
      forward_count: number('forward_count', statistics.forwardCount),
      download_count: number('download_count', statistics.downloadCount),
    },
  }
}

/** Drift by record and field: the same field of the same record always comes in the same type. */
export const numbers = (drift: Drift, id: string) => (field: string, value: number) =>
  drift(`${id}/${field}`, value)

const idList = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : []

// A moment is milliseconds plus the row's place among rows of the same second, so no two rows share one.
function momentOf(rows: readonly Video[], index: number): number {
  let place = 0
  while (index - place > 0 && rows[index - place - 1]!.createTime === rows[index]!.createTime) place++
  return rows[index]!.createTime * 1000 + place
}

function rowsBefore(rows: readonly Video[], size: number, moment: number): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (momentOf(rows, middle) < moment) low = middle + 1
    else high = middle
  }
  return low
}

function fanProfile(openId: string, fans: number) {
  const share = (name: string, items: string[]) => {
    const weights = items.map((item) => 0.2 + chanceOf(`${openId}/${name}/${item}`))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return items.map((item, nth) => ({ item, value: Math.floor((fans * weights[nth]!) / total) }))
  }
  return {
    all_fans_num: fans,
    gender_distributions: share('gender', ['1', '2']),
    age_distributions: share('age', ['1-23', '24-30', '31-40', '41-50', '50-']),
    geographical_distributions: share('place', ['广东', '江苏', '浙江', '四川', '山东', '河南']),
    device_distributions: share('device', ['iPhone', '华为', 'OPPO', 'vivo', '小米']),
    interest_distributions: share('interest', ['生活', '美食', '旅行', '科技', '运动']),
    active_days_distributions: share('active', ['0~4', '5~8', '9~12', '13~16', '17~20', '20+']),
    flow_contributions: ['vv', 'like_cnt', 'comment_cnt', 'share_video_cnt'].map((flow) => ({
      flow,
      all_sum: fans * 10,
      fans_sum: Math.floor(fans * 10 * chanceOf(`${openId}/${flow}`)),
    })),
  }
}
