import { type LedgerOptions, postgresLedger } from '#engines/postgres/ledger.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { reconcile } from './reconcile.ts'
import { BENCH_SHOP, BENCH_WORKSPACE, benchParts, DAY } from './reconcile-bench.fixture.ts'
import { dayWindow } from './reconciliation.ts'
import type { Shop } from './shops.ts'
import { pages } from './walk.ts'

export interface ReconcileOrder {
  connection: LedgerOptions['connection']
  role: string | undefined
  platformUrl: string
  work: 'read-once' | 'reconcile-twice'
}

/** Of one run. The peak is the system's own count, from the start of the process on: nothing was missed between two looks. */
export interface Measured {
  tookMs: number
  peakBytes: number
}

// One work alone in a process of its own: what it holds in memory is what that work holds.
if (process.send) process.once('message', (order) => void serve(order as ReconcileOrder))

async function serve({ connection, role, platformUrl, work }: ReconcileOrder): Promise<void> {
  const ledger = postgresLedger({
    connection,
    ...(role ? { role } : {}),
    log: rootLog({ level: 'silent' }),
    max: 4,
  })
  const parts = await benchParts(ledger, { platformUrl })
  const shop = (await parts.shops.find(BENCH_WORKSPACE, BENCH_SHOP))!
  const signal = new AbortController().signal
  const ask = { shop, day: DAY, repair: true, signal }
  const runs =
    work === 'read-once'
      ? [await measured(() => readBoth(parts, shop))]
      : [await measured(() => reconcile(parts, ask)), await measured(() => reconcile(parts, ask))]
  process.send!(runs)
}

async function readBoth(parts: Awaited<ReturnType<typeof benchParts>>, shop: Shop): Promise<void> {
  const window = dayWindow(DAY, 'Asia/Shanghai')
  const read = async (part: { fromMs: number; untilMs: number }, page: number) => ({
    seenAtMs: parts.clock.now(),
    ...parts.gateway.readOrders(
      await parts.calls.send(shop.shopId, parts.gateway.orders('created', part, page)),
    ),
  })
  let theirs = 0
  for await (const { items } of pages(read, ({ page }) => page.times.created ?? 0, window, parts.gateway))
    theirs += items.length
  let ours = 0
  const step = (window.untilMs - window.fromMs) / 50
  for (let fromMs = window.fromMs; fromMs < window.untilMs; fromMs += step)
    ours += (await parts.reports.ours(shop, { fromMs, untilMs: fromMs + step }, [])).length
  if (theirs === 0 || ours < theirs * 0.8) throw new Error(`${theirs} theirs, ${ours} ours`)
}

async function measured(work: () => Promise<unknown>): Promise<Measured> {
  const from = performance.now()
  await work()
  return { tookMs: performance.now() - from, peakBytes: process.resourceUsage().maxRSS * 1024 }
}
