import { cut, joined, joinedBodies } from '#engines/postgres/columns.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Post } from './inbox.ts'
import type { Message } from './push.ts'
import { type Repeat, repeatKey } from './repeats.ts'

/** A message on its way into the ledger. */
export interface Arriving extends Repeat, Pick<Message, 'nth' | 'tag'> {
  post: Post
  /** Of a body that several messages share; null for one that its message keeps beside it. */
  postId: string | null
}

/**
 * One statement for all pushes of a moment; answers with those that were there already. The unique key is looked at before
 * anything is written, so a repeat costs a look. Sorted, so that two processes that were sent the same pushes never wait for
 * each other crosswise.
 */
export async function insertPushes(ledger: Ledger, arriving: readonly Arriving[]): Promise<Arriving[]> {
  const rows = arriving.length > 1 ? arriving.toSorted(byId) : arriving
  const posts = new Map<string, Post>()
  for (const { postId, post } of rows) if (postId !== null) posts.set(postId, post)
  const shared = [...posts.entries()]
  const [answer] = await ledger.everywhere.query<{ fresh: string[] | null }>(
    INSERT,
    [
      rows.length,
      joined(rows, ({ post }) => post.workspaceId),
      joined(rows, ({ shopId }) => shopId),
      joined(rows, ({ msgId }) => msgId),
      joined(rows, ({ version }) => version),
      joined(rows, ({ tag }) => tag),
      joined(rows, ({ orderId }) => orderId),
      joined(rows, ({ nth }) => nth),
      joined(rows, ({ postId }) => postId ?? ''),
      joinedBodies(rows.map(({ post, postId }) => (postId === null ? post.body : NOTHING))),
      joined(shared, ([postId]) => postId),
      joined(shared, ([, post]) => post.workspaceId),
      joined(shared, ([, post]) => post.shopId),
      joinedBodies(shared.map(([, post]) => post.body)),
    ],
    'order-sync/push-insert',
  )
  if (!answer?.fresh) return []
  const fresh = new Set(answer.fresh)
  // Of copies within one batch the first one is the message.
  return rows.filter((row) => !fresh.delete(repeatKey(row)))
}

const byId = (a: Arriving, b: Arriving) =>
  a.msgId < b.msgId ? -1 : a.msgId > b.msgId ? 1 : a.version < b.version ? -1 : 1

const NOTHING = Buffer.alloc(0)

const INSERT = `
  with taken as (
    insert into order_sync.message as m (workspace_id, shop_id, msg_id, version, tag, order_id, nth, post_id, body)
    select w, s, i, v, t, o, n, nullif(p, ''), case p when '' then b end
      from unnest(${['$2', '$3', '$4', '$5', '$6', '$7'].map(cut).join(', ')}, ${cut('$8')}::int[], ${cut('$9')}, ${cut('$10')})
           as arriving (w, s, i, v, t, o, n, p, b)
    on conflict do nothing returning m.shop_id, m.order_id, m.msg_id, m.version, m.post_id
  ), posted as (
    insert into order_sync.post (post_id, workspace_id, shop_id, body)
    select * from unnest(${['$11', '$12', '$13', '$14'].map(cut).join(', ')}) as shared (id, w, s, b)
     where id in (select post_id from taken)
  )
  select case when count(*) < $1 then
           coalesce(array_agg('order:dup:' || shop_id || ':' || order_id || ':' || msg_id || ':' || version), '{}') end as fresh
    from taken`
