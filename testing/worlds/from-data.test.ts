import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openWorld } from '#sandbox/world.ts'
import { worldFromData } from './from-data.ts'

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
test('a world of real data has 881 hot lists and 50,000 comments', {
  skip: existsSync(data) ? false : 'no ../shared/data',
}, async () => {
  const world = openWorld(await worldFromData(data), false)
  const forever = Number.POSITIVE_INFINITY
  assert.equal([...world.rows.hot_search(forever)].length, 881)
  const comments = [...world.rows.comments(forever)]
  assert.equal(comments.length, 50_000)
  assert.equal(new Set(comments.map((comment) => comment.commentId)).size, 50_000)
  assert.equal(world.videoList.length, 500)
  for (const { replyTo, createTime, itemId } of comments) {
    const parent = replyTo === null ? undefined : world.comments.get(replyTo)
    if (replyTo !== null) assert.ok(parent && parent.createTime <= createTime && parent.itemId === itemId)
  }
})
