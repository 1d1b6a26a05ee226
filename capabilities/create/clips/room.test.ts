import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { WorkspaceId } from '#kernel/id.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { sweep } from './leftovers.ts'
import type { Made } from './make.ts'
import { type OpenRoom, OURS, openRoom } from './room.fixture.ts'
import type { JobView } from './store.ts'
import { type Studio, studio } from './studio.fixture.ts'

let it: TestLedger
let films: Studio
let room: OpenRoom

before(async () => {
  it = await testLedger([migrationsOf('clips', 'create')])
  films = studio()
  await films.film('film.mp4', { seconds: 2 })
  await films.film('whole.mkv', { seconds: 4 })
  await films.run('-i', films.at('whole.mkv'), '-c', 'copy', '-f', 'matroska', films.at('bad.mkv'))
  const { truncateSync } = await import('node:fs')
  truncateSync(films.at('bad.mkv'), 60_000)
  room = await openRoom({
    ledger: it.ledger,
    media: films.media,
    folder: films.at('room'),
    settings: { CLIPS_ROOTS: films.folder },
  })
})
after(async () => {
  await room.close()
  await films.close()
  await it.close()
})

const ended = (jobId: string) =>
  until<JobView>(async () => {
    const { json } = await room.api('GET', `/jobs/${jobId}`)
    return json.endedAtMs === null ? (undefined as never) : json
  }, 40_000)
const begin = async (job: unknown) => (await room.api('POST', '/jobs', { job })).json

test('a job of several clips: one bad one fails with its reason, the others are done, all of it can be fetched', async () => {
  const text = `name: 春节
defaults: { preset: draft }
clips:
  - { source: film.mp4, name: 一, title: { text: 春节 } }
  - { source: bad.mkv, name: 坏 }
  - { source: film.mp4, name: 二, cut: { to: 1 }, loudness: true }
`
  const { json } = await room.api('POST', '/jobs', { text })
  assert.ok(json.jobId && json.isNew, JSON.stringify(json))
  const job = await ended(json.jobId)
  assert.equal(job.state, 'failed')
  assert.deepEqual([job.counts.done, job.counts.failed], [2, 1])
  const { json: page } = await room.api('GET', `/jobs/${json.jobId}/clips?limit=2`)
  assert.equal(page.items.length, 2)
  const { json: rest } = await room.api('GET', `/jobs/${json.jobId}/clips?cursor=${page.next}`)
  const clips = [...page.items, ...rest.items]
  assert.deepEqual(
    clips.map(({ name, state }: { name: string; state: string }) => [name, state]),
    [
      ['一', 'done'],
      ['坏', 'failed'],
      ['二', 'done'],
    ],
  )
  assert.match(clips[1].failure.message, /not as promised|cannot be read/)
  assert.equal(clips[0].result.facts.height, 720)
  assert.deepEqual(
    clips[2].result.steps.map(({ name }: { name: string }) => name),
    ['look', 'analyse', 'render', 'check'],
  )
  assert.ok(room.told.some(({ topic, data }) => topic === 'clips/clips' && data['state'] === 'done'))

  const output = `${room.url}/jobs/${json.jobId}/clips/0/output`
  const part = await fetch(output, { headers: { range: 'bytes=4-7' } })
  assert.deepEqual([part.status, await part.text()], [206, 'ftyp'])
  assert.match(part.headers.get('content-range')!, /^bytes 4-7\/\d+$/)
  const all = await fetch(output)
  assert.equal((await all.arrayBuffer()).byteLength, clips[0].result.bytes)
  assert.equal((await fetch(output, { headers: { range: 'bytes=999999999-' } })).status, 416)
  assert.equal((await fetch(`${room.url}/jobs/${json.jobId}/clips/1/output`)).status, 409)
  const tar = Buffer.from(await (await fetch(`${room.url}/jobs/${json.jobId}/download`)).arrayBuffer())
  assert.equal(tar.length % 512, 0)
  assert.match(tar.toString('utf8'), /\d+ path=一\.mp4\n/)
  films.write('all.tar', tar)
  const { execFileSync } = await import('node:child_process')
  assert.equal(
    execFileSync('tar', ['-tf', films.at('all.tar')], {
      env: { LC_ALL: 'C.UTF-8', PATH: process.env['PATH'] },
    })
      .toString()
      .split('\n').length,
    3,
  )

  await it.ledger.everywhere.query(
    `update clips.clip set result = result || '{"track": [{"atSeconds": 0, "middle": 0.5}]}' where job_id = $1 and position = 2`,
    [json.jobId],
  )
  const { json: listed } = await room.api('GET', `/jobs/${json.jobId}/clips?cursor=1`)
  const { json: detail } = await room.api('GET', `/jobs/${json.jobId}/clips/2`)
  assert.deepEqual([listed.items[0].result.track, detail.result.track.length], [undefined, 1])

  const { json: summary } = await room.api('GET', '/summary')
  assert.deepEqual([summary.counts.done, summary.counts.failed], [2, 1])
  assert.equal(summary.failures[0].count, 1)
})

