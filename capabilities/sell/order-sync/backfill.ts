import { days } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { newId } from '#kernel/id.ts'
import type { Job, JobKind, Jobs } from '#kernel/jobs.ts'
import { whileLeased } from '#kernel/lease.ts'
import type { Live } from '#kernel/live.ts'
import { pageEntry } from './orders.ts'
import { type PullParts, refundEntries } from './pull.ts'
import { pages } from './walk.ts'

export interface Backfill {
  backfillId: string
  shopId: string
  fromMs: number
  toMs: number
  /** Everything created before this was read. */
  cursorMs: number
  orders: number
  fresh: number
  state: 'waiting' | 'running' | 'done' | 'failed'
  reason: string | null
  startedBy: string
  createdAtMs: number
  endedAtMs: number | null
}

export interface Backfills {
  start(ask: { workspaceId: WorkspaceId; shopId: string; days: number; startedBy: string }): Promise<string>
  list(workspaceId: WorkspaceId, shopId: string | undefined): Promise<Backfill[]>
  /** Goes on from where it was, to its end. */
  run(backfillId: string, signal: AbortSignal, progress?: Job<unknown>['progress']): Promise<void>
  job: JobKind<{ backfillId: string }>
}

export const BACKFILL_QUEUE = 'order-sync/backfill'
const MOST_DAYS = 90
const LEASE_MS = 20_000

const COLUMNS = `backfill_id as "backfillId", shop_id as "shopId", from_at as "fromMs", to_at as "toMs", cursor_at as "cursorMs",
  orders::int, fresh::int, state, reason, started_by as "startedBy", created_at as "createdAtMs", ended_at as "endedAtMs"`

/** Past orders, by their time of creation. The cursor moves with the page, in its transaction: a run that was cut off goes on. */
export function backfills(parts: PullParts & { jobs: Jobs; live: Live }): Backfills {
  const { ledger, gateway, calls, orders, shops, clock, jobs, live, leases } = parts
  const sql = ledger.everywhere

  const run: Backfills['run'] = async (backfillId, signal, progress) => {
    const [row] = await sql.query<Backfill & { workspaceId: WorkspaceId }>(
      `update order_sync.backfill set state = 'running', reason = null where backfill_id = $1 and state <> 'done'
       returning ${COLUMNS}, workspace_id as "workspaceId"`,
      [backfillId],
    )
    if (!row) return
    const shop = await shops.find(row.workspaceId, row.shopId)
    if (shop?.status !== 'active') return end(backfillId, 'failed', 'The shop is not connected')
    const book = await orders.buyers(shop.workspaceId)
    const about = { ...shop, source: 'pull' as const, book }
    const read = async (window: { fromMs: number; untilMs: number }, page: number) => ({
      seenAtMs: clock.now(),
      ...gateway.readOrders(
        await calls.send(shop.shopId, gateway.orders('created', window, page), { signal }),
      ),
    })
    const window = { fromMs: Math.max(row.cursorMs, clock.now() - days(MOST_DAYS)), untilMs: row.toMs }
    const done = { orders: row.orders, fresh: row.fresh }
    for await (const { items, seenAtMs, reachedMs } of pages(
      read,
      ({ page }) => page.times.created ?? 0,
      window,
      gateway,
    )) {
      await ledger.across(async (tx) => {
        const effects = await orders.apply(
          tx,
          items.map((found) => pageEntry(found, { ...about, seenAtMs })),
        )
        done.orders += items.length
        done.fresh += effects.filter(({ before }) => before === null).length
        await tx.query(
          'update order_sync.backfill set cursor_at = greatest(cursor_at, $2), orders = $3, fresh = $4 where backfill_id = $1',
          [backfillId, new Date(reachedMs), done.orders, done.fresh],
        )
      })
      const share = Math.round((1000 * (reachedMs - row.fromMs)) / Math.max(1, row.toMs - row.fromMs))
      progress?.({ done: share, total: 1000, note: `${done.orders} orders, ${done.fresh} new` })
      live.publish(shop.workspaceId, {
        topic: 'order-sync/backfills',
        key: backfillId,
        data: { share: share / 1000, ...done },
      })
    }
    await readRefunds(
      shop,
      { fromMs: Math.max(row.fromMs, clock.now() - days(MOST_DAYS)), untilMs: row.toMs },
      signal,
    )
    await end(backfillId, 'done', null)
  }

  const readRefunds = async (
    shop: Parameters<typeof refundEntries>[0],
    window: { fromMs: number; untilMs: number },
    signal: AbortSignal,
  ) => {
    const read = async (part: { fromMs: number; untilMs: number }, page: number) => ({
      seenAtMs: clock.now(),
      ...gateway.readRefunds(await calls.send(shop.shopId, gateway.refunds(part, page), { signal })),
    })
    for await (const { items, seenAtMs } of pages(read, ({ atMs }) => atMs, window, gateway))
      await ledger.across((tx) => orders.apply(tx, refundEntries(shop, items, seenAtMs)))
  }

  const end = async (backfillId: string, state: 'done' | 'failed', reason: string | null) => {
    await sql.query(
      'update order_sync.backfill set state = $2, reason = $3, ended_at = $4 where backfill_id = $1',
      [backfillId, state, reason, new Date(clock.now())],
    )
  }

  return {
    run,
    async start({ workspaceId, shopId, days: wanted, startedBy }) {
      const backfillId = newId('bfl')
      const toMs = clock.now()
      const fromMs = toMs - days(Math.min(wanted, MOST_DAYS))
      await ledger.within(workspaceId, (tx) =>
        tx.query(
          `insert into order_sync.backfill (backfill_id, workspace_id, shop_id, from_at, to_at, cursor_at, started_by) values ($1, $2, $3, $4, $5, $4, $6)`,
          [backfillId, workspaceId, shopId, new Date(fromMs), new Date(toMs), startedBy],
        ),
      )
      await jobs.send(BACKFILL_QUEUE, { backfillId }, { singletonKey: backfillId, workspaceId, startedBy })
      return backfillId
    },
    list: (workspaceId, shopId) =>
      ledger.within(workspaceId, (tx) =>
        tx.query<Backfill>(
          `select ${COLUMNS} from order_sync.backfill where ($1::text is null or shop_id = $1) order by created_at desc limit 100`,
          [shopId],
        ),
      ),
    job: {
      queue: BACKFILL_QUEUE,
      concurrency: 2,
      expireSeconds: 6 * 3_600,
      retries: 20,
      async handle({ input, signal, progress }) {
        const done = new AbortController()
        const lease = {
          name: `order-sync/backfill/${input.backfillId}`,
          ttlMs: LEASE_MS,
          retryMs: 1_000,
          signal: AbortSignal.any([signal, done.signal]),
          sleep: clock.sleep,
        }
        await whileLeased(leases, lease, async (lost) => {
          try {
            await run(input.backfillId, lost, progress)
          } finally {
            done.abort()
          }
        })
      },
    },
  }
}
