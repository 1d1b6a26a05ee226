import type { RoomContext } from '#kernel/capability.ts'
import { hours } from '#kernel/clock.ts'
import { type NewFact, tell } from '#kernel/fact-log.ts'
import { accountLost, accountScopesChanged } from '#kernel/facts/account.ts'
import { webhookReceived } from '#kernel/facts/webhook.ts'
import { describe } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import type { AccountId, WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { time } from './account-rows.ts'
import type { Arrival, Inbox, Rejection, WebhookRow, WebhookState } from './inbox.ts'
import { TOKEN_CHANNEL } from './store.postgres.ts'
import type { Webhook } from './wire.douyin.ts'

const CHANNEL = 'open_platform_webhook'
/** Workers in other processes are told at most this often; the one here is told at once. */
const TELL_EVERY_MS = 100
const FLUSH_REJECTED_MS = 1_000
const KEEP_REJECTED = 1_000

type Context = Pick<RoomContext, 'factLog' | 'live' | 'clock' | 'log' | 'audit'>

export interface InboxTuning {
  /** Webhooks per write, and writes at once: two hide the wait for the disk. */
  maxBatch?: number
  parallel?: number
}

export function postgresInbox(
  ledger: Ledger,
  context: Context,
  { maxBatch = 1_000, parallel = 2 }: InboxTuning = {},
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

  const accept = groupCommit<Arrival, boolean>({
    name: 'open-platform/webhooks',
    maxBatch,
    parallel,
    async commit(arrivals) {
      const answers = await insert(ledger, arrivals)
      tellOthers()
      return answers
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
          done.states.map((state) => state.workspaceId),
          done.states.map((state) => state.accountId),
          done.states.map((state) => state.state),
          done.states.map((state) => state.reason),
          time(clock.now()),
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

/** One statement for all arrivals of a moment. True for those that are new. */
async function insert(ledger: Ledger, arrivals: readonly Arrival[]): Promise<boolean[]> {
  // A row can be written once per statement: copies within the batch are counted here. Sorted, so that two batches
  // that share ids never wait for each other crosswise.
  const firsts = new Map<string, { arrival: Arrival; copies: number; nth: number }>()
  for (const [nth, arrival] of arrivals.entries()) {
    const key = `${arrival.clientKey}\n${arrival.msgId}`
    const first = firsts.get(key)
    if (first) first.copies += 1
    else firsts.set(key, { arrival, copies: 0, nth })
  }
  const batch = [...firsts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
  const column = (of: (arrival: Arrival) => string) =>
    batch.map(({ arrival }) => SEPARATOR + of(arrival).replaceAll(SEPARATOR, '')).join('')
  const rows = await ledger.everywhere.query<{ is_new: boolean }>(INSERT, [
    column((a) => a.clientKey),
    column((a) => a.msgId),
    column((a) => a.event),
    column((a) => a.fromUserId),
    column((a) => a.toUserId),
    column((a) => a.body),
    batch.map(({ copies }) => SEPARATOR + copies).join(''),
  ])
  const answers = arrivals.map(() => false)
  rows.forEach((row, i) => {
    answers[batch[i]!.nth] = row.is_new
  })
  return answers
}

/**
 * Columns travel as one text each, cut apart by the server: a list would have to be quoted character by character here
 * and read so there, which is most of the cost of a write. No JSON text has this character unescaped.
 */
const SEPARATOR = '\u001e'
const cut = (parameter: string) => `(string_to_array(${parameter}, E'\\x1e'))[2:]`

// `xmax` is zero only on a row that this statement inserted.
const INSERT = `
  insert into open_platform.webhook as w (client_key, msg_id, event, from_user_id, to_user_id, body, duplicates)
  select * from unnest(${['$1', '$2', '$3', '$4', '$5', '$6'].map(cut).join(', ')}, ${cut('$7')}::int[])
  on conflict (client_key, msg_id) do update set duplicates = w.duplicates + 1 + excluded.duplicates
  returning xmax = 0 as is_new`

const TAKE = `
  select id, msg_id, event, from_user_id, to_user_id, body, received_at from open_platform.webhook
   where state = 'received' order by id limit $1 for update skip locked`

const SETTLE = `
  update open_platform.webhook w set workspace_id = done.workspace_id, account_id = done.account_id, state = done.state,
         reason = done.reason, processed_at = $6
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) as done (id, workspace_id, account_id, state, reason)
   where w.id = done.id and w.state = 'received'`

const COLUMNS = `id, msg_id, event, account_id, from_user_id, to_user_id, state, reason, duplicates, received_at, processed_at`

interface WaitingRow {
  id: string
  msg_id: string
  event: string
  from_user_id: string
  to_user_id: string
  body: string
  received_at: number
}

interface Owner {
  account_id: AccountId
  workspace_id: WorkspaceId
  open_id: string
  status: string
  scopes: string[]
  consent_at: number | null
}

interface Settled {
  workspaceId: string
  accountId: string | null
  state: WebhookState
  reason: string | null
}

interface Effect {
  facts: NewFact[]
  states: Settled[]
  /** Accounts whose row changed. */
  changed: Set<string>
}

async function takeEffect(
  tx: Tx,
  rows: readonly WaitingRow[],
  read: (body: string) => Webhook | null,
  nowMs: number,
): Promise<Effect> {
  const openIds = [...new Set(rows.flatMap((row) => [row.to_user_id, row.from_user_id]).filter(Boolean))]
  const owners = await tx.query<Owner>(
    `select account_id, workspace_id, open_id, status, scopes, consent_at from open_platform.account
      where open_id = any($1) and status <> 'disconnected' order by account_id for update`,
    [openIds],
  )
  const byOpenId = new Map(owners.map((owner) => [owner.open_id, owner]))
  const effect: Effect = { facts: [], states: [], changed: new Set() }
  for (const row of rows) {
    const owner = byOpenId.get(row.to_user_id) ?? byOpenId.get(row.from_user_id)
    const webhook = read(row.body)
    const settled = { workspaceId: owner?.workspace_id ?? 'house', accountId: owner?.account_id ?? null }
    if (!webhook) {
      effect.states.push({ ...settled, state: 'failed', reason: 'The body is no event that can be read' })
      continue
    }
    const reason = owner ? await changeGrant(tx, effect, owner, webhook, nowMs) : null
    effect.facts.push(
      tell(
        webhookReceived,
        settled.workspaceId as WorkspaceId,
        {
          msgId: row.msg_id,
          event: webhook.event,
          accountId: settled.accountId,
          fromUserId: webhook.fromUserId,
          toUserId: webhook.toUserId,
          content: webhook.content,
          receivedAtMs: row.received_at,
        },
        row.received_at,
      ),
    )
    effect.states.push({ ...settled, state: 'done', reason })
  }
  return effect
}

/** `authorize` and `unauthorize` change the account; the platform promises no order, so an old one changes nothing. */
async function changeGrant(
  tx: Tx,
  effect: Effect,
  owner: Owner,
  webhook: Webhook,
  nowMs: number,
): Promise<string | null> {
  if (webhook.event !== 'authorize' && webhook.event !== 'unauthorize') return null
  if (webhook.sentAtMs !== null && owner.consent_at !== null && webhook.sentAtMs < owner.consent_at) {
    return 'older than the present consent: changes nothing'
  }
  const told = (webhook.content as { scopes?: unknown } | null)?.scopes
  const scopes = Array.isArray(told) ? told.filter((scope) => typeof scope === 'string') : null
  if (webhook.event === 'authorize') {
    if (!scopes || owner.status === 'revoked') return 'tokens come with the consent itself'
    const all = [...new Set([...owner.scopes, ...scopes])]
    return all.length === owner.scopes.length ? null : keepScopes(tx, effect, owner, all, nowMs)
  }
  const left = scopes ? owner.scopes.filter((scope) => !scopes.includes(scope)) : []
  return left.length > 0 ? keepScopes(tx, effect, owner, left, nowMs) : revoke(tx, effect, owner, nowMs)
}

async function keepScopes(
  tx: Tx,
  effect: Effect,
  owner: Owner,
  scopes: string[],
  nowMs: number,
): Promise<string> {
  const { account_id: accountId, workspace_id: workspaceId, open_id: openId } = owner
  owner.scopes = scopes
  effect.changed.add(accountId)
  await tx.query('update open_platform.account set scopes = $2 where account_id = $1', [accountId, scopes])
  await trail(tx, owner, 'scopes-changed', `now: ${scopes.join(',')}`, nowMs)
  effect.facts.push(tell(accountScopesChanged, workspaceId, { accountId, openId, scopes }, nowMs))
  return 'the scopes of the account changed'
}

async function revoke(tx: Tx, effect: Effect, owner: Owner, nowMs: number): Promise<string | null> {
  if (owner.status === 'revoked') return null
  const { account_id: accountId, workspace_id: workspaceId, open_id: openId } = owner
  owner.status = 'revoked'
  effect.changed.add(accountId)
  // Whoever is refreshing at this moment loses: its fence is behind.
  await tx.query(
    `update open_platform.account set status = 'revoked', fence = fence + 1, token_fence = fence + 1, claimed_until = null,
            next_attempt_at = null where account_id = $1`,
    [accountId],
  )
  await trail(tx, owner, 'revoked', 'unauthorize webhook', nowMs)
  effect.facts.push(
    tell(accountLost, workspaceId, { accountId, openId, reason: 'revoked', code: null }, nowMs),
  )
  return 'the user took the authorisation back'
}

async function trail(tx: Tx, owner: Owner, kind: string, detail: string, nowMs: number): Promise<void> {
  await tx.query(
    'insert into open_platform.token_event (workspace_id, account_id, kind, at, detail) values ($1, $2, $3, $4, $5)',
    [owner.workspace_id, owner.account_id, kind, time(nowMs), detail],
  )
  await tx.query(
    'update open_platform.account set last_event_kind = $2, last_event_at = $3, last_event_detail = $4 where account_id = $1',
    [owner.account_id, kind, time(nowMs), detail],
  )
}

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

/** Written once a second at most, so that a flood of forgeries costs no more than a trickle. */
function rejectedBook(ledger: Ledger, log: Context['log']) {
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