test('asked for again, a job finds what is there: results are not made twice, changed files are', async () => {
  const job = { output: 'twice', clips: [{ source: 'film.mp4', name: 'one', preset: 'draft' }] }
  const first = await begin(job)
  await ended(first.jobId)
  const before = statSync(films.at('twice/one.mp4')).mtimeMs
  const second = await begin(job)
  assert.ok(second.isNew)
  await ended(second.jobId)
  const result = async (jobId: string): Promise<Made> =>
    (await room.api('GET', `/jobs/${jobId}/clips/0`)).json.result
  assert.equal((await result(second.jobId)).isReused, true)
  assert.equal(statSync(films.at('twice/one.mp4')).mtimeMs, before)
  films.write('twice/one.mp4', 'spoilt')
  const third = await begin(job)
  await ended(third.jobId)
  assert.equal((await result(third.jobId)).isReused, false)
})

test('all complaints and plans without doing anything; a job with an error is not begun', async () => {
  const text = 'clips:\n  - source: gone.mp4\n  - source: film.mp4\n    cut: { from: 9 }\n'
  const { json } = await room.api('POST', '/validate', { text })
  assert.deepEqual(
    json.complaints.map(({ code, line, column }: Record<string, unknown>) => [code, line, column]),
    [
      ['clips/no-file', 2, 5],
      ['clips/time', 4, 12],
    ],
  )
  const { json: refused } = await room.api('POST', '/jobs', { text })
  assert.equal(refused.jobId, null)
  const good = await room.api('POST', '/validate', { job: { clips: [{ source: 'film.mp4' }] } })
  assert.equal(good.json.clips[0].plan.mode, 'encode')
  const bad = await room.api('POST', '/validate', { text: 'clips: [', base: films.folder })
  assert.equal(bad.json.complaints[0].code, 'clips/syntax')
})

test('any path for the local key, only the allowed folders for everybody else', async () => {
  const { execFileSync } = await import('node:child_process')
  const outside = `/tmp/doubloon-outside-${process.pid}.mp4`
  execFileSync('cp', [films.at('film.mp4'), outside])
  const job = { job: { clips: [{ source: outside }] } }
  assert.equal((await room.api('POST', '/validate', job)).json.complaints[0].code, 'clips/outside')
  assert.equal((await room.api('POST', '/validate', job, { 'x-api-key': 'local' })).json.clips.length, 1)
  assert.equal((await room.api('POST', '/validate', { ...job, base: '/etc' })).status, 403)
  execFileSync('rm', [outside])
})

