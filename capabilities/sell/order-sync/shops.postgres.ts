import type { RoomContext } from '#kernel/capability.ts'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Sealed } from '#kernel/vault.ts'
import type { Shop, Shops } from './shops.ts'

const COLUMNS = `shop_id as "shopId", workspace_id as "workspaceId", platform, name, status, status_reason as "statusReason",
  connected_at as "connectedAtMs", access_expires_at as "accessExpiresAtMs", last_push_at as "lastPushAtMs",
  order_watermark as "orderWatermarkMs", refund_watermark as "refundWatermarkMs", revision, next_pull_at as "nextPullAtMs",
  last_pull_at as "lastPullAtMs", pull_failures as "pullFailures", pull_reason as "pullReason", found, missed`

/** Long enough to cost nothing, short enough that a shop connected elsewhere is known soon. */
const OWNER_KEPT_MS = 5_000
const UNKNOWN_KEPT_MS = 500
const OWNERS_KEPT = 10_000

const aboutToken = (shopId: string, which: 'access' | 'refresh') => `shop:${shopId}:${which}`

export function postgresShops(
  ledger: Ledger,
  { vault, clock, audit }: Pick<RoomContext, 'vault' | 'clock' | 'audit'>,
): Shops {
  const sql = ledger.everywhere
  const owners = new Map<string, { workspaceId: WorkspaceId | null; untilMs: number }>()
  const sealed = (shopId: string, tokens: { accessToken: string; refreshToken: string }) => [
    vault.seal(tokens.accessToken, aboutToken(shopId, 'access')),
    vault.seal(tokens.refreshToken, aboutToken(shopId, 'refresh')),
  ]

  return {
    async connect({ shopId, workspaceId, platform, tokens, actor }, nowMs) {
      owners.delete(shopId)
      await ledger.across(async (tx) => {
        const rows = await tx.query(
          `insert into order_sync.shop as s (shop_id, workspace_id, platform, name, access_token, refresh_token, access_expires_at,
                  connected_at, order_watermark, refund_watermark)
           values ($1, $2, $3, $4, $5, $6, $7, $8, null, null)
           on conflict (shop_id) do update set workspace_id = $2, name = $4, access_token = $5, refresh_token = $6, access_expires_at = $7,
                  status = 'active', status_reason = null, token_no = s.token_no + 1, next_pull_at = $8, pull_failures = 0, pull_reason = null
            where s.workspace_id = $2 or s.status = 'disconnected'
           returning 1`,
          [
            shopId,
            workspaceId,
            platform,
            tokens.shopName,
            ...sealed(shopId, tokens),
            new Date(nowMs + tokens.accessSeconds * 1000),
            new Date(nowMs),
          ],
        )
        if (rows.length === 0)
          throw fault('conflict', 'order-sync/shop-taken', 'Another workspace has connected this shop')
        await audit(tx, {
          workspaceId,
          actor,
          action: 'connect',
          subject: `shop:${shopId}`,
          room: 'order-sync',
        })
      })
    },
    async disconnect(workspaceId, shopId, actor) {
      owners.delete(shopId)
      return ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `update order_sync.shop set status = 'disconnected', access_token = null, refresh_token = null where shop_id = $1 returning 1`,
          [shopId],
        )
        if (rows.length > 0)
          await audit(tx, {
            workspaceId,
            actor,
            action: 'disconnect',
            subject: `shop:${shopId}`,
            room: 'order-sync',
          })
        return rows.length > 0
      })
    },
    list: (workspaceId) =>
      ledger.within(workspaceId, (tx) =>
        tx.query<Shop>(`select ${COLUMNS} from order_sync.shop order by connected_at, shop_id`),
      ),
    find: (workspaceId, shopId) =>
      ledger.within(workspaceId, async (tx) => {
        const [shop] = await tx.query<Shop>(`select ${COLUMNS} from order_sync.shop where shop_id = $1`, [
          shopId,
        ])
        return shop ?? null
      }),
    async any(shopId) {
      const [shop] = await sql.query<Shop>(
        `select ${COLUMNS} from order_sync.shop where shop_id = $1 and status <> 'disconnected'`,
        [shopId],
      )
      return shop ?? null
    },
    active: () =>
      sql.query<Shop>(`select ${COLUMNS} from order_sync.shop where status = 'active' order by shop_id`),
    async ownerOf(shopId) {
      const known = owners.get(shopId)
      if (known && known.untilMs > clock.now()) return known.workspaceId
      const [row] = await sql.query<{ workspace_id: WorkspaceId }>(
        `select workspace_id from order_sync.shop where shop_id = $1 and status <> 'disconnected'`,
        [shopId],
      )
      const workspaceId = row?.workspace_id ?? null
      if (owners.size >= OWNERS_KEPT) owners.clear()
      owners.set(shopId, {
        workspaceId,
        untilMs: clock.now() + (workspaceId ? OWNER_KEPT_MS : UNKNOWN_KEPT_MS),
      })
      return workspaceId
    },
    async held(shopId) {
      const [row] = await sql.query<{
        access_token: Sealed | null
        refresh_token: Sealed
        access_expires_at: number
        token_no: string
      }>(
        `select access_token, refresh_token, access_expires_at, token_no from order_sync.shop where shop_id = $1 and status = 'active'`,
        [shopId],
      )
      if (!row?.access_token) return null
      return {
        accessToken: vault.open(row.access_token, aboutToken(shopId, 'access')),
        refreshToken: vault.open(row.refresh_token, aboutToken(shopId, 'refresh')),
        accessExpiresAtMs: row.access_expires_at,
        tokenNo: row.token_no,
      }
    },
    async keep(shopId, tokenNo, tokens, nowMs) {
      const rows = await sql.query(
        `update order_sync.shop set access_token = $3, refresh_token = $4, access_expires_at = $5, token_no = token_no + 1
          where shop_id = $1 and token_no = $2 and status = 'active' returning 1`,
        [shopId, tokenNo, ...sealed(shopId, tokens), new Date(nowMs + tokens.accessSeconds * 1000)],
      )
      return rows.length > 0
    },
    async lose(shopId, reason) {
      await sql.query(
        `update order_sync.shop set status = 'lost', status_reason = $2 where shop_id = $1 and status = 'active'`,
        [shopId, reason.slice(0, 300)],
      )
    },
    due: (nowMs, holdMs, limit) =>
      sql.query<Shop>(
        `update order_sync.shop set next_pull_at = $2 where shop_id in (
           select shop_id from order_sync.shop where status = 'active' and next_pull_at <= $1
            order by next_pull_at limit $3 for update skip locked)
         returning ${COLUMNS}`,
        [new Date(nowMs), new Date(nowMs + holdMs), limit],
      ),
    async move(tx, { shopId, revision, orderWatermarkMs, refundWatermarkMs }) {
      const [row] = await tx.query<{ revision: string }>(
        `update order_sync.shop set order_watermark = greatest(coalesce($3, order_watermark), order_watermark),
                refund_watermark = greatest(coalesce($4, refund_watermark), refund_watermark), revision = revision + 1
          where shop_id = $1 and revision = $2 returning revision`,
        [
          shopId,
          revision,
          orderWatermarkMs === undefined ? null : new Date(orderWatermarkMs),
          refundWatermarkMs === undefined ? null : new Date(refundWatermarkMs),
        ],
      )
      return row?.revision ?? null
    },
    async pulled(shopId, { nowMs, nextPullAtMs, found, missed, failure }) {
      await sql.query(
        `update order_sync.shop set last_pull_at = case when $6::text is null then $2 else last_pull_at end, next_pull_at = $3,
                found = found / 2 + $4, missed = missed / 2 + $5,
                pull_failures = case when $6::text is null then 0 else pull_failures + 1 end, pull_reason = $6
          where shop_id = $1`,
        [shopId, new Date(nowMs), new Date(nextPullAtMs), found, missed, failure],
      )
    },
    async pullSoon(shopId) {
      await sql.query(
        'update order_sync.shop set next_pull_at = $2 where shop_id = $1 and next_pull_at > $2',
        [shopId, new Date(clock.now())],
      )
    },
    async reseal() {
      const rows = await sql.query<{ shop_id: string; access_token: Sealed; refresh_token: Sealed }>(
        'select shop_id, access_token, refresh_token from order_sync.shop where access_token is not null',
      )
      let count = 0
      for (const row of rows.filter((one) => vault.isStale(one.access_token))) {
        const tokens = {
          accessToken: vault.open(row.access_token, aboutToken(row.shop_id, 'access')),
          refreshToken: vault.open(row.refresh_token, aboutToken(row.shop_id, 'refresh')),
        }
        const done = await sql.query(
          'update order_sync.shop set access_token = $3, refresh_token = $4 where shop_id = $1 and access_token = $2 returning 1',
          [row.shop_id, row.access_token, ...sealed(row.shop_id, tokens)],
        )
        count += done.length
      }
      return count
    },
  }
}
