import Fastify from 'fastify'
import { doudianGateway } from '#engines/doudian/doudian.ts'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { type LedgerOptions, postgresLedger } from '#engines/postgres/ledger.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { httpApp, mount } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { postgresConflicts } from './conflicts.postgres.ts'
import { doudianAdapter } from './gateway.doudian.ts'
import { postgresInbox } from './inbox.postgres.ts'
import { intake } from './intake.ts'
import { postgresOrders } from './orders.postgres.ts'
import { postgresRepeats } from './repeats.postgres.ts'
import { postgresShops } from './shops.postgres.ts'

export type ServerKind = 'echo' | 'ours' | 'row-by-row'

export interface ServerOrder {
  kind: ServerKind
  connection: LedgerOptions['connection']
  role: string | undefined
}

export const BENCH_APP = { appKey: '7000000000000000001', appSecret: 'bench-secret' }
export const BENCH_SHOP = '7000000010'

/*
 * One server of the bench in a process of its own. `echo` is bare Fastify giving the same body back; `row-by-row` is our own
 * intake with the one difference that every push is written alone.
 */
if (process.send) process.once('message', (order) => void serve(order as ServerOrder))

async function serve({ kind, connection, role }: ServerOrder): Promise<void> {
  if (kind === 'echo') {
    const bare = Fastify()
    bare.post('/api/order-sync/push/:shopId', async (request) => request.body)
    process.send!(await bare.listen({ host: '127.0.0.1', port: 0 }))
    return
  }
  const log = rootLog({ level: 'silent' })
  const clock = systemClock
  const ledger = postgresLedger({ connection, ...(role ? { role } : {}), log, max: 12 })
  const context = {
    vault: vault(newVaultKey('b1')),
    clock,
    log,
    audit: postgresAudit,
    factLog: { appendIn: putInOutbox } as FactLog,
    live: { publish: () => {}, subscribe: () => () => {} },
  }
  const shops = postgresShops(ledger, context)
  const tokens = { accessToken: 'token', refreshToken: 'token', accessSeconds: 86_400, shopName: 'bench' }
  const workspaceId = 'ws_bench' as WorkspaceId
  await shops.connect(
    { shopId: BENCH_SHOP, workspaceId, platform: 'doudian', tokens, actor: 'system' },
    clock.now(),
  )
  const conflicts = postgresConflicts(ledger, context)
  const orders = postgresOrders(ledger, context)
  const tuning = kind === 'row-by-row' ? { maxBatch: 1, parallel: 12 } : {}
  const inbox = postgresInbox(ledger, { ...context, orders, repeats: postgresRepeats(), conflicts }, tuning)
  const gateway = doudianAdapter(doudianGateway({ url: 'http://127.0.0.1:9' }))
  const app = await httpApp({ log, version: 'bench' })
  await mount(app, 'order-sync', async (scope) =>
    intake({ inbox, conflicts, shops, gateway, app: BENCH_APP, clock })(scope as never),
  )
  process.send!(await app.listen({ host: '127.0.0.1', port: 0 }))
}
