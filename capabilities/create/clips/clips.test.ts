import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockTime, jobStateOf, lengthOf, type SourceFacts, secondsOf } from './clips.ts'
import { pathValue } from './filters.ts'
import { jobFor } from './one-clip.ts'
import type { Order } from './order.ts'
import { planFor } from './plan.ts'
import { presetNamed, rateOf } from './presets.ts'
import { progressLine, span } from './progress-line.ts'
import { measuredIn, setting } from './sound/loudness.ts'
import { loudParts, silencesIn } from './sound/silence.ts'

const facts: SourceFacts = {
  width: 1280,
  height: 720,
  durationSeconds: 60,
  fps: 25,
  hasVariableRate: false,
  isHdr: false,
  isTurned: false,
  videoCodec: 'h264',
  pixelFormat: 'yuv420p',
  audio: { codec: 'aac', channels: 2, sampleRate: 48_000 },
  bytes: 6_000_000,
}
const cut = (fromSeconds: number, toSeconds: number): Order => ({
  name: 'a',
  source: '/a.mp4',
  output: '/b.mp4',
  preset: 'source',
  range: { fromSeconds, toSeconds },
  silence: null,
  scenes: null,
  reframe: { to: 'source', focus: 'centre' },
  subtitles: null,
  title: null,
  watermark: null,
  music: null,
  loudness: null,
})

test('times as people write them', () => {
  assert.deepEqual(['1:02.5', '00:01:02.500', '62.5', 62.5].map(secondsOf), [62.5, 62.5, 62.5, 62.5])
  assert.equal(clockTime(65.25), '1:05.25')
  assert.equal(
    lengthOf([
      { fromSeconds: 1, toSeconds: 3 },
      { fromSeconds: 10, toSeconds: 10.5 },
    ]),
    2.5,
  )
})

test('the state of a job is that of its clips', () => {
  assert.equal(jobStateOf({ waiting: 3 }), 'waiting')
  assert.equal(jobStateOf({ waiting: 3, done: 1 }), 'running')
  assert.equal(jobStateOf({ paused: 2, done: 1 }), 'paused')
  assert.equal(jobStateOf({ done: 2, failed: 1 }), 'failed')
  assert.equal(jobStateOf({ done: 2, cancelled: 1 }), 'cancelled')
  assert.equal(jobStateOf({ done: 2 }), 'done')
})

test('a plain cut is copied from a key frame, cut smartly before one, and encoded when little is left to copy', () => {
  const keyframes = [10, 20, 30]
  assert.equal(planFor(cut(10.01, 40), facts, keyframes).mode, 'copy')
  assert.equal(planFor(cut(0, 40), facts).mode, 'copy')
  const smart = planFor(cut(12, 40), facts, keyframes)
  assert.deepEqual([smart.mode, smart.keyframeSeconds], ['smart-cut', 20])
  assert.equal(planFor(cut(12, 21), facts, keyframes).mode, 'encode')
  assert.equal(planFor(cut(31, 40), facts, keyframes).mode, 'encode')
})

test('whatever changes the picture or the sound, or a source that not everybody plays, is encoded', () => {
  const keyframes = [10]
  const of = (order: Partial<Order>, source: Partial<SourceFacts> = {}) =>
    planFor({ ...cut(10, 40), ...order }, { ...facts, ...source }, keyframes).mode
  assert.equal(of({}), 'copy')
  assert.equal(of({ loudness: { lufs: -16, truePeakDb: -1.5 } }), 'encode')
  assert.equal(of({ reframe: { to: 'portrait', focus: 'centre' } }), 'encode')
  assert.equal(of({ preset: 'douyin' }), 'encode')
  assert.equal(of({}, { videoCodec: 'hevc' }), 'encode')
  assert.equal(of({}, { pixelFormat: 'yuv420p10le' }), 'encode')
  assert.equal(of({}, { hasVariableRate: true }), 'encode')
  assert.equal(of({}, { isTurned: true }), 'encode')
  assert.equal(of({}, { audio: { codec: 'opus', channels: 2, sampleRate: 48_000 } }), 'encode')
})

