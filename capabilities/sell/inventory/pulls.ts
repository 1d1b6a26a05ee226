import type { Clock } from '#kernel/clock.ts'
import { seconds } from '#kernel/clock.ts'
import { describe, fault, isFault } from '#kernel/fault.ts'
import type { StockItem } from '#kernel/stock.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Books, Count } from './books.ts'
import type { Platform } from './inventory.ts'
import type { PullFailure, Shop, ShopKey, Shops } from './shops.ts'
import type { StockSource } from './source.ts'

export interface PullParts {
  books: Books
  shops: Shops
  sources: Partial<Record<Platform, StockSource>>
  clock: Clock
  log: Log
  settings: { pullLeastSeconds: number; pullMostSeconds: number }
}

const MOST_PAGES = 5_000
const MOST_SKUS = 200_000
/** Above this share of surprising numbers a shop is looked at more often; with no surprise, more rarely. */
const SURPRISING_SHARE = 0.01

/** Reads a shop's whole stock and takes it over. A failure is noted at the shop and ends there. */
export async function pull(parts: PullParts, key: ShopKey, signal: AbortSignal): Promise<void> {
  const { books, shops, clock, log } = parts
  const startedAtMs = clock.now()
  const shop = await shops.begin(key, startedAtMs)
  if (!shop) return
  try {
    const counts = await listed(parts, shop, signal)
    const { skus, differed } = await books.count({
      ...key,
      platform: shop.platform,
      counts,
      // Orders that came while we read are on top of the numbers: rather too few units than too many.
      countedAtMs: startedAtMs,
      how: 'counted',
      by: null,
    })
    const lastPull = { skus, differed, ms: clock.now() - startedAtMs }
    await shops.end(
      key,
      { how: 'done', lastPull, everySeconds: nextEvery(shop, lastPull, parts.settings) },
      clock.now(),
    )
  } catch (error) {
    const failure: PullFailure = { ...describe(error), atMs: clock.now() }
    if (!isFault(error)) log.error({ ...key, err: error }, 'a pull of stock failed')
    const asked = isFault(error) && error.retryAfterMs ? error.retryAfterMs / 1000 : 0
    const backOff = Math.min(parts.settings.pullMostSeconds, 30 * 2 ** Math.min(shop.failures, 12))
    await shops.end(key, { how: 'failed', failure, waitSeconds: Math.max(asked, backOff) }, clock.now())
    if (signal.aborted)
      throw fault('unavailable', 'inventory/interrupted', 'The pull was interrupted and goes on later', {
        retryAfterMs: seconds(30),
      })
  }
}

/** Half as long after surprises, half as long again without any; within the settings' bounds. */
export function nextEvery(
  { everySeconds }: Pick<Shop, 'everySeconds'>,
  { skus, differed }: { skus: number; differed: number },
  { pullLeastSeconds, pullMostSeconds }: PullParts['settings'],
): number {
  const share = skus > 0 ? differed / skus : 0
  const next =
    share > SURPRISING_SHARE ? everySeconds / 2 : differed === 0 ? everySeconds * 1.5 : everySeconds
  return Math.round(Math.min(pullMostSeconds, Math.max(pullLeastSeconds, next)))
}

async function listed({ sources, shops }: PullParts, shop: Shop, signal: AbortSignal): Promise<Count[]> {
  const source = sources[shop.platform]
  if (!source) throw fault('invalid', 'inventory/not-pulled', 'The stock of this shop comes by hand')
  const ask = {
    workspaceId: shop.workspaceId,
    shopId: shop.shopId,
    credentials: await shops.credentials(shop),
  }
  const counts = new Map<string, Count>()
  let cursor: string | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, next } = await source.page(ask, cursor, signal)
    signal.throwIfAborted()
    for (const item of items) fold(counts, item)
    if (counts.size > MOST_SKUS) throw tooLarge(`more than ${MOST_SKUS} SKUs`)
    if (next === null) return [...counts.values()]
    if (next === cursor) throw tooLarge('a list that does not end')
    cursor = next
  }
  throw tooLarge(`more than ${MOST_PAGES} pages of stock`)
}

/** One number for each code: locations, and variants that share a code, are added up. */
function fold(counts: Map<string, Count>, { sku, title, variant, available, reserved }: StockItem): void {
  const known = counts.get(sku)
  if (!known) counts.set(sku, { sku, title, variant: variant ?? '', available, reserved })
  else {
    known.available += available
    if (reserved !== null) known.reserved = (known.reserved ?? 0) + reserved
  }
}

const tooLarge = (what: string) => fault('unavailable', 'inventory/too-large', `The shop has ${what}`)
