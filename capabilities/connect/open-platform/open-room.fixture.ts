import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import { douyinWire } from '#engines/douyin/douyin.ts'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import type { Principal } from '#kernel/auth.ts'
import type { Opened, RoomContext } from '#kernel/capability.ts'
import { type Clock, hours, systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { guard, httpApp, mount } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Jobs } from '#kernel/jobs.ts'
import type { Leases } from '#kernel/lease.ts'
import type { Ledger } from '#kernel/ledger.ts'
import { readSettings } from '#kernel/settings.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { type InboxTuning, postgresInbox } from './inbox.postgres.ts'
import room from './index.ts'
import { postgresLimiter } from './limiter.postgres.ts'
import { postgresQuotas } from './quotas.postgres.ts'
import { postgresStore } from './store.postgres.ts'
import { tokenKeeper } from './tokens.ts'

export interface OpenRoomOptions extends InboxTuning {
  ledger: Ledger
  sandbox: { url: string; clientKey: string; clientSecret: string }
  clock?: Clock
  env?: Record<string, string>
  vaultKeys?: string
  /** Started as one process starts it; false for a bench that measures the intake alone. */
  workers?: boolean
}

export const OURS = 'ws_ours' as WorkspaceId
export const THEIRS = 'ws_theirs' as WorkspaceId

/** What the suites of this room stand on: the room on a real database, behind a real server, beside a real sandbox. */
export async function openRoom(options: OpenRoomOptions) {
  const { ledger, sandbox, clock = systemClock, env = {}, workers = true } = options
  const log = rootLog({ level: 'silent' })
  const context = {
    name: 'open-platform',
    log,
    clock,
    vault: vault(options.vaultKeys ?? newVaultKey('t1')),
    factLog: { appendIn: putInOutbox } as FactLog,
    live: { publish: () => {}, subscribe: () => () => {} },
    audit: postgresAudit,
    jobs: {} as Jobs,
    leases: {} as Leases,
    metrics: new Registry(),
  }
  const app = await httpApp({ log, version: 'test' })
  const principal: Principal = {
    kind: 'user',
    actor: 'user:test',
    userId: 'test',
    workspaceId: OURS,
    role: 'owner',
    scopes: ['*'],
  }
  // Whose workspace a request is for is a header here; the platform finds it by the session.
  guard(app, {
    authenticate: async (headers) =>
      headers['x-no-one']
        ? null
        : { ...principal, workspaceId: (headers['x-workspace'] ?? OURS) as WorkspaceId },
  })
  let publicUrl = ''
  const roomContext: RoomContext = { ...context, mail: { send: async () => {} }, folder: '', publicUrl: '' }
  const wire = douyinWire({ url: sandbox.url })
  const ports = {
    wire,
    store: postgresStore(ledger, context),
    inbox: postgresInbox(ledger, context, options),
    quotas: await postgresQuotas(ledger, context),
    limiter: postgresLimiter(ledger),
  }
  const settings = readSettings(
    { 'open-platform': room.settings },
    {
      OPEN_PLATFORM_CLIENT_KEY: sandbox.clientKey,
      OPEN_PLATFORM_CLIENT_SECRET: sandbox.clientSecret,
      ...env,
    },
  ).values['open-platform']
  // The address is known only once it listens, and routes can be added only before: reserve a port first.
  publicUrl = `http://127.0.0.1:${await freePort()}`
  const opened: Opened = await room.open({ ...roomContext, ...ports, publicUrl, settings, needs: {} })
  await mount(app, 'open-platform', opened.routes!)
  await app.listen({ host: '127.0.0.1', port: Number(new URL(publicUrl).port) })
  const stop = new AbortController()
  const running = workers ? (opened.workers ?? []).map((worker) => worker.run(stop.signal)) : []

  return {
    ...ports,
    opened,
    douyin: opened.provides!.douyin!,
    url: publicUrl,
    app: { clientKey: sandbox.clientKey, clientSecret: sandbox.clientSecret },
    /** A keeper of one's own, with short waits: what another process would have. */
    keeper: () =>
      tokenKeeper({
        store: ports.store,
        wire,
        app: { clientKey: sandbox.clientKey, clientSecret: sandbox.clientSecret },
        clock,
        log,
        refreshAheadMs: hours(24),
        renewAheadMs: hours(72),
        backoff: { baseMs: 10, capMs: 40 },
      }),
    async api(method: 'GET' | 'POST', path: string, headers: Record<string, string> = {}) {
      const reply = await fetch(`${publicUrl}/api/open-platform${path}`, {
        method,
        headers,
        redirect: 'manual',
      })
      const text = await reply.text()
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
      return { status: reply.status, headers: reply.headers, json: (text ? JSON.parse(text) : null) as any }
    },
    async close() {
      stop.abort()
      await Promise.all(running)
      await app.close()
      await opened.close?.()
    },
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