test('paused, a job waits; resumed, it goes on; cancelled, it is over; retried, it begins again', async () => {
  const job = {
    name: 'steered',
    clips: Array.from({ length: 4 }, (_, i) => ({
      source: 'film.mp4',
      name: `s${i}`,
      preset: 'draft',
      reframe: { to: 'portrait' },
    })),
  }
  const { jobId } = await begin(job)
  const act = async (action: string) => (await room.api('POST', `/jobs/${jobId}/${action}`, {})).json.changed
  await act('pause')
  const paused = (await room.api('GET', `/jobs/${jobId}`)).json
  assert.equal(paused.state, 'paused')
  assert.equal(paused.counts.running, 0)
  assert.equal((await begin(job)).jobId, jobId)
  const open = paused.counts.paused
  assert.ok(open > 0)
  assert.equal(await act('cancel'), open)
  assert.equal((await ended(jobId)).state, 'cancelled')
  assert.equal(await act('retry'), open)
  assert.equal((await ended(jobId)).state, 'done')
  const { json } = await room.api('GET', '/jobs?state=done&q=steer')
  assert.deepEqual(
    json.items.map((one: JobView) => one.jobId),
    [jobId],
  )
  assert.equal((await room.api('POST', '/jobs/nope/pause', {})).status, 404)
})

test('who was overtaken writes nothing any more', async () => {
  const quiet = await openRoom({
    ledger: it.ledger,
    media: films.media,
    folder: films.at('quiet'),
    settings: { CLIPS_ROOTS: films.folder },
    workers: false,
  })
  await room.close()
  const { json } = await quiet.api('POST', '/jobs', {
    job: { clips: [{ source: 'film.mp4', name: 'fenced' }] },
  })
  const nowMs = Date.now()
  const { store } = quiet
  const slow = await store.take('slow', nowMs, 1_000)
  assert.equal(slow?.jobId, json.jobId)
  assert.equal(await store.take('other', nowMs, 1_000), null)
  const next = await store.take('next', nowMs + 2_000, 1_000)
  assert.equal(next?.attempt, 2)
  const at = { step: 'render' as const, share: 0.5, speed: 1 }
  assert.equal(await store.renew(slow!, at, nowMs, 1_000), false)
  assert.equal(await store.fail(slow!, { code: 'x', message: 'x' }, nowMs), false)
  assert.equal(await store.renew(next!, at, nowMs, 1_000), true)
  await store.steer(OURS, json.jobId, 'cancel', null, nowMs)
  assert.equal(await store.renew(next!, at, nowMs, 1_000), false)
  await store.steer(OURS, json.jobId, 'retry', null, nowMs)
  assert.equal((await store.take('dead:1/0', nowMs, 60_000))?.attempt, 1)
  assert.deepEqual(await store.holders(), ['dead:1/0'])
  assert.equal(await store.take('heir', nowMs, 60_000), null)
  await store.bury('dead:1/0', nowMs)
  assert.equal((await store.take('heir', nowMs, 60_000))?.attempt, 2)
  await store.steer(OURS, json.jobId, 'cancel', null, nowMs)
  const strange = 'ws_strange' as WorkspaceId
  assert.equal(await store.job(strange, json.jobId), null)
  assert.equal(await store.steer(strange, json.jobId, 'retry', null, nowMs), 0)
  assert.deepEqual((await quiet.api('GET', '/jobs', undefined, { 'x-workspace': strange })).json.items, [])
  await quiet.close()
  room = await openRoom({
    ledger: it.ledger,
    media: films.media,
    folder: films.at('room'),
    settings: { CLIPS_ROOTS: films.folder },
  })
})

test('too many clips are refused, old jobs are forgotten with the results in our folder only', async () => {
  const { store } = room
  const job = {
    jobId: 'clipjob_old',
    name: 'old',
    digest: 'd',
    text: '',
    folder: films.at('room/outputs/old'),
    createdBy: 'x',
    workspaceId: OURS,
  }
  await assert.rejects(
    store.add({ ...job, clips: [{ name: 'a', order: {} as never, plan: {} as never, seconds: 1 }] }, 0, 0),
    { code: 'clips/too-many' },
  )
  await store.add({ ...job, clips: [] }, 10, 0)
  assert.deepEqual(await store.forget(1), [job.folder])
  assert.equal(await store.job(OURS, job.jobId), null)
  mkdirSync(films.at('room/uploads'), { recursive: true })
  films.write('room/uploads/old.txt', 'x')
  assert.equal(await sweep(films.at('room/uploads'), Date.now() - 60_000), 0)
  assert.equal(await sweep(films.at('room/uploads'), Date.now() + 60_000), 1)
  assert.equal(existsSync(films.at('room/uploads/old.txt')), false)
})

