import { capability } from '#kernel/capability.ts'
import { integer } from '#kernel/settings.ts'
import { boards } from './boards.ts'
import { postgresBooks } from './books.postgres.ts'
import { paidOrders } from './consumer.ts'
import { desk } from './desk.ts'
import { latch } from './latch.ts'
import { meters } from './meter.ts'
import { overviewOf } from './overview.ts'
import { recovery } from './recovery.ts'
import { routes } from './routes.ts'
import { postgresStore } from './store.postgres.ts'
import { redisStore } from './store.redis.ts'
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
  },
  ports: {
    books: { postgres: postgresBooks },
    store: { postgres: postgresStore, redis: redisStore },
  },
  cli: () => import('./cli.ts'),
  async open({ books, store, clock, log, leases, factLog, settings }) {
    const recovering = recovery({ books, store, leases, clock, log })
    const metered = meters()
    const front = desk({ books, store, latch: latch(store), meters: metered, recovery: recovering, clock })
    const parts = { books, store, leases, clock, log, factLog, recovery: recovering, desk: front }
    const stopHearing = await books.hear(front.hear)
    return {
      routes: routes({
        ...parts,
        boards: boards({ ...parts, meters: metered }),
        holdSeconds: settings.holdSeconds,
      }),
      workers: workers(parts, settings),
      consumers: [paidOrders(parts)],
      overview: (workspaceId) => overviewOf(books, workspaceId),
      close: async () => stopHearing(),
    }
  },
})
