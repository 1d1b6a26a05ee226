import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { embeddedPostgres } from '#engines/postgres/embedded.ts'
import { type PostgresLedger, postgresLedger } from '#engines/postgres/ledger.ts'
import { type MigrationSet, migrate } from '#engines/postgres/migrate.ts'
import { rootLog } from '#kernel/telemetry.ts'

export interface TestLedger {
  ledger: PostgresLedger
  connection: pg.PoolConfig
  role: string | undefined
  close(): Promise<void>
}

/** The suites' PostgreSQL: one for the whole run when `tools/suite.ts` started it, otherwise one for this file. */
async function server(): Promise<{ connection: pg.PoolConfig; close(): Promise<void> }> {
  const shared = process.env.TEST_EMBEDDED_POSTGRES
  if (shared) return { connection: JSON.parse(shared), close: async () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'doubloon-test-'))
  const embedded = await embeddedPostgres(folder, rootLog({ level: 'silent' }))
  return {
    connection: embedded.connection,
    async close() {
      await embedded.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const PLATFORM: MigrationSet = {
  room: 'platform',
  folder: join(import.meta.dirname, '..', 'engines/postgres/migrations'),
}

/** A fresh database of its own with the platform's tables and those of the rooms named (their `migrations/` folders). */
export async function testLedger(rooms: readonly MigrationSet[] = []): Promise<TestLedger> {
  const { connection, close } = await server()
  const database = `test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  const admin = async (text: string) => {
    const client = new pg.Client(connection)
    await client.connect()
    await client.query(text).finally(() => client.end())
  }
  await admin(`create database ${database}`)
  const mine = inDatabase(connection, database)
  const role = await migrate(mine, [PLATFORM, ...rooms])
  const ledger = postgresLedger({
    connection: mine,
    ...(role ? { role } : {}),
    log: rootLog({ level: 'silent' }),
    max: 8,
  })
  return {
    ledger,
    connection: mine,
    role,
    async close() {
      await ledger.close()
      await admin(`drop database if exists ${database} with (force)`)
      await close()
    },
  }
}

/** An address names its database itself, and wins over a field beside it. */
function inDatabase({ connectionString, ...rest }: pg.PoolConfig, database: string): pg.PoolConfig {
  if (!connectionString) return { ...rest, database }
  const url = new URL(connectionString)
  url.pathname = `/${database}`
  return { ...rest, connectionString: url.href }
}

/** The migrations of a room, from its door's `import.meta.url`. */
export const migrationsOf = (room: string, wing: string): MigrationSet => ({
  room,
  folder: join(import.meta.dirname, '..', 'capabilities', wing, room, 'migrations'),
})
