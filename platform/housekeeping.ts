import { type Clock, days } from '#kernel/clock.ts'
import type { JobKind } from '#kernel/jobs.ts'
import type { Ledger } from '#kernel/ledger.ts'

const BATCH = 10_000

/**
 * Removes facts that are older than they are kept, every night, in small steps. What a group has not read yet stays:
 * a reader that was away for a month finds everything.
 */
export function pruneFacts(ledger: Ledger, clock: Clock, keepDays: number): JobKind<null> {
  return {
    queue: 'platform/prune-facts',
    cron: '17 4 * * *',
    async handle({ signal, progress }) {
      const before = new Date(clock.now() - days(keepDays))
      for (let removed = 0, step = BATCH; step === BATCH && !signal.aborted; ) {
        step = (await ledger.everywhere.query(REMOVE, [before, BATCH])).length
        removed += step
        progress({ done: removed, total: null })
      }
    },
  }
}

const REMOVE = `
  delete from fact_log.fact f using (
    select part, position from fact_log.fact old
     where told_at < $1
       and not exists (select from fact_log.cursor c where c.part = old.part and c.position::bigint < old.position)
     order by part, position limit $2
  ) as done
  where f.part = done.part and f.position = done.position returning 1`
