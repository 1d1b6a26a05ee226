import type { Consumer, DeadLetter, Fact, FactLog } from '#kernel/fact-log.ts'
import { describe } from '#kernel/fault.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'

export interface DeadLetterBook {
  park(
    tx: Tx,
    group: string,
    fact: Fact,
    reason: { code: string; message: string },
    attempts: number,
  ): Promise<void>
  /** Hands the letters that somebody asked to retry to the consumer, each in its own transaction. */
  redeliver(consumer: Consumer): Promise<void>
  list: FactLog['deadLetters']
  retry: FactLog['retry']
  discard: FactLog['discard']
}

const REDELIVER_AT_ONCE = 50

/** Facts that a group could not take, with the reason, until somebody retries or discards them. */
export function deadLetterBook(ledger: Ledger): DeadLetterBook {
  const redeliverOne = async (consumer: Consumer, id: string): Promise<void> => {
    try {
      await ledger.across(async (tx) => {
        const [row] = await tx.query<{ fact: Fact }>(
          'delete from fact_log.dead_letter where id = $1 and retry returning fact',
          [id],
        )
        if (row) await consumer.handle([row.fact], tx)
      })
    } catch (error) {
      const { code, message } = describe(error)
      await ledger.everywhere.query(
        `update fact_log.dead_letter set retry = false, attempts = attempts + 1, last_at = now(), code = $2, message = $3
          where id = $1`,
        [id, code, message],
      )
    }
  }

  return {
    async park(tx, group, fact, reason, attempts) {
      await tx.query(
        `insert into fact_log.dead_letter (id, workspace_id, "group", fact, code, message, attempts)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [newId('dead'), fact.workspaceId, group, JSON.stringify(fact), reason.code, reason.message, attempts],
      )
    },
    async redeliver(consumer) {
      const rows = await ledger.everywhere.query<{ id: string }>(
        'select id from fact_log.dead_letter where "group" = $1 and retry order by id limit $2',
        [consumer.group, REDELIVER_AT_ONCE],
      )
      for (const { id } of rows) await redeliverOne(consumer, id)
    },
    async list({ workspaceId, group, q, after, limit }) {
      const rows = await ledger.everywhere.query<LetterRow>(
        `select * from fact_log.dead_letter
          where ($1::text is null or workspace_id = $1) and ($2::text is null or "group" = $2 or "group" like $2 || '/%')
            and ($3::text is null or id like '%' || $3 or fact->>'key' = $3) and ($4::text is null or id < $4)
          order by id desc limit $5`,
        [workspaceId, group, q, after, limit],
      )
      return rows.map(fromRow)
    },
    async retry(ids, workspaceId) {
      const rows = await ledger.everywhere.query(
        'update fact_log.dead_letter set retry = true where id = any($1) and ($2::text is null or workspace_id = $2) returning id',
        [ids, workspaceId],
      )
      return rows.length
    },
    async discard(ids, workspaceId) {
      const rows = await ledger.everywhere.query(
        'delete from fact_log.dead_letter where id = any($1) and ($2::text is null or workspace_id = $2) returning id',
        [ids, workspaceId],
      )
      return rows.length
    },
  }
}

interface LetterRow {
  id: string
  workspace_id: WorkspaceId
  group: string
  fact: Fact
  code: string
  message: string
  attempts: number
  first_at: number
  last_at: number
}

const fromRow = (row: LetterRow): DeadLetter => ({
  id: row.id,
  workspaceId: row.workspace_id,
  group: row.group,
  fact: row.fact,
  reason: { code: row.code, message: row.message },
  attempts: row.attempts,
  firstAtMs: row.first_at,
  lastAtMs: row.last_at,
})
