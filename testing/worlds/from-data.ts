import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { nicknameOf } from '#sandbox/generated-world.ts'
import { atId, chanceOf, dice, digits19, hexOf, pick, uuidOf } from '#sandbox/random.ts'
import {
  type Account,
  type Comment,
  type HotSnapshot,
  openWorld,
  recordedHotLists,
  type Video,
  type WorldData,
} from '#sandbox/world.ts'
import { readNdjson, writeWorld } from '#sandbox/world-files.ts'

type FromDataOptions = { comments?: number; videos?: number; accounts?: number }

const spanDays = 80
const daySeconds = 86_400

/**
 * A world of real text: every recorded Douyin hot list, and real Chinese comments spread over a few accounts
 * and their videos (titles are real hot-list titles). The same data always give the same world.
 */
export async function worldFromData(dataFolder: string, options: FromDataOptions = {}): Promise<WorldData> {
  const snapshots = await readSnapshots(join(dataFolder, 'hotlist', 'douyin_hot.ndjson.gz'))
  const end = Math.floor(Date.parse(snapshots.at(-1)!.capturedAt) / 1000)
  const accounts = Array.from({ length: options.accounts ?? 5 }, (_, nth) => accountOf(nth))
  const titles = [
    ...new Set(snapshots.flatMap((snapshot) => snapshot.sentences.map((word) => word.sentence))),
  ]
  const videos = Array.from({ length: options.videos ?? 500 }, (_, nth) =>
    videoOf(nth, accounts[nth % accounts.length]!, titles[(nth * 7919) % titles.length]!, end),
  )
  const comments = await readComments(
    join(dataFolder, 'sentiment_zh'),
    options.comments ?? 50_000,
    videos,
    end,
  )
  videos.sort((a, b) => a.createTime - b.createTime)
  return { accounts, videos, comments, hotLists: recordedHotLists(snapshots) }
}

async function readSnapshots(path: string): Promise<HotSnapshot[]> {
  const snapshots = new Map<string, HotSnapshot>()
  for await (const row of readNdjson(path)) {
    const capturedAt = String(row['captured_at'])
    const snapshot = snapshots.get(capturedAt) ?? { capturedAt, sentences: [] }
    snapshots.set(capturedAt, snapshot)
    snapshot.sentences.push({ sentence: String(row['title']), hotLevel: Number(row['hot_value']) })
  }
  return [...snapshots.values()]
}

async function readComments(
  folder: string,
  wanted: number,
  videos: Video[],
  end: number,
): Promise<Comment[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson.gz')).sort()
  const roll = dice('from-data/comments')
  const firstLevel = new Map<string, Comment[]>()
  const comments: Comment[] = []
  for (const file of files.sort((a, b) => Number(a.includes('.test.')) - Number(b.includes('.test.')))) {
    for await (const row of readNdjson(join(folder, file))) {
      if (comments.length === wanted) break
      // A few videos get most of the comments, as in life.
      const video = videos[Math.floor(videos.length * roll() ** 2)]!
      comments.push(commentOf(String(row['id']), String(row['text']), video, end, firstLevel, roll))
      video.statistics.commentCount++
    }
  }
  if (comments.length < wanted)
    throw new Error(`${folder} holds ${comments.length} comments, fewer than ${wanted}`)
  return comments.sort((a, b) => a.createTime - b.createTime || (a.commentId < b.commentId ? -1 : 1))
}

function commentOf(
  id: string,
  text: string,
  video: Video,
  end: number,
  firstLevel: Map<string, Comment[]>,
  roll: () => number,
): Comment {
  const thread = firstLevel.get(video.itemId) ?? []
  const parent = roll() < 0.15 && thread.length > 0 ? pick(roll, thread) : undefined
  const since = parent?.createTime ?? video.createTime
  const userId = uuidOf(`reader/${Math.floor(roll() * 20_000)}`)
  const comment: Comment = {
    commentId: atId(`sentiment_zh/${id}`),
    itemId: video.itemId,
    replyTo: parent?.commentId ?? null,
    userId,
    nickname: nicknameOf(userId),
    avatar: `https://p3.example.com/avatar/${userId.slice(0, 8)}.jpeg`,
    content: text,
    createTime: since + Math.floor((end - since) * roll() ** 2),
    diggCount: Math.floor(2_000 * roll() ** 7),
    top: false,
  }
  if (!parent) firstLevel.set(video.itemId, [...thread.slice(-50), comment])
  return comment
}

function accountOf(nth: number): Account {
  const openId = uuidOf(`from-data/account/${nth}`)
  return {
    openId,
    unionId: uuidOf(`from-data/union/${nth}`),
    nickname: nicknameOf(openId),
    avatar: `https://p3.example.com/avatar/${openId.slice(0, 8)}.jpeg`,
    gender: 1 + (nth % 2),
    city: '',
    province: '',
    country: '中国',
    fans: 1_000 + Math.floor(500_000 * chanceOf(openId)),
  }
}

function videoOf(nth: number, account: Account, title: string, end: number): Video {
  const name = `from-data/video/${nth}`
  const roll = dice(name)
  const videoId = digits19(name)
  const playCount = Math.floor(1_000 + 2_000_000 * roll() ** 4)
  const share = (most: number) => Math.floor(playCount * most * roll())
  return {
    itemId: atId(name),
    videoId,
    openId: account.openId,
    title,
    cover: `https://p3.example.com/cover/${hexOf(name, 16)}.jpeg`,
    shareUrl: `https://www.iesdouyin.com/share/video/${videoId}`,
    createTime: end - Math.floor((0.02 + 0.98 * roll()) * spanDays * daySeconds),
    isTop: false,
    isReviewed: true,
    mediaType: 4,
    videoStatus: 5,
    statistics: {
      playCount,
      diggCount: share(0.1),
      commentCount: 0,
      shareCount: share(0.02),
      forwardCount: share(0.01),
      downloadCount: share(0.01),
    },
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '../shared/data' },
      out: { type: 'string' },
      comments: { type: 'string', default: '50000' },
      gzip: { type: 'boolean', default: false },
    },
  })
  if (!values.out) throw new Error('say where to write: --out <dir>')
  const data = await worldFromData(resolve(values.data), { comments: Number(values.comments) })
  await writeWorld(openWorld(data, false), resolve(values.out), Number.POSITIVE_INFINITY, {
    gzip: values.gzip,
  })
  const { accounts, videos, comments } = data
  console.log(
    `${accounts.length} accounts, ${videos.length} videos, ${comments.length} comments in ${values.out}`,
  )
}
