import { groupCommit } from '#kernel/group-commit.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Limiter, Take, Taken } from './limiter.ts'

const STRIKES_FORGOTTEN_SECONDS = 60

/** Buckets as rows of an unlogged table. What callers of one process ask for in one tick is one round trip. */
export function postgresLimiter(ledger: Ledger): Limiter {
  const sql = ledger.everywhere
  const take = groupCommit<Take, Taken>({
    name: 'open-platform/limiter',
    maxBatch: 200,
    async commit(asks) {
      // In one order everywhere, so that two processes never wait for each other's rows crosswise.
      const order = asks.map((_, i) => i).sort((a, b) => (asks[a]!.bucket < asks[b]!.bucket ? -1 : 1))
      const column = (of: (ask: Take) => unknown) => order.map((i) => of(asks[i]!))
      const rows = await sql.query<{ nth: string; granted: number; wait_ms: number }>(
        `select nth, granted, wait_ms
           from unnest($1::text[], $2::float8[], $3::float8[], $4::int[], $5::float8[])
                with ordinality as ask (bucket, rate, burst, want, spare, nth),
                lateral open_platform.take_permits(bucket, rate, burst, want, spare)`,
        [
          column((ask) => ask.bucket),
          column((ask) => ask.rate),
          column((ask) => ask.burst),
          column((ask) => ask.want),
          column((ask) => ask.spare),
        ],
      )
      const answers: Taken[] = []
      for (const { nth, granted, wait_ms } of rows) {
        answers[order[Number(nth) - 1]!] = { granted, waitMs: Math.max(1, wait_ms) }
      }
      return answers
    },
  })
  return {
    take,
    async penalise(bucket, { atLeastMs, baseMs, capMs }) {
      const [row] = await sql.query<{ wait: number }>(
        `insert into open_platform.bucket as b (bucket, tokens, filled_at, strikes, struck_at, blocked_until)
         values ($1, 0, clock_timestamp(), 1, clock_timestamp(),
                 clock_timestamp() + greatest($2::float8, random() * least($4::float8, $3::float8)) * interval '1 ms')
         on conflict (bucket) do update set
           strikes = case when b.struck_at > clock_timestamp() - $5 * interval '1 s' then b.strikes + 1 else 1 end,
           struck_at = clock_timestamp(),
           blocked_until = greatest(b.blocked_until, clock_timestamp() + greatest($2::float8, random() * least($4::float8,
             $3::float8 * 2 ^ case when b.struck_at > clock_timestamp() - $5 * interval '1 s' then least(b.strikes, 20) else 0 end
           )) * interval '1 ms')
         returning extract(epoch from blocked_until - clock_timestamp())::float8 * 1000 as wait`,
        [bucket, atLeastMs, baseMs, capMs, STRIKES_FORGOTTEN_SECONDS],
      )
      return Math.max(0, Math.ceil(row!.wait))
    },
  }
}