test('the schema is public and good for any checker; presets, templates and files are there for the editor', async () => {
  const { json: schema } = await room.api('GET', '/schema')
  const isJob = new Ajv2020({ strict: false }).compile(schema)
  assert.ok(isJob({ clips: [{ source: 'a.mp4' }] }))
  assert.ok(!isJob({ clips: [{ sauce: 'a.mp4' }] }))
  const { json: templates } = await room.api('GET', '/templates')
  for (const { text } of templates.items) {
    const { json } = await room.api('POST', '/validate', { text })
    for (const { code } of json.complaints) assert.equal(code, 'clips/no-file')
  }
  assert.ok((await room.api('GET', '/presets')).json.items.length >= 4)
  const { json: sources } = await room.api('GET', '/sources?q=film')
  assert.ok(sources.items.some(({ path }: { path: string }) => path === films.at('film.mp4')))
  assert.ok(existsSync(sources.items[0].path))
})

test('a job can be followed live until it ends', async () => {
  const { jobId } = await begin({ clips: [{ source: 'film.mp4', name: 'live', preset: 'draft' }] })
  const reply = await fetch(`${room.url}/jobs/${jobId}/live`)
  assert.match(reply.headers.get('content-type')!, /event-stream/)
  const events = (await reply.text()).split('\n\n').filter(Boolean)
  const last = JSON.parse(events.at(-1)!.split('data: ')[1]!)
  assert.equal(last.state, 'done')
})

test('an upload comes in pieces, belongs to its workspace, and a job can use it', async () => {
  const film = readFileSync(films.at('film.mp4'))
  const put = async (name: string, offset: number, piece: Uint8Array, workspace: string = OURS) => {
    const reply = await fetch(
      `${room.url}/uploads/${encodeURIComponent(name)}?sizeBytes=${film.length}&offset=${offset}`,
      {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream', 'x-workspace': workspace },
        body: new Uint8Array(piece),
      },
    )
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
    return { status: reply.status, json: (await reply.json()) as any }
  }
  const half = Math.floor(film.length / 2)
  assert.deepEqual((await put('上传.mp4', 0, film.subarray(0, half))).json, {
    receivedBytes: half,
    path: null,
  })
  assert.equal((await put('上传.mp4', half + 5, film.subarray(half))).status, 409)
  const { path } = (await put('上传.mp4', half, film.subarray(half))).json
  assert.deepEqual(readFileSync(path), film)
  const check = (headers: Record<string, string>) =>
    room.api('POST', '/validate', { job: { clips: [{ source: path }] } }, headers)
  assert.equal((await check({})).json.clips.length, 1)
  for (const name of ['../x.mp4', 'x.sh', '.mp4', '.x.mp4'])
    assert.ok((await put(name, 0, film)).status >= 400, name)
})

test('uploads of another workspace cannot be named', async () => {
  const bare = await openRoom({
    ledger: it.ledger,
    media: films.media,
    folder: films.at('bare'),
    workers: false,
  })
  const sizeBytes = statSync(films.at('film.mp4')).size
  const upload = `${bare.url}/uploads/a.mp4?sizeBytes=${sizeBytes}`
  const headers = { 'content-type': 'application/octet-stream' }
  await fetch(upload, { method: 'PUT', headers, body: new Uint8Array(readFileSync(films.at('film.mp4'))) })
  const { json: own } = await bare.api('POST', '/validate', { job: { clips: [{ source: 'a.mp4' }] } })
  assert.equal(own.clips.length, 1)
  const job = { job: { clips: [{ source: films.at(`bare/uploads/${OURS}/a.mp4`) }] } }
  const { json: strange } = await bare.api('POST', '/validate', job, { 'x-workspace': 'ws_strange' })
  assert.equal(strange.complaints[0].code, 'clips/outside')
  await bare.close()
})
