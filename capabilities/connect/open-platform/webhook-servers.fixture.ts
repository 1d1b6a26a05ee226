import Fastify from 'fastify'
import { type LedgerOptions, postgresLedger } from '#engines/postgres/ledger.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { openRoom } from './open-room.fixture.ts'

export type ServerKind = 'echo' | 'ours' | 'ours-with-worker' | 'row-by-row'

export interface ServerOrder {
  kind: ServerKind
  connection: LedgerOptions['connection']
  role: string | undefined
  app: { clientKey: string; clientSecret: string }
}

/*
 * One server of the webhook bench in a process of its own. `echo` is bare Fastify giving the same body back;
 * `row-by-row` is our own intake with the one difference that every webhook is inserted alone.
 */
if (process.send) process.once('message', (order) => void serve(order as ServerOrder))

async function serve({ kind, connection, role, app }: ServerOrder): Promise<void> {
  if (kind === 'echo') {
    const bare = Fastify()
    bare.post('/api/open-platform/webhook', async (request) => request.body)
    process.send!(await bare.listen({ host: '127.0.0.1', port: 0 }))
    return
  }
  const log = rootLog({ level: 'silent' })
  const ledger = postgresLedger({ connection, ...(role ? { role } : {}), log, max: 12 })
  const sandbox = { url: 'http://127.0.0.1:9', ...app }
  const room = await openRoom({
    ledger,
    sandbox,
    workers: kind === 'ours-with-worker',
    ...(kind === 'row-by-row' ? { maxBatch: 1, parallel: 12 } : {}),
  })
  process.send!(room.url)
}
