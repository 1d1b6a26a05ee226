import type { FactStream, NewFact } from '#kernel/fact-log.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Sql, Tx } from '#kernel/ledger.ts'
import type { PostgresFactStream } from './fact-stream.ts'

export const OUTBOX_CHANNEL = 'fact_outbox'
const BATCH = 1_000

/** Puts facts beside the state that they report; both commit or neither does. */
export async function putInOutbox(tx: Tx, facts: readonly NewFact[]): Promise<void> {
  if (facts.length === 0) return
  await tx.query(
    `with put as (
       insert into fact_log.outbox (workspace_id, name, version, key, data, at)
       select * from unnest($1::text[], $2::text[], $3::smallint[], $4::text[], $5::jsonb[], $6::timestamptz[])
     )
     select pg_notify('${OUTBOX_CHANNEL}', '')`,
    [
      facts.map((fact) => fact.workspaceId),
      facts.map((fact) => fact.name),
      facts.map((fact) => fact.version),
      facts.map((fact) => fact.key),
      facts.map((fact) => JSON.stringify(fact.data)),
      facts.map((fact) => new Date(fact.atMs)),
    ],
    'fact-log/outbox',
  )
}

/**
 * Carries one batch from the outbox to the stream; answers how many. Only the holder of the relay's lease calls it.
 * Into the embedded stream a batch moves in one transaction. Into another engine it goes with numbers that grow with
 * every relayed fact and are written down first: a batch sent twice after a crash is recognised by its readers.
 */
export async function relayOnce(ledger: Ledger, stream: FactStream | PostgresFactStream): Promise<number> {
  if ('appendIn' in stream) {
    return ledger.across(async (tx) => {
      const rows = await tx.query<OutboxRow>(TAKE, [BATCH])
      if (rows.length > 0) await stream.appendIn(tx, rows.map(fromRow))
      return rows.length
    })
  }
  const numbered = await ledger.across((tx) => numberBatch(tx))
  if (numbered.length === 0) return 0
  await stream.append(numbered.map((row) => ({ ...fromRow(row), relayNo: row.relay_no })))
  await ledger.everywhere.query('delete from fact_log.outbox where seq = any($1::bigint[])', [
    numbered.map((row) => row.seq),
  ])
  return numbered.length
}

/** What a former holder numbered and did not finish comes first, as it was; otherwise the next batch gets its numbers. */
async function numberBatch(sql: Sql): Promise<OutboxRow[]> {
  const left = await sql.query<OutboxRow>(
    'select * from fact_log.outbox where relay_no is not null order by relay_no',
  )
  if (left.length > 0) return left
  const fresh = await sql.query<OutboxRow>(
    `with next as (
       select seq, nextval('fact_log.relay_no') as relay_no
         from (select seq from fact_log.outbox where relay_no is null order by seq limit $1) as waiting
     )
     update fact_log.outbox o set relay_no = next.relay_no from next where o.seq = next.seq returning o.*`,
    [BATCH],
  )
  return fresh.sort((a, b) => Number(a.relay_no) - Number(b.relay_no))
}

const TAKE = `
  with taken as (
    delete from fact_log.outbox where seq in (select seq from fact_log.outbox order by seq limit $1) returning *
  )
  select * from taken order by seq`

interface OutboxRow {
  seq: string
  relay_no: string
  workspace_id: WorkspaceId
  name: string
  version: number
  key: string
  data: unknown
  at: number
}

const fromRow = (row: OutboxRow): NewFact => ({
  workspaceId: row.workspace_id,
  name: row.name,
  version: row.version,
  key: row.key,
  data: row.data,
  atMs: row.at,
})
