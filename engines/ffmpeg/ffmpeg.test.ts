import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { isFault } from '#kernel/fault.ts'
import { asFile, ffmpegTools } from './ffmpeg.ts'

const tools = ffmpegTools({ ffmpegPath: '', ffprobePath: '' })
const folder = mkdtempSync(join(tmpdir(), 'doubloon-ffmpeg-test-'))
const clip = join(folder, '两秒 "clip" \'1\'.mp4')

before(async () => {
  await tools.run(
    [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=d=2:s=320x180:r=25',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      asFile(clip),
    ],
    { timeoutMs: 60_000 },
  )
})
after(async () => {
  await tools.close()
  rmSync(folder, { recursive: true, force: true })
})

const faultOf = (code: string) => (error: unknown) => isFault(error) && error.code === code

test('the programs are found, and say what they can', async () => {
  const { ffmpeg, ffprobe, font } = await tools.inspect()
  assert.ok(ffmpeg.hasLibass && ffmpeg.hasLibx264)
  assert.match(ffmpeg.version, /^[N\d]/)
  assert.ok(ffmpeg.encoders.includes('aac') && ffmpeg.filters.includes('loudnorm'))
  assert.ok(['system', 'npm'].includes(ffprobe.from))
  assert.equal(font?.family, 'Noto Sans SC')
})

test("the system's programs are taken when they are new enough", async (t) => {
  const has = spawnSync('/bin/sh', ['-c', 'ffmpeg -version'], { encoding: 'utf8' }).stdout
  if (!has || Number(/libavutil\s+(\d+)/.exec(has)?.[1]) < 57)
    return t.skip('no FFmpeg 5 or newer on this system')
  assert.equal((await tools.inspect()).ffmpeg.from, 'system')
})

test('a file is described, whatever its name', async () => {
  const { format, streams } = await tools.probe(clip, { timeoutMs: 20_000 })
  assert.equal(Number(format?.['duration']), 2)
  assert.equal(streams?.[0]?.['width'], 320)
})

test('what is no medium fails with the words of ffprobe', async () => {
  const file = join(folder, 'text.mp4')
  writeFileSync(file, 'this is no film')
  await assert.rejects(
    tools.probe(file, { timeoutMs: 20_000 }),
    (error) => faultOf('ffmpeg/failed')(error) && /Invalid data|moov/.test((error as Error).message),
  )
})

test('many at once: each has its own answer, and what is broken in company keeps its own words', async () => {
  const text = join(folder, 'company.mp4')
  writeFileSync(text, 'this is no film')
  const paths = Array.from({ length: 12 }, (_, i) =>
    i === 7 ? text : i === 9 ? join(folder, 'gone.mp4') : clip,
  )
  const all = await Promise.allSettled(paths.map((path) => tools.probe(path, { timeoutMs: 20_000 })))
  const said = all.map((one) =>
    one.status === 'fulfilled' ? Number(one.value.format?.['duration']) : (one.reason as Error).message,
  )
  assert.deepEqual(
    said.filter((_, i) => i !== 7 && i !== 9),
    Array(10).fill(2),
  )
  assert.match(`${said[7]}`, /Invalid data|moov/)
  assert.match(`${said[9]}`, /No such file/)
})

test('who leaves a company is told so, and the others are answered', async () => {
  const leave = new AbortController()
  const asks = Array.from({ length: 8 }, (_, i) =>
    tools.probe(clip, { timeoutMs: 20_000, ...(i === 6 ? { signal: leave.signal } : {}) }),
  )
  leave.abort()
  const all = await Promise.allSettled(asks)
  assert.deepEqual(
    all.filter((_, i) => i !== 6).map(({ status }) => status),
    Array(7).fill('fulfilled'),
  )
})

test('progress comes with share and time left, and ends at one', async () => {
  const shares: (number | null)[] = []
  await tools.run(['-i', asFile(clip), '-f', 'null', '-'], {
    timeoutMs: 60_000,
    durationSeconds: 2,
    onProgress: ({ share }) => shares.push(share),
  })
  assert.equal(shares.at(-1), 1)
})

