import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { startsFast } from './check.ts'
import { probedEncoder, SOFTWARE } from './encoder.ts'
import { made } from './make.ts'
import { presetNamed } from './presets.ts'
import { type Studio, studio } from './studio.fixture.ts'

let it: Studio
before(async () => {
  it = studio()
  await it.film('film.mp4', { seconds: 4, more: ['-g', '25'] })
})
after(() => it.close())

const size = (made: { facts: { width: number; height: number } }) => [made.facts.width, made.facts.height]

test('portrait of a landscape film: 720x1280, H.264, AAC, at least 25 frames, plays before it is loaded', async () => {
  const clip = await it.make({ source: 'film.mp4', reframe: { to: 'portrait' }, cut: { from: 1, to: 2 } })
  assert.deepEqual(size(clip), [720, 1280])
  assert.equal(clip.facts.videoCodec, 'h264')
  assert.equal(clip.facts.audio?.codec, 'aac')
  assert.ok(clip.facts.fps >= 25)
  assert.ok(Math.abs(clip.facts.durationSeconds - 1) < 0.1)
  assert.ok(await startsFast(clip.path))
  assert.deepEqual(
    clip.steps.map(({ name }) => name),
    ['look', 'render', 'check'],
  )
  assert.deepEqual(readdirSync(it.at('outputs')), ['film.mp4'])
})

test('nothing is stretched: a circle stays a circle in every mode', async () => {
  const circle = "color=black:s=640x360:r=25:d=0.4,format=gray,geq=lum='if(lt(hypot(X-320,Y-180),100),255,0)'"
  await it.run(
    '-f',
    'lavfi',
    '-i',
    circle,
    '-pix_fmt',
    'yuv420p',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    it.at('circle.mp4'),
  )
  for (const [policy, scale] of Object.entries({ crop: 1280 / 360, pad: 720 / 640, blur: 720 / 640 })) {
    const clip = await it.make({
      source: 'circle.mp4',
      output: `${policy}.mp4`,
      reframe: { to: 'portrait', policy },
    })
    const frame = { width: 720, height: 1280 }
    const pixels = await it.frame(clip.path, 0.1, frame)
    const lit = (x: number, y: number) => pixels[(y * frame.width + x) * 3]! > 200
    const across = Array.from({ length: 720 }, (_, x) => lit(x, 640)).filter(Boolean).length
    const down = Array.from({ length: 1280 }, (_, y) => lit(360, y)).filter(Boolean).length
    assert.ok(Math.abs(across / down - 1) < 0.02, `${policy}: ${across} by ${down}`)
    assert.ok(Math.abs(across - 200 * scale) < 8, `${policy}: ${across} wide`)
    const corner = pixels.subarray(0, 3)
    if (policy === 'pad') assert.ok(Math.max(...corner) < 20, 'black above')
  }
})

test('loudness is what was asked for, and is measured in the same pass that looks for silence', async () => {
  await it.film('quiet.mp4', {
    seconds: 4,
    sound: "aevalsrc='0.1*sin(2*PI*440*t)*lt(mod(t\\,2)\\,1)':s=48000",
  })
  const clip = await it.make({
    source: 'quiet.mp4',
    output: 'loud.mp4',
    loudness: true,
    cut: { silence: { keepSeconds: 0.1, longerThanSeconds: 0.5 } },
  })
  assert.deepEqual(
    clip.steps.map(({ name }) => name),
    ['look', 'analyse', 'render', 'check'],
  )
  // Two tones of a second, a breath on both sides of what lay between and one behind.
  assert.ok(Math.abs(clip.facts.durationSeconds - 2.3) < 0.2, `${clip.facts.durationSeconds}`)
  const { stderr } = await it.tools.run(['-i', clip.path, '-af', 'ebur128', '-f', 'null', '-'], {
    timeoutMs: 60_000,
  })
  const lufs = Number(/I:\s+(-[\d.]+) LUFS/.exec(stderr.slice(stderr.lastIndexOf('Summary')))?.[1])
  assert.ok(Math.abs(lufs + 16) < 1, `${lufs} LUFS`)
})

