import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { exiftoolReader } from '#engines/exiftool/exiftool.ts'
import { examine, refused, type Tools } from './examine.ts'
import type { Outcome } from './media-metadata.ts'
import {
  bunny,
  closeTools,
  makeSamples,
  portrait,
  preset,
  realData,
  scratch,
  tools,
} from './samples.fixture.ts'
import { exiftoolTags } from './tags.exiftool.ts'

const { folder, remove } = scratch()
let files: Record<string, string>

before(async () => {
  files = await makeSamples(folder)
})
after(async () => {
  await closeTools()
  remove()
})

const look = async (path: string, more: { wantsGps?: boolean; tools?: Tools } = {}): Promise<Outcome> =>
  (
    await examine(more.tools ?? tools, {
      path,
      fileName: basename(path),
      preset,
      wantsGps: more.wantsGps ?? false,
      known: async () => null,
    })
  ).outcome

describe('good files', { timeout: 60_000 }, () => {
  test('real films of two packages', async () => {
    const { record } = await look(portrait)
    assert.deepEqual(
      [
        record?.resolution,
        record?.orientation,
        record?.fps,
        record?.durationSeconds,
        record?.videoCodec,
        record?.audioTracks,
      ],
      ['720x1280', 'portrait', 30, 13.2, 'h264', 0],
    )
    const rabbit = (await look(bunny)).record
    assert.deepEqual(
      [rabbit?.resolution, rabbit?.fps, rabbit?.audioCodec, rabbit?.audioChannels],
      ['854x480', 24, 'aac', 6],
    )
    assert.equal(rabbit?.dynamicRange, 'SDR')
  })
  test('a phone film that stands on its side', async () => {
    const { record } = await look(files['rotated']!)
    assert.deepEqual([record?.rotationDegrees, record?.resolution, record?.codedWidth], [90, '180x320', 320])
    assert.deepEqual(record?.conflicts, [])
  })
  test('odd sizes, pixels that are not square, six channels', async () => {
    const odd = (await look(files['odd']!)).record
    assert.deepEqual([odd?.resolution, odd?.container, odd?.fps], ['321x181', 'matroska', 29.97])
    assert.equal((await look(files['wide']!)).record?.resolution, '427x180')
    const surround = (await look(files['surround']!)).record
    assert.deepEqual([surround?.audioChannels, surround?.audioLayout], [6, '5.1'])
  })
  test('a variable frame rate is told from a constant one', async () => {
    assert.equal((await look(files['variable']!)).record?.frameRateMode, 'variable')
    assert.equal((await look(files['plain']!)).record?.frameRateMode, 'constant')
    assert.equal((await look(portrait)).record?.frameRateMode, 'constant')
  })
  test('HDR', async () => {
    const { record, findings } = await look(files['hdr']!)
    assert.deepEqual([record?.dynamicRange, record?.bitDepth, record?.videoCodec], ['HDR10', 10, 'hevc'])
    assert.ok(findings.some(({ code }) => code === 'hdr'))
  })
  test('pictures, and sound alone', async () => {
    const photo = (await look(files['photo']!)).record
    assert.deepEqual([photo?.kind, photo?.durationSeconds, photo?.resolution], ['image', null, '320x180'])
    const sound = await look(files['sound']!)
    assert.deepEqual([sound.record?.kind, sound.verdict], ['audio', 'blocked'])
  })
  test('a name with spaces, quotes, Chinese, a dollar and a number pattern', async () => {
    const { record } = await look(files['named']!)
    assert.deepEqual(
      [record?.resolution, record?.createdAt, record?.createdZone],
      ['320x180', '2026-05-01T04:00:00Z', 'UTC'],
    )
  })
  test('a picture whose name is a pattern to ffmpeg', async () => {
    const { record, raw } = await look(files['pattern']!)
    assert.equal(record?.provenance['codedWidth']?.from, 'ffprobe')
    assert.ok(raw?.ffprobe)
    const picture = await tools.prober.poster(files['pattern']!, {
      format: 'jpeg',
      atSeconds: 0,
      maxWidth: 100,
      timeoutMs: 30_000,
    })
    assert.equal(picture.readUInt16BE(0), 0xffd8)
  })
  test('the place is kept only when it was asked for, in the record and in the raw words', async () => {
    const without = await look(files['place']!)
    assert.equal(without.record?.gps, null)
    assert.doesNotMatch(JSON.stringify(without.raw), /120\.17/)
    const { record } = await look(files['place']!, { wantsGps: true })
    assert.equal(record?.gps?.longitude, 120.17)
    assert.deepEqual([record?.createdAt, record?.deviceModel], ['2026-05-01T12:00:00+08:00', 'iPhone 17'])
  })
  test('without perl the other reader is named where its words are used', async () => {
    const reader = exiftoolReader({ reader: 'mediainfo' })
    const { record } = await look(portrait, { tools: { ...tools, tags: exiftoolTags(reader) } })
    assert.ok(record?.tools.some(({ name }) => name === 'mediainfo'))
    assert.equal(record?.provenance['createdAt']?.from, 'mediainfo')
    await reader.close()
  })
  test('photos and films of the real data', async (t) => {
    const dog = realData('images', 'dog.jpg')
    if (!dog) return t.skip('there is no real data beside the repository')
    const photo = (await look(dog)).record
    assert.deepEqual(
      [photo?.resolution, photo?.createdAt, photo?.deviceMake],
      ['768x576', '2014-09-19T16:08:30', 'Canon'],
    )
    const film = (await look(realData('videos', 'car-detection.mp4')!)).record
    assert.deepEqual(
      [film?.durationSeconds, film?.fps, film?.createdAt],
      [30.16, 12.5, '2018-04-19T15:46:00-07:00'],
    )
  })
})

