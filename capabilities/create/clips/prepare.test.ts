import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { type Studio, studio } from './studio.fixture.ts'

let it: Studio
before(async () => {
  it = studio()
  await it.film('film.mp4', { seconds: 2 })
})
after(() => it.close())

const codes = async (job: unknown) => {
  const { complaints, clips } = await it.check(job)
  const errors = complaints.filter(({ severity }) => severity === 'error')
  return {
    errors: errors.map(({ code, path }) => `${path} ${code}`).sort(),
    notes: complaints.filter(({ severity }) => severity === 'note'),
    clips,
  }
}

test('a place where nothing can be written is said before the work, and nothing stays of the trial', async () => {
  mkdirSync(it.at('folder.mp4'))
  const before = readdirSync(it.at('.'))
  const job = {
    clips: [
      { source: 'film.mp4', output: '/proc/doubloon/result.mp4' },
      { source: 'film.mp4', output: it.at('folder.mp4') },
      { source: 'film.mp4', output: it.at('new/folder/result.mp4') },
    ],
  }
  const { complaints } = await it.check(job, { roots: ['/proc', it.folder], isAnywhere: false })
  assert.deepEqual(
    complaints.filter(({ severity }) => severity === 'error').map(({ code, path }) => `${path} ${code}`),
    ['/clips/0/output clips/not-writable', '/clips/1/output clips/not-writable'],
  )
  assert.deepEqual(readdirSync(it.at('.')), before)
})

test('everything that is wrong with a job is said at once, before the first frame', async () => {
  it.write('empty.mp4', '')
  it.write('text.mp4', 'I am no film')
  it.write('no-cues.srt', 'nothing')
  it.write('rare.srt', '1\n00:00:00,000 --> 00:00:01,000\n春节\ud83d\ude00\n')
  it.write('late.srt', '1\n00:05:00,000 --> 00:05:01,000\n春节\n')
  await it.run('-f', 'lavfi', '-i', 'sine=d=1', it.at('tone.wav'))
  await it.run('-f', 'lavfi', '-i', 'color=red:s=64x64', '-frames:v', '1', it.at('still.png'))
  await it.film('mute.mp4', { seconds: 1, sound: '' })
  const { errors } = await codes({
    clips: [
      { source: 'gone.mp4' },
      { source: 'empty.mp4' },
      { source: 'text.mp4' },
      { source: 'tone.wav' },
      { source: 'still.png' },
      { source: 'film.mp4', name: 'a', cut: { from: 5 } },
      { source: 'film.mp4', name: 'b', cut: { to: 9 } },
      { source: 'film.mp4', name: 'c', cut: { from: 1.5, to: 1 } },
      { source: 'film.mp4', name: 'd', subtitles: { file: 'no-cues.srt' } },
      { source: 'film.mp4', name: 'e', subtitles: { file: 'rare.srt' }, title: { text: '龘\u{1f680}' } },
      { source: 'film.mp4', name: 'f', subtitles: { file: 'late.srt' } },
      { source: 'film.mp4', name: 'g', music: { file: 'still.png' }, watermark: { image: 'tone.wav' } },
      { source: 'mute.mp4', cut: { silence: {} } },
      { source: 'film.mp4', name: 'same' },
      { source: 'film.mp4', output: 'same.mp4' },
      { source: 'film.mp4', output: 'result.mov' },
    ],
  })
  assert.deepEqual(errors, [
    '/clips/0/source clips/no-file',
    '/clips/1/source clips/empty-file',
    '/clips/10/subtitles/file clips/subtitles',
    '/clips/11/music/file clips/no-sound',
    '/clips/11/watermark/image clips/no-picture',
    '/clips/12/cut/silence clips/no-sound',
    '/clips/14/output clips/same-output',
    '/clips/15/output clips/not-mp4',
    '/clips/2/source clips/not-media',
    '/clips/3/source clips/no-picture',
    '/clips/4/source clips/no-video',
    '/clips/5/cut/from clips/time',
    '/clips/6/cut/to clips/time',
    '/clips/7/cut/to clips/time',
    '/clips/8/subtitles/file clips/subtitles',
    '/clips/9/subtitles/file clips/glyph',
    '/clips/9/title/text clips/glyph',
  ])
})

