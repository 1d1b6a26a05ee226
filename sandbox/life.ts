import { commentEvent } from '#sandbox/douyin/comments.ts'
import type { Platform } from '#sandbox/douyin/platform.ts'
import { nicknameOf } from './generated-world.ts'
import { atId, dice, digits19, pick, uuidOf } from './random.ts'

const tickMs = 1_000
const mostPerTick = 500
// Per granted account and second of sandbox life.
const chances = { follow: 0.01, digg: 0.02, message: 0.004 }
const questions = [
  '请问还有货吗',
  '你好，怎么联系',
  '多少钱',
  '可以合作吗',
  '地址在哪里',
  '周末营业吗',
  '教程发一下可以吗',
]

/** Tells the webhooks what happens in a live world as its clock goes on. Gives back a stop function. */
export function startLife(platform: Platform): () => void {
  let lastMs = platform.clock.now()
  const timer = setInterval(() => {
    const nowMs = platform.clock.now()
    if (nowMs > lastMs) tell(platform, lastMs, nowMs)
    lastMs = nowMs
  }, tickMs)
  timer.unref()
  return () => clearInterval(timer)
}

function tell(platform: Platform, fromMs: number, toMs: number) {
  const { videos, comments } = platform.world.arrivals(fromMs, toMs)
  for (const video of videos.slice(-mostPerTick)) {
    const content = { item_id: video.itemId, share_id: video.videoId }
    platform.tell({
      event: 'create_video',
      from: video.openId,
      to: video.openId,
      content,
      entity: video.itemId,
    })
  }
  for (const comment of comments.slice(-mostPerTick)) {
    const owner = platform.world.video(comment.itemId, toMs)
    if (owner) platform.tell(commentEvent(comment, owner.openId))
  }
  for (const { openId } of platform.grants.all()) {
    const roll = dice(`life/${platform.seed}/${openId}/${Math.floor(toMs / tickMs)}`)
    if (roll() < chances.follow) platform.tell(madeEvent(platform, 'new_follow_action', openId, roll))
    if (roll() < chances.digg) platform.tell(madeEvent(platform, 'new_video_digg', openId, roll))
    if (roll() < chances.message) platform.tell(madeEvent(platform, 'im_receive_msg', openId, roll))
  }
}

export const madeEvents = ['new_follow_action', 'new_video_digg', 'im_receive_msg'] as const

/** A plausible event of a stranger toward an account. */
export function madeEvent(
  platform: Platform,
  event: (typeof madeEvents)[number],
  openId: string,
  roll: () => number,
) {
  const nowMs = platform.clock.now()
  const from = uuidOf(`user/${Math.floor(roll() * 9000)}`)
  const entity = `${openId}/${nowMs}/${roll()}`
  const base = { event, from, to: openId, entity }
  const actionTime = Math.floor(nowMs / 1000)
  if (event === 'new_follow_action') return { ...base, content: { action_type: 1, action_time: actionTime } }
  if (event === 'new_video_digg') {
    const { rows, size } = platform.world.videosOf(openId, nowMs)
    const itemId = rows[Math.floor(roll() * size)]?.itemId ?? ''
    return { ...base, content: { action_type: 1, action_time: actionTime, item_id: itemId } }
  }
  return {
    ...base,
    content: {
      conversation_short_id: atId(`conversation/${from}/${openId}`),
      server_message_id: digits19(`message/${entity}`),
      conversation_type: 1,
      create_time: nowMs,
      message_type: 'text',
      text: pick(roll, questions),
      user_infos: [{ open_id: from, nick_name: nicknameOf(from), avatar: '' }],
    },
  }
}
