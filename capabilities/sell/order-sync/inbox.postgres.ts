import type { RoomContext } from '#kernel/capability.ts'
import { isFault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import { newId, type WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import type { Conflicts } from './conflicts.ts'
import type { Inbox, MessageRow, Post } from './inbox.ts'
import type { Entry, Orders } from './orders.ts'
import { type Message, readMessage, readPush, UNREADABLE_TAG } from './push.ts'
import { type Repeat, type Repeats, repeatKey } from './repeats.ts'

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

interface Row extends Repeat, Pick<Message, 'nth' | 'tag'> {
  post: Post
  postId: string
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

  const logRepeat = ({ post, msgId, orderId, tag, shopId }: Row) =>
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
      const rows = batch.flatMap(rowsOf)
      const seen = await repeats.seen(rows)
      const inBatch = new Set<string>()
      const fresh = rows.filter((row, i) => {
        const key = repeatKey(row)
        const isRepeat = seen[i] || inBatch.has(key)
        inBatch.add(key)
        if (isRepeat) logRepeat(row)
        return !isRepeat
      })
      if (fresh.length > 0) {
        const inserted = await insert(ledger, fresh)
        if (inserted.size < fresh.length)
          for (const row of fresh) if (!inserted.has(`${row.postId} ${row.nth}`)) logRepeat(row)
        // Only what is durable may be known as taken: the note comes after, and nobody waits for it.
        void repeats.note(fresh).catch(() => {})
        tellOthers()
      }
      return []
    },
  })

  const rowsOf = (post: Post): Row[] => {
    const postId = `${run}${(posts++).toString(36).padStart(6, '0')}`
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
    const reused = await tx.query<{ id: string }>(
      `select m.id from unnest($1::bigint[]) as taken (id) join order_sync.message m using (id)
        where exists (select from order_sync.message o where o.msg_id = m.msg_id and o.shop_id = m.shop_id and o.id < m.id)`,
      [rows.map((row) => row.id)],
    )
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
        tx.query<MessageRow>(
          `select ${COLUMNS} from order_sync.message m
            where ($1::bigint is null or id < $1) and ($2::text is null or state = $2) and ($3::text is null or shop_id = $3)
              and ($4::text is null or order_id = $4)
            order by id desc limit $5`,
          [before, state, shopId, orderId, limit],
        ),
      ),
    find: (workspaceId, id) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<MessageRow & { body: string }>(
          `select ${COLUMNS}, (select body from order_sync.post p where p.post_id = m.post_id) as body from order_sync.message m where id = $1`,
          [id],
        )
        return row ?? null
      }),
    retry: (workspaceId, id, actor) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `update order_sync.message set state = 'received', reason = null, processed_at = null where id = $1 and state = 'parked' returning 1`,
          [id],
        )
        if (rows.length === 0) return false
        await audit(tx, { workspaceId, actor, action: 'retry', subject: `message:${id}`, room: 'order-sync' })
        tx.afterCommit(tellOthers)
        return true
      }),
    async counts(workspaceId, sinceMs) {
      const [row] = await ledger.within(workspaceId, (tx) =>
        tx.query<{ received: number; parked: number; waiting: number }>(
          `select count(*) filter (where received_at >= $1)::int as received, count(*) filter (where state = 'parked')::int as parked,
                  count(*) filter (where state = 'received')::int as waiting
             from order_sync.message where received_at >= $1 or state in ('parked', 'received')`,
          [new Date(sinceMs)],
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
    const known =
      bodies.get(row.post_id) ?? new Map((readPush(row.body) ?? []).map((message) => [message.nth, message]))
    bodies.set(row.post_id, known)
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
  post_id: string
  nth: number
  msg_id: string
  tag: string
  order_id: string
  received_at: number
  body: string
}

/**
 * Columns travel as one text each, cut apart by the server: a list would be quoted character by character here and read so
 * there. The intake has taken this character out of every body, as no JSON text has it unescaped.
 */
const cut = (parameter: string) => `(string_to_array(${parameter}, E'\\x1e'))[2:]`
const joined = (values: readonly string[]) => `\u001e${values.join('\u001e')}`

const INSERT = `
  with post as (
    insert into order_sync.post (post_id, workspace_id, shop_id, body, signature)
    select * from unnest(${['$1', '$2', '$3', '$4', '$5'].map(cut).join(', ')})
  )
  insert into order_sync.message (workspace_id, shop_id, post_id, nth, msg_id, version, tag, order_id)
  select * from unnest(${cut('$6')}, ${cut('$7')}, ${cut('$8')}, ${cut('$9')}::int[], ${cut('$10')}, ${cut('$11')}, ${cut('$12')}, ${cut('$13')})
  on conflict do nothing returning post_id, nth`

/** One statement for all pushes of a moment. Answers with what was new, as `post nth`. */
async function insert(ledger: Ledger, rows: readonly Row[]): Promise<Set<string>> {
  const posts = [...new Map(rows.map((row) => [row.postId, row])).values()]
  const inserted = await ledger.everywhere.query<{ post_id: string; nth: number }>(
    INSERT,
    [
      joined(posts.map(({ postId }) => postId)),
      joined(posts.map(({ post }) => post.workspaceId)),
      joined(posts.map(({ post }) => post.shopId)),
      joined(posts.map(({ post }) => post.body)),
      joined(posts.map(({ post }) => post.signature)),
      joined(rows.map(({ post }) => post.workspaceId)),
      joined(rows.map(({ shopId }) => shopId)),
      joined(rows.map(({ postId }) => postId)),
      joined(rows.map(({ nth }) => String(nth))),
      joined(rows.map(({ msgId }) => msgId)),
      joined(rows.map(({ version }) => version)),
      joined(rows.map(({ tag }) => tag)),
      joined(rows.map(({ orderId }) => orderId)),
    ],
    'order-sync/push-insert',
  )
  return new Set(inserted.map((row) => `${row.post_id} ${row.nth}`))
}

const TAKE = `
  with taken as (
    select id from order_sync.message where state = 'received' order by id limit $1 for update skip locked
  )
  select m.id, m.workspace_id, m.shop_id, m.post_id, m.nth, m.msg_id, m.tag, m.order_id, m.received_at, p.body
    from taken join order_sync.message m using (id) join order_sync.post p using (post_id) order by m.id`

const SETTLE = `
  update order_sync.message m set state = done.state, reason = done.reason, processed_at = $4
    from unnest($1::bigint[], $2::text[], $3::text[]) as done (id, state, reason) where m.id = done.id`

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

const COLUMNS = `m.id, m.shop_id as "shopId", m.msg_id as "msgId", m.tag, m.order_id as "orderId", m.state, m.reason,
  m.received_at as "receivedAtMs", m.processed_at as "processedAtMs"`
