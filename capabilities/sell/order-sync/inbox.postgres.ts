import type { RoomContext } from '#kernel/capability.ts'
import { isFault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import type { Conflicts } from './conflicts.ts'
import type { Inbox, MessageRow, Post } from './inbox.ts'
import type { Entry, Orders } from './orders.ts'
import { type Message, readMessage, readPush, UNREADABLE_TAG } from './push.ts'
import { type Arriving, insertPushes } from './push-insert.postgres.ts'
import type { Repeats } from './repeats.ts'

const CHANNEL = 'order_sync_message'
/** Workers in other processes are told at most this often; the one here is told at once. */
const TELL_EVERY_MS = 100
const COLLISION_TRIES = 5

interface Parts extends Pick<RoomContext, 'clock' | 'audit'> {
  orders: Orders
  repeats: Repeats
  conflicts: Conflicts
}

export interface InboxTuning {
  /** Pushes per write, and writes at once. */
  maxBatch?: number
  parallel?: number
}

export function postgresInbox(
  ledger: Ledger,
  { orders, repeats, conflicts, clock, audit }: Parts,
  { maxBatch = 1_000, parallel = 1 }: InboxTuning = {},
): Inbox {
  const hearers = new Set<() => void>()
  let toldAtMs = 0
  const run = newId('psh')
  let posts = 0

  const tellOthers = () => {
    for (const hear of hearers) hear()
    if (clock.now() - toldAtMs < TELL_EVERY_MS) return
    toldAtMs = clock.now()
    void ledger.notify(CHANNEL).catch(() => {})
  }

  const logRepeat = ({ post, msgId, orderId, tag, shopId }: Arriving) =>
    conflicts.add({
      workspaceId: post.workspaceId,
      shopId,
      kind: 'repeat',
      atMs: clock.now(),
      msgId,
      orderId,
      tag,
      reason: 'This message was taken before',
      remote: post.remote,
    })

  const accept = groupCommit<Post, void>({
    name: 'order-sync/pushes',
    maxBatch,
    parallel,
    async commit(batch) {
      const arriving = batch.flatMap(arrivingIn)
      const seen = await repeats.seen(arriving)
      const unknown = seen ? arriving.filter((_, nth) => !seen[nth]) : arriving
      if (seen) for (const [nth, row] of arriving.entries()) if (seen[nth]) logRepeat(row)
      if (unknown.length === 0) return []
      const known = await insertPushes(ledger, unknown)
      for (const row of known) logRepeat(row)
      // Only what is durable may be known as taken: the note comes after, and nobody waits for it.
      void repeats.note(unknown).catch(() => {})
      if (known.length < unknown.length) tellOthers()
      return []
    },
  })

  const arrivingIn = (post: Post): Arriving[] => {
    const postId = post.messages.length > 1 ? `${run}${(posts++).toString(36).padStart(6, '0')}` : null
    return post.messages.map(({ nth, tag, msgId, version, orderId }) => ({
      post,
      postId,
      nth,
      tag,
      msgId,
      version,
      orderId,
      shopId: post.shopId,
    }))
  }

  const workOnce = (limit: number) =>
    ledger.across(async (tx) => {
      const rows = await tx.query<Waiting>(TAKE, [limit])
      if (rows.length === 0) return 0
      const bodies = new Map<string, Map<number, Message>>()
      const read = rows.map((row) => ({ row, ...readRow(row, bodies) }))
      const effects = read.flatMap(({ entry }) => (entry ? [entry] : []))
      const applied = await orders.apply(tx, effects)
      let nth = 0
      const states = read.map(({ row, entry, state, reason }) => {
        if (!entry) return { row, state, reason }
        const { outcome, why } = applied[nth++]!
        return { row, state: 'done', reason: outcome === 'late' ? why : null }
      })
      await tx.query(SETTLE, [
        states.map(({ row }) => row.id),
        states.map(({ state }) => state),
        states.map(({ reason }) => reason),
        new Date(clock.now()),
      ])
      await noteShops(tx, rows)
      await logOtherContent(tx, rows)
      tx.afterCommit(() => {
        for (const { row, state, reason } of states) if (state === 'parked') logParked(row, reason ?? '')
      })
      return rows.length
    })

  /** One id, two contents: both are merged, which is safe, and somebody is told. */
  const logOtherContent = async (tx: Tx, rows: readonly Waiting[]) => {
    const reused = await tx.query<{ id: string }>(REUSED, [
      rows.map((row) => row.id),
      rows.map((row) => row.msg_id),
      rows.map((row) => row.shop_id),
    ])
    const ids = new Set(reused.map((row) => row.id))
    const reason = 'Another message had this id and said something else'
    tx.afterCommit(() => {
      for (const row of rows.filter(({ id }) => ids.has(id)))
        conflicts.add({ ...aboutRow(row), kind: 'other-content', reason, head: row.body.slice(0, 2_000) })
    })
  }

  const aboutRow = (row: Waiting) => ({
    workspaceId: row.workspace_id,
    shopId: row.shop_id,
    atMs: clock.now(),
    msgId: row.msg_id,
    orderId: row.order_id,
    tag: row.tag,
  })

  const logParked = (row: Waiting, reason: string) =>
    conflicts.add({
      ...aboutRow(row),
      kind: reason.startsWith('It is about shop') ? 'other-shop' : 'unreadable',
      reason,
      head: row.body.slice(0, 2_000),
    })

  return {
    accept,
    async work(limit) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await workOnce(limit)
        } catch (error) {
          // Two workers met at two orders, each in another order of them: one of them begins again.
          if (!isFault(error) || error.code !== 'postgres/collision' || attempt >= COLLISION_TRIES)
            throw error
        }
      }
    },
    async onArrival(hear) {
      hearers.add(hear)
      const forget = await ledger.listen(CHANNEL, hear)
      return () => {
        hearers.delete(hear)
        forget()
      }
    },
    list: (workspaceId, { limit, before, state, shopId, orderId }) =>
      ledger.within(workspaceId, (tx) =>
        tx.query<MessageRow>(`select ${COLUMNS} from (${EITHER}) m order by id desc limit $5`, [
          before,
          state,
          shopId,
          orderId,
          limit,
          workspaceId,
        ]),
      ),
    find: (workspaceId, id) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<MessageRow & { body: string }>(
          `select ${COLUMNS}, coalesce(body, (select body from order_sync.post p where p.post_id = m.post_id)) as body
             from (select * from order_sync.message where workspace_id = $2 and id = $1 and state <> 'received'
                   union all select * from order_sync.message where workspace_id = $2 and id = $1 and state = 'received') m`,
          [id, workspaceId],
        )
        return row ?? null
      }),
    retry: (workspaceId, id, actor) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `update order_sync.message set state = 'received', reason = null, processed_at = null where workspace_id = $2 and id = $1 and state = 'parked' returning 1`,
          [id, workspaceId],
        )
        if (rows.length === 0) return false
        await audit(tx, { workspaceId, actor, action: 'retry', subject: `message:${id}`, room: 'order-sync' })
        tx.afterCommit(tellOthers)
        return true
      }),
    async counts(workspaceId, sinceMs) {
      const [row] = await ledger.within(workspaceId, (tx) =>
        tx.query<{ received: number; parked: number; waiting: number }>(
          `select (select count(*)::int from order_sync.message where workspace_id = $2 and received_at >= $1) as received,
                  (select count(*)::int from order_sync.message where workspace_id = $2 and state = 'parked') as parked,
                  (select count(*)::int from order_sync.message where workspace_id = $2 and state = 'received') as waiting`,
          [new Date(sinceMs), workspaceId],
        ),
      )
      return row!
    },
    async prune(beforeMs) {
      for (const table of ['message', 'post']) {
        const extra = table === 'message' ? "and state in ('done', 'ignored')" : ''
        for (let gone = 1; gone > 0; ) {
          const rows = await ledger.everywhere.query(
            `delete from order_sync.${table} where ctid = any(array(
               select ctid from order_sync.${table} where received_at < $1 ${extra} limit 5000)) returning 1`,
            [new Date(beforeMs)],
          )
          gone = rows.length
        }
      }
    },
  }

  function readRow(
    row: Waiting,
    bodies: Map<string, Map<number, Message>>,
  ): { entry?: Entry; state: string; reason: string | null } {
    if (row.tag === UNREADABLE_TAG) return { state: 'parked', reason: 'The body is no array of messages' }
    const postId = row.post_id ?? row.id
    const known =
      bodies.get(postId) ?? new Map((readPush(row.body) ?? []).map((message) => [message.nth, message]))
    bodies.set(postId, known)
    const message = known.get(row.nth)
    if (!message) return { state: 'parked', reason: 'The body has no such message' }
    const read = readMessage(row.shop_id, message, row.received_at)
    if ('ignored' in read) return { state: 'ignored', reason: read.ignored }
    if ('parked' in read) return { state: 'parked', reason: read.parked }
    return {
      state: 'done',
      reason: null,
      entry: {
        workspaceId: row.workspace_id,
        platform: 'doudian',
        sighting: read.sighting,
        tag: row.tag,
        msgId: row.msg_id,
        seenAtMs: row.received_at,
      },
    }
  }
}

