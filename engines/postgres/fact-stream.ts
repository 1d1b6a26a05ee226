import { type Fact, type FactStream, type NewFact, partitionOf } from '#kernel/fact-log.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Sql } from '#kernel/ledger.ts'
import { SEPARATOR } from './columns.ts'

export const FACTS_CHANNEL = 'fact_log'

interface Options {
  partitions?: number
  /** Safety net for a lost notification. */
  pollMs?: number
}

export interface PostgresFactStream extends FactStream {
  /** Appends inside a transaction of the caller's, which should commit right after. */
  appendIn(sql: Sql, facts: readonly NewFact[]): Promise<void>
}

/**
 * The embedded fact stream: one table, a gap-free order, woken by NOTIFY. Appends of one tick share a commit, and
 * while one commit is under way the next batch gathers.
 */
export async function postgresFactStream(
  ledger: Ledger,
  { partitions = 4, pollMs = 500 }: Options = {},
): Promise<PostgresFactStream> {
  const sleepers = new Set<() => void>()
  const wake = () => {
    for (const rouse of sleepers) rouse()
  }
  const forget = await ledger.listen(FACTS_CHANNEL, wake)

  const write = async (sql: Sql, { data, ...lists }: Columns) => {
    await sql.query(APPEND, [...Object.values(lists), data.join(SEPARATOR)], 'fact-log/append')
  }

  // Facts are put into columns when they are told, while the commit before theirs is under way.
  const share = groupCommit<Columns, void>({
    name: 'fact-log',
    maxBatch: 1_000,
    async commit(batches) {
      await write(ledger.everywhere, joined(batches))
      wake()
      return []
    },
  })

  const read: FactStream['read'] = async ({ partition, after, limit, waitMs, signal }) => {
    const deadline = Date.now() + waitMs
    for (;;) {
      const rouse = Promise.withResolvers<void>()
      sleepers.add(rouse.resolve)
      try {
        const rows = await ledger.everywhere.query<FactRow>(READ, [partition, after, limit], 'fact-log/read')
        const left = deadline - Date.now()
        if (rows.length > 0 || left <= 0 || signal.aborted) return rows.map(fromRow)
        const timer = setTimeout(rouse.resolve, Math.min(left, pollMs))
        signal.addEventListener('abort', () => rouse.resolve(), { once: true })
        await rouse.promise
        clearTimeout(timer)
      } finally {
        sleepers.delete(rouse.resolve)
      }
    }
  }

  const one = async (text: string, values: unknown[]): Promise<string> => {
    const [row] = await ledger.everywhere.query<{ value: string | null }>(text, values)
    return row?.value ?? '0'
  }
  return {
    partitions,
    append: (facts) => (facts.length > 0 ? share(columns(facts, partitions)) : Promise.resolve()),
    appendIn: (sql, facts) => write(sql, columns(facts, partitions)),
    read,
    start: (partition) =>
      one('select (min(position) - 1)::text as value from fact_log.fact where part = $1', [partition]),
    end: (partition) =>
      one('select max(position)::text as value from fact_log.fact where part = $1', [partition]),
    async positionAt(partition, atMs) {
      const found = await ledger.everywhere.query<{ value: string | null }>(
        'select (min(position) - 1)::text as value from fact_log.fact where part = $1 and told_at >= $2',
        [partition, new Date(atMs)],
      )
      return (
        found[0]?.value ??
        one('select max(position)::text as value from fact_log.fact where part = $1', [partition])
      )
    },
    async lag(partition, after) {
      return Number(
        await one('select count(*)::text as value from fact_log.fact where part = $1 and position > $2', [
          partition,
          after,
        ]),
      )
    },
    async close() {
      forget()
      wake()
    },
  }
}

/** Take positions (and with them the lock), insert and notify in one statement: one round trip, one commit. */
const APPEND = `
  with head as (
    update fact_log.head set position = position + cardinality($1::smallint[])
    returning position - cardinality($1::smallint[]) as before, clock_timestamp() as told_at
  ),
  told as (
    insert into fact_log.fact (part, position, workspace_id, name, version, key, data, at, relay_no, told_at)
    select t.part, head.before + t.n, t.workspace_id, t.name, t.version, t.key, t.data, to_timestamp(t.at / 1000), t.relay_no, head.told_at
      from head, unnest($1::smallint[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::float8[], $7::bigint[],
                        string_to_array($8, E'\\x1e')::jsonb[])
                   with ordinality as t(part, workspace_id, name, version, key, at, relay_no, data, n)
  )
  select pg_notify('${FACTS_CHANNEL}', '')`

const READ = `
  select part, position, workspace_id, name, version, key, data, at, relay_no
    from fact_log.fact where part = $1 and position > $2 order by position limit $3`

/** Facts by column, in the order of the parameters of {@link APPEND}; `data` comes last and travels as one text. */
interface Columns {
  parts: number[]
  workspaces: string[]
  names: string[]
  versions: number[]
  keys: string[]
  times: number[]
  relayNos: (string | null)[]
  data: string[]
}

function columns(
  facts: readonly (NewFact & { relayNo?: string | undefined })[],
  partitions: number,
): Columns {
  return {
    parts: facts.map((fact) => partitionOf(fact.key, partitions)),
    workspaces: facts.map((fact) => fact.workspaceId),
    names: facts.map((fact) => fact.name),
    versions: facts.map((fact) => fact.version),
    keys: facts.map((fact) => fact.key),
    times: facts.map((fact) => fact.atMs),
    relayNos: facts.map((fact) => fact.relayNo ?? null),
    data: facts.map((fact) => JSON.stringify(fact.data)),
  }
}

function joined(batches: readonly Columns[]): Columns {
  if (batches.length === 1) return batches[0]!
  const of = <K extends keyof Columns>(name: K) =>
    batches.flatMap((batch) => batch[name] as Columns[K][number][]) as Columns[K]
  return {
    parts: of('parts'),
    workspaces: of('workspaces'),
    names: of('names'),
    versions: of('versions'),
    keys: of('keys'),
    times: of('times'),
    relayNos: of('relayNos'),
    data: of('data'),
  }
}

interface FactRow {
  part: number
  position: string
  workspace_id: WorkspaceId
  name: string
  version: number
  key: string
  data: unknown
  at: number
  relay_no: string | null
}

const fromRow = (row: FactRow): Fact => ({
  partition: row.part,
  position: row.position,
  workspaceId: row.workspace_id,
  name: row.name,
  version: row.version,
  key: row.key,
  data: row.data,
  atMs: row.at,
  ...(row.relay_no ? { relayNo: row.relay_no } : {}),
})
