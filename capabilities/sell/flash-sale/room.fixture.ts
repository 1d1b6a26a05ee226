import { Registry } from 'prom-client'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { postgresLeases } from '#engines/postgres/lease.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { openRedis, type Redis } from '#engines/redis/redis.ts'
import type { Opened, RoomContext } from '#kernel/capability.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { guard, httpApp, mount } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger } from '#kernel/ledger.ts'
import { readSettings } from '#kernel/settings.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { postgresBooks } from './books.postgres.ts'
import room from './index.ts'
import { postgresQueue } from './queue.postgres.ts'
import { postgresStore } from './store.postgres.ts'
import { redisStore } from './store.redis.ts'
import type { Store } from './store.ts'

export const OURS = 'ws_ours' as WorkspaceId

export interface RoomOptions {
  ledger: Ledger
  /** Without one, sales are kept in the ledger. */
  redisUrl?: string | undefined
  clock?: Clock
  workers?: boolean
  /** Rooms of one platform have the same. */
  vaultKeys?: string
  /** Counts, or spoils, what the store is asked. */
  around?(store: Store): Store
}

/** What the suites of this room stand on: the room as one process has it, on real engines, behind a real server. */
export async function openRoom({
  ledger,
  redisUrl,
  clock = systemClock,
  workers = true,
  vaultKeys = newVaultKey('k1'),
  around,
}: RoomOptions) {
  const log = rootLog({ level: 'silent' })
  const context = {
    name: 'flash-sale',
    log,
    clock,
    factLog: { appendIn: putInOutbox } as FactLog,
    leases: postgresLeases(ledger),
    live: { publish: () => {}, subscribe: () => () => {} },
    audit: postgresAudit,
    metrics: new Registry(),
    publicUrl: '',
    vault: vault(vaultKeys),
  } as unknown as RoomContext
  const redis: Redis | undefined = redisUrl ? await openRedis(redisUrl, { timeoutMs: 2_000 }) : undefined
  const plain = redis ? redisStore(redis) : postgresStore(ledger, context)
  const store = around ? around(plain) : plain
  const books = postgresBooks(ledger, context)
  const settings = readSettings({ 'flash-sale': room.settings }, { FLASH_SALE_AUDIT_SECONDS: '1' }).values[
    'flash-sale'
  ]
  const opened: Opened = await room.open({
    ...context,
    books,
    store,
    queue: postgresQueue(ledger),
    settings,
    needs: {},
  })
  const app = await httpApp({ log, version: 'test' })
  guard(app, {
    authenticate: async (headers) => ({
      kind: 'user',
      actor: 'user:test',
      userId: 'test',
      workspaceId: (headers['x-workspace'] ?? OURS) as WorkspaceId,
      role: 'owner',
      scopes: ['*'],
    }),
  })
  await mount(app, 'flash-sale', opened.routes!)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const stop = new AbortController()
  const running = workers
    ? (opened.workers ?? []).map((worker) => worker.run(stop.signal).catch(() => {}))
    : []
  return {
    url: `${url}/api/flash-sale`,
    books,
    store,
    opened,
    async api(
      method: 'GET' | 'POST' | 'PATCH',
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ) {
      const reply = await fetch(`${url}/api/flash-sale${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
      return { status: reply.status, json: (await reply.json()) as any }
    },
    async close() {
      stop.abort()
      await Promise.all(running)
      await app.close()
      await opened.close?.()
      await redis?.close()
    },
  }
}

export type OpenRoom = Awaited<ReturnType<typeof openRoom>>
