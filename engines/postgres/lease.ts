import { randomUUID } from 'node:crypto'
import type { Lease, Leases } from '#kernel/lease.ts'
import type { Ledger } from '#kernel/ledger.ts'

/** Leases as rows. Time is the database's own, so the clocks of processes do not matter. */
export function postgresLeases(ledger: Ledger): Leases {
  const sql = ledger.everywhere
  return {
    async acquire(name, ttlMs) {
      const holder = randomUUID()
      const [row] = await sql.query<{ fence: string }>(
        `insert into platform.lease as held (name, holder, expires_at) values ($1, $2, now() + $3 * interval '1 ms')
         on conflict (name) do update set holder = $2, fence = held.fence + 1, expires_at = excluded.expires_at
          where held.expires_at < now()
         returning fence`,
        [name, holder, ttlMs],
      )
      return row ? lease(name, holder, Number(row.fence)) : null
    },
  }

  function lease(name: string, holder: string, fence: number): Lease {
    return {
      name,
      fence,
      async renew(ttlMs) {
        const rows = await sql.query(
          `update platform.lease set expires_at = now() + $3 * interval '1 ms'
            where name = $1 and holder = $2 and expires_at >= now() returning 1`,
          [name, holder, ttlMs],
        )
        return rows.length > 0
      },
      async release() {
        await sql.query("update platform.lease set expires_at = 'epoch' where name = $1 and holder = $2", [
          name,
          holder,
        ])
      },
    }
  }
}
