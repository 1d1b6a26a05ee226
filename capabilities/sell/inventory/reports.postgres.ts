import type { RoomContext } from '#kernel/capability.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Ledger, Row } from '#kernel/ledger.ts'
import { dateOf } from './demand.ts'
import type { MailWarning, Reports } from './reports.ts'
import { moment } from './rows.ts'

export function postgresReports(ledger: Ledger, { clock }: Pick<RoomContext, 'clock'>): Reports {
  const one = (workspaceId: WorkspaceId, where: string, week: string) =>
    ledger.within(workspaceId, async (tx) => {
      const [row] = await tx.query(
        `select body, mailed_at from inventory.report where ${where} order by week desc limit 1`,
        [week],
      )
      return row ? { body: row['body'], mailedAtMs: row['mailed_at'] } : null
    })
  return {
    get: (workspaceId, week) => one(workspaceId, 'week = $1::date', week),
    before: (workspaceId, week) => one(workspaceId, 'week < $1::date', week),
    list: (workspaceId, limit) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query(
          `select week::text as week, (body->'health'->>'score')::int as score, made_at, mailed_at from inventory.report order by week desc limit $1`,
          [limit],
        )
        return rows.map((row) => ({
          week: row['week'],
          score: row['score'],
          madeAtMs: row['made_at'],
          mailedAtMs: row['mailed_at'],
        }))
      }),
    put: (workspaceId, body) =>
      ledger.within(workspaceId, async (tx) => {
        await tx.query(
          'insert into inventory.report (workspace_id, week, body, made_at) values ($1, $2::date, $3, $4) on conflict do nothing',
          [workspaceId, body.week, JSON.stringify(body), moment(body.madeAtMs)],
        )
      }),
    mailed: (workspaceId, week, nowMs) =>
      ledger.within(workspaceId, async (tx) => {
        await tx.query('update inventory.report set mailed_at = $2 where week = $1::date', [
          week,
          moment(nowMs),
        ])
      }),
    sales: (workspaceId, from, to) =>
      ledger.within(workspaceId, async (tx) => {
        const rows = await tx.query<{ day: number; units: number }>(
          `select day, coalesce(sum(d.units), 0)::int as units from generate_series($1::int, $2::int - 1) as day
             left join inventory.demand d using (day) group by day order by day`,
          [from, to],
        )
        return rows.map(({ day, units }) => ({ date: dateOf(day), units }))
      }),
    async unmailed(limit) {
      const rows = await ledger.everywhere.query(
        `select w.*, i.title, i.platform, i.available, sh.name as shop_name
           from inventory.warning w join inventory.item i using (workspace_id, shop_id, sku) join inventory.shop sh using (workspace_id, shop_id)
          where w.mailed_at is null and w.closed_at is null
            and not exists (select from inventory.silence s where s.workspace_id = w.workspace_id and s.shop_id = w.shop_id
                  and s.sku = w.sku and s.kind = w.kind and s.until_at > $1)
          order by w.workspace_id, w.warning_id limit $2`,
        [moment(clock.now()), limit],
      )
      const byWorkspace = Map.groupBy(rows, (row) => row['workspace_id'] as WorkspaceId)
      return [...byWorkspace].map(([workspaceId, some]) => ({ workspaceId, warnings: some.map(mailWarning) }))
    },
    async noteMailed(workspaceId, warningIds, nowMs) {
      await ledger.within(workspaceId, (tx) =>
        tx.query('update inventory.warning set mailed_at = $2 where warning_id = any($1)', [
          warningIds,
          moment(nowMs),
        ]),
      )
    },
  }
}

const mailWarning = (row: Row): MailWarning => ({
  warningId: row['warning_id'],
  shopName: row['shop_name'],
  openedAtMs: row['opened_at'],
  sku: row['sku'],
  platform: row['platform'],
  title: row['title'],
  kind: row['kind'],
  available: row['available'],
  detail: row['detail'],
})
