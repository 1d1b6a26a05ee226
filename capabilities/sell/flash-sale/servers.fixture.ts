// A server of the bench, in a process of its own: `echo`, or the room.
import Fastify from 'fastify'
import type pg from 'pg'
import { postgresLedger } from '#engines/postgres/ledger.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { openRoom } from './room.fixture.ts'

export interface ServerOrder {
  kind: 'echo' | 'ours'
  connection: pg.PoolConfig
  role: string | undefined
  redisUrl?: string | undefined
}

export interface ServerSays {
  url?: string
  /** Since the last question: how often the store was asked for a reservation, and the processor's time that was used. */
  asked?: number
  cpuUs?: number
}

const say = (what: ServerSays) => process.send?.(what)

async function echo(): Promise<string> {
  const app = Fastify()
  app.post('/*', async (request) => request.body)
  return app.listen({ host: '127.0.0.1', port: 0 })
}

let asked = 0

async function ours({ connection, role, redisUrl }: ServerOrder): Promise<string> {
  const ledger = postgresLedger({
    connection,
    ...(role ? { role } : {}),
    log: rootLog({ level: 'silent' }),
    max: 8,
  })
  const room = await openRoom({
    ledger,
    redisUrl,
    // The web role: sweeping, auditing and booking are the work of another process.
    workers: false,
    around: (store) => ({
      ...store,
      reserve(saleId, attempt) {
        asked += 1
        return store.reserve(saleId, attempt)
      },
    }),
  })
  return room.url
}

if (process.send) {
  process.once('message', async (order: ServerOrder) => {
    say({ url: await (order.kind === 'echo' ? echo() : ours(order)) })
    let sofar = process.cpuUsage()
    process.on('message', () => {
      const { user, system } = process.cpuUsage(sofar)
      say({ asked, cpuUs: user + system })
      asked = 0
      sofar = process.cpuUsage()
    })
  })
}
