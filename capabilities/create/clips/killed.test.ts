import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { OURS, openRoom } from './room.fixture.ts'
import { studio } from './studio.fixture.ts'

test('kill -9 in mid-encode: begun again the batch goes on, and what was finished is not made again', {
  timeout: 100_000,
}, async (t) => {
  const it = await testLedger([migrationsOf('clips', 'create')])
  t.after(() => it.close())
  const films = studio()
  t.after(() => films.close())
  await films.film('film.mp4', { seconds: 3, size: '640x360' })
  mkdirSync(films.at('out'))
  const folder = films.at('room')
  const room = await openRoom({
    ledger: it.ledger,
    media: films.media,
    folder,
    settings: { CLIPS_ROOTS: films.folder },
    workers: false,
  })
  t.after(() => room.close())
  const clips = Array.from({ length: 4 }, (_, i) => ({
    source: 'film.mp4',
    name: `c${i}`,
    cut: { from: i / 4 },
    preset: 'draft',
    reframe: { to: 'portrait' },
  }))
  const { json } = await room.api('POST', '/jobs', { job: { output: 'out', clips } })
  const ask = { connection: it.connection, role: it.role, folder }
  const conveyor = async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'killed-conveyor.fixture.ts'), JSON.stringify(ask)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    t.after(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }
  const look = async () => (await room.store.clips(OURS, json.jobId, { limit: 10 })).items
  const finished = new Map<string, number>()
  let kills = 0
  for (let nth = 0; (await look()).some(({ state }) => state !== 'done'); nth++) {
    assert.ok(nth < 12, 'it gets there')
    const child = await conveyor()
    const gone = once(child, 'exit')
    const doneBefore = (await look()).filter(({ state }) => state === 'done').length
    // Killed while ffmpeg writes the clip after the next finished one; the last time it may finish.
    await until(async () => {
      const all = await look()
      const done = all.filter(({ state }) => state === 'done').length
      if (done === all.length) return true
      const isWriting = readdirSync(films.at('out')).some(
        (name) => name.endsWith('.part') && statSync(films.at(`out/${name}`)).size > 0,
      )
      return nth < 3 && done > doneBefore - (nth === 0 ? 1 : 0) && isWriting
    }, 40_000)
    child.kill('SIGKILL')
    await gone
    kills++
    for (const name of readdirSync(films.at('out'))) {
      if (!name.endsWith('.mp4')) continue
      const { mtimeMs } = statSync(films.at(`out/${name}`))
      const known = finished.get(name)
      if (known !== undefined) assert.equal(mtimeMs, known, `${name} was made twice`)
      const isDone = (await look()).some((clip) => clip.state === 'done' && clip.output.endsWith(`/${name}`))
      if (isDone) finished.set(name, mtimeMs)
    }
  }
  assert.ok(kills >= 3, `${kills} kills`)
  assert.deepEqual(readdirSync(films.at('out')).sort(), ['c0.mp4', 'c1.mp4', 'c2.mp4', 'c3.mp4'])
  for (const { result } of await look()) assert.equal(result?.facts.height, 1280)
})