describe('bad files are rows with a reason', { timeout: 60_000 }, () => {
  const reasons: [file: string, reason: string][] = [
    ['empty', 'empty'],
    ['text', 'not-media'],
    ['archive', 'not-media'],
    ['headless', 'truncated'],
    ['truncated', 'truncated'],
    ['torn', 'truncated'],
  ]
  for (const [name, reason] of reasons) {
    test(`${name}: ${reason}`, async () => {
      const outcome = await look(files[name]!)
      assert.deepEqual([outcome.verdict, outcome.reason], ['bad', reason], outcome.detail ?? '')
    })
  }
  test('a film whose end is missing still tells what its head says', async () => {
    assert.equal((await look(files['truncated']!)).record?.resolution, '320x180')
  })
  test('the end of Matroska, transport streams and Ogg is missed, too; whole ones are whole', async () => {
    for (const name of ['tail.mkv', 'tail.ts', 'tail.ogg']) {
      const whole = await look(files[`whole-${name}`]!)
      assert.equal(whole.reason, null, `${name}: ${whole.detail}`)
      const { reason, record } = await look(files[name]!)
      assert.equal(reason, 'truncated', name)
      // Of a second of Vorbis little but its tables is left.
      if (name !== 'tail.ogg') assert.ok(record, `${name} still tells what its head says`)
    }
  })
  test('noise behind a good beginning is damage or a missing end', async () => {
    const { reason } = await look(files['noise']!)
    assert.ok(reason === 'corrupt' || reason === 'truncated', `${reason}`)
  })
  test('nothing, a folder, a pipe, a device, a link in a circle', async () => {
    const at = (name: string) => join(folder, name)
    mkdirSync(at('dir.mp4'))
    execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', at('pipe.mp4')])
    symlinkSync(at('round.mp4'), at('round.mp4'))
    const reason = async (path: string) => (await look(path)).reason
    assert.equal(await reason(at('none.mp4')), 'missing')
    assert.equal(await reason(at('dir.mp4')), 'not-a-file')
    assert.equal(await reason(at('pipe.mp4')), 'not-a-file')
    assert.equal(await reason('/dev/zero'), 'not-a-file')
    assert.equal(await reason(at('round.mp4')), 'not-a-file')
  })
  test('a file that may not be read', async (t) => {
    if (process.getuid?.() === 0) return t.skip('root may read everything')
    const locked = join(folder, 'locked.mp4')
    copyFileSync(files['plain']!, locked)
    chmodSync(locked, 0)
    assert.equal((await look(locked)).reason, 'permission')
  })
  test('every refusal of the file system has its reason', () => {
    const reason = (code: string) => refused(Object.assign(new Error('no'), { code })).reason
    assert.deepEqual(['EACCES', 'ENOENT', 'EISDIR', 'EIO'].map(reason), [
      'permission',
      'missing',
      'not-a-file',
      'unreadable',
    ])
  })
  test('a program that hangs is a timeout of this file', async () => {
    const slow: Tools = { ...tools, timeoutMs: 1, tags: { read: () => Promise.reject(new Error('away')) } }
    assert.equal((await look(files['plain']!, { tools: slow })).reason, 'timeout')
  })
})
