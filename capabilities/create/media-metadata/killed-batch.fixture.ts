// A process of its own that goes on with one batch, for the test that kills it.
import { postgresLedger } from '#engines/postgres/ledger.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { openRoom } from './room.fixture.ts'

const { connection, role, folder, input } = JSON.parse(process.argv[2]!)
const ledger = postgresLedger({ connection, role, log: rootLog({ level: 'silent' }), max: 4 })
const room = await openRoom({ ledger }, folder)
const job = { id: 'job', input, attempt: 1, signal: new AbortController().signal, progress: () => {} }
console.log('going')
await room.kinds.get('media-metadata/batch')!.handle(job)
process.exit(0)
