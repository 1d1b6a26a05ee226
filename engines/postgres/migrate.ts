import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { fault } from '#kernel/fault.ts'
import { WORKSPACE_SETTING } from './ledger.ts'

export interface MigrationSet {
  /** The room, or `platform`. */
  room: string
  /** A folder of `0001_name.sql` files; a missing one is an empty set. */
  folder: string
}

/** The role that all work is done under: owns nothing, bypasses nothing. */
export const APP_ROLE = 'doubloon_app'

/** One process migrates at a time; others wait here and then find nothing to do. */
const MIGRATION_LOCK = 0x64626c6e

/**
 * Brings every schema up to date, each file in one transaction, then puts row-level security on every table that
 * has none yet: a table without a policy cannot be forgotten, and one without `workspace_id` is refused.
 * Answers with the role to work under (undefined where the login itself is an ordinary one).
 */
export async function migrate(
  connection: pg.ClientConfig,
  sets: readonly MigrationSet[],
): Promise<string | undefined> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    const role = await appRole(client)
    await client.query(`
      create schema if not exists migration;
      create table if not exists migration.done (
        room text, file text, sha256 text not null, done_at timestamptz not null default now(), primary key (room, file)
      )`)
    for (const set of sets) await migrateOne(client, set)
    await protect(client)
    if (role) await grant(client, role)
    return role
  } finally {
    await client.end()
  }
}

async function migrateOne(client: pg.Client, { room, folder }: MigrationSet): Promise<void> {
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.sql'))
        .sort()
    : []
  const { rows } = await client.query('select file, sha256 from migration.done where room = $1', [room])
  const done = new Map(rows.map((row) => [row.file as string, row.sha256 as string]))
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8')
    const sha256 = createHash('sha256').update(text).digest('hex')
    const before = done.get(file)
    if (before && before !== sha256) {
      throw fault(
        'invalid',
        'postgres/migration-changed',
        `${room}/migrations/${file} was changed after it had run`,
        {
          cure: 'Put it back, and write the change as the next file.',
        },
      )
    }
    if (before) continue
    await client.query('begin')
    try {
      await client.query(text)
      await client.query('insert into migration.done (room, file, sha256) values ($1, $2, $3)', [
        room,
        file,
        sha256,
      ])
      await client.query('commit')
    } catch (cause) {
      await client.query('rollback')
      throw fault(
        'invalid',
        'postgres/migration-failed',
        `${room}/migrations/${file}: ${(cause as Error).message}`,
        { cause },
      )
    }
  }
}

/** Schemas that are not ours: libraries keep their own tables there and never hold a tenant's data. */
const FOREIGN = "('pg_catalog', 'information_schema', 'migration', 'pgboss', 'auth', 'public')"

async function protect(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`
    select n.nspname as schema, c.relname as name,
           exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id') as has_workspace
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname not in ${FOREIGN} and n.nspname not like 'pg\\_%' and not c.relforcerowsecurity`)
  for (const { schema, name, has_workspace } of rows) {
    const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`
    if (!has_workspace) {
      throw fault('invalid', 'postgres/no-workspace', `Table ${table} has no column workspace_id`, {
        cure: 'Every table of every room carries workspace_id.',
      })
    }
    // In a sub-select the setting is looked up once per statement instead of once per row.
    const scope = `(select current_setting('${WORKSPACE_SETTING}', true))`
    await client.query(`
      alter table ${table} enable row level security;
      alter table ${table} force row level security;
      create policy workspace on ${table}
        using (${scope} = '*' or workspace_id = ${scope}) with check (${scope} = '*' or workspace_id = ${scope})`)
  }
}

/** A login that bypasses row-level security (a superuser) works under a role that does not. */
async function appRole(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query(
    'select rolsuper or rolbypassrls as mighty from pg_roles where rolname = current_user',
  )
  if (!rows[0]?.mighty) return undefined
  // Roles belong to the whole server: another database of it may be making the same one at this moment.
  await client.query(`do $$ begin
    if not exists (select from pg_roles where rolname = '${APP_ROLE}') then create role ${APP_ROLE} nologin; end if;
    if not pg_has_role(current_user, '${APP_ROLE}', 'member') then grant ${APP_ROLE} to current_user; end if;
  exception when duplicate_object or unique_violation then null;
  end $$`)
  await client.query(`do $$ begin
    execute format('grant create on database %I to ${APP_ROLE}', current_database());
  end $$`)
  return APP_ROLE
}

async function grant(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query(
    "select nspname from pg_namespace where nspname not in ('pg_catalog', 'information_schema', 'migration', 'pgboss', 'auth') and nspname not like 'pg\\_%'",
  )
  for (const { nspname } of rows) {
    const schema = pg.escapeIdentifier(nspname)
    await client.query(`
      grant usage on schema ${schema} to ${role};
      grant select, insert, update, delete, truncate on all tables in schema ${schema} to ${role};
      grant usage, select on all sequences in schema ${schema} to ${role}`)
  }
}
