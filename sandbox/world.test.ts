import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { generatedWorld } from './generated-world.ts'
import { startSandbox } from './sandbox.ts'
import { visitor } from './visitor.ts'
import { openWorld } from './world.ts'
import { worldFiles, writeWorld } from './world-files.ts'

const anchorMs = Date.parse('2026-03-01T00:00:00+08:00')
const nowMs = Date.parse('2026-03-05T09:00:00+08:00')
const folder = await mkdtemp(join(tmpdir(), 'world-'))
after(() => rm(folder, { recursive: true }))

test('the same seed gives the same world, another seed another one', () => {
  const one = JSON.stringify(generatedWorld(1, anchorMs))
  assert.equal(JSON.stringify(generatedWorld(1, anchorMs)), one)
  assert.notEqual(JSON.stringify(generatedWorld(2, anchorMs)), one)
})

test('the built-in world has six accounts, forty videos each, 20,000 comments and 48 hours of hot lists', async (t) => {
  const sandbox = await startSandbox({ nowMs: anchorMs })
  t.after(() => sandbox.close())
  const client = visitor(sandbox)
  const { counts } = await client.control('GET', '/state')
  assert.deepEqual([counts.accounts, counts.videos], [6, 240])
  assert.ok(counts.comments > 18_000 && counts.comments < 23_000, `${counts.comments} comments`)
  assert.equal((await client.rows('hot_search')).length, 97)
})

test('a live world grows with its clock and never falls', () => {
  const world = openWorld(generatedWorld(1, anchorMs), true)
  const before = new Map([...world.rows.videos(nowMs)].map((video) => [video.itemId, video.statistics]))
  const laterMs = nowMs + 3 * 86_400_000
  const later = [...world.rows.videos(laterMs)]
  assert.ok(later.length > before.size)
  for (const { itemId, statistics } of later) {
    const then = before.get(itemId)
    if (!then) continue
    for (const [name, value] of Object.entries(then))
      assert.ok(statistics[name as keyof typeof then] >= value)
  }
  const arrivals = world.arrivals(nowMs, laterMs)
  assert.equal(arrivals.comments.length, world.counts(laterMs).comments - world.counts(nowMs).comments)
  assert.ok(arrivals.comments.length > 1_000)
})

test('a written world, plain or gzip, is served again row by row', async (t) => {
  const world = openWorld(generatedWorld(4, anchorMs), true)
  for (const gzip of [false, true]) {
    const place = join(folder, `written-${gzip}`)
    await writeWorld(world, place, nowMs, { gzip })
    const sandbox = await startSandbox({ world: place, nowMs })
    t.after(() => sandbox.close())
    for (const name of worldFiles) {
      const rows: Iterable<object> = world.rows[name](nowMs)
      const expected = Array.from(rows, (row) => JSON.stringify(row))
      const served = (await visitor(sandbox).rows(name)).map((row) => JSON.stringify(row))
      // Not deepEqual: its report on tens of thousands of rows would take minutes.
      assert.equal(served.length, expected.length, name)
      assert.equal(
        served.findIndex((row, nth) => row !== expected[nth]),
        -1,
        name,
      )
    }
  }
})

test('a broken world file is named with its row', async () => {
  await assert.rejects(startSandbox({ world: join(folder, 'nothing') }), /No accounts\.ndjson/)
})
