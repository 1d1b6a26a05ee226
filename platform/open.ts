import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { Registry } from 'prom-client'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { mailbox } from '#engines/smtp/smtp.ts'
import type { Auth } from '#kernel/auth.ts'
import type { Capability, RoomContext } from '#kernel/capability.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import { type App, guard, httpApp, mount } from '#kernel/http.ts'
import type { JobKind } from '#kernel/jobs.ts'
import { environment } from '#kernel/settings.ts'
import { type Log, rootLog } from '#kernel/telemetry.ts'
import { newVaultKey, vault } from '#kernel/vault.ts'
import { type Closers, closers as newClosers } from './closers.ts'
import { serveConsole } from './console.ts'
import { type OpenEngines, openEngines } from './engines.ts'
import { pruneFacts } from './housekeeping.ts'
import { keepsake } from './keepsakes.ts'
import { liveHub } from './live.ts'
import { localKeyAuth } from './local-key.ts'
import { measureAnswers, registerMetrics } from './metrics.ts'
import { migrationsOf, type OpenRoom, openRooms } from './rooms.ts'
import { refuseSecond, writeRunFile } from './run-file.ts'
import { type OwnSandbox, startOwnSandbox } from './sandbox.ts'
import { expandHome, type PlatformValues, platformSettings } from './settings.ts'
import { peopleRoutes } from './system/people.ts'
import { stateRoutes } from './system/state.ts'
import { workRoutes } from './system/work.ts'
import { startTracing } from './tracing.ts'
import { openVendors } from './vendors.ts'
import { superviseWorkers } from './workers.ts'

export type Role = 'web' | 'worker' | 'grpc'

export interface PlatformOptions {
  rooms: readonly Capability[]
  env?: Record<string, string | undefined>
  /** Default web and worker; `main.ts` adds grpc: one process does everything. */
  roles?: readonly Role[]
  log?: Log
  clock?: Clock
}

export interface Platform {
  url: string
  /** Owner's key of this run, for the command line and for tests. */
  key: string
  /** Where gRPC answers (`host:port`); null in a process without that role. */
  grpcAddress: string | null
  sandbox: OwnSandbox | null
  app: App
  engines: OpenEngines
  rooms: readonly OpenRoom[]
  log: Log
  signInLink(): Promise<string>
  close(): Promise<void>
}

export const VERSION = '0.1.0'

