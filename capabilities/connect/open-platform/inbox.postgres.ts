import { columns, cut, joined, joinedBodies } from '#engines/postgres/columns.ts'
import type { RoomContext } from '#kernel/capability.ts'
import { hours } from '#kernel/clock.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger } from '#kernel/ledger.ts'
import { TOKEN_CHANNEL, time } from './account-rows.ts'
import { takeEffect, type WaitingRow } from './effects.postgres.ts'
import type { Arrival, Inbox, WebhookRow, WebhookState } from './inbox.ts'
import { rejectedBook } from './rejected.postgres.ts'

const CHANNEL = 'open_platform_webhook'
/** Workers in other processes are told at most this often; the one here is told at once. */
const TELL_EVERY_MS = 100

type Context = Pick<RoomContext, 'factLog' | 'live' | 'clock' | 'log' | 'audit'>

export interface InboxTuning {
  /** Webhooks per write, and writes at once: one, because two halves cost more than a whole. */
  maxBatch?: number
  parallel?: number
}

export function postgresInbox(
  ledger: Ledger,
  context: Context,
  { maxBatch = 1_000, parallel = 1 }: InboxTuning = {},
): Inbox {
  const { factLog, live, clock, log, audit } = context
  const hearers = new Set<() => void>()
  let toldAtMs = 0

  const tellOthers = () => {
    for (const hear of hearers) hear()
    if (clock.now() - toldAtMs < TELL_EVERY_MS) return
    toldAtMs = clock.now()
    void ledger.notify(CHANNEL).catch(() => {})
  }

  const accept = groupCommit<Arrival, void>({
    name: 'open-platform/webhooks',
    maxBatch,
    parallel,
    async commit(arrivals) {
      await insert(ledger, arrivals)
      tellOthers()
      return []
    },
  })

  const rejected = rejectedBook(ledger, log)

  return {
    accept,
    reject: rejected.add,
    async onArrival(hear) {
      hearers.add(hear)
      const forget = await ledger.listen(CHANNEL, hear)
      return () => {
        hearers.delete(hear)
        forget()
      }
    },

    work: (limit, read) =>
      ledger.across(async (tx) => {
        const rows = await tx.query<WaitingRow>(TAKE, [limit])
        if (rows.length === 0) return 0
        const done = await takeEffect(tx, rows, read, clock.now())
        await factLog.appendIn(tx, done.facts)
        await tx.query(SETTLE, [
          rows.map((row) => row.id),
          time(clock.now()),
          ...columns(done.states, SETTLED_COLUMNS),
        ])
        tx.afterCommit(() => {
          for (const accountId of done.changed) void ledger.notify(TOKEN_CHANNEL, accountId).catch(() => {})
          for (const workspaceId of new Set(done.states.map((state) => state.workspaceId))) {
            const data = { processed: rows.length }
            live.publish(workspaceId as WorkspaceId, {
              topic: 'open-platform/webhook',
              key: rows.at(-1)!.id,
              data,
            })
          }
        })
        return rows.length
      }),

    list: (workspaceId, { limit, before, event, state }) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<StoredRow>(
          `select ${COLUMNS} from open_platform.webhook
            where workspace_id <> 'house' and ($1::bigint is null or id < $1) and ($2::text is null or event = $2) and ($3::text is null or state = $3)
            order by id desc limit $4`,
          [before, event, state, limit],
        )
        return rows.map(rowFrom)
      }),
    find: (workspaceId, id) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<StoredRow & { body: string }>(
          `select ${COLUMNS}, body from open_platform.webhook where workspace_id <> 'house' and id = $1`,
          [id],
        )
        return row ? { ...rowFrom(row), body: row.body } : null
      }),
    replay: (workspaceId, id, actor) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `update open_platform.webhook set state = 'received', reason = null, processed_at = null
            where workspace_id <> 'house' and id = $1 and state <> 'received' returning 1`,
          [id],
        )
        if (rows.length === 0) return false
        const subject = `webhook:${id}`
        await audit(tx, { workspaceId, actor, action: 'replay', subject, room: 'open-platform' })
        tx.afterCommit(tellOthers)
        return true
      }),
    counts: async (workspaceId, nowMs) => {
      const since = time(nowMs - hours(24))
      const [counted] = await ledger.within(workspaceId, (tx) =>
        tx.query<{ received: number; duplicates: number }>(
          `select count(*)::int as received, coalesce(sum(duplicates), 0)::int as duplicates
             from open_platform.webhook where workspace_id <> 'house' and received_at > $1`,
          [since],
        ),
      )
      const [refused] = await ledger.everywhere.query<{ rejected: number }>(
        'select coalesce(sum(rejected), 0)::int as rejected from open_platform.rejected_hour where hour > $1',
        [since],
      )
      return { ...counted!, rejected: refused!.rejected + rejected.waiting() }
    },
    async rejections(limit) {
      await rejected.flush()
      const rows = await ledger.everywhere.query(
        'select at, reason, signature, msg_id, remote, body_head from open_platform.rejected order by id desc limit $1',
        [limit],
      )
      return rows.map((row) => ({
        atMs: row['at'],
        reason: row['reason'],
        signature: row['signature'],
        msgId: row['msg_id'],
        remote: row['remote'],
        bodyHead: row['body_head'],
      }))
    },
    async prune(beforeMs) {
      for (let gone = 1; gone > 0; ) {
        const rows = await ledger.everywhere.query(
          `delete from open_platform.webhook where id in (
             select id from open_platform.webhook where received_at < $1 and state <> 'received' limit 5000) returning 1`,
          [time(beforeMs)],
        )
        gone = rows.length
      }
    },
    close: () => rejected.flush(),
  }
}

