import { generatedWorld } from '#sandbox/generated-world.ts'
import type { WorldData } from '#sandbox/world.ts'
import { frozen } from '#sandbox/world.ts'

const ANCHOR_MS = Date.parse('2026-03-01T00:00:00+08:00')
export const WORLD_NOW_MS = ANCHOR_MS + 3_600_000

/** A corner of the sandbox's own world that a test can collect in a second: some accounts, some videos of each. */
export function smallWorld(accounts: number, videosEach: number): WorldData {
  const world = frozen(generatedWorld(7, ANCHOR_MS), ANCHOR_MS)
  const chosen = world.accounts.slice(0, accounts)
  const videos = chosen.flatMap(({ openId }) =>
    world.videos.filter((video) => video.openId === openId).slice(-videosEach),
  )
  const items = new Set(videos.map((video) => video.itemId))
  return {
    ...world,
    accounts: chosen,
    videos,
    comments: world.comments.filter((comment) => items.has(comment.itemId)),
  }
}