test('a cut alone is copied from a key frame on, and only its head is encoded elsewhere', async () => {
  const copy = await it.make({
    source: 'film.mp4',
    preset: 'source',
    output: 'copy.mp4',
    cut: { from: 1, to: 3 },
  })
  assert.equal(copy.mode, 'copy')
  const smart = await it.make({
    source: 'film.mp4',
    preset: 'source',
    output: 'smart.mp4',
    cut: { from: 0.4, to: 3.6 },
  })
  assert.equal(smart.mode, 'smart-cut')
  const small = { width: 32, height: 18 }
  for (const [clip, from, moments] of [
    [copy, 1, [0.02, 1.02, 1.5]],
    [smart, 0.4, [0.02, 0.5, 1.02, 2.5, 3]],
  ] as const) {
    for (const moment of moments) {
      const [ours, original] = await Promise.all([
        it.frame(clip.path, moment, small),
        it.frame(it.at('film.mp4'), from + moment, small),
      ])
      const difference = ours.reduce((sum, byte, i) => sum + Math.abs(byte - original[i]!), 0) / ours.length
      assert.ok(difference < 6, `${clip.mode} at ${moment}: ${difference}`)
    }
  }
})

test('music under a film without sound, a watermark, a title: still one pass and right', async () => {
  await it.film('mute.mp4', { sound: '' })
  await it.run('-f', 'lavfi', '-i', 'color=red:s=100x50', '-frames:v', '1', it.at('logo.png'))
  await it.run('-f', 'lavfi', '-i', 'sine=f=300:d=0.7', it.at('music.wav'))
  const clip = await it.make({
    source: 'mute.mp4',
    output: 'dressed.mp4',
    reframe: { to: 'portrait', policy: 'pad' },
    music: { file: 'music.wav' },
    watermark: { image: 'logo.png', corner: 'top-right', widthPercent: 20, opacity: 1 },
    title: { text: '春节礼盒', bar: '0000FF' },
  })
  assert.equal(clip.facts.audio?.channels, 2)
  const pixels = await it.frame(clip.path, 1, { width: 720, height: 1280 })
  const at = (x: number, y: number) => [...pixels.subarray((y * 720 + x) * 3, (y * 720 + x) * 3 + 3)]
  const [red, , blue] = at(610, 90)
  assert.ok(red! > 180 && blue! < 60, `watermark: ${at(610, 90)}`)
  let isBar = false
  for (let x = 200; x < 520; x++) isBar ||= at(x, 175)[2]! > 180 && at(x, 175)[0]! < 80
  assert.ok(isBar, 'the bar of the title is there')
})

test('turned, odd-sized, 5.1, varying rate, HDR, no sound, a name with quotes and Chinese: all come out right', async () => {
  await it.run(
    '-display_rotation',
    '90',
    '-i',
    it.at('film.mp4'),
    '-t',
    '1',
    '-c',
    'copy',
    it.at('turned.mp4'),
  )
  const odd = ['-vf', 'scale=321:181,setsar=1,format=yuv444p']
  await it.film('odd.mkv', { seconds: 1, more: ['-pix_fmt', 'yuv444p', ...odd] })
  await it.film('six.mp4', { seconds: 1, sound: 'aevalsrc=0.1*sin(t*2000):c=5.1:s=48000' })
  await it.film('vfr.mp4', {
    seconds: 2,
    more: ['-vf', "select='not(mod(floor(n/10),2)*mod(n,3))'", '-fps_mode', 'vfr'],
  })
  const hdr = [
    '-vf',
    'format=yuv420p10le',
    '-pix_fmt',
    'yuv420p10le',
    '-color_trc',
    'smpte2084',
    '-color_primaries',
    'bt2020',
    '-colorspace',
    'bt2020nc',
  ]
  await it.film('hdr.mp4', { seconds: 0.4, more: hdr })
  await it.film('mute2.mp4', { seconds: 1, sound: '' })
  await it.film('it\'s a [测试], "片段"; 100%.mp4', { seconds: 1 })
  const name = 'it\'s a [测试], "片段"; 100%.mp4'
  it.write("字幕 it's; [1],2.srt", '1\n00:00:00,000 --> 00:00:01,000\n春节\n')
  const expected: [clip: object, width: number, height: number][] = [
    [{ source: 'turned.mp4' }, 720, 1280],
    [{ source: 'odd.mkv', reframe: { to: 'portrait', policy: 'pad' } }, 720, 1280],
    [{ source: 'odd.mkv', preset: 'source', output: 'odd-source.mp4' }, 320, 180],
    [{ source: 'six.mp4' }, 1280, 720],
    [{ source: 'vfr.mp4' }, 1280, 720],
    [{ source: 'hdr.mp4', reframe: { to: 'source' } }, 320, 180],
    [{ source: 'mute2.mp4', output: 'mute-out.mp4' }, 1280, 720],
    [{ source: name, output: `out ${name}`, subtitles: { file: "字幕 it's; [1],2.srt" } }, 1280, 720],
  ]
  for (const [clip, width, height] of expected) {
    const got = await it.make(clip)
    assert.deepEqual(size(got), [width, height], JSON.stringify(clip))
    assert.ok(
      got.facts.fps >= 25 && !got.facts.hasVariableRate && got.facts.audio?.channels === 2,
      JSON.stringify(clip),
    )
  }
})