test('standard error is told line by line, standard output as it comes', async () => {
  const lines: string[] = []
  let bytes = 0
  const args = ['-i', asFile(clip), '-vf', 'showinfo', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1']
  await tools.run(args, {
    timeoutMs: 60_000,
    onStderrLine: (line) => lines.push(line),
    onStdout: (chunk) => {
      bytes += chunk.length
    },
  })
  assert.equal(bytes, 320 * 180 * 50)
  assert.equal(lines.filter((line) => line.includes('pts_time')).length, 50)
})

test('a run that takes too long, is stopped, or writes too much ends with its own fault', async () => {
  const endless = ['-re', '-f', 'lavfi', '-i', 'testsrc2', '-f', 'null', '-']
  await assert.rejects(tools.run(endless, { timeoutMs: 500 }), faultOf('ffmpeg/timeout'))
  await assert.rejects(
    tools.run(endless, { timeoutMs: 60_000, signal: AbortSignal.timeout(300) }),
    faultOf('ffmpeg/cancelled'),
  )
  const raw = ['-f', 'lavfi', '-i', 'testsrc2', '-f', 'rawvideo', 'pipe:1']
  await assert.rejects(
    tools.run(raw, { timeoutMs: 60_000, maxStdoutBytes: 10_000 }),
    faultOf('ffmpeg/too-much'),
  )
})

test('a wrong option is told with the last lines', async () => {
  await assert.rejects(
    tools.run(['-i', asFile(clip), '-c:v', 'no-such-codec', '-f', 'null', '-'], { timeoutMs: 20_000 }),
    (error) => faultOf('ffmpeg/failed')(error) && /no-such-codec/.test((error as Error).message),
  )
})

test('a run works at low priority', async () => {
  const stop = new AbortController()
  const run = tools.run(['-re', '-f', 'lavfi', '-i', 'testsrc2=d=59', '-f', 'null', '-'], {
    timeoutMs: 60_000,
    signal: stop.signal,
  })
  const stopped = assert.rejects(run, faultOf('ffmpeg/cancelled'))
  assert.equal(await seen(() => priorityOf('testsrc2=d=59')), '10')
  stop.abort()
  await stopped
})

test('a killed parent takes ffmpeg with it', async () => {
  const output = join(folder, 'orphan.ts')
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'orphan.fixture.ts'), output], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(parent.stdout, 'data')
  assert.notEqual(priorityOf(output), undefined, 'it runs')
  parent.kill('SIGKILL')
  assert.ok(await seen(() => priorityOf(output) === undefined), 'it is gone')
})

test('a program that is not there is told with the cure', async () => {
  const wrong = ffmpegTools({ ffmpegPath: join(folder, 'nothing'), ffprobePath: '' })
  await assert.rejects(
    wrong.run([], { timeoutMs: 5_000 }),
    (error) => faultOf('ffmpeg/missing')(error) && isFault(error) && /FFMPEG_PATH/.test(error.cure ?? ''),
  )
})

test('a setting wins, also over what comes with us', async () => {
  const script = join(folder, 'my-ffmpeg')
  writeFileSync(script, '#!/bin/sh\necho "ffmpeg version 9.1-mine"\n')
  chmodSync(script, 0o755)
  const own = ffmpegTools({ ffmpegPath: script, ffprobePath: '' })
  const { ffmpeg } = await own.inspect()
  assert.deepEqual([ffmpeg.from, ffmpeg.version, ffmpeg.hasLibass], ['setting', '9.1-mine', false])
  await own.close()
})

test('the font knows its characters, and its folder holds nothing but faces', () => {
  const font = tools.cjkFont()
  assert.deepEqual(font.missingGlyphs('春节限定礼盒，今日特惠￥199！\r\nHello ……「龘」\u200b'), [])
  assert.deepEqual(font.missingGlyphs('好😀𠮷好😀'), ['😀', '𠮷'])
  assert.ok(readdirSync(font.folder).every((name) => name.endsWith('.ttf')))
  assert.ok(statSync(join(font.folder, 'NotoSansSC_400Regular.ttf')).size > 1e6)
})

test('a font folder that was cleaned away is made again; those of dead processes go with the first use', async () => {
  const font = tools.cjkFont()
  const before = font.folder
  rmSync(before, { recursive: true })
  assert.ok(readdirSync(font.folder).length > 0)
  assert.notEqual(font.folder, before)
  const ours = /^(doubloon-ffmpeg-\w{6}-)\d+-/.exec(basename(font.folder))!
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const dead = join(tmpdir(), `${ours[1]}${pid}-test`)
  const elsewhere = join(tmpdir(), `doubloon-ffmpeg-000000-${pid}-test`)
  mkdirSync(dead)
  mkdirSync(elsewhere)
  const look = `import { ffmpegTools } from ${JSON.stringify(join(import.meta.dirname, 'ffmpeg.ts'))}
    const tools = ffmpegTools({ ffmpegPath: '', ffprobePath: '' })
    tools.cjkFont().folder
    await tools.close()`
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', look], { stdio: 'inherit' })
  assert.equal(status, 0)
  assert.deepEqual([existsSync(dead), existsSync(elsewhere), existsSync(font.folder)], [false, true, true])
  rmSync(elsewhere, { recursive: true })
})

/** Looks until there is something to see. */
async function seen<T>(look: () => T): Promise<T> {
  for (const deadline = Date.now() + 15_000; ; await wait(20)) {
    const found = look()
    if (found || Date.now() > deadline) return found
  }
}

/** The nice value of the ffmpeg whose arguments hold this word; undefined when none runs. */
function priorityOf(word: string): string | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      if (!args[0]?.endsWith('/ffmpeg') || !args.some((arg) => arg.includes(word))) continue
      return readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[16]
    } catch {
      // It ended while we looked.
    }
  }
  return undefined
}
