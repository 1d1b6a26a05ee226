import { describe } from '#kernel/fault.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Log } from '#kernel/telemetry.ts'
import { CONFLICTS, type Conflict, type ConflictKind, type ConflictRow, type Conflicts } from './conflicts.ts'

const FLUSH_MS = 500
/** Kept in memory until the next write; beyond that they are only counted. */
const WAITING_MAX = 1_000
/** Rows kept for each workspace. */
const KEPT = 10_000

export function postgresConflicts(ledger: Ledger, { log }: { log: Log }): Conflicts {
  let waiting: Conflict[] = []
  let counts = new Map<string, { conflict: Conflict; count: number }>()
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<unknown> = Promise.resolve()

  const write = (rows: readonly Conflict[], counted: readonly { conflict: Conflict; count: number }[]) =>
    ledger.across(async (tx) => {
      await tx.query(
        `insert into order_sync.conflict_hour as h (workspace_id, shop_id, kind, hour, count)
         select w, s, k, date_trunc('hour', at), sum(n) from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[]) as c (w, s, k, at, n)
          group by 1, 2, 3, 4 order by 1, 2, 3, 4
         on conflict (workspace_id, shop_id, kind, hour) do update set count = h.count + excluded.count`,
        [
          counted.map(({ conflict }) => conflict.workspaceId),
          counted.map(({ conflict }) => conflict.shopId),
          counted.map(({ conflict }) => conflict.kind),
          counted.map(({ conflict }) => new Date(conflict.atMs)),
          counted.map(({ count }) => count),
        ],
      )
      await tx.query(
        `insert into order_sync.conflict (workspace_id, shop_id, kind, at, msg_id, order_id, tag, reason, remote, head)
         select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])`,
        [
          rows.map((row) => row.workspaceId),
          rows.map((row) => row.shopId),
          rows.map((row) => row.kind),
          rows.map((row) => new Date(row.atMs)),
          rows.map((row) => row.msgId ?? ''),
          rows.map((row) => row.orderId ?? ''),
          rows.map((row) => row.tag ?? ''),
          rows.map((row) => row.reason),
          rows.map((row) => row.remote ?? ''),
          rows.map((row) => row.head ?? ''),
        ],
      )
    })

  const flush = async () => {
    clearTimeout(timer)
    timer = undefined
    const [rows, counted] = [waiting, [...counts.values()]]
    waiting = []
    counts = new Map()
    if (counted.length > 0) {
      flushing = flushing.then(() =>
        write(rows, counted).catch((error) => log.warn(describe(error), 'conflicts were not kept')),
      )
    }
    await flushing
  }

  return {
    flush,
    add(conflict) {
      const key = `${conflict.workspaceId} ${conflict.shopId} ${conflict.kind} ${Math.floor(conflict.atMs / 3_600_000)}`
      const known = counts.get(key)
      if (known) known.count++
      else counts.set(key, { conflict, count: 1 })
      waiting.push(conflict)
      if (waiting.length > WAITING_MAX) waiting.shift()
      timer ??= setTimeout(() => void flush(), FLUSH_MS).unref()
    },
    async list(workspaceId, { limit, before, kind, shopId, orderId }) {
      await flush()
      return ledger.within(workspaceId, (tx) =>
        tx.query<ConflictRow>(
          `select id, shop_id as "shopId", kind, at as "atMs", msg_id as "msgId", order_id as "orderId", tag, reason, remote, head
             from order_sync.conflict
            where ($1::bigint is null or id < $1) and ($2::text is null or kind = $2) and ($3::text is null or shop_id = $3)
              and ($4::text is null or order_id = $4)
            order by id desc limit $5`,
          [before, kind, shopId, orderId, limit],
        ),
      )
    },
    async counts(workspaceId, sinceMs) {
      await flush()
      const rows = await ledger.within(workspaceId, (tx) =>
        tx.query<{ kind: ConflictKind; count: number }>(
          'select kind, sum(count)::int as count from order_sync.conflict_hour where hour >= $1 group by 1',
          [new Date(sinceMs)],
        ),
      )
      const by = new Map(rows.map((row) => [row.kind, row.count]))
      return Object.fromEntries(CONFLICTS.map((kind) => [kind, by.get(kind) ?? 0])) as Record<
        ConflictKind,
        number
      >
    },
    async prune(beforeMs) {
      await ledger.everywhere.query('delete from order_sync.conflict_hour where hour < $1', [
        new Date(beforeMs),
      ])
      await ledger.everywhere.query(
        `delete from order_sync.conflict c using (
           select workspace_id, id, row_number() over (partition by workspace_id order by id desc) as nth from order_sync.conflict) as old
          where c.id = old.id and old.nth > $1`,
        [KEPT],
      )
    },
  }
}