test('a missing glyph names the character and the font', async () => {
  const { complaints } = await it.check({ clips: [{ source: 'film.mp4', title: { text: '发射\u{1f680}' } }] })
  assert.match(complaints[0]!.message, /^Noto Sans SC cannot draw \u{1f680} \(U\+1F680\)$/u)
})

test('a path that leaves the folder is refused, in whatever dress', async () => {
  symlinkSync('/etc', it.at('link'))
  mkdirSync(it.at('sub'))
  const { errors } = await codes({
    output: '../elsewhere',
    clips: [
      { source: '../../etc/hostname', name: 'a' },
      { source: '/etc/hostname', name: 'b' },
      { source: 'link/hostname', name: 'c' },
      { source: 'film.mp4', subtitles: { file: 'sub/../../x.srt' }, output: '../../../tmp/x.mp4' },
      { source: 'film.mp4', name: 'e', music: { file: 'concat:/etc/passwd|x' } },
    ],
  })
  assert.deepEqual(errors, [
    '/clips/0/source clips/outside',
    '/clips/1/source clips/outside',
    '/clips/2/source clips/outside',
    '/clips/3/output clips/outside',
    '/clips/4/music/file clips/no-file',
    '/output clips/outside',
  ])
})

test('what is worth knowing is a note: enlarged, raised, GBK, overlapping and outlying subtitles', async () => {
  await it.film('slow.mp4', { seconds: 2, rate: '12', sound: '' })
  const gbk = Buffer.concat([
    Buffer.from('1\r\n00:00:00,000 --> 00:00:01,000\r\n'),
    Buffer.from([0xb4, 0xba, 0xbd, 0xda]),
    Buffer.from(
      '\r\n\r\n2\r\n00:00:00,500 --> 00:00:01,500\r\nb\r\n\r\n3\r\n00:01:00,000 --> 00:01:01,000\r\nc\r\n',
    ),
  ])
  it.write('gbk.srt', gbk)
  const { errors, notes, clips } = await codes({
    clips: [{ source: 'slow.mp4', reframe: { to: 'portrait' }, subtitles: { file: 'gbk.srt' } }],
  })
  assert.deepEqual(errors, [])
  assert.equal(clips.length, 1)
  const said = notes.map(({ message }) => message).join('\n')
  for (const words of [
    /enlarged 7\.11 times/,
    /silent track/,
    /raised to 25/,
    /GB18030/,
    /1 subtitles overlap/,
    /1 of 3 subtitles lie outside/,
  ])
    assert.match(said, words)
})

test('a disk without room is said before the work', async () => {
  const huge = { source: 'film.mp4' }
  const real = it.media.probe
  it.media.probe = async (path, signal) => {
    const found = await real(path, signal)
    return { ...found, facts: { ...found.facts, durationSeconds: 1e9 } }
  }
  const { errors } = await codes({ clips: [huge] })
  it.media.probe = real
  assert.deepEqual(errors, [' clips/disk-full'])
})

test('defaults are written out, names of the same source are told apart, results lie in our folder', async () => {
  const { clips } = await codes({
    defaults: { loudness: true, reframe: { to: 'portrait' } },
    clips: [
      { source: 'film.mp4' },
      { source: 'film.mp4', loudness: { lufs: -14 } },
      { source: 'film.mp4', loudness: false },
    ],
  })
  assert.deepEqual(
    clips.map(({ order }) => [order.name, order.output, order.loudness]),
    [
      ['film', it.at('outputs/film.mp4'), { lufs: -16, truePeakDb: -1.5 }],
      ['film-2', it.at('outputs/film-2.mp4'), { lufs: -14, truePeakDb: -1.5 }],
      ['film-3', it.at('outputs/film-3.mp4'), null],
    ],
  )
})
