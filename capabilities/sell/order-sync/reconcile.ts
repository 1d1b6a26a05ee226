import { seconds } from '#kernel/clock.ts'
import { describe, fault, isFault } from '#kernel/fault.ts'
import type { FoundOrder, FoundRefund, Window } from './gateway.ts'
import { totalFen } from './order-sync.ts'
import { pageEntry } from './orders.ts'
import { type PullParts, refundEntries } from './pull.ts'
import {
  type Difference,
  dayWindow,
  differencesOf,
  extraOf,
  type Ours,
  type ReportTotals,
  refundDifference,
} from './reconciliation.ts'
import type { Reports } from './reports.ts'
import type { Shop } from './shops.ts'
import { pages } from './walk.ts'

export interface ReconcileParts extends PullParts {
  reports: Reports
  /** The zone that a day is defined in. */
  zone: string
}

export interface ReconcileAsk {
  shop: Shop
  day: string
  repair: boolean
  signal: AbortSignal
  progress?: (done: number) => void
}

/** Orders that are compared at once: what is in memory, and what is one repair transaction's worth of reading. */
const SLICE = 300
const REPAIRED_AT_ONCE = 200
/** Orders younger than this are not compared: both sides are still being told of them. */
const YOUNG_MS = seconds(2)

/**
 * Compares one day of a shop with the platform's list and names each difference; with `repair` the platform's page is put
 * above what we knew. Reads both sides in the order of creation, a slice at a time, so memory does not grow with the day.
 * A platform that stops answering leaves a report that says up to when it is true.
 */
export async function reconcile(parts: ReconcileParts, ask: ReconcileAsk): Promise<ReportTotals> {
  const { reports, clock, zone } = parts
  const { shop, day } = ask
  const { fromMs, untilMs: endMs } = dayWindow(day, zone)
  const openMs = clock.now() - YOUNG_MS
  const untilMs = Math.min(endMs, openMs)
  if (untilMs <= fromMs) throw fault('invalid', 'order-sync/future-day', `${day} has not begun yet`)
  const totals: ReportTotals = {
    compared: 0,
    theirs: 0,
    theirsFen: 0,
    trueUntilMs: fromMs,
    isPartial: endMs > openMs,
    partialWhy: endMs > openMs ? 'The day is not over' : null,
  }
  try {
    const updated = await compareCreated(parts, ask, { fromMs, untilMs }, totals)
    await compareUpdated(parts, ask, { fromMs, untilMs }, updated)
    await compareRefunds(parts, ask, { fromMs, untilMs })
  } catch (error) {
    ask.signal.throwIfAborted()
    if (!isFault(error)) throw error
    totals.isPartial = true
    totals.partialWhy = describe(error).message
  }
  await reports.save({ ...shop, day }, totals, clock.now())
  return totals
}

/** Answers how many of the day's orders were changed within the day, too. */
async function compareCreated(
  parts: ReconcileParts,
  ask: ReconcileAsk,
  window: Window,
  totals: ReportTotals,
): Promise<number> {
  const { gateway, calls, clock } = parts
  const { shop, signal, progress } = ask
  const read = async (part: Window, page: number) => ({
    seenAtMs: clock.now(),
    ...gateway.readOrders(await calls.send(shop.shopId, gateway.orders('created', part, page), { signal })),
  })
  let updatedWithin = 0
  let waiting = new Map<string, { found: FoundOrder; seenAtMs: number }>()
  let fromMs = window.fromMs
  const settle = async (untilMs: number) => {
    const slice: typeof waiting = new Map()
    const rest: typeof waiting = new Map()
    for (const [id, each] of waiting) (createdOf(each.found) < untilMs ? slice : rest).set(id, each)
    waiting = rest
    const compared = await compareSlice(parts, ask, { fromMs, untilMs }, slice)
    for (const { found } of slice.values()) {
      totals.theirs++
      totals.theirsFen += totalFen(found.page)
      if (found.page.updatedAtMs >= window.fromMs && found.page.updatedAtMs < window.untilMs) updatedWithin++
    }
    totals.compared += compared
    totals.trueUntilMs = untilMs
    fromMs = untilMs
    progress?.(totals.compared)
  }
  for await (const { items, seenAtMs } of pages(read, createdOf, window, gateway)) {
    for (const found of items) waiting.set(found.orderId, { found, seenAtMs })
    const last = items.at(-1)
    // The last second may go on in the next page: it belongs to the next slice.
    if (waiting.size >= SLICE && last) {
      const second = Math.floor(createdOf(last) / 1000) * 1000
      if (second > fromMs) await settle(second)
    }
  }
  await settle(window.untilMs)
  return updatedWithin
}

const createdOf = ({ page }: FoundOrder) => page.times.created ?? page.updatedAtMs

async function compareSlice(
  parts: ReconcileParts,
  ask: ReconcileAsk,
  window: Window,
  theirs: Map<string, { found: FoundOrder; seenAtMs: number }>,
): Promise<number> {
  const { reports } = parts
  const rows = await reports.ours(ask.shop, window, [...theirs.keys()])
  const ours = new Map(rows.map((row) => [row.orderId, row]))
  const differing: { found: FoundOrder; seenAtMs: number; differences: Difference[] }[] = []
  for (const each of theirs.values()) {
    const mine = ours.get(each.found.orderId) ?? null
    let { found, seenAtMs } = each
    let differences = differencesOf(mine, found)
    if (differences.length === 0) continue
    // It moved on while we read: their page is the older one, and says nothing about us.
    if (mine && mine.changedAtMs >= seenAtMs) {
      const fresh = await again(parts, ask, found.orderId)
      const now = await reports.ours(ask.shop, NO_WINDOW, [found.orderId])
      if (!fresh) continue
      ;({ found, seenAtMs } = fresh)
      differences = differencesOf(now[0] ?? null, found)
      if (differences.length === 0) continue
    }
    differing.push({ found, seenAtMs, differences })
  }
  await keep(parts, ask, differing)
  // One that was disowned before is still an order that only we have: made again, the report counts it again.
  const extras = rows.filter((row) => !theirs.has(row.orderId))
  for (const extra of extras) if (!extra.isExtra) await judgeExtra(parts, ask, extra)
  return theirs.size + extras.length
}

