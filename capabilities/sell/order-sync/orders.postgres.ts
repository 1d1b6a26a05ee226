import { randomBytes } from 'node:crypto'
import type { RoomContext } from '#kernel/capability.ts'
import type { NewFact } from '#kernel/fact-log.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import type { Sealed } from '#kernel/vault.ts'
import { aboutBuyer, type BuyerBook, buyerBook } from './buyers.ts'
import { factsDue } from './facts.ts'
import { columnsOf, LOAD, orderFrom, type StoredOrder, UPDATE, type Working } from './order-rows.ts'
import { correct, disown, heardText, merge, newOrder, statusOf, viewOf, wantsPage } from './order-sync.ts'
import type { Effect, Entry, Orders, Wanted } from './orders.ts'

export const WANTED_CHANNEL = 'order_sync_wanted'
const aboutKey = (workspaceId: string) => `order-sync:${workspaceId}:search`

interface TimelineRow {
  working: Working
  entry: Entry
  effect: Effect
}

export function postgresOrders(
  ledger: Ledger,
  { factLog, live, vault, clock }: Pick<RoomContext, 'factLog' | 'live' | 'vault' | 'clock'>,
): Orders {
  const sql = ledger.everywhere
  const books = new Map<string, Promise<BuyerBook>>()
  const hearers = new Set<() => void>()

  const openBook = async (workspaceId: WorkspaceId): Promise<BuyerBook> => {
    const fresh = vault.seal(randomBytes(32).toString('base64'), aboutKey(workspaceId))
    await sql.query(
      'insert into order_sync.search_key (workspace_id, sealed) values ($1, $2) on conflict do nothing',
      [workspaceId, fresh],
    )
    const [row] = await sql.query<{ sealed: Sealed }>(
      'select sealed from order_sync.search_key where workspace_id = $1',
      [workspaceId],
    )
    return buyerBook(vault, Buffer.from(vault.open(row!.sealed, aboutKey(workspaceId)), 'base64'))
  }

  /** Locks the rows of all orders named, those that are new as empty ones, and answers with them by `shop order`. */
  const lock = async (tx: Tx, entries: readonly Entry[]): Promise<Map<string, Working>> => {
    const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]))
    const wanted = [...byKey.keys()].sort()
    const found = new Map<string, Working>()
    const take = async (keys: readonly string[], isNew: boolean) => {
      const rows = await tx.query<StoredOrder>(LOAD, [
        keys.map((key) => byKey.get(key)!.workspaceId),
        keys.map((key) => byKey.get(key)!.sighting.shopId),
        keys.map((key) => byKey.get(key)!.sighting.orderId),
      ])
      for (const row of rows) found.set(keyOfRow(row), workingFrom(row, isNew))
    }
    await take(wanted, false)
    const missing = wanted.filter((key) => !found.has(key))
    if (missing.length === 0) return found
    const of = missing.map((key) => byKey.get(key)!)
    const inserted = await tx.query<Pick<StoredOrder, 'workspace_id' | 'shop_id' | 'order_id'>>(
      `insert into order_sync.purchase (shop_id, order_id, workspace_id, platform, state, status, source)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[])
       on conflict do nothing returning workspace_id, shop_id, order_id`,
      [
        of.map((one) => one.sighting.shopId),
        of.map((one) => one.sighting.orderId),
        of.map((one) => one.workspaceId),
        of.map((one) => one.platform),
        of.map((one) => JSON.stringify(newOrder(one.sighting.shopId, one.sighting.orderId))),
        of.map(() => 'created'),
        of.map((one) => one.sighting.source),
      ],
    )
    const ours = new Set(inserted.map(keyOfRow))
    for (const key of missing.filter((each) => ours.has(each))) found.set(key, freshWorking(byKey.get(key)!))
    const theirs = missing.filter((key) => !ours.has(key))
    // Somebody else brought them a moment ago: by now they are there to be locked.
    if (theirs.length > 0) await take(theirs, false)
    return found
  }

  const write = async (tx: Tx, changed: readonly Working[], facts: readonly NewFact[], nowMs: number) => {
    if (changed.length === 0) return
    await tx.query(UPDATE, columnsOf(changed, nowMs))
    await factLog.appendIn(tx, facts)
    const isWanted = changed.some(({ order }) => wantsPage(order))
    tx.afterCommit(() => {
      if (isWanted) for (const hear of hearers) hear()
      if (isWanted) void ledger.notify(WANTED_CHANNEL).catch(() => {})
      for (const { workspaceId, order, isNew } of changed) {
        const { status, totalFen, paidFen, refundedFen } = viewOf(order)
        live.publish(workspaceId, {
          topic: 'order-sync/orders',
          key: `${order.shopId}/${order.orderId}`,
          data: {
            shopId: order.shopId,
            orderId: order.orderId,
            status,
            totalFen,
            paidFen,
            refundedFen,
            isNew,
          },
        })
      }
    })
  }

  const finish = async (tx: Tx, works: Iterable<Working>, nowMs: number) => {
    const facts: NewFact[] = []
    const changed: Working[] = []
    for (const working of works) {
      const due = factsDue(working.workspaceId, working.platform, working.order, working.told)
      facts.push(...due.facts)
      if (due.facts.length > 0 || working.hasMoved) changed.push({ ...working, told: due.told })
    }
    await write(tx, changed, facts, nowMs)
  }

  return {
    async apply(tx, entries) {
      if (entries.length === 0) return []
      const nowMs = clock.now()
      const works = await lock(tx, entries)
      const timeline: TimelineRow[] = []
      for (const entry of entries) {
        const working = works.get(keyOf(entry))!
        timeline.push({ working, entry, effect: applyOne(working, entry) })
      }
      await finish(tx, works.values(), nowMs)
      await writeTimeline(tx, timeline)
      return timeline.map(({ effect }) => effect)
    },

    async disown(tx, { workspaceId, shopId }, orderIds, why) {
      const rows = await tx.query<StoredOrder>(LOAD, [
        orderIds.map(() => workspaceId),
        orderIds.map(() => shopId),
        orderIds,
      ])
      const works = rows.map((row) => workingFrom(row, false))
      const nowMs = clock.now()
      const timeline = works.map((working): TimelineRow => {
        const before = statusOf(working.order)
        Object.assign(working, { order: disown(working.order), hasMoved: true })
        const { orderId } = working.order
        const sighting = { shopId, orderId, source: 'repair' as const, atMs: 0 }
        const entry = {
          workspaceId: working.workspaceId,
          platform: working.platform,
          sighting,
          seenAtMs: nowMs,
        }
        return { working, entry, effect: { orderId, outcome: 'moved', why, before } }
      })
      await finish(tx, works, nowMs)
      await writeTimeline(tx, timeline)
    },

    buyers(workspaceId) {
      const known = books.get(workspaceId)
      if (known) return known
      const opening = openBook(workspaceId)
      books.set(workspaceId, opening)
      opening.catch(() => books.delete(workspaceId))
      return opening
    },

    load: (workspaceId, shopId, orderId) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query<StoredOrder>(LOAD.replace('for update', ''), [
          [workspaceId],
          [shopId],
          [orderId],
        ])
        return row ? orderFrom(row) : null
      }),

    wanted: (nowMs, holdMs, limit) =>
      sql.query<Wanted>(
        `update order_sync.purchase set wanted_at = $2, wanted_tries = wanted_tries + 1
          where (workspace_id, shop_id, order_id) in (
            select workspace_id, shop_id, order_id from order_sync.purchase where wanted_at <= $1 order by wanted_at limit $3 for update skip locked)
         returning shop_id as "shopId", order_id as "orderId", workspace_id as "workspaceId", platform, wanted_tries as tries,
                   changed_at as "changedAtMs"`,
        [new Date(nowMs), new Date(nowMs + holdMs), limit],
      ),
    async putOff({ workspaceId, shopId, orderId, tries }, untilMs) {
      await sql.query(
        `update order_sync.purchase set wanted_at = $4 where workspace_id = $1 and shop_id = $2 and order_id = $3
            and wanted_tries = $5 and wanted_at is not null`,
        [workspaceId, shopId, orderId, untilMs === null ? null : new Date(untilMs), tries],
      )
    },
    async onWanted(hear) {
      hearers.add(hear)
      const forget = await ledger.listen(WANTED_CHANNEL, hear)
      return () => {
        hearers.delete(hear)
        forget()
      }
    },

    async reseal() {
      let count = 0
      for (let after = ''; ; ) {
        const rows = await sql.query<{ shop_id: string; order_id: string; sealed: Sealed; at: string }>(
          `select shop_id, order_id, buyer_sealed as sealed, shop_id || ' ' || order_id as at from order_sync.purchase
            where buyer_sealed is not null and shop_id || ' ' || order_id > $1 order by 4 limit 500`,
          [after],
        )
        if (rows.length === 0) break
        after = rows.at(-1)!.at
        const stale = rows.filter((row) => vault.isStale(row.sealed))
        const fresh = stale.map((row) => {
          const about = aboutBuyer(row.shop_id, row.order_id)
          return vault.seal(vault.open(row.sealed, about), about)
        })
        const done = await sql.query(
          `update order_sync.purchase p set buyer_sealed = n.fresh
             from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as n (shop_id, order_id, old, fresh)
            where p.shop_id = n.shop_id and p.order_id = n.order_id and p.buyer_sealed = n.old returning 1`,
          [
            stale.map((row) => row.shop_id),
            stale.map((row) => row.order_id),
            stale.map((row) => row.sealed),
            fresh,
          ],
        )
        count += done.length
      }
      const keys = await sql.query<{ workspace_id: string; sealed: Sealed }>(
        'select workspace_id, sealed from order_sync.search_key',
      )
      for (const { workspace_id: of, sealed } of keys.filter((key) => vault.isStale(key.sealed))) {
        await sql.query('update order_sync.search_key set sealed = $2 where workspace_id = $1', [
          of,
          vault.seal(vault.open(sealed, aboutKey(of)), aboutKey(of)),
        ])
        count++
      }
      return count
    },
  }
}