/** Reads settings, opens engines, opens rooms, listens. `close` undoes it in reverse order and loses nothing. */
export async function openPlatform({
  rooms,
  env = environment(),
  roles = ['web', 'worker'],
  log: givenLog,
  clock = systemClock,
}: PlatformOptions): Promise<Platform> {
  const closing = newClosers()
  const first = platformSettings(rooms, env)
  const log = givenLog ?? rootLog({ level: first.values.log.level })
  const data = resolve(expandHome(first.values.doubloon.data))
  try {
    const isWeb = roles.includes('web')
    if (isWeb) await refuseSecond(data)
    const sandbox = wantsSandbox(env, first.values) ? await startOwnSandbox(data, closing) : null
    const {
      values,
      rooms: roomValues,
      lines,
    } = sandbox ? platformSettings(rooms, { ...env, ...sandboxEnv(sandbox) }) : first
    await startTracing(values.otel.endpoint, VERSION, closing)

    const app = await httpApp({
      log: log.child({ part: 'http' }),
      version: VERSION,
      trustProxy: values.doubloon.trustProxy,
    })
    const { host } = values.doubloon
    const port = isWeb ? await claimPort(host, values.doubloon.port, 'DOUBLOON_PORT') : 0
    const isGrpc = roles.includes('grpc')
    if (isGrpc) await claimPort(host, values.doubloon.grpcPort, 'DOUBLOON_GRPC_PORT')
    const publicUrl = (values.doubloon.publicUrl || `http://${host}:${port}`).replace(/\/$/, '')
    const engines = await openEngines({
      values,
      data,
      migrations: rooms.map(migrationsOf),
      authSecret: values.doubloon.authSecret || keepsake(`${data}/auth-secret`),
      publicUrl,
      clock,
      log,
      closers: closing,
    })
    const vendors = openVendors(values, closing)
    engines.probes.push(...vendors.probes)
    const live = await liveHub(engines.ledger)
    closing.add('live', live.close)
    const metrics = new Registry()
    registerMetrics(metrics, engines)
    const mail = mailbox({ ...values.smtp, folder: `${data}/mail` })
    closing.add('mail', mail.close)
    const vaultKeys = values.vault.keys || keepsake(`${data}/vault-key`, () => newVaultKey('k1'))

    const contextOf = (name: string): RoomContext => ({
      name,
      log: log.child({ room: name }),
      clock,
      factLog: engines.facts,
      jobs: engines.jobs,
      leases: engines.leases,
      vault: vault(vaultKeys),
      live,
      audit: postgresAudit,
      metrics,
      mail,
      folder: folderOf(data, name),
      publicUrl,
    })
    const openedRooms = await openRooms({
      rooms,
      settings: roomValues,
      engines: { ...engines.byName, ...vendors.byName },
      contextOf,
      closers: closing,
    })

    const local = localKeyAuth(engines.gate, engines.gate.firstWorkspace)
    let url = publicUrl
    if (isWeb) {
      url = await openDoors(app, {
        auth: local.auth,
        engines,
        rooms: openedRooms,
        wings: new Map(rooms.map((room) => [room.name, wingOf(room)])),
        lines,
        live,
        metrics,
        sandbox: sandbox !== null,
        listen: { host, port },
        closing,
      })
    }
    const grpcAddress = isGrpc
      ? await openGrpc({ rooms: openedRooms, auth: local.auth, log, metrics, values, closing })
      : null
    const ownJobs = [pruneFacts(engines.ledger, clock, values['fact-log'].keepDays)]
    await openWorkshop({
      engines,
      rooms: openedRooms,
      ownJobs,
      run: roles.includes('worker'),
      clock,
      log,
      closing,
    })
    if (isWeb) closing.add('run file', writeRunFile(data, { pid: process.pid, url, key: local.key }))
    return {
      url,
      key: local.key,
      grpcAddress,
      sandbox,
      app,
      engines,
      rooms: openedRooms,
      log,
      signInLink: engines.gate.signInLink,
      close: () => closing.closeAll(log),
    }
  } catch (error) {
    await closing.closeAll(log)
    throw error
  }
}

/** The ways in: sign-in, system pages, each room under its name, the console. Answers with the address. */
async function openDoors(
  app: App,
  parts: {
    auth: Auth
    engines: OpenEngines
    rooms: readonly OpenRoom[]
    wings: Map<string, string>
    lines: ReturnType<typeof platformSettings>['lines']
    live: Awaited<ReturnType<typeof liveHub>>
    metrics: Registry
    sandbox: boolean
    listen: { host: string; port: number }
    closing: Closers
  },
): Promise<string> {
  const { auth, engines, rooms, wings, lines, live, metrics, sandbox, listen, closing } = parts
  guard(app, auth)
  measureAnswers(app, metrics)
  peopleRoutes(app, {
    gate: engines.gate,
    rooms: ['system', ...rooms.map(({ name }) => name)],
    sandbox,
    version: VERSION,
  })
  workRoutes(app, { jobs: engines.jobs, facts: engines.facts, ledger: engines.ledger, audit: postgresAudit })
  stateRoutes(app, {
    engines,
    rooms,
    settings: lines,
    wingOf: (room) => wings.get(room) ?? '',
    jobs: engines.jobs,
    live,
    metrics,
  })
  for (const { name, opened } of rooms) if (opened.routes) await mount(app, name, opened.routes)
  await serveConsole(app)
  const { host, port } = listen
  const url = await app.listen(listen).catch((cause) => {
    throw cannotListen(host, port, cause)
  })
  closing.add('web', () => {
    app.server.closeAllConnections()
    return app.close()
  })
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::1]:', '//localhost:')
}

