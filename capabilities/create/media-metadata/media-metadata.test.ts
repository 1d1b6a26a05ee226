import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isPublic } from '#kernel/addresses.ts'
import { guessed } from './files/first-bytes.ts'
import type { MediaRecord } from './media-metadata.ts'
import { presetOf } from './presets.ts'
import { judge } from './readiness.ts'
import { createdAt, momentOf } from './record/created.ts'
import { evidence } from './record/evidence.ts'
import { type Findings, normalised } from './record/normalise.ts'
import { iso6709, withoutPlaces } from './record/place.ts'
import type { Described, Stream, Tagged } from './record/said.ts'
import { checked } from './record/schema.ts'

const preset = presetOf({
  maxDurationSeconds: 900,
  maxSizeMb: 4_096,
  minShortSidePx: 720,
  minFps: 24,
  maxFps: 60,
  ratios: '9:16, 16:9',
  videoCodecs: 'h264',
  audioCodecs: 'aac',
  containers: 'mp4',
  imageFormats: 'jpeg',
  minVideoBitrateKbps: 500,
})

const tagged = (tags: Record<string, unknown>): Tagged => ({ reader: 'exiftool', version: '13.0', tags })
const video = (more: Stream = {}): Described => ({
  format: { format_name: 'mov,mp4', duration: '10.0', bit_rate: '4000000', probe_score: 100 },
  streams: [
    {
      codec_type: 'video',
      codec_name: 'h264',
      width: 1920,
      height: 1080,
      avg_frame_rate: '30/1',
      r_frame_rate: '30/1',
      ...more,
    },
    { codec_type: 'audio', codec_name: 'aac', channels: 2, sample_rate: '48000' },
  ],
})

function recordOf(
  described: Described | null,
  tags: Tagged | null = null,
  more: Partial<Findings> = {},
): MediaRecord {
  return checked(
    normalised({
      fileName: 'a.mp4',
      sizeBytes: 5_000_000,
      modifiedMs: 0,
      contentHash: `sha256:${'ab'.repeat(32)}`,
      kind: 'video',
      container: 'mp4',
      described,
      describedBy: '7.0',
      tagged: tags,
      wantsGps: false,
      ...more,
    }),
  )
}

describe('rotation', () => {
  test('a display matrix turns the size as shown', () => {
    const record = recordOf(video({ side_data_list: [{ side_data_type: 'Display Matrix', rotation: -90 }] }))
    assert.deepEqual(
      [record.rotationDegrees, record.resolution, record.orientation],
      [90, '1080x1920', 'portrait'],
    )
    assert.equal(record.provenance['rotationDegrees']?.tag, 'stream.side_data_list.rotation')
  })
  test('both programs on a turn agree although they count in opposite directions', () => {
    const record = recordOf(
      video({ side_data_list: [{ rotation: 90 }] }),
      tagged({ 'Composite:Rotation': 270, 'Track1:ImageWidth': 1920, 'Track1:ImageHeight': 1080 }),
    )
    assert.equal(record.rotationDegrees, 270)
    assert.deepEqual(record.conflicts, [])
  })
  test('the matrix is believed before a tag that says otherwise, and that is told', () => {
    const record = recordOf(
      video({ side_data_list: [{ rotation: -90 }] }),
      tagged({ 'Composite:Rotation': 0 }),
    )
    assert.equal(record.rotationDegrees, 90)
    assert.deepEqual(
      record.conflicts.map(({ field, other }) => [field, other.value]),
      [['rotationDegrees', 0]],
    )
  })
  test('an old rotate tag and an EXIF orientation turn, too', () => {
    assert.equal(recordOf(video({ tags: { rotate: '270' } })).rotationDegrees, 270)
    const photo = { kind: 'image' as const, container: 'jpeg' }
    const tags = tagged({ 'IFD0:Orientation': 6, 'File:ImageWidth': 4_000, 'File:ImageHeight': 3_000 })
    assert.equal(recordOf(null, tags, photo).resolution, '3000x4000')
  })
  test('pixels that are not square are shown wide', () => {
    const record = recordOf(video({ width: 720, height: 576, sample_aspect_ratio: '64:45' }))
    assert.deepEqual([record.resolution, record.codedWidth], ['1024x576', 720])
  })
})

