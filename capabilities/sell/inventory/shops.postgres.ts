import type { RoomContext } from '#kernel/capability.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Row } from '#kernel/ledger.ts'
import type { Sealed } from '#kernel/vault.ts'
import { moment } from './rows.ts'
import type { Shop, ShopKey, Shops, Wishes } from './shops.ts'

const START_EVERY_SECONDS = 600
const TABLES = ['silence', 'warning', 'demand', 'order_line', 'movement', 'item', 'shop']
const SHOPS = `
  select s.*, (select count(*)::int from inventory.item i where i.workspace_id = s.workspace_id and i.shop_id = s.shop_id) as skus,
         (select count(*)::int from inventory.warning w where w.workspace_id = s.workspace_id and w.shop_id = s.shop_id and w.closed_at is null) as open_warnings
    from inventory.shop s`

/** What credentials are bound to: a seal moved to another shop does not open. */
const about = ({ workspaceId, shopId }: ShopKey) => `inventory:${workspaceId}:${shopId}`

export function postgresShops(ledger: Ledger, { vault }: Pick<RoomContext, 'vault'>): Shops {
  const all = ledger.everywhere
  const one = async (key: ShopKey) => {
    const [row] = await all.query(`${SHOPS} where s.workspace_id = $1 and s.shop_id = $2`, [
      key.workspaceId,
      key.shopId,
    ])
    return row ? shopOf(row) : null
  }
  return {
    list: (workspaceId) =>
      ledger.within(workspaceId, async (tx) =>
        (await tx.query(`${SHOPS} order by s.created_at, s.shop_id`)).map(shopOf),
      ),
    get: one,
    async connect({ workspaceId, shopId, platform, name, credentials, isPulled }, nowMs) {
      const sealed = credentials
        ? vault.seal(JSON.stringify(credentials), about({ workspaceId, shopId }))
        : null
      await all.query(
        `insert into inventory.shop as s (workspace_id, shop_id, platform, name, sealed, every_seconds, next_pull_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (workspace_id, shop_id) do update set name = excluded.name, platform = excluded.platform,
           sealed = coalesce(excluded.sealed, s.sealed), next_pull_at = coalesce(excluded.next_pull_at, s.next_pull_at),
           state = case when s.state = 'failed' then 'idle' else s.state end, failures = 0, failure = null`,
        [
          workspaceId,
          shopId,
          platform,
          name,
          sealed,
          START_EVERY_SECONDS,
          isPulled ? moment(nowMs) : null,
          moment(nowMs),
        ],
      )
    },
    async credentials(key) {
      const [row] = await all.query<{ sealed: Sealed | null }>(
        'select sealed from inventory.shop where workspace_id = $1 and shop_id = $2',
        [key.workspaceId, key.shopId],
      )
      return row?.sealed ? JSON.parse(vault.open(row.sealed, about(key))) : null
    },
    async change({ workspaceId, shopId }, { name, isPaused, serviceLevel, leadDays }, nowMs) {
      const rows = await all.query(
        `update inventory.shop set name = coalesce($3, name),
           state = case when $4::boolean then 'paused' when not $4 and state = 'paused' then 'idle' else state end,
           next_pull_at = case when not $4 and next_pull_at is not null then $5 else next_pull_at end,
           service_level = case when $6 then $7::real else service_level end, lead_days = case when $8 then $9::int else lead_days end, is_stale = true
         where workspace_id = $1 and shop_id = $2 returning 1`,
        [
          workspaceId,
          shopId,
          name ?? null,
          isPaused ?? null,
          moment(nowMs),
          serviceLevel !== undefined,
          serviceLevel ?? null,
          leadDays !== undefined,
          leadDays ?? null,
        ],
      )
      return rows.length > 0
    },
    remove: ({ workspaceId, shopId }) =>
      ledger.within(workspaceId, async (tx) => {
        let gone = 0
        for (const table of TABLES)
          gone = (
            await tx.query(
              `delete from inventory.${table} where workspace_id = $1 and shop_id = $2 returning 1`,
              [workspaceId, shopId],
            )
          ).length
        return gone > 0
      }),
    async due(nowMs, limit) {
      const rows = await all.query(
        `select workspace_id, shop_id from inventory.shop where next_pull_at <= $1 and state <> 'paused' order by next_pull_at limit $2`,
        [moment(nowMs), limit],
      )
      return rows.map(keyFrom)
    },
    async hurry({ workspaceId, shopId }, nowMs) {
      await all.query(
        'update inventory.shop set next_pull_at = $3 where workspace_id = $1 and shop_id = $2 and next_pull_at is not null',
        [workspaceId, shopId, moment(nowMs)],
      )
    },
    async begin(key, nowMs) {
      const rows = await all.query(
        `update inventory.shop set state = 'running', last_pull_at = $3
          where workspace_id = $1 and shop_id = $2 and state <> 'paused' and next_pull_at is not null returning 1`,
        [key.workspaceId, key.shopId, moment(nowMs)],
      )
      return rows.length > 0 ? one(key) : null
    },
    async end({ workspaceId, shopId }, ending, nowMs) {
      // A person may have paused it meanwhile: that stays.
      if (ending.how === 'done') {
        await all.query(
          `update inventory.shop set state = case when state = 'paused' then state else 'idle' end, failures = 0, failure = null,
             last_success_at = $3, last_pull = $4, every_seconds = $5, next_pull_at = $6 where workspace_id = $1 and shop_id = $2`,
          [
            workspaceId,
            shopId,
            moment(nowMs),
            JSON.stringify(ending.lastPull),
            ending.everySeconds,
            moment(nowMs + ending.everySeconds * 1000),
          ],
        )
        return
      }
      await all.query(
        `update inventory.shop set state = case when state = 'paused' then state else 'failed' end, failures = failures + 1, failure = $3,
           next_pull_at = $4 where workspace_id = $1 and shop_id = $2`,
        [workspaceId, shopId, JSON.stringify(ending.failure), moment(nowMs + ending.waitSeconds * 1000)],
      )
    },
    async stale(beforeMs, limit) {
      const rows = await all.query(
        `select workspace_id, shop_id from inventory.shop where is_stale or judged_at is null or judged_at < $1
          order by judged_at nulls first limit $2`,
        [moment(beforeMs), limit],
      )
      return rows.map(keyFrom)
    },
    async revision({ workspaceId, shopId }) {
      const [row] = await all.query<{ revision: string }>(
        'select revision from inventory.shop where workspace_id = $1 and shop_id = $2',
        [workspaceId, shopId],
      )
      return row?.revision ?? '0'
    },
    async judged({ workspaceId, shopId }, nowMs) {
      await all.query(
        'update inventory.shop set is_stale = false, judged_at = $3 where workspace_id = $1 and shop_id = $2',
        [workspaceId, shopId, moment(nowMs)],
      )
    },
    async wishes(workspaceId) {
      const [row] = await all.query('select * from inventory.wishes where workspace_id = $1', [workspaceId])
      return wishesOf(row)
    },
    wish: (workspaceId, wishes) =>
      ledger.within(workspaceId, async (tx) => {
        const [row] = await tx.query('select * from inventory.wishes for update')
        const { serviceLevel, leadDays, recipients, mailsWarnings, mailsReport } = {
          ...wishesOf(row),
          ...wishes,
        }
        await tx.query(
          `insert into inventory.wishes (workspace_id, service_level, lead_days, recipients, mails_warnings, mails_report)
           values ($1, $2, $3, $4, $5, $6) on conflict (workspace_id) do update set service_level = $2, lead_days = $3,
             recipients = $4, mails_warnings = $5, mails_report = $6`,
          [workspaceId, serviceLevel, leadDays, recipients, mailsWarnings, mailsReport],
        )
        await tx.query('update inventory.shop set is_stale = true')
      }),
    async workspaces() {
      const rows = await all.query('select distinct workspace_id from inventory.item')
      return rows.map((row) => row['workspace_id'] as WorkspaceId)
    },
    async reseal() {
      const rows = await all.query(
        'select workspace_id, shop_id, sealed from inventory.shop where sealed is not null',
      )
      const stale = rows.filter((row) => vault.isStale(row['sealed']))
      for (const row of stale) {
        const key = keyFrom(row)
        const fresh = vault.seal(vault.open(row['sealed'], about(key)), about(key))
        await all.query(
          'update inventory.shop set sealed = $3 where workspace_id = $1 and shop_id = $2 and sealed = $4',
          [key.workspaceId, key.shopId, fresh, row['sealed']],
        )
      }
      return stale.length
    },
  }
}

const keyFrom = (row: Row): ShopKey => ({ workspaceId: row['workspace_id'], shopId: row['shop_id'] })

const shopOf = (row: Row): Shop => ({
  ...keyFrom(row),
  platform: row['platform'],
  name: row['name'],
  state: row['state'],
  everySeconds: row['every_seconds'],
  nextPullAtMs: row['next_pull_at'],
  lastPullAtMs: row['last_pull_at'],
  lastSuccessAtMs: row['last_success_at'],
  failures: row['failures'],
  failure: row['failure'],
  lastPull: row['last_pull'],
  serviceLevel: row['service_level'],
  leadDays: row['lead_days'],
  createdAtMs: row['created_at'],
  skus: row['skus'],
  openWarnings: row['open_warnings'],
})

const wishesOf = (row: Row | undefined): Wishes => ({
  serviceLevel: row?.['service_level'] ?? null,
  leadDays: row?.['lead_days'] ?? null,
  recipients: row?.['recipients'] ?? [],
  mailsWarnings: row?.['mails_warnings'] ?? true,
  mailsReport: row?.['mails_report'] ?? true,
})