/** The other way in. Its library is loaded by a process with that role only. */
async function openGrpc({
  rooms,
  values,
  closing,
  ...parts
}: {
  rooms: readonly OpenRoom[]
  auth: Auth
  log: Log
  metrics: Registry
  values: PlatformValues
  closing: Closers
}): Promise<string> {
  const { serveGrpc } = await import('./grpc.ts')
  const { host, grpcPort } = values.doubloon
  const services = rooms.flatMap(({ name, opened: { grpc } }) =>
    grpc ? [{ room: name, service: grpc }] : [],
  )
  const server = await serveGrpc({ ...parts, services, host, port: grpcPort })
  closing.add('grpc', server.close)
  return `${host}:${server.port}`
}

/** The background: jobs, consumers, the relay and the rooms' loops. A web-only process can still hand jobs over. */
async function openWorkshop({
  engines,
  rooms,
  ownJobs,
  run,
  clock,
  log,
  closing,
}: {
  engines: OpenEngines
  rooms: readonly OpenRoom[]
  ownJobs: readonly JobKind<null>[]
  run: boolean
  clock: Clock
  log: Log
  closing: Closers
}): Promise<void> {
  const jobs = [...ownJobs, ...rooms.flatMap(({ opened }) => opened.jobs ?? [])]
  await engines.jobs.start(jobs as never[], run)
  closing.add('jobs', engines.jobs.close)
  if (!run) return
  const loops = superviseWorkers(
    [
      { name: 'fact-log/relay', run: engines.facts.relay },
      ...rooms.flatMap(({ opened }) => opened.workers ?? []),
    ],
    clock,
    log,
  )
  closing.add('workers', loops.stop)
  for (const { opened } of rooms) {
    for (const consumer of opened.consumers ?? []) {
      const { stop } = await engines.facts.consume(consumer)
      closing.add(`consumer ${consumer.group}`, stop)
    }
  }
}

/**
 * The port to listen on, a free one for 0: links and cookies carry our address, so it is known before anything opens.
 * One that is taken is refused now, before engines have been started for nothing.
 */
async function claimPort(host: string, wanted: number, setting: string): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done, fail) => probe.once('error', fail).listen(wanted, host, done)).catch(
    (cause) => {
      throw cannotListen(host, wanted, cause, setting)
    },
  )
  const { port } = probe.address() as AddressInfo
  await new Promise((done) => probe.close(done))
  return port
}

function cannotListen(host: string, port: number, cause: unknown, setting = 'DOUBLOON_PORT') {
  const isTaken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
  const what = isTaken ? `Port ${port} is taken by another program` : `Cannot listen on ${host}:${port}`
  return fault('conflict', 'platform/cannot-listen', what, {
    cause,
    cure: `Stop the other program, or set ${setting} to another port.`,
  })
}

function folderOf(data: string, room: string): string {
  const folder = join(data, 'files', room)
  mkdirSync(folder, { recursive: true })
  return folder
}

const wingOf = (room: Capability): string => /capabilities\/([^/]+)\//.exec(room.at)?.[1] ?? ''

function wantsSandbox(env: Record<string, string | undefined>, values: PlatformValues): boolean {
  if (values.doubloon.sandbox !== 'auto') return values.doubloon.sandbox === 'on'
  return !env['DOUYIN_URL'] && !env['OPEN_PLATFORM_CLIENT_KEY']
}

const sandboxEnv = ({ url, clientKey, clientSecret }: OwnSandbox) => ({
  DOUYIN_URL: url,
  OPEN_PLATFORM_CLIENT_KEY: clientKey,
  OPEN_PLATFORM_CLIENT_SECRET: clientSecret,
  DOUDIAN_URL: url,
  ORDER_SYNC_APP_KEY: clientKey,
  ORDER_SYNC_APP_SECRET: clientSecret,
  // Who tries things tries them on this machine.
  ORDER_SYNC_PRIVATE_TARGETS: 'loopback',
  SHOPIFY_URL: url,
  TAOBAO_URL: url,
  PDD_URL: url,
})
