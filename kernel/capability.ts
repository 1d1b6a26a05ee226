import type { Command } from 'commander'
import type { Registry } from 'prom-client'
import type { Api } from './api.ts'
import type { Audit } from './audit.ts'
import type { Clock } from './clock.ts'
import type { Doudian } from './doudian.ts'
import type { Douyin } from './douyin.ts'
import type { Consumer, FactLog } from './fact-log.ts'
import { fault } from './fault.ts'
import type { GrpcService } from './grpc.ts'
import type { Routes } from './http.ts'
import type { WorkspaceId } from './id.ts'
import type { JobKind, Jobs } from './jobs.ts'
import type { Leases } from './lease.ts'
import type { Live } from './live.ts'
import type { Mail } from './mail.ts'
import type { SettingsOf, SettingsShape } from './settings.ts'
import type { Log } from './telemetry.ts'
import type { Vault } from './vault.ts'

/** What every room is given: time, the log of its name, and the shared services, none of which names an engine. */
export interface RoomContext {
  name: string
  log: Log
  clock: Clock
  factLog: FactLog
  jobs: Jobs
  leases: Leases
  vault: Vault
  live: Live
  audit: Audit
  metrics: Registry
  mail: Mail
  /** A folder of the room's own, there already: for uploads and outputs. Absolute. */
  folder: string
  /** Where people and platforms reach us, no slash at the end. */
  publicUrl: string
}

/** The rare synchronous questions between rooms. One room provides each, others need it. Keep under seven. */
export interface Needs {
  douyin: Douyin
  doudian: Doudian
}

/** A loop that belongs to a room. It returns when `signal` fires; if it throws, it is started again with back-off. */
export interface Worker {
  name: string
  run(signal: AbortSignal): Promise<void>
}

/** What the home page asks each room. Counts of things that need a person, today's numbers, how fresh its data is. */
export interface Overview {
  needs?: {
    kind: string
    severity: 'error' | 'warning' | 'info'
    count: number
    titleZh: string
    titleEn: string
    href: string
  }[]
  kpis?: {
    key: string
    zh: string
    en: string
    value: number | null
    unit?: string
    previous?: number | null
    definitionZh: string
    definitionEn: string
    href: string
  }[]
  freshness?: {
    lastAtMs: number | null
    lagSeconds: number | null
    status: 'fresh' | 'late' | 'stale' | 'failed' | 'idle'
  }
}

/** A room, opened: its ways in and its background work. */
export interface Opened {
  /** Mounted at `/api/<room>`. */
  routes?: Routes
  /** The same over gRPC, for callers that hold a connection open. */
  grpc?: GrpcService
  consumers?: Consumer[]
  // biome-ignore lint/suspicious/noExplicitAny: each kind knows its own input
  jobs?: JobKind<any>[]
  workers?: Worker[]
  provides?: Partial<Needs>
  overview?(workspace: WorkspaceId): Promise<Overview>
  /** Seals again what an older vault key sealed; returns how many values. */
  reseal?(): Promise<number>
  close?(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: adapters declare the engine that they want
type Adapters = Record<string, (engine: any, context: RoomContext) => unknown>
type PortsShape = Record<string, Adapters>
type PortsOf<P extends PortsShape> = { [K in keyof P]: Awaited<ReturnType<P[K][keyof P[K]]>> }

interface Declaration<S extends SettingsShape, P extends PortsShape, N extends keyof Needs> {
  name: string
  /** `import.meta.url` of the door: its `migrations/` lie beside it. */
  at: string
  settings?: S
  /** For each port its adapters by engine; the first is the default, `<ROOM>_<PORT>` picks another. */
  ports?: P
  needs?: readonly N[]
  provides?: readonly (keyof Needs)[]
  /** Adds the room's verbs to the command line. */
  cli?: () => Promise<{ default: Verbs }>
  /** Connects what the sandbox offers this room. */
  sandbox?: () => Promise<{ default: ConnectSandbox }>
  open(
    given: RoomContext & PortsOf<P> & { settings: SettingsOf<S>; needs: Pick<Needs, N> },
  ): Opened | Promise<Opened>
}

/**
 * Adds verbs; `connect` answers with a client of the platform's own API, started for the occasion if none runs. Settings
 * given to it (by the environment's names) hold for a platform that it starts, not for one that runs.
 */
export type Verbs = (program: Command, connect: (settings?: Record<string, string>) => Promise<Api>) => void

/**
 * Makes the sandbox at `sandboxUrl` a world that one can look at, through the ways in that a person or a vendor would use.
 * Done again it changes nothing. `isSetTo('DOUDIAN_URL')` says whether the platform takes the sandbox for Doudian: what it
 * does not, must not be connected, or the sandbox's secrets would go to the real address. Answers with how many accounts
 * or shops were new.
 */
export type ConnectSandbox = (
  ours: Api,
  sandboxUrl: string,
  isSetTo: (setting: string) => boolean,
) => Promise<number>

/** A room's door, types erased: what the platform sees. */
export interface Capability {
  readonly name: string
  readonly at: string
  readonly settings: SettingsShape
  readonly ports: PortsShape
  readonly needs: readonly (keyof Needs)[]
  readonly provides: readonly (keyof Needs)[]
  readonly cli?: () => Promise<{ default: Verbs }>
  readonly sandbox?: () => Promise<{ default: ConnectSandbox }>
  // biome-ignore lint/suspicious/noExplicitAny: `capability()` has checked the declaration
  open(given: any): Opened | Promise<Opened>
}

/** Declares a room. The compiler checks that `open` uses only what is declared here. */
export function capability<
  const S extends SettingsShape = Record<never, never>,
  const P extends PortsShape = Record<never, never>,
  const N extends keyof Needs = never,
>(declared: Declaration<S, P, N>): Capability {
  return {
    needs: [],
    provides: [],
    ...declared,
    settings: declared.settings ?? {},
    ports: declared.ports ?? {},
  }
}

/** Rooms in an order in which every provider comes before those who need it; otherwise the order as given. */
export function bootOrder(rooms: readonly Capability[]): Capability[] {
  const providers = new Map(rooms.flatMap((room) => room.provides.map((need) => [need, room] as const)))
  const order: Capability[] = []
  const visit = (room: Capability, path: readonly string[]) => {
    if (order.includes(room)) return
    if (path.includes(room.name)) {
      throw fault(
        'invalid',
        'platform/needs-cycle',
        `Rooms need each other in a circle: ${[...path, room.name].join(' -> ')}`,
      )
    }
    for (const need of room.needs) {
      const provider = providers.get(need)
      if (!provider) {
        throw fault(
          'invalid',
          'platform/need-unmet',
          `${room.name} needs "${need}", and no room provides it`,
          {
            cure: `Add a room that provides "${need}" to capabilities.ts, or remove ${room.name} from it.`,
          },
        )
      }
      visit(provider, [...path, room.name])
    }
    order.push(room)
  }
  for (const room of rooms) visit(room, [])
  return order
}