const keyOf = ({ workspaceId, sighting }: Entry) => `${workspaceId} ${sighting.shopId} ${sighting.orderId}`
const keyOfRow = (row: Pick<StoredOrder, 'workspace_id' | 'shop_id' | 'order_id'>) =>
  `${row.workspace_id} ${row.shop_id} ${row.order_id}`

function applyOne(working: Working, { sighting, force, seenAtMs }: Entry): Effect {
  const { order } = working
  const before = working.isNew && !working.hasMoved ? null : statusOf(order)
  const merged = merge(order, sighting)
  const isForced = force && sighting.page !== undefined
  const next = isForced
    ? { ...correct(merged.order, sighting.page!), refunds: merged.order.refunds }
    : merged.order
  const effect: Effect = isForced
    ? { orderId: order.orderId, outcome: 'moved', why: 'Put right by a reconciliation', before }
    : {
        orderId: order.orderId,
        outcome: before === null ? 'moved' : merged.outcome,
        why: before === null ? 'First heard of' : merged.why,
        before,
      }
  if (
    working.delayMs === null &&
    sighting.source === 'push' &&
    sighting.status === 'paid' &&
    sighting.atMs > 0
  )
    working.delayMs = Math.max(0, seenAtMs - sighting.atMs)
  // A page that says what we know is not worth a write, unless it is the one that was asked for.
  const hasHeard = heardText(next.heard) !== heardText(order.heard)
  working.hasMoved ||=
    effect.outcome === 'moved' || hasHeard || (next.page !== order.page && wantsPage(order))
  working.order = next
  return effect
}

