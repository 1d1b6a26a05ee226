// Real text, through faults, by the command line: a world made of collected hot lists and real comments is collected
// over a network that drops, doubles, fails and slows; what comes out equals the world exactly.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startSandbox } from '#sandbox/sandbox.ts'
import { testPlatform } from '#testing/platform.ts'
import { worldFromData } from '#testing/worlds/from-data.ts'

const root = join(import.meta.dirname, '../..')
const dataFolder = join(root, '../shared/data')
const FAULTS = { dropRate: 0.05, doubleRate: 0.1, errorRate: 0.1, slowRate: 0.1, slowMs: 30 }
const COMMENTS = 50_000
const SNAPSHOTS_STEPPED = 12

const skip = existsSync(join(dataFolder, 'hotlist')) ? false : 'the real data is not here (shared/data)'

test('a world of real data, collected and exported by the command line, equals itself', {
  skip,
}, async (t) => {
  const world = await worldFromData(dataFolder, { comments: COMMENTS })
  const sandbox = await startSandbox({ port: 0, world, live: false })
  t.after(sandbox.close)
  const folder = mkdtempSync(join(tmpdir(), 'doubloon-story-'))
  t.after(async () => rmSync(folder, { recursive: true, force: true }))
  const env = {
    DOUYIN_URL: sandbox.url,
    OPEN_PLATFORM_CLIENT_KEY: sandbox.clientKey,
    OPEN_PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
  }
  const platform = await testPlatform(env)
  t.after(platform.dispose)
  const running = await platform.start()

  const doubloon = (...args: string[]) =>
    promisify(execFile)(process.execPath, [join(root, 'cli.ts'), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', ...env, DOUBLOON_DATA: platform.data },
      maxBuffer: 64 * 1024 * 1024,
    })
  const control = (path: string, body: object) =>
    fetch(sandbox.url + path, {
      method: 'PUT',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
  const rowsOfWorld = async (name: string) =>
    (await (await fetch(`${sandbox.url}/_sandbox/world/${name}`)).text())
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))

  await doubloon('sandbox', 'connect')
  await control('/_sandbox/faults', FAULTS)
  await doubloon('collect', '--json')

  const file = join(folder, 'comments.ndjson')
  await doubloon('export', 'comments', '--format', 'ndjson', '--out', file)
  const ours = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const truth = await rowsOfWorld('comments')
  assert.ok(truth.length >= COMMENTS)
  const byId = (a: { commentId: string }, b: { commentId: string }) => (a.commentId < b.commentId ? -1 : 1)
  assert.deepEqual(ours.map(ofExport).sort(byId), truth.map(ofWorld).sort(byId))

  // The hot list as it was, moment by moment: the clock of the world is turned, each list is collected once.
  const { hotLists, moments } = await snapshotsOf(rowsOfWorld)
  for (const nowMs of moments) {
    await control('/_sandbox/clock', { nowMs })
    await doubloon('collect', '--source', 'hot-list', '--json')
  }
  const { stdout } = await doubloon('export', 'hot-list')
  const collected = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  for (const nowMs of moments) {
    const expected = hotLists.get(nowMs)!
    const got = collected.filter((row) => row.activeAtMs === nowMs).sort((a, b) => a.rank - b.rank)
    assert.deepEqual(
      got.map((row) => [row.sentence, row.heat]),
      expected.map((row) => [row.sentence, row.hotLevel]),
    )
  }
  t.diagnostic(`${ours.length} real comments and ${moments.length} hot lists equal the world's`)
  await platform.stop(running)
})

// biome-ignore lint/suspicious/noExplicitAny: rows as they come out of NDJSON
const ofExport = (row: any) => ({
  commentId: row.commentId,
  itemId: row.itemId,
  replyTo: row.replyTo,
  userId: row.userId,
  nickname: row.nickname,
  content: row.content,
  createdAtMs: row.createdAtMs,
  likes: row.likes,
})
// biome-ignore lint/suspicious/noExplicitAny: rows as they come out of NDJSON
const ofWorld = (row: any) => ({
  commentId: row.commentId,
  itemId: row.itemId,
  replyTo: row.replyTo,
  userId: row.userId,
  nickname: row.nickname,
  content: row.content,
  createdAtMs: row.createTime * 1000,
  likes: row.diggCount,
})

type Sentence = { sentence: string; hotLevel: number }

async function snapshotsOf(
  rowsOfWorld: (name: string) => Promise<{ capturedAt: string; sentences: Sentence[] }[]>,
) {
  const snapshots = await rowsOfWorld('hot_search')
  const hotLists = new Map(
    snapshots.map((one) => [Math.floor(Date.parse(one.capturedAt) / 1000) * 1000, one.sentences]),
  )
  const all = [...hotLists.keys()].sort((a, b) => a - b)
  const moments = all.slice(-SNAPSHOTS_STEPPED)
  return { hotLists, moments }
}