/** One statement for all arrivals of a moment. */
async function insert(ledger: Ledger, arrivals: readonly Arrival[]): Promise<void> {
  // A row can be written once per statement: copies within the batch are counted here. Sorted, so that two batches
  // that share ids never wait for each other crosswise.
  const firsts = new Map<string, { arrival: Arrival; copies: number }>()
  for (const arrival of arrivals) {
    const first = firsts.get(arrival.msgId)
    if (first) first.copies += 1
    else firsts.set(arrival.msgId, { arrival, copies: 0 })
  }
  const batch = [...firsts.values()].sort((a, b) => (a.arrival.msgId < b.arrival.msgId ? -1 : 1))
  await ledger.everywhere.query(
    INSERT,
    [
      joined(batch, ({ arrival }) => arrival.clientKey),
      joined(batch, ({ arrival }) => arrival.msgId),
      joinedBodies(batch.map(({ arrival }) => arrival.body)),
      joined(batch, ({ copies }) => copies),
    ],
    'open-platform/webhook-insert',
  )
}

const INSERT = `
  insert into open_platform.webhook as w (client_key, msg_id, body, duplicates)
  select * from unnest(${['$1', '$2', '$3'].map(cut).join(', ')}, ${cut('$4')}::int[])
  on conflict (client_key, msg_id) do update set duplicates = w.duplicates + 1 + excluded.duplicates`

const TAKE = `
  select id, msg_id, body, received_at from open_platform.webhook
   where state = 'received' order by id limit $1 for update skip locked`

const SETTLE = `
  update open_platform.webhook w set workspace_id = done.workspace_id, account_id = done.account_id, event = done.event,
         from_user_id = done.from_user_id, to_user_id = done.to_user_id, state = done.state, reason = done.reason, processed_at = $2
    from unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
         as done (id, workspace_id, account_id, event, from_user_id, to_user_id, state, reason)
   where w.id = done.id and w.state = 'received'`

const SETTLED_COLUMNS = [
  'workspaceId',
  'accountId',
  'event',
  'fromUserId',
  'toUserId',
  'state',
  'reason',
] as const

const COLUMNS = `id, msg_id, event, account_id, from_user_id, to_user_id, state, reason, duplicates, received_at, processed_at`

interface StoredRow {
  id: string
  msg_id: string
  event: string
  account_id: string | null
  from_user_id: string
  to_user_id: string
  state: WebhookState
  reason: string | null
  duplicates: number
  received_at: number
  processed_at: number | null
}

const rowFrom = (row: StoredRow): WebhookRow => ({
  id: row.id,
  msgId: row.msg_id,
  event: row.event,
  accountId: row.account_id,
  fromUserId: row.from_user_id,
  toUserId: row.to_user_id,
  state: row.state,
  reason: row.reason,
  duplicates: row.duplicates,
  receivedAtMs: row.received_at,
  processedAtMs: row.processed_at,
})
