import { homedir } from 'node:os'
import type { Capability } from '#kernel/capability.ts'
import {
  choice,
  flag,
  integer,
  type ReadSettings,
  readSettings,
  type Setting,
  type SettingsShape,
  secret,
  text,
} from '#kernel/settings.ts'

const vendorUrl = (what: string) =>
  text({ says: `${what}. Empty: the real one. Point it at a sandbox to try things.` })

/** Settings that belong to no room. Section names are also the prefixes of the environment's names. */
export const PLATFORM_SETTINGS = {
  doubloon: {
    host: text({
      default: '127.0.0.1',
      says: 'The address to listen on. 0.0.0.0 opens it to the network: put TLS in front.',
    }),
    port: integer({
      default: 8787,
      min: 0,
      max: 65535,
      says: 'The port of console and API. 0 takes a free one.',
    }),
    grpcPort: integer({
      default: 8786,
      min: 0,
      max: 65535,
      says: 'The port of gRPC, for a process with the role grpc. 0 takes a free one.',
    }),
    publicUrl: text({ says: 'How people and Douyin reach us (https://…). Empty: http://<host>:<port>.' }),
    data: text({ default: './data', says: 'Where the embedded engines keep their data.' }),
    authSecret: secret({
      says: 'Signs sessions; 32 characters or more. Empty: made once and kept in the data folder.',
    }),
    trustProxy: flag({ says: 'Believe X-Forwarded-* headers: only behind a proxy of your own.' }),
    sandbox: choice(['auto', 'on', 'off'], {
      says: 'Run the sandbox as the world behind us. auto: when no Douyin app is set.',
    }),
  },
  vault: {
    keys: secret({
      says: 'id:base64 of 32 bytes, newest first, comma separated. Empty: made once and kept in the data folder.',
    }),
  },
  log: {
    level: choice(['info', 'debug', 'warn', 'error', 'silent'], { says: 'How much the log says.' }),
  },
  otel: {
    endpoint: text({
      env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      says: 'Where traces go (OTLP over HTTP). Empty: nowhere.',
    }),
  },
  postgres: {
    url: text({ says: 'The ledger. Empty: a PostgreSQL 18 of our own in the data folder.' }),
    connections: integer({ default: 12, min: 2, max: 200, says: 'Connections per pool and process.' }),
  },
  clickhouse: {
    url: text({
      says: 'The warehouse (http://user:password@host:8123/db). Empty: ClickHouse in this process.',
    }),
  },
  redis: {
    url: text({
      says: 'redis://… or redis-cluster://host:port,host:port. Needed by whatever is set to redis.',
    }),
  },
  kafka: { brokers: text({ says: 'host:port,host:port. Needed by FACT_LOG=kafka.' }) },
  etcd: { url: text({ says: 'http://host:2379. Watched configuration; empty: the ledger does it.' }) },
  douyin: {
    url: text({
      default: 'https://open.douyin.com',
      says: 'The open platform. Point it at a sandbox to try things.',
    }),
  },
  doudian: { url: vendorUrl("Doudian's gateway") },
  shopify: { url: vendorUrl("Shopify's Admin API") },
  taobao: { url: vendorUrl("Taobao's gateway") },
  pdd: { url: vendorUrl("Pinduoduo's gateway") },
  ffmpeg: {
    path: text({ says: "The ffmpeg to use. Empty: the system's when new enough, else the one from npm." }),
  },
  ffprobe: { path: text({ says: 'The ffprobe to use. Empty: as with ffmpeg.' }) },
  smtp: {
    url: secret({
      says: 'smtp://user:password@host:587 or smtps://…. Empty: mails become files in data/mail.',
    }),
    from: text({ default: 'Doubloon <doubloon@localhost>', says: 'Who our mails are from.' }),
  },
  'fact-log': {
    engine: choice(['postgres', 'redis', 'kafka'], {
      env: 'FACT_LOG',
      says: 'What carries facts between rooms.',
    }),
    partitions: integer({
      default: 4,
      min: 1,
      max: 256,
      says: 'How many readers of one group can work at once. Fixed once facts exist.',
    }),
    keepDays: integer({ default: 30, min: 1, max: 3650, says: 'How long facts can be read again.' }),
  },
} satisfies Record<string, SettingsShape>

type Sections = typeof PLATFORM_SETTINGS
export type PlatformValues = {
  [Section in keyof Sections]: {
    [Name in keyof Sections[Section]]: Sections[Section][Name] extends Setting<infer T> ? T : never
  }
}

/** A room's own settings, and for each port with several adapters the choice among them (`FLASH_SALE_STORE`). */
function sectionOf(room: Capability): SettingsShape {
  const choices = Object.entries(room.ports)
    .filter(([, adapters]) => Object.keys(adapters).length > 1)
    .map(([port, adapters]) => {
      const names = Object.keys(adapters) as [string, ...string[]]
      return [port, choice(names, { says: `The engine behind the ${port} of ${room.name}.` })] as const
    })
  return { ...room.settings, ...Object.fromEntries(choices) }
}

export function platformSettings(
  rooms: readonly Capability[],
  env?: Record<string, string | undefined>,
): Omit<ReadSettings, 'values'> & { values: PlatformValues; rooms: Record<string, Record<string, unknown>> } {
  const sections = {
    ...PLATFORM_SETTINGS,
    ...Object.fromEntries(rooms.map((room) => [room.name, sectionOf(room)])),
  }
  const { values, lines } = readSettings(sections, env)
  return { values: values as PlatformValues, rooms: values, lines }
}

/** `~/x` means the home folder here too, as in a shell. */
export const expandHome = (path: string): string => (path.startsWith('~/') ? homedir() + path.slice(1) : path)