test('a truncated source is a failure with its reason, and leaves nothing under the name of the result', async () => {
  await it.film('whole.mkv', { seconds: 4 })
  const cut = it.write('truncated.mp4', readFileSync(it.at('film.mp4')))
  truncateSync(cut, 4_000)
  await assert.rejects(it.make({ source: 'truncated.mp4' }), { code: 'clips/not-media' })
  truncateSync(it.at('whole.mkv'), Math.floor(readFileSync(it.at('whole.mkv')).length / 3))
  await assert.rejects(
    it.make({ source: 'whole.mkv', output: 'never.mp4' }),
    /not as promised|cannot be read|lasts/,
  )
  assert.equal(existsSync(it.at('outputs/never.mp4')), false)
})

test('a full disk is said to be one, and nothing half is left', async (t) => {
  // The limit on the size of a file stands for the disk: written past it, the program gets the same kind of error.
  const { ffmpeg } = await it.tools.inspect()
  const wrapper = it.write(
    'small-disk.sh',
    `#!/bin/sh\ntrap '' XFSZ\nulimit -f 40\nexec "${ffmpeg.path}" "$@"\n`,
  )
  chmodSync(wrapper, 0o755)
  const small = studio(wrapper)
  t.after(() => small.close())
  small.write('film.mp4', readFileSync(it.at('film.mp4')))
  await assert.rejects(small.make({ source: 'film.mp4', reframe: { to: 'portrait' } }), {
    code: 'clips/disk-full',
  })
  assert.deepEqual(readdirSync(small.at('outputs')), [])
})

test('stopped in mid-encode it leaves no result; begun again it goes on with what was found out', async () => {
  const stop = new AbortController()
  const ask = {
    source: 'film.mp4',
    output: 'again.mp4',
    loudness: true,
    reframe: { to: 'portrait', focus: 'subject' },
  }
  const { clips } = await it.check({ clips: [ask] })
  const whenRendering = (step: string) => void (step === 'render' && setTimeout(() => stop.abort(), 50))
  const parts = { order: clips[0]!.order, onProgress: () => {}, remembered: async () => null }
  await assert.rejects(made(it.maker, { ...parts, signal: stop.signal, onStep: whenRendering }), {
    code: 'ffmpeg/cancelled',
  })
  assert.equal(existsSync(it.at('outputs/again.mp4')), false)
  const clip = await made(it.maker, { ...parts, signal: new AbortController().signal, onStep: () => {} })
  assert.deepEqual(
    clip.steps.map(({ name, isKept }) => [name, isKept]),
    [
      ['look', false],
      ['analyse', true],
      ['render', false],
      ['check', false],
    ],
  )
  assert.ok(clip.track && clip.track.length >= 2 && clip.track.length <= 240, 'the path of the crop is told')
  const known = await made(it.maker, {
    ...parts,
    signal: stop.signal,
    onStep: () => {},
    remembered: async (key) => (key === clip.key ? clip : null),
  })
  assert.equal(known.isReused, true)
})

test('hardware that is built in but not there is passed over', async () => {
  const encoder = await probedEncoder(it.media, new AbortController().signal, presetNamed('douyin'))
  assert.ok(encoder.isHardware || encoder === SOFTWARE)
  const broken = { ...SOFTWARE, name: 'h264_nothing', isHardware: true, args: () => ['-c:v', 'h264_nothing'] }
  const { clips } = await it.check({ clips: [{ source: 'film.mp4', preset: 'draft', output: 'soft.mp4' }] })
  const clip = await made(
    { ...it.maker, encoder: async () => broken },
    {
      order: clips[0]!.order,
      signal: new AbortController().signal,
      onStep: () => {},
      onProgress: () => {},
      remembered: async () => null,
    },
  )
  assert.equal(clip.encoder, 'libx264')
})
