import { ffmpegTools } from '#engines/ffmpeg/ffmpeg.ts'
import { postgresLedger } from '#engines/postgres/ledger.ts'
import { systemClock } from '#kernel/clock.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { conveyor } from './conveyor.ts'
import { SOFTWARE } from './encoder.ts'
import { fingerprints } from './fingerprint.ts'
import { ffmpegMedia } from './media.ffmpeg.ts'
import { salientSubject } from './picture/subject.ts'
import { postgresStore } from './store.postgres.ts'

/** A process of its own that makes clips, for the test that kills it. */
const { connection, role, folder } = JSON.parse(process.argv[2]!)
const log = rootLog({ level: 'silent' })
const ledger = postgresLedger({ connection, role, log, max: 4 })
const media = ffmpegMedia(ffmpegTools({ ffmpegPath: '', ffprobePath: '' }))
const maker = {
  media,
  subject: salientSubject,
  folder,
  printOf: fingerprints(),
  encoder: async () => SOFTWARE,
}
const live = { publish: () => {}, subscribe: () => () => {} }
const parts = { store: postgresStore(ledger, { name: 'clips' }), maker, live, clock: systemClock, log }
console.log('going')
await conveyor(parts, { lanes: 1 }).run(new AbortController().signal)
