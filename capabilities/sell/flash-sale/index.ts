import { capability } from '#kernel/capability.ts'
import { integer } from '#kernel/settings.ts'
import { boards } from './boards.ts'
import { postgresBooks } from './books.postgres.ts'
import { paidOrders } from './consumer.ts'
import { desk } from './desk.ts'
import { entrance } from './entrance.ts'
import { grpcService } from './grpc.ts'
import { recordAnswers } from './history.ts'
import { latch } from './latch.ts'
import { meters } from './meter.ts'
import { overviewOf } from './overview.ts'
import { postgresQueue } from './queue.postgres.ts'
import { recovery } from './recovery.ts'
import { routes } from './routes.ts'
import { postgresStore } from './store.postgres.ts'
import { redisStore } from './store.redis.ts'
import { turns } from './turn.ts'
import { workers } from './worker.ts'

export default capability({
  name: 'flash-sale',
  at: import.meta.url,
  settings: {
    holdSeconds: integer({
      default: 900,
      min: 1,
      max: 86_400,
      says: 'How long unpaid units are held, where a sale does not say.',
    }),
    auditSeconds: integer({
      default: 3,
      min: 1,
      max: 3_600,
      says: 'How often the units of running sales are counted against each other.',
    }),
    historyHours: integer({
      default: 48,
      min: 1,
      max: 720,
      says: 'How long the second by second course of a sale is kept.',
    }),
  },
  ports: {
    books: { postgres: postgresBooks },
    store: { postgres: postgresStore, redis: redisStore },
    queue: { postgres: postgresQueue },
  },
  cli: () => import('./cli.ts'),
  async open({ books, store, queue, clock, log, leases, factLog, vault, settings }) {
    const recovering = recovery({ books, store, leases, clock, log })
    const metered = meters()
    const tokens = turns(vault, clock)
    const front = desk({
      ...{ books, store, clock },
      ...{ latch: latch(store), meters: metered, recovery: recovering, turns: tokens },
    })
    const parts = { books, store, leases, clock, log, factLog, recovery: recovering, desk: front }
    const closing = new AbortController()
    const recorded = recordAnswers({ books, meters: metered, clock, log }, closing.signal)
    const stopHearing = await books.hear(front.hear)
    const waysIn = {
      ...parts,
      boards: boards({ ...parts, meters: metered }),
      ticket: entrance({ desk: front, queue, turns: tokens }),
      holdSeconds: settings.holdSeconds,
    }
    return {
      routes: routes(waysIn),
      grpc: grpcService(waysIn),
      workers: workers(parts, settings),
      consumers: [paidOrders(parts)],
      overview: (workspaceId) => overviewOf(books, workspaceId),
      async close() {
        await stopHearing()
        closing.abort()
        await recorded
      },
    }
  },
})