const freshWorking = ({ workspaceId, platform, sighting }: Entry): Working => ({
  workspaceId,
  platform,
  order: newOrder(sighting.shopId, sighting.orderId),
  told: [],
  source: sighting.source,
  isNew: true,
  hasMoved: false,
  delayMs: null,
})

const workingFrom = (row: StoredOrder, isNew: boolean): Working => ({
  workspaceId: row.workspace_id,
  platform: row.platform,
  order: orderFrom(row),
  told: row.told,
  source: row.source,
  isNew,
  hasMoved: false,
  delayMs: row.delay_ms === null ? null : Number(row.delay_ms),
})

/** A pull looks at the same order again and again: only what it changed is worth a line. */
const isWorthALine = ({ entry, effect }: TimelineRow) =>
  entry.sighting.source === 'push' || effect.outcome !== 'same'

async function writeTimeline(tx: Tx, all: readonly TimelineRow[]): Promise<void> {
  const rows = all.filter(isWorthALine)
  if (rows.length === 0) return
  await tx.query(
    `insert into order_sync.sighting (workspace_id, shop_id, order_id, source, tag, msg_id, at, seen_at, status, outcome, why)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                          $8::timestamptz[], $9::text[], $10::text[], $11::text[])`,
    [
      rows.map(({ working }) => working.workspaceId),
      rows.map(({ entry }) => entry.sighting.shopId),
      rows.map(({ entry }) => entry.sighting.orderId),
      rows.map(({ entry }) => entry.sighting.source),
      rows.map(({ entry }) => entry.tag ?? ''),
      rows.map(({ entry }) => entry.msgId ?? ''),
      rows.map(({ entry }) => (entry.sighting.atMs > 0 ? new Date(entry.sighting.atMs) : null)),
      rows.map(({ entry }) => new Date(entry.seenAtMs)),
      rows.map(({ entry }) => entry.sighting.page?.status ?? entry.sighting.status ?? null),
      rows.map(({ effect }) => effect.outcome),
      rows.map(({ effect }) => effect.why),
    ],
  )
}
