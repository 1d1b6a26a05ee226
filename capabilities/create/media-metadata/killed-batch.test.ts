import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isFault } from '#kernel/fault.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { openRoom, ours } from './room.fixture.ts'
import { closeTools, makeSamples, scratch } from './samples.fixture.ts'
import { postgresStore } from './store.postgres.ts'

const COUNT = 240
const { folder, remove } = scratch()
let it: TestLedger

before(async () => {
  it = await testLedger([migrationsOf('media-metadata', 'create')])
  const { photo, text } = await makeSamples(join(folder, 'samples'))
  const bytes = readFileSync(photo!)
  for (const name of ['first', 'second']) {
    mkdirSync(join(folder, name))
    for (let i = 0; i < COUNT; i++) {
      const note = Buffer.from(`${name} ${String(i).padStart(4, '0')}`)
      const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, note.length + 2]), note])
      const content =
        i % 10 === 3 ? readFileSync(text!) : Buffer.concat([bytes.subarray(0, 2), comment, bytes.subarray(2)])
      writeFileSync(join(folder, name, `${i}.jpg`), content)
    }
  }
})
after(async () => {
  await closeTools()
  await it.close()
  remove()
})

const open = async (source: string) => {
  const ask = {
    workspaceId: ours,
    sources: [source],
    wantsGps: false,
    isFresh: false,
    anyPath: true,
    startedBy: 'key:local',
  }
  return postgresStore(it.ledger).openBatch({ ...ask, concurrency: 2 }, Date.now())
}
const batchOf = async (batchId: string) =>
  (await it.ledger.everywhere.query('select * from media_metadata.batch where batch_id = $1', [batchId]))[0]!

/** Which files were committed when: nothing of it may be done a second time. */
const done = async (folderName: string) =>
  new Map(
    (
      await it.ledger.everywhere.query(
        'select file_id, looked_at::text as at from media_metadata.file where location like $1',
        [`%/${folderName}/%`],
      )
    ).map((row) => [row['file_id'] as string, row['at'] as string]),
  )

test('kill -9 in the middle of a batch: it goes on where it was', { timeout: 90_000 }, async () => {
  const source = join(folder, 'first')
  const { batchId } = await open(source)
  const ask = { connection: it.connection, role: it.role, folder, input: { workspaceId: ours, batchId } }
  const start = () =>
    spawn(process.execPath, [join(import.meta.dirname, 'killed-batch.fixture.ts'), JSON.stringify(ask)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  let known = new Map<string, string>()
  for (let kill = 0; kill < 2; kill++) {
    const child = start()
    const ended = once(child, 'exit')
    await until(async () => (await batchOf(batchId))['done'] > known.size, 30_000, 5)
    child.kill('SIGKILL')
    const [, signal] = await ended
    if (signal !== 'SIGKILL') break
    known = await done('first')
    assert.ok(known.size > 0)
  }
  assert.ok(known.size < COUNT, 'it was killed before its end')
  assert.deepEqual(await open(source), { batchId, isResumed: true }, 'the same command is the same batch')
  const [code] = await once(start(), 'exit')
  assert.equal(code, 0)
  const batch = await batchOf(batchId)
  assert.deepEqual(
    [batch['state'], batch['total'], batch['done'], batch['bad']],
    ['done', COUNT, COUNT, COUNT / 10],
  )
  const now = await done('first')
  assert.equal(now.size, COUNT)
  for (const [file, at] of known) assert.equal(now.get(file), at)
})

test('an orderly stop keeps what is done, and says that it will go on', { timeout: 60_000 }, async () => {
  const { batchId } = await open(join(folder, 'second'))
  const room = await openRoom(it, folder)
  const stop = new AbortController()
  const input = { workspaceId: ours, batchId }
  const run = (signal: AbortSignal) =>
    room.kinds
      .get('media-metadata/batch')!
      .handle({ id: 'job', input, attempt: 1, signal, progress: () => {} })
  const running = run(stop.signal)
  const failed = assert.rejects(
    running,
    (error) => isFault(error) && error.code === 'media-metadata/interrupted',
  )
  await until(async () => (await batchOf(batchId))['done'] > 0, 30_000, 5)
  stop.abort()
  await failed
  const before = await done('second')
  assert.ok(before.size > 0 && before.size < COUNT)
  await run(new AbortController().signal)
  const batch = await batchOf(batchId)
  assert.deepEqual([batch['state'], batch['done']], ['done', COUNT])
  const after = await done('second')
  for (const [file, at] of before) assert.equal(after.get(file), at)
})