describe('time and motion', () => {
  test('a header that tells another duration is disputed, a rounding is not', () => {
    const tags = (seconds: number) => tagged({ 'QuickTime:Duration': seconds })
    assert.deepEqual(recordOf(video(), tags(10.05)).conflicts, [])
    const [conflict] = recordOf(video(), tags(14)).conflicts
    assert.deepEqual(
      [conflict?.field, conflict?.chosen.value, conflict?.other.value],
      ['durationSeconds', 10, 14],
    )
  })
  test('without ffprobe the tags tell the duration, and say so', () => {
    const record = recordOf(
      null,
      tagged({ 'QuickTime:Duration': 12.5, 'Track1:ImageWidth': 640, 'Track1:ImageHeight': 360 }),
    )
    assert.equal(record.durationSeconds, 12.5)
    assert.deepEqual(record.provenance['durationSeconds'], { from: 'exiftool', tag: 'QuickTime:Duration' })
  })
  test('two rates that differ are a variable frame rate; fields of an interlaced film are not', () => {
    const mode = (more: Stream) => recordOf(video(more)).frameRateMode
    assert.equal(mode({ r_frame_rate: '30/1', avg_frame_rate: '2400/97' }), 'variable')
    assert.equal(mode({ r_frame_rate: '30000/1001', avg_frame_rate: '30000/1001' }), 'constant')
    assert.equal(mode({ r_frame_rate: '50/1', avg_frame_rate: '25/1', field_order: 'tt' }), 'constant')
  })
})

describe('high dynamic range', () => {
  const range = (more: Stream, tags: Record<string, unknown> = {}) =>
    recordOf(video(more), tagged(tags)).dynamicRange
  test('by the transfer curve of the stream, by Dolby’s note, or by the container’s number', () => {
    assert.equal(range({ color_transfer: 'smpte2084' }), 'HDR10')
    assert.equal(range({ color_transfer: 'arib-std-b67' }), 'HLG')
    assert.equal(range({ side_data_list: [{ side_data_type: 'DOVI configuration record' }] }), 'Dolby Vision')
    assert.equal(range({}, { 'Track1:TransferCharacteristics': 18 }), 'HLG')
    assert.equal(range({}), 'SDR')
  })
  test('the stream is believed before the container, and that is told', () => {
    const record = recordOf(
      video({ color_transfer: 'bt709' }),
      tagged({ 'Track1:TransferCharacteristics': 16 }),
    )
    assert.equal(record.dynamicRange, 'SDR')
    assert.equal(record.conflicts[0]?.field, 'dynamicRange')
  })
})

describe('when it was recorded', () => {
  const created = (tags: Record<string, unknown>, format: Record<string, string> = {}) => {
    const book = evidence()
    return { ...createdAt({ format: { tags: format } }, tagged(tags), book), conflicts: book.conflicts }
  }
  test('a time with its offset wins over UTC; the same instant is no dispute', () => {
    const {
      createdAt: at,
      createdZone,
      conflicts,
    } = created({
      'QuickTime:CreateDate': '2026:05:01 04:00:00',
      'Keys:CreationDate': '2026:05:01 12:00:00+08:00',
    })
    assert.deepEqual([at, createdZone, conflicts], ['2026-05-01T12:00:00+08:00', '+08:00', []])
  })
  test('a camera that writes local time as UTC is found out', () => {
    const { createdAt: at, conflicts } = created({
      'QuickTime:CreateDate': '2026:05:01 12:00:00',
      'Keys:CreationDate': '2026:05:01 12:00:00+08:00',
    })
    assert.equal(at, '2026-05-01T12:00:00+08:00')
    assert.match(conflicts[0]!.rule, /local time written as UTC/)
  })
  test('a camera’s clock without a place stays without one; its own offset is used when there is one', () => {
    const clock = { 'ExifIFD:DateTimeOriginal': '2014:09:19 16:08:30' }
    assert.deepEqual([created(clock).createdAt, created(clock).createdZone], ['2014-09-19T16:08:30', null])
    assert.equal(
      created({ ...clock, 'ExifIFD:OffsetTimeOriginal': '+02:00' }).createdAt,
      '2014-09-19T16:08:30+02:00',
    )
  })
  test('clocks that were never set are no time', () => {
    for (const never of [
      '0000:00:00 00:00:00',
      '1904:01:01 00:00:00',
      '1970:01:01 00:00:00',
      'yesterday',
      undefined,
    ])
      assert.equal(momentOf(never, 'Z'), null)
    assert.deepEqual(momentOf('2026-05-01T04:00:00.000000Z', null), {
      local: '2026-05-01T04:00:00',
      zone: 'Z',
    })
  })
})