const NO_WINDOW: Window = { fromMs: 0, untilMs: 0 }

async function again(
  { gateway, calls, clock }: ReconcileParts,
  { shop, signal }: ReconcileAsk,
  orderId: string,
) {
  const seenAtMs = clock.now()
  try {
    return {
      seenAtMs,
      found: gateway.readOrder(await calls.send(shop.shopId, gateway.order(orderId), { signal })),
    }
  } catch (error) {
    if (isFault(error) && error.code === `doudian/${gateway.unknownOrder}`) return null
    throw error
  }
}

/** It is not in their list of the time at which we think it was made: they are asked for it alone before it is called extra. */
async function judgeExtra(parts: ReconcileParts, ask: ReconcileAsk, mine: Ours): Promise<void> {
  const { ledger, orders, reports } = parts
  const { shop, day, repair } = ask
  const known = await again(parts, ask, mine.orderId)
  if (known) {
    const differences = differencesOf(mine, known.found)
    if (differences.length > 0) await keep(parts, ask, [{ ...known, differences }])
    return
  }
  await ledger.across(async (tx) => {
    if (repair) await orders.disown(tx, shop, [mine.orderId], 'The platform does not know this order')
    await reports.name(tx, { ...shop, day }, [extraOf(mine)], repair)
  })
}

/** Names the differences and, where that is asked for, puts the platform's page above what we knew: one transaction for a few. */
async function keep(
  { ledger, orders, reports, gateway }: ReconcileParts,
  { shop, day, repair }: ReconcileAsk,
  differing: readonly { found: FoundOrder; seenAtMs: number; differences: readonly Difference[] }[],
): Promise<void> {
  const book = await orders.buyers(shop.workspaceId)
  for (let at = 0; at < differing.length; at += REPAIRED_AT_ONCE) {
    const part = differing.slice(at, at + REPAIRED_AT_ONCE)
    await ledger.across(async (tx) => {
      if (repair) {
        const about = { ...shop, platform: gateway.platform, source: 'repair' as const, book, force: true }
        await orders.apply(
          tx,
          part.map(({ found, seenAtMs }) => pageEntry(found, { ...about, seenAtMs })),
        )
      }
      await reports.name(
        tx,
        { ...shop, day },
        part.flatMap(({ differences }) => differences),
        repair,
      )
    })
  }
}

/** Orders of earlier days that changed on this one. Their number alone often tells that there are none. */
async function compareUpdated(
  parts: ReconcileParts,
  ask: ReconcileAsk,
  window: Window,
  knownUpdated: number,
): Promise<void> {
  const { gateway, calls, clock, reports } = parts
  const { shop, signal } = ask
  const read = async (part: Window, page: number) => ({
    seenAtMs: clock.now(),
    ...gateway.readOrders(await calls.send(shop.shopId, gateway.orders('updated', part, page), { signal })),
  })
  let isFirst = true
  for await (const { items, total, seenAtMs } of pages(
    read,
    ({ page }) => page.updatedAtMs,
    window,
    gateway,
  )) {
    if (isFirst && total <= knownUpdated) return
    isFirst = false
    const older = items.filter((found) => createdOf(found) < window.fromMs)
    const rows = await reports.ours(
      shop,
      NO_WINDOW,
      older.map(({ orderId }) => orderId),
    )
    const ours = new Map(rows.map((row) => [row.orderId, row]))
    const differing = older
      .map((found) => ({
        found,
        seenAtMs,
        differences: differencesOf(ours.get(found.orderId) ?? null, found),
      }))
      .filter(
        ({ found, differences }) =>
          differences.length > 0 && (ours.get(found.orderId)?.changedAtMs ?? 0) < seenAtMs,
      )
    await keep(parts, ask, differing)
  }
}

/** Refunds that changed on the day, of orders of any day. */
async function compareRefunds(parts: ReconcileParts, ask: ReconcileAsk, window: Window): Promise<void> {
  const { gateway, calls, clock, reports, ledger, orders } = parts
  const { shop, day, repair, signal } = ask
  const read = async (part: Window, page: number) => ({
    seenAtMs: clock.now(),
    ...gateway.readRefunds(await calls.send(shop.shopId, gateway.refunds(part, page), { signal })),
  })
  for await (const { items, seenAtMs } of pages(read, ({ atMs }) => atMs, window, gateway)) {
    const ours = await reports.refundsOf(
      shop,
      items.map(({ orderId }) => orderId),
    )
    const differing = items.flatMap((theirs: FoundRefund) => {
      const mine = ours.get(theirs.orderId)?.find(({ refundId }) => refundId === theirs.refundId) ?? null
      const difference = mine && mine.atMs > theirs.atMs ? null : refundDifference(mine, theirs)
      return difference ? [{ theirs, difference }] : []
    })
    if (differing.length === 0) continue
    await ledger.across(async (tx) => {
      if (repair)
        await orders.apply(
          tx,
          refundEntries(
            { ...shop, platform: gateway.platform },
            differing.map(({ theirs }) => theirs),
            seenAtMs,
            'repair',
          ),
        )
      await reports.name(
        tx,
        { ...shop, day },
        differing.map(({ difference }) => difference),
        repair,
      )
    })
  }
}
