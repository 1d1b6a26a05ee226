import { describe } from '#kernel/fault.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Log } from '#kernel/telemetry.ts'
import { time } from './account-rows.ts'
import type { Rejection } from './inbox.ts'

const FLUSH_REJECTED_MS = 1_000
const KEEP_REJECTED = 1_000

/** Written once a second at most, so that a flood of forgeries costs no more than a trickle. */
export function rejectedBook(ledger: Ledger, log: Log) {
  let kept: Rejection[] = []
  let count = 0
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<unknown> = Promise.resolve()

  const write = async (batch: Rejection[], rejected: number) => {
    await ledger.across(async (tx) => {
      await tx.query(
        `insert into open_platform.rejected_hour as h (hour, rejected) values (date_trunc('hour', now()), $1)
         on conflict (hour) do update set rejected = h.rejected + $1`,
        [rejected],
      )
      await tx.query(
        `insert into open_platform.rejected (at, reason, signature, msg_id, remote, body_head)
         select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])`,
        [
          batch.map((one) => time(one.atMs)),
          batch.map((one) => one.reason),
          batch.map((one) => one.signature),
          batch.map((one) => one.msgId),
          batch.map((one) => one.remote),
          batch.map((one) => one.bodyHead),
        ],
      )
      await tx.query(
        `delete from open_platform.rejected where id <= (select id from open_platform.rejected order by id desc offset $1 limit 1)`,
        [KEEP_REJECTED],
      )
    })
  }
  const flush = async () => {
    clearTimeout(timer)
    timer = undefined
    const [batch, rejected] = [kept, count]
    kept = []
    count = 0
    if (rejected > 0) {
      flushing = flushing.then(() =>
        write(batch, rejected).catch((error) => log.warn(describe(error), 'rejected webhooks were not kept')),
      )
    }
    await flushing
  }
  return {
    flush,
    waiting: () => count,
    add(rejection: Rejection) {
      count += 1
      kept.push(rejection)
      if (kept.length > KEEP_REJECTED) kept.shift()
      timer ??= setTimeout(flush, FLUSH_REJECTED_MS).unref()
    },
  }
}