interface Waiting {
  id: string
  workspace_id: WorkspaceId
  shop_id: string
  post_id: string | null
  nth: number
  msg_id: string
  tag: string
  order_id: string
  received_at: number
  body: string
}

/*
 * The table holds weeks of messages, of which a handful wait: every statement of the worker says so, and is answered by the
 * index of those. (Without it the planner reads all that was ever kept, for each batch.)
 */
const TAKE = `
  with taken as (
    select * from order_sync.message where state = 'received' order by id limit $1 for update skip locked
  )
  select m.id, m.workspace_id, m.shop_id, m.post_id, m.nth, m.msg_id, m.tag, m.order_id, m.received_at, coalesce(m.body, p.body) as body
    from taken m left join order_sync.post p using (post_id) order by m.id`

const SETTLE = `
  update order_sync.message m set state = done.state, reason = done.reason, processed_at = $4
    from unnest($1::bigint[], $2::text[], $3::text[]) as done (id, state, reason)
   where m.id = done.id and m.state = 'received'`

/** By the key, which begins with the message's id: `offset` keeps the planner from joining two whole tables instead. */
const REUSED = `
  select taken.id from unnest($1::bigint[], $2::text[], $3::text[]) as taken (id, msg_id, shop_id)
   where exists (select from order_sync.message o
                  where o.msg_id = taken.msg_id and o.shop_id = taken.shop_id and o.id < taken.id offset 0)`

