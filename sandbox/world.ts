export type Account = {
  openId: string
  unionId: string
  nickname: string
  avatar: string
  gender: number
  city: string
  province: string
  country: string
  fans: number
  /** What this user is willing to grant; absent = whatever the app asks for. */
  scopes?: string[]
}
type Statistics = {
  playCount: number
  diggCount: number
  commentCount: number
  shareCount: number
  forwardCount: number
  downloadCount: number
}
export type Video = {
  itemId: string
  videoId: string
  openId: string
  title: string
  cover: string
  shareUrl: string
  /** Unix seconds. */
  createTime: number
  isTop: boolean
  isReviewed: boolean
  mediaType: number
  videoStatus: number
  statistics: Statistics
}
export type Comment = {
  commentId: string
  itemId: string
  /** The first-level comment this one answers, or null for a first-level comment. */
  replyTo: string | null
  userId: string
  nickname: string
  avatar: string
  content: string
  /** Unix seconds. */
  createTime: number
  diggCount: number
  top: boolean
}
export type HotSentence = { sentence: string; hotLevel: number; label?: number }
export type HotSnapshot = { capturedAt: string; sentences: HotSentence[] }
/** The hot list at any instant, and all lists up to one. */
export type HotLists = {
  at(nowMs: number): HotSnapshot | undefined
  upTo(nowMs: number): Iterable<HotSnapshot>
}

export type WorldData = {
  accounts: Account[]
  videos: Video[]
  comments: Comment[]
  hotLists: HotLists
  /** Counters that grow with time; absent = the counters in `videos` are final. */
  growth?: (video: Video, nowMs: number) => Omit<Statistics, 'commentCount'>
}

/** The data with the indexes that make one page cost one page. */
export type World = ReturnType<typeof openWorld>

type Dated = { createTime: number }

