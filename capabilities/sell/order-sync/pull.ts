import { fullJitterMs } from '#kernel/backoff.ts'
import { type Clock, days, minutes, seconds } from '#kernel/clock.ts'
import { describe, isFault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Leases } from '#kernel/lease.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Log } from '#kernel/telemetry.ts'
import { turnstile } from '#kernel/turnstile.ts'
import type { Calls } from './calls.ts'
import type { FoundOrder, FoundRefund, Gateway } from './gateway.ts'
import { rankOf } from './order-sync.ts'
import { type Entry, type Orders, pageEntry, type Wanted } from './orders.ts'
import type { Shop, Shops } from './shops.ts'
import { pages } from './walk.ts'

export interface PullParts {
  ledger: Ledger
  gateway: Gateway
  calls: Calls
  orders: Orders
  shops: Shops
  leases: Leases
  clock: Clock
  log: Log
}

export interface Cadence {
  /** How far behind the watermark a pull begins. */
  overlapMs: number
  everyMs: number
  isHealthy: boolean
}

/** Changes that no push told of, from which share on pushes are not trusted. */
const MISSED_SHARE = 0.02
/** One change that came a moment before its push is no loss. */
const MISSED_LEAST = 1.5
const PUSH_GRACE_MS = seconds(5)
const FIRST_PULL_MS = days(1)
const HOLD_MS = minutes(5)
const DETAILS_AT_ONCE = 8
const WANTED_TRIES = 12
/** From so many wanted orders of a shop on, pages of the list are cheaper than one call for each. */
const MANY = 16
const MANY_BACK_MS = minutes(2)

/** Narrow and slow while pushes tell everything; wide and fast when they do not. */
export function cadenceOf({ found, missed }: Pick<Shop, 'found' | 'missed'>, everySeconds: number): Cadence {
  const isHealthy = missed < MISSED_LEAST || missed / Math.max(found, 1) < MISSED_SHARE
  return isHealthy
    ? { overlapMs: minutes(2), everyMs: seconds(everySeconds), isHealthy }
    : { overlapMs: minutes(60), everyMs: Math.max(seconds(2), seconds(everySeconds) / 4), isHealthy }
}

export interface Puller {
  /** Pulls the shops that are due; answers how many. */
  tick(signal: AbortSignal): Promise<number>
  /** Pulls one shop now, from its watermark, or from `sinceMs`. */
  pull(
    shop: Shop,
    signal: AbortSignal,
    sinceMs?: number,
  ): Promise<{ orders: number; found: number; missed: number }>
  /** Asks for the pages that pushes made wanted; answers how many. */
  follow(signal: AbortSignal): Promise<number>
  /** One order, now. Null when the platform does not know it. */
  one(
    shop: { shopId: string; workspaceId: WorkspaceId },
    orderId: string,
    signal?: AbortSignal,
  ): Promise<boolean>
}