test('at least 25 frames a second, at most 60, broken rates stay exact', () => {
  const douyin = presetNamed('douyin')
  assert.deepEqual(
    [12.5, 24, 0, 25, 29.97, 30, 59.94, 120].map((fps) => rateOf(fps, douyin)),
    ['25', '25', '25', '25', '30000/1001', '30', '60000/1001', '60'],
  )
})

test('silences as ffmpeg tells them, and what is left with a breath at both sides', () => {
  const lines = [
    '[silencedetect @ 0x1] silence_start: 2',
    '[silencedetect @ 0x1] silence_end: 4 | silence_duration: 2',
    'x silence_start: 9.5',
  ]
  const silences = silencesIn(lines, 10)
  assert.deepEqual(silences, [
    { fromSeconds: 2, toSeconds: 4 },
    { fromSeconds: 9.5, toSeconds: 10 },
  ])
  assert.deepEqual(loudParts({ fromSeconds: 0, toSeconds: 10 }, silences, 0.25), [
    { fromSeconds: 0, toSeconds: 2.25 },
    { fromSeconds: 3.75, toSeconds: 10 },
  ])
  assert.deepEqual(loudParts({ fromSeconds: 0, toSeconds: 10 }, [{ fromSeconds: 0, toSeconds: 10 }], 0), [])
})

test('loudness: one gain where the peak allows it, loudnorm where not, nothing for silence', () => {
  const log = (i: string, tp: string) =>
    `x\n{\n"input_i" : "${i}",\n"input_tp" : "${tp}",\n"input_lra" : "3",\n"input_thresh" : "-34",\n"target_offset" : "0.1"\n}\n`
  const goal = { lufs: -16, truePeakDb: -1.5 }
  assert.equal(setting(goal, measuredIn(log('-24.00', '-12'))!), 'volume=8.00dB')
  assert.match(
    setting(goal, measuredIn(log('-24.00', '-3'))!),
    /^loudnorm=I=-16:.*measured_I=-24:.*linear=true,aresample=48000$/,
  )
  assert.equal(measuredIn(log('-inf', '-inf')), null)
  assert.equal(measuredIn('nothing'), null)
})

test('a path can hold whatever a path can hold', () => {
  assert.equal(pathValue("/a b/it's,[x];:y/\\"), "/a b/it\\\\\\'s\\,\\[x\\]\\;\\\\:y/\\\\\\\\")
})

test('the command line says the same as a job file', () => {
  const job = jobFor('/v/a b.mp4', { portrait: true, srt: '/v/a.srt', from: '1:02', loudness: true })
  assert.deepEqual(job, {
    name: 'a b-clip',
    clips: [
      {
        source: '/v/a b.mp4',
        output: '/v/a b-clip.mp4',
        cut: { from: '1:02' },
        reframe: { to: 'portrait' },
        subtitles: { file: '/v/a.srt' },
        loudness: true,
      },
    ],
  })
  assert.throws(() => jobFor('/a.mp4', { portrait: true, landscape: true }), { code: 'clips/bad-option' })
})

test('a line of progress where there is no terminal, every five seconds', () => {
  const written: string[] = []
  let nowMs = 0
  const out = { isTTY: false, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream
  const line = progressLine(out, () => nowMs)
  const counts = { waiting: 1, running: 1, paused: 0, done: 2, failed: 1, cancelled: 0 }
  const job = { counts, doneSeconds: 30, totalSeconds: 60, speed: 2.5, etaSeconds: 75 } as never
  line.show(job)
  nowMs = 5_000
  line.show(job)
  assert.deepEqual(written, [
    '[############............]   50%  2/5 clips  1 failed  2.5x  1 min 15 s left\n',
  ])
  assert.equal(span(3_725), '1 h 2 min')
})