/** How many rows of a time-ordered list exist at that second. */
function visibleCount(rows: readonly Dated[], untilSeconds: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (rows[middle]!.createTime <= untilSeconds) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Index a world. A live one shows only what exists at the asked instant; any other shows all of it always
 * (its hot list alone follows the clock).
 */
export function openWorld(data: WorldData, live: boolean) {
  const accounts = new Map(data.accounts.map((account) => [account.openId, account]))
  const videos = new Map(data.videos.map((video) => [video.itemId, video]))
  const videosByVideoId = new Map(data.videos.map((video) => [video.videoId, video]))
  const comments = new Map(data.comments.map((comment) => [comment.commentId, comment]))
  const videosOf = timelines(data.videos, (video) => video.openId)
  const threads = timelines(
    data.comments.filter((comment) => comment.replyTo === null),
    (comment) => comment.itemId,
  )
  const replies = timelines(
    data.comments.filter((comment) => comment.replyTo !== null),
    (comment) => comment.replyTo!,
  )
  const everyComment = timelines(data.comments, (comment) => comment.itemId)
  const recommended = new Map<string, Comment[]>()
  const posted = new Set<string>()

  const until = (nowMs: number) => (live ? Math.floor(nowMs / 1000) : Number.POSITIVE_INFINITY)
  const replyTotal = (commentId: string, nowMs: number) =>
    visibleCount(replies.get(commentId) ?? [], until(nowMs))

  function statistics(video: Video, nowMs: number): Statistics {
    if (!data.growth) return video.statistics
    const commentCount = visibleCount(everyComment.get(video.itemId) ?? [], until(nowMs))
    return { ...data.growth(video, nowMs), commentCount }
  }

  /** Most liked first, pinned before all: the order when no sort_type is asked for. Sorted once per change. */
  function recommendedThread(itemId: string, size: number): Comment[] {
    const known = recommended.get(itemId)
    if (known?.length === size) return known
    const rows = threads.get(itemId)!.slice(0, size)
    rows.sort((a, b) => Number(b.top) - Number(a.top) || b.diggCount - a.diggCount || byTime(a, b))
    recommended.set(itemId, rows)
    return rows
  }

  return {
    live,
    accounts,
    comments,
    hotLists: data.hotLists,
    statistics,
    replyTotal,
    videoList: data.videos,
    video: (id: string, nowMs: number) => {
      const video = videos.get(id) ?? videosByVideoId.get(id)
      return video && video.createTime <= until(nowMs) ? video : undefined
    },
    /** An account's videos, oldest first, and how many of them exist now. */
    videosOf: (openId: string, nowMs: number) => counted(videosOf.get(openId), until(nowMs)),
    /** First-level comments of a video, oldest first. */
    thread: (itemId: string, nowMs: number) => counted(threads.get(itemId), until(nowMs)),
    repliesTo: (commentId: string, nowMs: number) => counted(replies.get(commentId), until(nowMs)),
    recommendedThread,
    counts: (nowMs: number) => ({
      accounts: accounts.size,
      videos: countVisible(data.videos, until(nowMs)),
      comments: countVisible(data.comments, until(nowMs)),
    }),
    /** Rows that appeared by themselves between two instants: what the webhooks tell. */
    arrivals(fromMs: number, toMs: number) {
      const within = (row: Dated) => row.createTime * 1000 > fromMs && row.createTime * 1000 <= toMs
      return {
        videos: data.videos.filter(within),
        comments: data.comments.filter((row) => within(row) && !posted.has(row.commentId)),
      }
    },
    /** A comment or reply posted through the API. */
    add(comment: Comment) {
      posted.add(comment.commentId)
      data.comments.push(comment)
      comments.set(comment.commentId, comment)
      const [index, key] =
        comment.replyTo === null
          ? ([threads, comment.itemId] as const)
          : ([replies, comment.replyTo] as const)
      insert(index, key, comment)
      insert(everyComment, comment.itemId, comment)
      recommended.delete(comment.itemId)
    },
    /** The truth in the form of the world's files, as it stands at that instant. */
    rows: {
      accounts: () => data.accounts,
      videos: (nowMs: number) =>
        map(visible(data.videos, until(nowMs)), (video) => ({
          ...video,
          statistics: statistics(video, nowMs),
        })),
      comments: (nowMs: number) =>
        map(visible(data.comments, until(nowMs)), (comment) => ({
          ...comment,
          replyTotal: replyTotal(comment.commentId, nowMs),
        })),
      hot_search: (nowMs: number) => data.hotLists.upTo(nowMs),
    },
  }
}

/** Snapshots from a file: the latest one that is not in the future of the clock. */
export function recordedHotLists(snapshots: HotSnapshot[]): HotLists {
  const dated = snapshots
    .map((snapshot) => ({ createTime: Date.parse(snapshot.capturedAt) / 1000, snapshot }))
    .sort((a, b) => a.createTime - b.createTime)
  const upTo = (nowMs: number) => dated.slice(0, visibleCount(dated, nowMs / 1000)).map((row) => row.snapshot)
  return { upTo, at: (nowMs) => dated[visibleCount(dated, nowMs / 1000) - 1]?.snapshot }
}

/** The world as it is at one instant, which then stands still. */
export function frozen(data: WorldData, nowMs: number): WorldData {
  const world = openWorld(data, true)
  const until = nowMs / 1000
  return {
    accounts: data.accounts,
    hotLists: data.hotLists,
    comments: [...visible(data.comments, until)],
    videos: [
      ...map(visible(data.videos, until), (video) => ({
        ...video,
        statistics: world.statistics(video, nowMs),
      })),
    ],
  }
}

const byTime = <T extends Dated>(a: T, b: T) => a.createTime - b.createTime

function timelines<T extends Dated>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = Map.groupBy(rows, key)
  for (const group of groups.values()) group.sort(byTime)
  return groups
}

function insert(index: Map<string, Comment[]>, key: string, comment: Comment) {
  const rows = index.get(key)
  if (rows) rows.splice(visibleCount(rows, comment.createTime), 0, comment)
  else index.set(key, [comment])
}

const counted = <T extends Dated>(rows: readonly T[] = [], until: number) => ({
  rows,
  size: visibleCount(rows, until),
})

const countVisible = (rows: readonly Dated[], until: number) =>
  rows.reduce((sum, row) => sum + Number(row.createTime <= until), 0)

function* visible<T extends Dated>(rows: readonly T[], until: number): Iterable<T> {
  for (const row of rows) if (row.createTime <= until) yield row
}

function* map<T, R>(rows: Iterable<T>, change: (row: T) => R): Iterable<R> {
  for (const row of rows) yield change(row)
}