async function noteShops(tx: Tx, rows: readonly Waiting[]): Promise<void> {
  const latest = new Map<string, number>()
  for (const { shop_id, received_at } of rows)
    latest.set(shop_id, Math.max(received_at, latest.get(shop_id) ?? 0))
  const shops = [...latest.keys()].sort()
  await tx.query(
    `update order_sync.shop s set last_push_at = greatest(s.last_push_at, n.at)
       from unnest($1::text[], $2::timestamptz[]) as n (shop_id, at)
      where s.shop_id = n.shop_id and (s.last_push_at is null or s.last_push_at < n.at - interval '5 seconds')`,
    [shops, shops.map((shop) => new Date(latest.get(shop)!))],
  )
}

/** Messages that wait and those that do not, each by an index of their own. */
const EITHER = ['=', '<>']
  .map(
    (is) => `(select * from order_sync.message
        where workspace_id = $6 and state ${is} 'received' and ($1::bigint is null or id < $1) and ($2::text is null or state = $2)
          and ($3::text is null or shop_id = $3) and ($4::text is null or order_id = $4) order by id desc limit $5)`,
  )
  .join(' union all ')

const COLUMNS = `m.id, m.shop_id as "shopId", m.msg_id as "msgId", m.tag, m.order_id as "orderId", m.state, m.reason,
  m.received_at as "receivedAtMs", m.processed_at as "processedAtMs"`
