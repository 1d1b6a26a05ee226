import assert from 'node:assert/strict'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { Auth, Principal } from '#kernel/auth.ts'
import { type App, guard, httpApp, mount } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { openRoom, operator } from './room.fixture.ts'
import { closeTools, makeSamples, portrait, scratch } from './samples.fixture.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, as any client reads them
type Json = any

describe('the room over HTTP', { timeout: 100_000 }, () => {
  const { folder, remove } = scratch()
  const library = join(folder, 'library')
  let it: TestLedger
  let app: App
  let room: Awaited<ReturnType<typeof openRoom>>
  let files: Record<string, string>
  let who: Principal = operator

  before(async () => {
    it = await testLedger([migrationsOf('media-metadata', 'create')])
    files = await makeSamples(library)
    mkdirSync(join(folder, 'room'))
    room = await openRoom(it, join(folder, 'room'), {
      roots: library,
      allowPrivateAddresses: true,
      uploadMb: 20,
    })
    app = await httpApp({ log: rootLog({ level: 'silent' }), version: 'test' })
    guard(app, { authenticate: async () => who } as Auth)
    await mount(app, 'media-metadata', room.opened.routes!)
  })
  after(async () => {
    await app.close()
    await closeTools()
    await it.close()
    remove()
  })

  const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => {
    const reply = await app.inject({ method, url: `/api/media-metadata${path}`, ...(body ? { body } : {}) })
    return {
      status: reply.statusCode,
      body:
        reply.headers['content-type']?.includes('application/json') ||
        reply.headers['content-type']?.includes('problem+json')
          ? reply.json<Json>()
          : reply.body,
      reply,
    }
  }
  const get = async (path: string): Promise<Json> => {
    const { status, body } = await ask('GET', path)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  const run = async (sources: string[], more: object = {}): Promise<Json> => {
    const { status, body } = await ask('POST', '/batches', { sources, ...more })
    assert.equal(status, 202, JSON.stringify(body))
    await room.idle()
    return get(`/batches/${body.batchId}`)
  }
  const lines = async (batchId: string): Promise<Json[]> =>
    (await ask('GET', `/batches/${batchId}/export`)).reply.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  test('a folder: every file is a row, the bad ones with their reason, in order', async () => {
    const batch = await run([library])
    const count = readdirSync(library).length
    assert.deepEqual([batch.state, batch.total, batch.done], ['done', count, count])
    const all = await lines(batch.batchId)
    assert.equal(all.length, count)
    const of = (name: string) => all.find(({ file }) => file === files[name])
    assert.deepEqual(
      [of('plain').verdict, of('plain').durationSeconds, of('plain').resolution],
      ['warning', 1, '320x180'],
    )
    assert.equal(of('text').reason, 'not-media')
    assert.equal(of('truncated').reason, 'truncated')
    assert.equal(batch.bad, all.filter(({ verdict }) => verdict === 'bad').length)
    assert.ok(
      room.told.some(({ topic, data }) => topic === 'media-metadata/batches' && data['done'] === count),
    )
    assert.deepEqual(room.failures, [])
  })

  test('every record keeps the published schema', async () => {
    const schema = await get('/schema')
    const ajv = new Ajv({ allowUnionTypes: true })
    formats.default(ajv)
    const isRecord = ajv.compile(schema)
    const { items } = await get('/files?limit=100')
    for (const { fileId } of items) {
      const { record } = await get(`/files/${fileId}`)
      if (record) assert.ok(isRecord(record), ajv.errorsText(isRecord.errors))
    }
  })

  test('unchanged files cost a stat; a touched one a hash; a changed one everything', async () => {
    const again = await run([library])
    assert.equal(again.cached, readdirSync(library).length)
    const before = await get('/files?text=plain.mp4')
    utimesSync(files['plain']!, new Date(), new Date())
    const touched = await run([files['plain']!])
    assert.equal(touched.cached, 1)
    appendFileSync(files['plain']!, Buffer.from([0, 0, 0, 9, 0x66, 0x72, 0x65, 0x65, 1]))
    const changed = await run([files['plain']!])
    assert.equal(changed.cached, 0)
    const after = await get('/files?text=plain.mp4')
    assert.equal(after.items[0].fileId, before.items[0].fileId)
    assert.notEqual(after.items[0].record.videoId, before.items[0].record.videoId)
    assert.equal((await run([files['plain']!], { again: true })).cached, 0)
  })

  test('the place is asked for apart, and never leaks to who did not ask', async () => {
    const withGps = await run([files['place']!], { gps: true })
    assert.equal((await lines(withGps.batchId))[0].gps.latitude, 30.25)
    const without = await run([files['place']!])
    assert.equal((await lines(without.batchId))[0].gps, null)
  })

  test('a path outside the roots is refused by its name, a link that leads out is a row', async () => {
    const secret = join(folder, 'secret.mp4')
    copyFileSync(portrait, secret)
    for (const source of [secret, `${library}/../secret.mp4`, `${library}/*/../../*.mp4`]) {
      const { status, body } = await ask('POST', '/batches', { sources: [source] })
      assert.deepEqual([status, body.code], [403, 'media-metadata/outside'], source)
    }
    assert.equal(
      (await ask('POST', '/batches', { sources: ['relative.mp4'] })).body.code,
      'media-metadata/relative',
    )
    symlinkSync(secret, join(library, 'link.mp4'))
    symlinkSync(folder, join(library, 'linked-folder'))
    for (const source of [join(library, 'link.mp4'), join(library, 'linked-folder')]) {
      const [line] = await lines((await run([source])).batchId)
      assert.equal(line.reason, 'outside', source)
    }
    who = { ...operator, kind: 'key', actor: 'key:local', role: 'owner' }
    const local = await run([secret])
    who = operator
    assert.equal(local.bad, 0)
  })

  test('patterns, names with stars in them, and the same file twice', async () => {
    const starred = join(library, 'a[1]*.mp4')
    copyFileSync(portrait, starred)
    const batch = await run([
      join(library, '*.jpg'),
      files['photo']!,
      starred,
      join(library, 'nothing-*.mov'),
    ])
    const names = (await lines(batch.batchId)).map(({ file, reason }) => [file.split('/').at(-1), reason])
    assert.deepEqual(names.sort(), [
      ['a[1]*.mp4', null],
      ['nothing-*.mov', 'missing'],
      ['photo %03d.jpg', null],
      ['photo.jpg', null],
      ['torn.jpg', 'truncated'],
    ])
  })

  test('a link is fetched, described and has a picture although its file is gone', async (t) => {
    const server = createServer((request, reply) =>
      request.url === '/film.mp4'
        ? reply.setHeader('etag', '"1"').end(readFileSync(portrait))
        : reply.writeHead(404).end(),
    )
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    t.after(() => server.close())
    const batch = await run([`${base}/film.mp4`, `${base}/none.mp4`])
    const [film, none] = await lines(batch.batchId)
    assert.deepEqual([film.resolution, film.fileName, none.reason], ['720x1280', 'film.mp4', 'missing'])
    const { items } = await get('/files?text=film.mp4')
    const picture = await ask('GET', `/files/${items[0].fileId}/poster`)
    assert.equal(picture.reply.headers['content-type'], 'image/webp')
  })

  test('posters in both formats; none of what is no picture', async () => {
    const { items } = await get('/files?text=fast.mp4')
    for (const [format, start] of [
      ['webp', 'RIFF'],
      ['jpeg', '\xff\xd8'],
    ] as const) {
      const { reply } = await ask('GET', `/files/${items[0].fileId}/poster?format=${format}`)
      assert.equal(reply.rawPayload.toString('latin1', 0, start.length), start)
    }
    const [text] = (await get('/files?text=text.mp4')).items
    assert.equal((await ask('GET', `/files/${text.fileId}/poster`)).body.code, 'media-metadata/no-poster')
  })

  test('filters, pages and charts of the library', async () => {
    const bad = await get('/files?verdict=bad&reason=not-media')
    assert.deepEqual(bad.items.map((one: Json) => one.fileName).sort(), ['archive.zip', 'text.mp4'])
    const first = await get('/files?limit=3')
    const second = await get(`/files?limit=3&cursor=${encodeURIComponent(first.next)}`)
    assert.equal(new Set([...first.items, ...second.items].map((one: Json) => one.fileId)).size, 6)
    assert.ok(
      (await get('/files?finding=hdr')).items.every((one: Json) => one.record.dynamicRange === 'HDR10'),
    )
    assert.ok((await get('/files?orientation=portrait')).items.length > 0)
    const summary = await get('/summary')
    assert.equal(summary.files, summary.ready + summary.warning + summary.blocked + summary.bad)
    assert.ok(summary.cachedShare > 0 && summary.filesPerSecond > 0)
    assert.ok(
      (await get('/failures')).items.some(
        (one: Json) => one.reason === 'truncated' && one.examples.length > 0,
      ),
    )
    assert.ok((await get('/findings')).items.some((one: Json) => one.code === 'resolution'))
    const statistics = await get('/statistics')
    const codec = statistics.values.find((one: Json) => one.field === 'videoCodec')
    assert.ok(
      codec.top.some((one: Json) => one.value === 'h264' && one.count > 1) && codec.filled <= codec.files,
    )
    assert.ok(statistics.numbers.find((one: Json) => one.field === 'durationSeconds').max >= 13)
    const scatter = await get('/scatter?orientation=portrait')
    assert.ok(scatter.items.length > 0 && scatter.preset.maxDurationSeconds === 900)
  })

  test('the detail has the origin of each field and both raw answers', async () => {
    const [item] = (await get('/files?text=plain.mp4')).items
    const { record, raw, contentHash } = await get(`/files/${item.fileId}`)
    assert.equal(record.provenance.durationSeconds.from, 'ffprobe')
    assert.equal(raw.ffprobe.streams.length, 2)
    assert.equal(raw.tags.reader, 'exiftool')
    assert.match(contentHash, /^sha256:/)
  })

  test('changed rules judge everything again', async () => {
    const { status, body } = await ask('PUT', '/preset', { minShortSidePx: 100, maxDurationSeconds: 1.5 })
    assert.deepEqual([status, body.preset.minShortSidePx, body.sources.minShortSidePx], [200, 100, 'preset'])
    await room.idle()
    const [plain] = (await get('/files?text=plain.mp4')).items
    assert.equal(plain.verdict, 'ready')
    const [long] = (await get('/files?text=variable.mp4')).items
    assert.deepEqual(
      [long.verdict, long.findings.some((one: Json) => one.code === 'duration')],
      ['blocked', true],
    )
    assert.equal((await ask('PUT', '/preset', { ratios: ['wide'] })).status, 400)
  })

  test('an upload in pieces, looked at; wrong pieces are refused', async () => {
    const bytes = readFileSync(portrait)
    const opened = (
      await ask('POST', '/uploads', { fileName: '../../金门大桥.mp4', sizeBytes: bytes.length })
    ).body
    assert.equal(opened.fileName, '金门大桥.mp4')
    const put = (offset: number, piece: Buffer) =>
      app.inject({
        method: 'PUT',
        url: `/api/media-metadata/uploads/${opened.uploadId}?offset=${offset}`,
        headers: { 'content-type': 'application/octet-stream' },
        body: piece,
      })
    const half = Math.floor(bytes.length / 2)
    assert.equal((await put(0, bytes.subarray(0, half))).json<Json>().source, null)
    assert.equal((await put(0, bytes.subarray(0, 10))).statusCode, 409)
    assert.equal((await put(half, Buffer.alloc(bytes.length))).statusCode, 413)
    const { source } = (await put(half, bytes.subarray(half))).json<Json>()
    const [line] = await lines((await run([source])).batchId)
    assert.deepEqual([line.fileName, line.resolution], ['金门大桥.mp4', '720x1280'])
    assert.equal((await ask('POST', '/uploads', { fileName: 'a', sizeBytes: 21_000_000 })).status, 413)
  })

  test('bad files are tried again when somebody asks; what has ended cannot be stopped', async () => {
    const late = join(library, 'late.mp4')
    const batch = await run([late])
    assert.equal(batch.bad, 1)
    copyFileSync(portrait, late)
    assert.deepEqual((await ask('POST', `/batches/${batch.batchId}/retry`)).body, { count: 1 })
    await room.idle()
    const after = await get(`/batches/${batch.batchId}`)
    assert.deepEqual([after.state, after.bad, after.done, after.total], ['done', 0, 1, 1])
    assert.equal((await ask('POST', `/batches/${batch.batchId}/cancel`)).status, 409)
  })

  test('rows are taken out, one by one or those of missing files; another look brings a file back', async () => {
    const gone = join(library, 'gone.mp4')
    copyFileSync(portrait, gone)
    await run([gone])
    const [{ fileId }] = (await get('/files?text=gone.mp4')).items
    who = { ...operator, workspaceId: 'ws_other' as WorkspaceId }
    assert.equal((await ask('DELETE', `/files/${fileId}`)).status, 404)
    who = operator
    rmSync(gone)
    assert.equal((await run([gone])).bad, 1)
    const before = (await get('/summary')).files
    const missing = (await get('/files?reason=missing')).items.length
    assert.deepEqual((await ask('DELETE', '/files?reason=missing')).body, { count: missing })
    assert.equal((await get('/summary')).files, before - missing)
    assert.equal((await ask('GET', `/files/${fileId}`)).status, 404)
    assert.equal((await ask('DELETE', '/files')).status, 400, 'never the whole library by a forgotten word')
    const [{ fileId: other }] = (await get('/files?text=plain.mp4')).items
    assert.deepEqual((await ask('DELETE', `/files/${other}`)).body, { count: 1 })
    assert.equal((await ask('DELETE', `/files/${other}`)).status, 404)
    await run([files['plain']!])
    assert.equal((await get(`/files/${other}`)).fileId, other)
  })

  test('what is old is swept away: batches, uploads, pictures; the library stays', async () => {
    const old = new Date(Date.now() - 100 * 86_400_000)
    const pictures = readdirSync(join(folder, 'room/posters'), { recursive: true, withFileTypes: true })
    const picture = pictures.find((entry) => entry.isFile())!
    utimesSync(join(picture.parentPath, picture.name), old, old)
    await it.ledger.everywhere.query(
      `update media_metadata.batch set ended_at = $1 where batch_id = (select max(batch_id) from media_metadata.batch)`,
      [old],
    )
    await it.ledger.everywhere.query('update media_metadata.upload set created_at = $1', [old])
    const count = (await get('/batches?limit=500')).items.length
    const files = (await get('/summary')).files
    await room.kinds
      .get('media-metadata/tidy')!
      .handle({ id: 'job', input: {}, attempt: 1, signal: new AbortController().signal, progress: () => {} })
    assert.equal((await get('/batches?limit=500')).items.length, count - 1)
    assert.equal((await get('/summary')).files, files)
    assert.equal(existsSync(join(picture.parentPath, picture.name)), false)
    assert.deepEqual(readdirSync(join(folder, 'room/uploads')), [])
  })

  test('another workspace sees nothing of it', async () => {
    who = { ...operator, workspaceId: 'ws_other' as WorkspaceId }
    assert.deepEqual((await get('/files')).items, [])
    assert.deepEqual((await get('/batches')).items, [])
    who = operator
  })

  test('a viewer reads and starts nothing', async () => {
    who = { ...operator, role: 'viewer' }
    assert.equal((await ask('POST', '/batches', { sources: [library] })).status, 403)
    assert.equal((await ask('GET', '/files')).status, 200)
    who = operator
  })

  test('a tag with a NUL and half a character does not cost a row', async () => {
    const odd = join(library, 'nul.jpg')
    const photo = readFileSync(files['photo']!)
    const note = Buffer.from('a\0b\ud83d', 'utf8')
    writeFileSync(
      odd,
      Buffer.concat([
        photo.subarray(0, 2),
        Buffer.from([0xff, 0xfe, 0, note.length + 2]),
        note,
        photo.subarray(2),
      ]),
    )
    const [line] = await lines((await run([odd])).batchId)
    assert.equal(line.reason, null, line.detail)
  })
})
