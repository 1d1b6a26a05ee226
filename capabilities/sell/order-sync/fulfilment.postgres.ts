import type { RoomContext } from '#kernel/capability.ts'
import { newId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import type { Sealed } from '#kernel/vault.ts'
import type { Attempt, Claimed, DeliveryRow, DeliveryState, Fulfilment, Subscriber } from './fulfilment.ts'

const CHANNEL = 'order_sync_delivery'
const aboutSecret = (subscriberId: string) => `subscriber:${subscriberId}:secret`

const SUBSCRIBER = `subscriber_id as "subscriberId", name, url, kinds, is_paused as "isPaused", created_at as "createdAtMs"`
const DELIVERY = `delivery_id as "deliveryId", subscriber_id as "subscriberId", message_id as "messageId", kind, order_id as "orderId",
  state, tries, replays, reason, told_at as "toldAtMs", next_at as "nextAtMs", done_at as "doneAtMs"`

export function postgresFulfilment(
  ledger: Ledger,
  { vault, audit, live }: Pick<RoomContext, 'vault' | 'audit' | 'live'>,
): Fulfilment {
  const sql = ledger.everywhere
  const hearers = new Set<() => void>()
  const wake = () => {
    for (const hear of hearers) hear()
    void ledger.notify(CHANNEL).catch(() => {})
  }
  const find = async (tx: Tx, subscriberId: string) => {
    const [row] = await tx.query<Subscriber>(
      `select ${SUBSCRIBER} from order_sync.subscriber where subscriber_id = $1`,
      [subscriberId],
    )
    return row ?? null
  }

  return {
    subscribe: (workspaceId, { name, url, kinds, secret }, actor) =>
      ledger.within(workspaceId, async (tx) => {
        const subscriberId = newId('sub')
        await tx.query(
          'insert into order_sync.subscriber (subscriber_id, workspace_id, name, url, kinds, secret) values ($1, $2, $3, $4, $5, $6)',
          [subscriberId, workspaceId, name, url, kinds, vault.seal(secret, aboutSecret(subscriberId))],
        )
        await audit(tx, {
          workspaceId,
          actor,
          action: 'subscribe',
          subject: `subscriber:${subscriberId}`,
          room: 'order-sync',
          detail: { url },
        })
        return (await find(tx, subscriberId))!
      }),
    subscribers: (workspaceId) =>
      ledger.within(workspaceId, (tx) =>
        tx.query<Subscriber>(
          `select ${SUBSCRIBER} from order_sync.subscriber order by created_at, subscriber_id`,
        ),
      ),
    change: (workspaceId, subscriberId, { name, url, kinds, isPaused }, actor) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `update order_sync.subscriber set name = coalesce($2, name), url = coalesce($3, url), kinds = coalesce($4, kinds),
                  is_paused = coalesce($5, is_paused) where subscriber_id = $1 returning 1`,
          [subscriberId, name, url, kinds, isPaused],
        )
        if (rows.length === 0) return null
        await audit(tx, {
          workspaceId,
          actor,
          action: 'change',
          subject: `subscriber:${subscriberId}`,
          room: 'order-sync',
        })
        tx.afterCommit(wake)
        return find(tx, subscriberId)
      }),
    unsubscribe: (workspaceId, subscriberId, actor) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          'delete from order_sync.subscriber where subscriber_id = $1 returning 1',
          [subscriberId],
        )
        if (rows.length === 0) return false
        await tx.query(
          `update order_sync.delivery set state = 'dead', reason = 'The subscriber is gone' where subscriber_id = $1 and state = 'waiting'`,
          [subscriberId],
        )
        await audit(tx, {
          workspaceId,
          actor,
          action: 'unsubscribe',
          subject: `subscriber:${subscriberId}`,
          room: 'order-sync',
        })
        return true
      }),
    secretOf: (workspaceId, subscriberId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<{ secret: Sealed }>(
          'select secret from order_sync.subscriber where subscriber_id = $1',
          [subscriberId],
        )
        return row ? vault.open(row.secret, aboutSecret(subscriberId)) : null
      }),
    async put(tx, messages) {
      if (messages.length === 0) return
      await tx.query(
        `insert into order_sync.delivery (workspace_id, subscriber_id, message_id, kind, order_id, body, told_at)
         select m.workspace_id, s.subscriber_id, m.message_id, m.kind, m.order_id, m.body, m.told_at
           from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
                with ordinality as m (workspace_id, message_id, kind, order_id, body, told_at, nth)
           join order_sync.subscriber s on s.workspace_id = m.workspace_id and m.kind = any(s.kinds)
          order by m.nth
         on conflict (subscriber_id, message_id) do nothing`,
        [
          messages.map((one) => one.workspaceId),
          messages.map((one) => one.messageId),
          messages.map((one) => one.kind),
          messages.map((one) => one.orderId),
          messages.map((one) => one.body),
          messages.map((one) => new Date(one.toldAtMs)),
        ],
      )
      tx.afterCommit(wake)
    },
    async onWaiting(hear) {
      hearers.add(hear)
      const forget = await ledger.listen(CHANNEL, hear)
      return () => {
        hearers.delete(hear)
        forget()
      }
    },
    async claim(nowMs, holdMs, limit) {
      const rows = await sql.query<Omit<Claimed, 'secret'> & { secret: Sealed; subscriberId: string }>(
        CLAIM,
        [new Date(nowMs), new Date(nowMs + holdMs), limit],
      )
      return rows.map(({ subscriberId, secret, ...row }) => ({
        ...row,
        secret: vault.open(secret, aboutSecret(subscriberId)),
      }))
    },
    settle: (settled) =>
      ledger.across(async (tx) => {
        for (const one of settled) {
          await tx.query(
            `update order_sync.delivery set state = $2, tries = tries + 1, next_at = $3, claimed_until = null, reason = $4,
                    done_at = case when $2 = 'waiting' then null else $5::timestamptz end
              where delivery_id = $1 and state = 'waiting'`,
            [one.deliveryId, one.state, new Date(one.nextAtMs), one.reason, new Date(one.atMs)],
          )
          await tx.query(
            'insert into order_sync.attempt (workspace_id, delivery_id, at, took_ms, status, reason) values ($1, $2, $3, $4, $5, $6)',
            [one.workspaceId, one.deliveryId, new Date(one.atMs), one.tookMs, one.status, one.reason],
          )
          tx.afterCommit(() => {
            // The next one of the same order may be told now.
            for (const hear of hearers) hear()
            live.publish(one.workspaceId, {
              topic: 'order-sync/deliveries',
              key: one.deliveryId,
              data: { state: one.state, status: one.status, reason: one.reason },
            })
          })
        }
      }),
    list: (workspaceId, { limit, before, state, subscriberId, orderId }) =>
      ledger.within(workspaceId, (tx) =>
        tx.query<DeliveryRow>(
          `select ${DELIVERY} from order_sync.delivery
            where ($1::bigint is null or delivery_id < $1) and ($2::text is null or state = $2)
              and ($3::text is null or subscriber_id = $3) and ($4::text is null or order_id = $4)
            order by delivery_id desc limit $5`,
          [before, state, subscriberId, orderId, limit],
        ),
      ),
    attempts: (workspaceId, deliveryId) =>
      ledger.within(workspaceId, (tx) =>
        tx.query<Attempt>(
          'select at as "atMs", took_ms as "tookMs", status, reason from order_sync.attempt where delivery_id = $1 order by id limit 500',
          [deliveryId],
        ),
      ),
    replay: (workspaceId, which, actor) =>
      ledger.within(workspaceId, async (tx) => {
        const [deliveryId, fromMs, untilMs, subscriberId, state] =
          'deliveryId' in which
            ? [which.deliveryId, 0, 0, undefined, undefined]
            : [null, which.fromMs, which.untilMs, which.subscriberId, which.state]
        const rows = await tx.query(
          `update order_sync.delivery set state = 'waiting', tries = 0, replays = replays + 1, next_at = now(), reason = null, done_at = null
            where state <> 'waiting' and exists (select from order_sync.subscriber s where s.subscriber_id = delivery.subscriber_id)
              and (delivery_id = $1 or ($1::bigint is null and told_at >= $2 and told_at < $3
                   and ($4::text is null or subscriber_id = $4) and ($5::text is null or state = $5)))
           returning 1`,
          [deliveryId, new Date(fromMs), new Date(untilMs), subscriberId, state],
        )
        const subject = deliveryId ? `delivery:${deliveryId}` : `deliveries:${fromMs}-${untilMs}`
        await audit(tx, {
          workspaceId,
          actor,
          action: 'replay',
          subject,
          room: 'order-sync',
          detail: { count: rows.length },
        })
        tx.afterCommit(wake)
        return rows.length
      }),
    async counts(workspaceId) {
      const rows = await ledger.within(workspaceId, (tx) =>
        tx.query<{ state: DeliveryState; count: number }>(
          'select state, count(*)::int as count from order_sync.delivery group by 1',
        ),
      )
      const of = (state: DeliveryState) => rows.find((row) => row.state === state)?.count ?? 0
      return { waiting: of('waiting'), done: of('done'), dead: of('dead') }
    },
    async reseal() {
      const rows = await sql.query<{ id: string; secret: Sealed }>(
        'select subscriber_id as id, secret from order_sync.subscriber',
      )
      const stale = rows.filter(({ secret }) => vault.isStale(secret))
      for (const { id, secret } of stale) {
        const fresh = vault.seal(vault.open(secret, aboutSecret(id)), aboutSecret(id))
        await sql.query(
          'update order_sync.subscriber set secret = $3 where subscriber_id = $1 and secret = $2',
          [id, secret, fresh],
        )
      }
      return stale.length
    },
    async prune(beforeMs) {
      await sql.query(
        `with gone as (delete from order_sync.delivery where state <> 'waiting' and told_at < $1 returning delivery_id)
         delete from order_sync.attempt a using gone where a.delivery_id = gone.delivery_id`,
        [new Date(beforeMs)],
      )
    },
  }
}

/** The first of each order's line only: what comes after it waits. */
const CLAIM = `
  update order_sync.delivery d set claimed_until = $2
    from (
      select w.delivery_id from order_sync.delivery w join order_sync.subscriber s using (subscriber_id)
       where w.state = 'waiting' and w.next_at <= $1 and (w.claimed_until is null or w.claimed_until < $1) and not s.is_paused
         and not exists (select from order_sync.delivery e where e.subscriber_id = w.subscriber_id and e.order_id = w.order_id
                           and e.state = 'waiting' and e.delivery_id < w.delivery_id)
       order by w.next_at, w.delivery_id limit $3 for update of w skip locked) as first,
    order_sync.subscriber s
   where d.delivery_id = first.delivery_id and s.subscriber_id = d.subscriber_id
   returning d.delivery_id as "deliveryId", d.workspace_id as "workspaceId", d.message_id as "messageId", d.body, d.tries,
             s.subscriber_id as "subscriberId", s.url, s.secret`
