import pg from 'pg'
import { describe, fault, isFault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Row, Sql, Tx } from '#kernel/ledger.ts'
import type { Log } from '#kernel/telemetry.ts'
import { noticeBoard } from './notice-board.ts'

export interface PostgresLedger extends Ledger {
  /** For libraries that bring their own SQL (`pg-boss`, `better-auth`): all workspaces, vendor errors. */
  readonly pool: pg.Pool
  probe(): Promise<{ version: string; latencyMs: number }>
  close(): Promise<void>
}

export interface LedgerOptions {
  connection: pg.PoolConfig
  /** The role whose rights all work is done under: never a superuser, who would pass row-level security by. */
  role?: string
  log: Log
  /** Connections per pool; there are two. */
  max?: number
}

/** `workspace_id` is compared with this setting by every policy; `*` means all, nothing set means none. */
export const WORKSPACE_SETTING = 'doubloon.workspace'

/** Timestamps become Unix ms; everything else as `pg` does it (64-bit integers stay strings). */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.TIMESTAMPTZ
      ? (value: string) => Date.parse(value)
      : pg.types.getTypeParser(oid, format),
}

export function postgresLedger({ connection, role, log, max = 12 }: LedgerOptions): PostgresLedger {
  let closing = false
  const startup = (workspace: string) =>
    [`-c ${WORKSPACE_SETTING}=${workspace}`, role ? `-c role=${role}` : ''].filter(Boolean).join(' ')
  const open = (workspace: string) => {
    const pool = new pg.Pool({
      ...connection,
      max,
      options: startup(workspace),
      connectionTimeoutMillis: 10_000,
    })
    // A lost connection fails the query that runs on it; said to nobody in particular, it would end the process.
    pool.on('connect', (client) => client.on('error', () => {}))
    pool.on(
      'error',
      (error) => closing || log.warn({ reason: describe(error).message }, 'a postgres connection was lost'),
    )
    return pool
  }
  const everyone = open('*')
  const nobody = open('')
  const board = noticeBoard({ ...connection, options: startup('*') }, log)

  const transaction = async <T>(pool: pg.Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch(translate)
    const afterwards: (() => void)[] = []
    let broken: Error | undefined
    try {
      await client.query(begin).catch(translate)
      const answer = await work({ ...sql(client), afterCommit: (wake) => void afterwards.push(wake) })
      await client.query('commit').catch(translate)
      for (const wake of afterwards) wake()
      return answer
    } catch (error) {
      await client.query('rollback').catch((failed: Error) => (broken = failed))
      throw error
    } finally {
      client.release(broken)
    }
  }

  return {
    pool: everyone,
    everywhere: sql(everyone),
    within: (workspace, work) => transaction(nobody, `begin; ${scopeTo(workspace)}`, work),
    across: (work) => transaction(everyone, 'begin', work),
    listen: board.listen,
    notify: async (channel, payload = '') => {
      await everyone.query('select pg_notify($1, $2)', [channel, payload]).catch(translate)
    },
    async probe() {
      const from = performance.now()
      const { rows } = await everyone
        .query("select current_setting('server_version') as version")
        .catch(translate)
      return { version: rows[0].version, latencyMs: performance.now() - from }
    },
    async close() {
      closing = true
      await board.close()
      await Promise.all([everyone.end(), nobody.end()])
    },
  }
}

const sql = (queryable: pg.Pool | pg.PoolClient): Sql => ({
  async query<R = Row>(text: string, values: readonly unknown[] = [], name?: string): Promise<R[]> {
    const statement = { text, values: values as unknown[], types, ...(name ? { name } : {}) }
    const answer = await queryable.query(statement).catch(translate)
    return answer.rows as R[]
  },
})

function scopeTo(workspace: WorkspaceId): string {
  if (!/^[\w-]{1,64}$/.test(workspace))
    throw fault('invalid', 'postgres/bad-workspace', 'This is not a workspace id')
  return `set local ${WORKSPACE_SETTING} = '${workspace}'`
}

/** The edge: no room ever sees a vendor's error, except for bugs (wrong SQL), which stay what they are. */
function translate(error: unknown): never {
  const {
    code = '',
    constraint,
    message = '',
  } = error as { code?: string; constraint?: string; message?: string }
  if (isFault(error)) throw error
  if (code === '23505') {
    throw fault('conflict', 'postgres/duplicate', `This exists already (${constraint})`, { cause: error })
  }
  if (code === '40001' || code === '40P01') {
    throw fault('unavailable', 'postgres/collision', 'Two transactions collided', {
      cause: error,
      retryAfterMs: 10,
    })
  }
  if (code === '53100') {
    throw fault('unavailable', 'postgres/disk-full', 'The disk of the database is full', {
      cause: error,
      cure: 'Free some space; nothing that was accepted is lost.',
    })
  }
  const isAway =
    /^(08|57P0|53)/.test(code) ||
    /^E(CONN|PIPE|NOENT|TIMEDOUT)/.test(code) ||
    /terminat|timeout|Connection/i.test(message)
  if (isAway) throw fault('unavailable', 'postgres/away', 'The database does not answer', { cause: error })
  throw error
}
