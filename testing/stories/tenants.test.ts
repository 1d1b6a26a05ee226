// A forgotten `where` returns nothing: proved for every table of every room, by putting a row of one workspace into
// each and looking for it from another.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import type { WorkspaceId } from '#kernel/id.ts'
import { migrationsOf } from '#platform/rooms.ts'
import { capabilities } from '#rooms'
import { testLedger } from '#testing/ledger.ts'

interface Column {
  name: string
  type: string
  isArray: boolean
}

const SAMPLES: [type: RegExp, value: unknown][] = [
  [/^(text|character varying|citext)$/, 'x'],
  [/^(smallint|integer|bigint|numeric|real|double precision)$/, 1],
  [/^boolean$/, false],
  [/^jsonb?$/, '{}'],
  [/^timestamp|^date/, '2026-11-22'],
  [/^bytea$/, Buffer.from('x')],
  [/^uuid$/, '00000000-0000-4000-8000-000000000000'],
  [/^interval$/, '1 second'],
]

test('each table of each room hides the rows of other workspaces, and takes none for them', async (t) => {
  const it = await testLedger(capabilities.map(migrationsOf))
  const admin = new pg.Client(it.connection)
  await admin.connect()
  t.after(async () => {
    await admin.end()
    await it.close()
  })

  const { rows: tables } = await admin.query<{ table: string; columns: Column[] }>(`
    select format('%I.%I', n.nspname, c.relname) as table,
           (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null), 'isArray', t.typcategory = 'A'))
              from pg_attribute a join pg_type t on t.oid = a.atttypid
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = '' and a.attgenerated = '') as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('migration', 'pgboss', 'auth', 'information_schema') and n.nspname not like 'pg\\_%'
     order by 1`)
  assert.ok(tables.length >= 8 + capabilities.length, 'the platform and every room have tables')

  // The rules of a room say which rows make sense; here only the workspace matters.
  const { rows: rules } = await admin.query(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as text
      from pg_constraint where contype in ('c', 'f') and connamespace::regnamespace::text not in ('pg_catalog', 'information_schema')`)
  for (const { text } of rules) await admin.query(text).catch(() => {})

  const [ours, theirs] = ['ws_ours', 'ws_theirs'] as [WorkspaceId, WorkspaceId]
  for (const { table, columns } of tables) {
    await t.test(table, async () => {
      const names = columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ')
      const places = columns.map((_, i) => `$${i + 1}`).join(', ')
      const values = columns.map((column) => (column.name === 'workspace_id' ? theirs : sample(column)))
      const insert = `insert into ${table} (${names}) values (${places})`
      await it.ledger.within(theirs, (tx) => tx.query(insert, values))
      const count = (workspace: WorkspaceId) =>
        it.ledger.within(workspace, (tx) =>
          tx.query(`select 1 from ${table} where workspace_id = 'ws_theirs' or true`),
        )
      assert.equal((await count(theirs)).length, 1, 'the owner sees it')
      assert.equal((await count(ours)).length, 0, 'a stranger does not')
      const changed = await it.ledger.within(ours, (tx) => tx.query(`delete from ${table} returning 1`))
      assert.equal(changed.length, 0, 'and cannot delete it')
      await assert.rejects(
        it.ledger.within(ours, (tx) => tx.query(insert, values)),
        /row-level security/,
        'nor write for its owner',
      )
    })
  }
})

function sample({ name, type, isArray }: Column): unknown {
  if (isArray) return '{}'
  const found = SAMPLES.find(([pattern]) => pattern.test(type))
  assert.ok(found, `no sample value for ${name} ${type}`)
  return found[1]
}
