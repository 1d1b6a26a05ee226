import { generatedHotLists } from './generated-hot-lists.ts'
import { atId, chanceOf, dice, digits19, hexOf, pick, uuidOf } from './random.ts'
import {
  generalRemarks,
  nicknameHeads,
  nicknameTails,
  openers,
  replies,
  type Theme,
  tails,
  themes,
} from './words.ts'
import type { Account, Comment, Video, WorldData } from './world.ts'

const dayMs = 86_400_000
const videosBefore = 40
const videosAfter = 30
const videoStepMs = 1.5 * dayMs
const lifeDays = 45
const commentsPerVideo = 90
const flowStepSeconds = 120

/**
 * The built-in world: six accounts, forty videos each and about 20,000 comments before `anchorMs`, and a life
 * of 45 days after it. The same seed and anchor always give the same world.
 */
export function generatedWorld(seed: number, anchorMs: number): WorldData {
  const accounts = themes.map((theme, nth) => accountOf(seed, theme, nth))
  const endMs = anchorMs + lifeDays * dayMs
  const videos: Video[] = []
  const comments: Comment[] = []
  accounts.forEach((account, nth) => {
    for (let place = -videosBefore; place < videosAfter; place++) {
      const video = videoOf(seed, account, themes[nth]!, anchorMs, place)
      videos.push(video)
      if (place < 0) comments.push(...commentsOf(seed, video, themes[nth]!, endMs / 1000))
    }
  })
  videos.sort((a, b) => a.createTime - b.createTime)
  comments.push(...flow(seed, accounts, videos, anchorMs / 1000, endMs / 1000))
  comments.sort((a, b) => a.createTime - b.createTime || (a.commentId < b.commentId ? -1 : 1))
  return {
    accounts,
    videos,
    comments,
    hotLists: generatedHotLists(seed, anchorMs - 2 * dayMs),
    growth: grownStatistics,
  }
}

/** Counters rise toward a ceiling: half of it after the video's own half-life. Never falls. */
function grownStatistics(video: Video, nowMs: number) {
  const age = Math.max(0, nowMs / 1000 - video.createTime)
  const halfLife = 3600 * (6 + 90 * chanceOf(video.videoId))
  const share = age / (age + halfLife)
  const { playCount, diggCount, shareCount, forwardCount, downloadCount } = video.statistics
  const grown = (ceiling: number) => Math.floor(ceiling * share)
  return {
    playCount: grown(playCount),
    diggCount: grown(diggCount),
    shareCount: grown(shareCount),
    forwardCount: grown(forwardCount),
    downloadCount: grown(downloadCount),
  }
}

// Accounts do not depend on the anchor: a grant outlives the month.
function accountOf(seed: number, theme: Theme, nth: number): Account {
  const name = `account/${seed}/${nth}`
  return {
    openId: uuidOf(name),
    unionId: uuidOf(`union/${name}`),
    nickname: theme.nickname,
    avatar: `https://p3.example.com/avatar/${hexOf(name, 16)}.jpeg`,
    gender: theme.gender,
    city: theme.city,
    province: theme.province,
    country: '中国',
    fans: 3_000 + Math.floor(900_000 * chanceOf(name) ** 2),
  }
}

function videoOf(seed: number, account: Account, theme: Theme, anchorMs: number, place: number): Video {
  const name = `video/${seed}/${anchorMs}/${account.openId}/${place}`
  const roll = dice(name)
  const videoId = digits19(name)
  const subject = pick(roll, theme.subjects)
  const title = pick(roll, theme.titles)
    .replace('{s}', subject)
    .replace('{n}', String(2 + Math.floor(roll() * 98)))
  const playCount = Math.floor(2_000 + 3_000_000 * roll() ** 5)
  const of = (most: number) => Math.floor(playCount * most * (0.3 + 0.7 * roll()))
  return {
    itemId: atId(name),
    videoId,
    openId: account.openId,
    title: `${title} #${subject}`,
    cover: `https://p3.example.com/cover/${hexOf(name, 16)}.jpeg`,
    shareUrl: `https://www.iesdouyin.com/share/video/${videoId}`,
    createTime: Math.floor((anchorMs + (place + roll() * 0.9) * videoStepMs) / 1000),
    isTop: place === -1,
    isReviewed: true,
    mediaType: 4,
    videoStatus: 5,
    statistics: {
      playCount,
      diggCount: of(0.08),
      commentCount: 0,
      shareCount: of(0.02),
      forwardCount: of(0.01),
      downloadCount: of(0.005),
    },
  }
}

function commentsOf(seed: number, video: Video, theme: Theme, endSeconds: number): Comment[] {
  const name = `comments/${seed}/${video.itemId}`
  const roll = dice(name)
  const total = Math.floor(commentsPerVideo * (0.3 + 1.4 * roll()))
  const halfLife = 3600 * (6 + 90 * chanceOf(video.videoId))
  const comments: Comment[] = []
  const firstLevel: Comment[] = []
  for (let nth = 0; nth < total; nth++) {
    const share = roll()
    const createTime = video.createTime + 30 + Math.floor((halfLife * share) / (1.001 - share))
    const parent = roll() < 0.25 ? pick(roll, firstLevel) : undefined
    const answers = parent && parent.createTime < createTime ? parent : undefined
    if (createTime > endSeconds) continue
    const comment = commentOf(`${name}/${nth}`, roll, video, theme, createTime, answers)
    comments.push(comment)
    if (!answers) firstLevel.push(comment)
  }
  return comments
}

/** After the anchor: about one comment every two minutes, mostly under new videos. */
function flow(seed: number, accounts: Account[], videos: Video[], from: number, until: number): Comment[] {
  const comments: Comment[] = []
  const roll = dice(`flow/${seed}/${from}`)
  const themeOf = new Map(accounts.map((account, nth) => [account.openId, themes[nth]!]))
  let existing = 0
  for (let slot = from; slot < until; slot += flowStepSeconds) {
    while (videos[existing] && videos[existing]!.createTime < slot) existing++
    const video = videos[existing - 1 - Math.floor(existing * roll() ** 3)]
    const createTime = slot + Math.floor(roll() * flowStepSeconds)
    if (video) {
      const name = `flow/${seed}/${slot}`
      comments.push(commentOf(name, roll, video, themeOf.get(video.openId)!, createTime))
    }
  }
  return comments
}

function commentOf(
  name: string,
  roll: () => number,
  video: Video,
  theme: Theme,
  createTime: number,
  answers?: Comment,
): Comment {
  const remark = answers
    ? pick(roll, replies)
    : `${pick(roll, openers)}${pick(roll, roll() < 0.6 ? theme.remarks : generalRemarks)}${pick(roll, tails)}`
  const userId = uuidOf(`user/${Math.floor(roll() * 9000)}`)
  return {
    commentId: atId(name),
    itemId: video.itemId,
    replyTo: answers?.commentId ?? null,
    userId,
    nickname: nicknameOf(userId),
    avatar: `https://p3.example.com/avatar/${userId.slice(0, 8)}.jpeg`,
    content: remark,
    createTime,
    diggCount: Math.floor(900 * roll() ** 6),
    top: false,
  }
}

/** A plausible name for a user id, always the same. */
export function nicknameOf(userId: string): string {
  const roll = dice(userId)
  return `${pick(roll, nicknameHeads)}${pick(roll, nicknameTails)}${Math.floor(roll() * 100)}`
}