describe('readiness', () => {
  const codes = (record: MediaRecord) =>
    judge(record, preset).findings.map(({ code, level }) => `${level} ${code}`)
  test('a plain film is ready', () => {
    assert.deepEqual(judge(recordOf(video()), preset), { verdict: 'ready', findings: [] })
  })
  test('what the platform limits blocks; what is our preset says whose rule it is', () => {
    const long = { ...recordOf(video()), durationSeconds: 901 }
    assert.deepEqual(codes(long), ['error duration'])
    assert.equal(judge(long, preset).findings[0]?.source, 'platform')
    const odd = {
      ...recordOf(video()),
      videoCodec: 'vp9',
      fps: 12,
      width: 500,
      height: 500,
      aspectRatio: 1,
      audioTracks: 0,
      audioCodec: null,
    }
    assert.deepEqual(codes(odd), [
      'warning resolution',
      'error video-codec',
      'warning ratio',
      'warning fps',
      'warning no-audio',
    ])
    assert.ok(judge(odd, preset).findings.every(({ source }) => source === 'preset'))
  })
  test('29.97 counts as 30, and sound alone is no video', () => {
    assert.deepEqual(codes({ ...recordOf(video()), fps: 59.94 }), [])
    assert.equal(judge({ ...recordOf(video()), kind: 'audio' }, preset).verdict, 'blocked')
  })
})

describe('places', () => {
  test('ISO 6709 is read, and nothing of a place is kept unless it was asked for', () => {
    assert.deepEqual(iso6709('+30.2500+120.1700+012.345/'), {
      latitude: 30.25,
      longitude: 120.17,
      altitudeMeters: 12.345,
    })
    const said = {
      'Composite:GPSLatitude': 1,
      format: { tags: { location: '+1+1/', title: 'a' } },
      long: 'x'.repeat(5_000),
    }
    assert.deepEqual(Object.keys(withoutPlaces(said, false) as object), ['format', 'long'])
    assert.match(JSON.stringify(withoutPlaces(said, true)), /GPSLatitude.*location/)
    assert.ok(JSON.stringify(withoutPlaces(said, true)).length < 3_000)
  })
})

test('first bytes tell what a file is, whatever it is called', () => {
  const of = (bytes: string) => guessed(Buffer.from(bytes.padEnd(200, '\x01'), 'latin1'))
  assert.deepEqual(of('\0\0\0\x20ftypisom'), { kind: 'video', container: 'mp4' })
  assert.deepEqual(of('\0\0\0\x20ftypqt  '), { kind: 'video', container: 'mov' })
  assert.deepEqual(of('\0\0\0\x20ftypheic'), { kind: 'image', container: 'heif' })
  assert.deepEqual(of('RIFF\x10\0\0\0WEBPVP8 '), { kind: 'image', container: 'webp' })
  assert.deepEqual(of('\x1a\x45\xdf\xa3...webm'), { kind: 'video', container: 'webm' })
  assert.deepEqual(of('PK\x03\x04'), { kind: 'none', what: 'zip archive' })
  assert.equal(guessed(Buffer.from('#EXTM3U\nhttp://127.0.0.1/secret.ts\n')).kind, 'none')
  assert.equal(guessed(Buffer.from([1, 2, 3, 4, 200, 0, 7])).kind, 'unknown')
  assert.equal(guessed(Buffer.from('字幕,第一句')).kind, 'none')
})

test('only addresses of one host on the internet are public', () => {
  for (const open of ['1.1.1.1', '223.5.5.5', '2400:3200::1']) assert.equal(isPublic(open), true, open)
  const closed = [
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'x',
  ]
  for (const one of closed) assert.equal(isPublic(one), false, one)
})
