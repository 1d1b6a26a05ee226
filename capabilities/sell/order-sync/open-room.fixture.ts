import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { doudianGateway } from '#engines/doudian/doudian.ts'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { factLog as factLogOf } from '#engines/postgres/fact-log.ts'
import { postgresFactStream } from '#engines/postgres/fact-stream.ts'
import { postgresJobs } from '#engines/postgres/jobs.ts'
import { postgresLeases } from '#engines/postgres/lease.ts'
import type { PostgresLedger } from '#engines/postgres/ledger.ts'
import type { Redis } from '#engines/redis/redis.ts'
import { webhookSender } from '#engines/webhook/webhook.ts'
import type { Principal } from '#kernel/auth.ts'
import type { Opened, RoomContext } from '#kernel/capability.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import type { FactStream } from '#kernel/fact-log.ts'
import { guard, httpApp, mount } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { LivePatch } from '#kernel/live.ts'
import type { MailMessage } from '#kernel/mail.ts'
import { readSettings } from '#kernel/settings.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import room from './index.ts'

export interface OpenRoomOptions {
  ledger: PostgresLedger
  sandbox: { url: string; clientKey: string; clientSecret: string }
  clock?: Clock
  env?: Record<string, string>
  vaultKeys?: string
  /** The room's loops: all of them, or those named, without the room's name. */
  workers?: boolean | readonly string[]
  /** The room's jobs are run. */
  jobs?: boolean
  /** The relay and the room's consumers. */
  facts?: boolean
  /** Outer engines; what is left out is PostgreSQL. */
  redis?: Redis
  stream?: FactStream
}

export const OURS = 'ws_ours' as WorkspaceId
export const THEIRS = 'ws_theirs' as WorkspaceId

/** What the suites of this room stand on: the room on a real database, behind a real server, beside a real sandbox. */
export async function openRoom(options: OpenRoomOptions) {
  const {
    ledger,
    sandbox,
    clock = systemClock,
    env = {},
    workers = true,
    jobs: runsJobs = false,
    facts = false,
  } = options
  const log = rootLog({ level: process.env['LOG_LEVEL'] ?? 'silent' })
  const folder = mkdtempSync(join(tmpdir(), 'doubloon-room-'))
  const leases = postgresLeases(ledger)
  const factLog = factLogOf({
    ledger,
    stream: options.stream ?? (await postgresFactStream(ledger, { partitions: 2 })),
    leases,
    clock,
    log,
  })
  const jobs = postgresJobs(ledger, clock, log)
  const patches: LivePatch[] = []
  const mails: MailMessage[] = []
  const context: Omit<RoomContext, 'publicUrl'> = {
    name: 'order-sync',
    log,
    clock,
    vault: vault(options.vaultKeys ?? newVaultKey('t1')),
    factLog,
    live: { publish: (_, patch) => void patches.push(patch), subscribe: () => () => {} },
    audit: postgresAudit,
    jobs,
    leases,
    metrics: new Registry(),
    mail: { send: async (message) => void mails.push(message) },
    folder,
  }
  const app = await httpApp({ log, version: 'test' })
  // Whose workspace and which role a request has are headers here; the platform finds them by the session.
  guard(app, {
    authenticate: async (headers) => ({
      kind: 'user',
      actor: 'user:test',
      userId: 'test',
      workspaceId: (headers['x-workspace'] ?? OURS) as WorkspaceId,
      role: (headers['x-role'] ?? 'owner') as Principal['role'],
      scopes: ['*'],
    }),
  })
  const publicUrl = `http://127.0.0.1:${await freePort()}`
  const roomContext: RoomContext = { ...context, publicUrl }
  const engines: Record<string, unknown> = {
    postgres: ledger,
    doudian: doudianGateway({ url: sandbox.url }),
    webhook: webhookSender(),
    ...(options.redis ? { redis: options.redis } : {}),
  }
  const ports: Record<string, unknown> = {}
  for (const [port, adapters] of Object.entries(room.ports)) {
    // An outer engine that is there is taken; otherwise the first that the port names.
    const named = Object.entries(adapters)
    const [engine, adapter] = named.find(([name]) => name === 'redis' && engines[name]) ?? named[0]!
    ports[port] = await adapter(engines[engine], roomContext)
  }
  const settings = readSettings(
    { 'order-sync': room.settings },
    {
      ORDER_SYNC_APP_KEY: sandbox.clientKey,
      ORDER_SYNC_APP_SECRET: sandbox.clientSecret,
      ORDER_SYNC_PRIVATE_TARGETS: 'loopback',
      ...env,
    },
  ).values['order-sync']
  const opened: Opened = await room.open({ ...roomContext, ...ports, settings, needs: {} })
  await mount(app, 'order-sync', opened.routes!)
  await app.listen({ host: '127.0.0.1', port: Number(new URL(publicUrl).port) })
  await jobs.start(opened.jobs as never[], runsJobs)
  const stop = new AbortController()
  const chosen = (opened.workers ?? []).filter(
    ({ name }) =>
      workers === true || (workers !== false && workers.includes(name.replace('order-sync/', ''))),
  )
  const running = chosen.map((worker) => worker.run(stop.signal))
  if (facts) {
    running.push(factLog.relay(stop.signal))
    for (const consumer of opened.consumers ?? []) await factLog.consume(consumer)
  }

  const request = async (
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const reply = await fetch(`${publicUrl}/api/order-sync${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await reply.text()
    const isJson =
      /json/.test(reply.headers.get('content-type') ?? '') &&
      !/ndjson/.test(reply.headers.get('content-type') ?? '')
    return {
      status: reply.status,
      headers: reply.headers,
      text,
      // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
      json: (isJson && text ? JSON.parse(text) : null) as any,
    }
  }

  return {
    // biome-ignore lint/suspicious/noExplicitAny: the ports as the door declared them
    ports: ports as any,
    opened,
    factLog,
    patches,
    mails,
    url: publicUrl,
    request,
    get: async (path: string, headers?: Record<string, string>) =>
      (await request('GET', path, { ...(headers ? { headers } : {}) })).json,
    post: async (path: string, body: unknown = {}) => (await request('POST', path, { body })).json,
    /** A job of the room, run here and now. */
    runJob: (queue: string, input: unknown, signal = new AbortController().signal) =>
      opened
        .jobs!.find((job) => job.queue === queue)!
        .handle({ id: 'test', input, attempt: 1, signal, progress: () => {} }),
    async close() {
      stop.abort()
      await Promise.all(running)
      await factLog.close()
      await jobs.close()
      await app.close()
      await opened.close?.()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type OpenRoom = Awaited<ReturnType<typeof openRoom>>

/** The sandbox's control of Doudian. */
export const controlOf =
  (sandbox: { url: string }) => async (method: string, path: string, body?: unknown) => {
    const reply = await fetch(`${sandbox.url}/_sandbox${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text.slice(0, 300)}`)
    const isLines = (reply.headers.get('content-type') ?? '').includes('ndjson')
    const lines = text.split('\n').filter(Boolean)
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what comes
    return (isLines ? lines.map((line) => JSON.parse(line)) : JSON.parse(text)) as any
  }

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
