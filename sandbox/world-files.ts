import { createReadStream, existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip, gzipSync } from 'node:zlib'
import type { Account, Comment, HotSnapshot, Video, World, WorldData } from './world.ts'
import { recordedHotLists } from './world.ts'

export const worldFiles = ['accounts', 'videos', 'comments', 'hot_search'] as const
export type WorldFile = (typeof worldFiles)[number]

const required: Record<WorldFile, string[]> = {
  accounts: ['openId', 'nickname'],
  videos: ['itemId', 'videoId', 'openId', 'title', 'createTime', 'statistics'],
  comments: ['commentId', 'itemId', 'userId', 'content', 'createTime'],
  hot_search: ['capturedAt', 'sentences'],
}

/** Read `<name>.ndjson` or `<name>.ndjson.gz` of a folder; only accounts must exist. Schema: README. */
export async function readWorld(folder: string): Promise<WorldData> {
  const accounts = await readRows<Account>(folder, 'accounts', {
    unionId: '',
    avatar: '',
    gender: 0,
    city: '',
    province: '',
    country: '中国',
    fans: 0,
  })
  if (accounts.length === 0) throw new Error(`No accounts.ndjson with accounts in ${folder}`)
  const videos = await readRows<Video>(folder, 'videos', {
    cover: '',
    shareUrl: '',
    isTop: false,
    isReviewed: true,
    mediaType: 4,
    videoStatus: 5,
  })
  const comments = await readRows<Comment & { replyTotal?: number }>(folder, 'comments', {
    replyTo: null,
    nickname: '',
    avatar: '',
    diggCount: 0,
    top: false,
  })
  // replyTotal is a fact about other rows, so it is counted again rather than believed.
  for (const comment of comments) delete comment.replyTotal
  return {
    accounts,
    videos,
    comments,
    hotLists: recordedHotLists(await readRows<HotSnapshot>(folder, 'hot_search', {})),
  }
}

/** Write the world as it stands at `nowMs`; read back, it gives the same rows. */
export async function writeWorld(world: World, folder: string, nowMs: number, options?: { gzip?: boolean }) {
  await mkdir(folder, { recursive: true })
  for (const name of worldFiles) {
    const rows: Iterable<object> = world.rows[name](nowMs)
    const lines = Array.from(rows, (row) => `${JSON.stringify(row)}\n`).join('')
    const path = join(folder, `${name}.ndjson`)
    await (options?.gzip ? writeFile(`${path}.gz`, gzipSync(lines)) : writeFile(path, lines))
  }
}

/** The objects of one NDJSON file (gzip by its name), one at a time. */
export async function* readNdjson(path: string): AsyncGenerator<Record<string, unknown>> {
  const file = createReadStream(path)
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  let line = 0
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (text === '') continue
    try {
      yield JSON.parse(text)
    } catch {
      throw new Error(`${path} line ${line} is not JSON`)
    }
  }
}

async function readRows<T>(folder: string, name: WorldFile, defaults: Record<string, unknown>): Promise<T[]> {
  const plain = join(folder, `${name}.ndjson`)
  const path = [plain, `${plain}.gz`].find((candidate) => existsSync(candidate))
  const rows: T[] = []
  if (!path) return rows
  for await (const row of readNdjson(path)) {
    const missing = required[name].find((field) => row[field] === undefined)
    if (missing) throw new Error(`${path} row ${rows.length + 1} has no ${missing}`)
    const gaps = Object.entries(defaults).filter(([field]) => row[field] === undefined)
    rows.push({ ...row, ...Object.fromEntries(gaps) } as T)
  }
  return rows
}