export function puller(parts: PullParts, { everySeconds }: { everySeconds: number }): Puller {
  const { ledger, gateway, calls, orders, shops, clock, log } = parts

  const applyOrders = async (
    shop: Shop,
    found: readonly FoundOrder[],
    seenAtMs: number,
    move: { revision: string; watermarkMs: number },
  ) => {
    const book = await orders.buyers(shop.workspaceId)
    const about = { ...shop, source: 'pull' as const, seenAtMs, book }
    const entries = found.map((one) => pageEntry(one, about))
    return ledger.across(async (tx) => {
      const effects = await orders.apply(tx, entries)
      const revision = await shops.move(tx, {
        shopId: shop.shopId,
        revision: move.revision,
        orderWatermarkMs: move.watermarkMs,
      })
      if (revision === null) throw new Overtaken()
      return { effects, revision }
    })
  }

  const pullOrders = async (
    shop: Shop,
    fromMs: number,
    untilMs: number,
    start: string,
    signal: AbortSignal,
  ) => {
    const tally = { orders: 0, found: 0, missed: 0 }
    let revision = start
    const ask = (window: { fromMs: number; untilMs: number }, page: number) =>
      gateway.orders('updated', window, page)
    const read = async (window: { fromMs: number; untilMs: number }, page: number) => ({
      seenAtMs: clock.now(),
      ...gateway.readOrders(await calls.send(shop.shopId, ask(window, page), { signal })),
    })
    for await (const { items, seenAtMs, reachedMs } of pages(
      read,
      (one) => one.page.updatedAtMs,
      { fromMs, untilMs },
      gateway,
    )) {
      const { effects, revision: next } = await applyOrders(shop, items, seenAtMs, {
        revision,
        watermarkMs: reachedMs,
      })
      revision = next
      tally.orders += items.length
      for (const [i, { page }] of items.entries()) {
        // What changed a moment ago may still be told; what lies in the overlap was judged before.
        if (page.updatedAtMs > seenAtMs - PUSH_GRACE_MS || page.updatedAtMs < (shop.orderWatermarkMs ?? 0))
          continue
        tally.found++
        const { before } = effects[i]!
        if (before === null || rankOf(before) < rankOf(page.status)) tally.missed++
      }
    }
    return { ...tally, revision }
  }

  const pullRefunds = async (
    shop: Shop,
    fromMs: number,
    untilMs: number,
    start: string,
    signal: AbortSignal,
  ) => {
    let revision = start
    const read = async (window: { fromMs: number; untilMs: number }, page: number) => ({
      seenAtMs: clock.now(),
      ...gateway.readRefunds(await calls.send(shop.shopId, gateway.refunds(window, page), { signal })),
    })
    for await (const { items, seenAtMs, reachedMs } of pages(
      read,
      (one) => one.atMs,
      { fromMs, untilMs },
      gateway,
    )) {
      revision = await ledger.across(async (tx) => {
        await orders.apply(tx, refundEntries(shop, items, seenAtMs))
        const next = await shops.move(tx, { shopId: shop.shopId, revision, refundWatermarkMs: reachedMs })
        if (next === null) throw new Overtaken()
        return next
      })
    }
  }

  const pull: Puller['pull'] = async (shop, signal, sinceMs) => {
    // The platform's clock may be ahead of ours; what it calls later than this is the next pull's.
    const nowMs = clock.now()
    const untilMs = nowMs + seconds(2)
    const { overlapMs } = cadenceOf(shop, everySeconds)
    const from = (watermarkMs: number | null) =>
      Math.max(
        sinceMs ?? (watermarkMs === null ? nowMs - FIRST_PULL_MS : watermarkMs - overlapMs),
        nowMs - days(89),
      )
    const { revision, ...tally } = await pullOrders(
      shop,
      from(shop.orderWatermarkMs),
      untilMs,
      shop.revision,
      signal,
    )
    await pullRefunds(shop, from(shop.refundWatermarkMs), untilMs, revision, signal)
    return tally
  }

  const pullDue = async (shop: Shop, signal: AbortSignal) => {
    let failure: string | null = null
    let tally = { found: 0, missed: 0 }
    try {
      tally = await pull(shop, signal)
    } catch (error) {
      if (signal.aborted) return shops.pullSoon(shop.shopId)
      if (error instanceof Overtaken) return
      failure = describe(error).message
      log.warn({ shopId: shop.shopId, ...describe(error) }, 'a pull failed and goes on later')
    }
    const nowMs = clock.now()
    const { everyMs } = cadenceOf(
      { found: shop.found / 2 + tally.found, missed: shop.missed / 2 + tally.missed },
      everySeconds,
    )
    const waitMs =
      failure === null
        ? everyMs
        : 1_000 + fullJitterMs(shop.pullFailures, { baseMs: 2_000, capMs: minutes(2) })
    await shops.pulled(shop.shopId, { nowMs, nextPullAtMs: nowMs + waitMs, ...tally, failure })
  }

  const one: Puller['one'] = async ({ shopId, workspaceId }, orderId, signal) => {
    const seenAtMs = clock.now()
    const [detail, refunds] = await Promise.all([
      calls
        .send(shopId, gateway.order(orderId), { signal })
        .then(gateway.readOrder, (error) => unlessUnknown(error, gateway)),
      calls
        .send(shopId, gateway.refundsOf(orderId), { signal })
        .then((data) => gateway.readRefunds(data).items),
    ])
    if (!detail) return false
    const book = await orders.buyers(workspaceId)
    const about = { shopId, workspaceId, platform: gateway.platform, source: 'pull' as const, seenAtMs, book }
    const entries = [
      pageEntry(detail, about),
      ...refundEntries(
        about,
        refunds.filter((refund) => refund.orderId === orderId),
        seenAtMs,
      ),
    ]
    await ledger.across((tx) => orders.apply(tx, entries))
    return true
  }

  /** Reads the list of what changed lately instead; answers with those that were not on it. */
  const followMany = async (wanted: readonly Wanted[], signal: AbortSignal): Promise<Wanted[]> => {
    const { shopId, workspaceId } = wanted[0]!
    const left = new Map(wanted.map((each) => [each.orderId, each]))
    const about = { shopId, workspaceId, platform: gateway.platform, source: 'pull' as const }
    const book = await orders.buyers(workspaceId)
    const fromMs = Math.min(...wanted.map(({ changedAtMs }) => changedAtMs)) - MANY_BACK_MS
    const read = async (window: { fromMs: number; untilMs: number }, page: number) => ({
      seenAtMs: clock.now(),
      ...gateway.readOrders(await calls.send(shopId, gateway.orders('updated', window, page), { signal })),
    })
    let turned = 0
    try {
      const window = { fromMs, untilMs: clock.now() + seconds(2) }
      for await (const { items, seenAtMs } of pages(read, ({ page }) => page.updatedAtMs, window, gateway)) {
        const entries = items.map((found) => pageEntry(found, { ...about, seenAtMs, book }))
        await ledger.across((tx) => orders.apply(tx, entries))
        for (const { orderId } of items) left.delete(orderId)
        if (left.size < MANY || ++turned >= wanted.length / 2) break
      }
    } catch (error) {
      signal.throwIfAborted()
      log.info({ shopId, ...describe(error) }, 'a list of wanted orders did not come')
    }
    return [...left.values()]
  }

  const followOne = async (wanted: Wanted, signal: AbortSignal) => {
    const outcome = await one(wanted, wanted.orderId, signal).catch((error) => {
      log.info(
        { shopId: wanted.shopId, orderId: wanted.orderId, ...describe(error) },
        'a wanted order did not come',
      )
      return false
    })
    if (outcome && wanted.tries <= 1) return
    // Still wanted after its page came: the platform does not show yet what it has told. Later again, and not for ever.
    const waitMs = seconds(1) + fullJitterMs(wanted.tries, { baseMs: 1_000, capMs: minutes(10) })
    await orders.putOff(wanted, wanted.tries >= WANTED_TRIES ? null : clock.now() + waitMs)
  }

  return {
    pull,
    one,
    async tick(signal) {
      const due = await shops.due(clock.now(), HOLD_MS, 20)
      const through = turnstile(4)
      await Promise.all(due.map((shop) => through(() => pullDue(shop, signal))))
      return due.length
    },
    async follow(signal) {
      const wanted = await orders.wanted(clock.now(), minutes(1), 64)
      const through = turnstile(DETAILS_AT_ONCE)
      const ofShop = [
        ...Map.groupBy(wanted, ({ shopId, workspaceId }) => `${workspaceId} ${shopId}`).values(),
      ]
      const rest = await Promise.all(
        ofShop.map((each) => (each.length < MANY ? each : followMany(each, signal))),
      )
      await Promise.all(rest.flat().map((each) => through(() => followOne(each, signal))))
      return wanted.length
    },
  }
}

/** Somebody else pulled the same shop meanwhile: what he knows is as good as what we were about to write. */
class Overtaken extends Error {}

export const refundEntries = (
  shop: { shopId: string; workspaceId: WorkspaceId; platform: string },
  found: readonly FoundRefund[],
  seenAtMs: number,
  source: 'pull' | 'repair' = 'pull',
): Entry[] =>
  found.map(({ orderId, ...refund }) => ({
    workspaceId: shop.workspaceId,
    platform: shop.platform,
    seenAtMs,
    sighting: { shopId: shop.shopId, orderId, source, atMs: refund.atMs, refunds: [refund] },
  }))

/** The platform's way to say that it has no such order. */
function unlessUnknown(error: unknown, { unknownOrder }: Gateway): null {
  if (isFault(error) && error.code === `doudian/${unknownOrder}`) return null
  throw error
}
