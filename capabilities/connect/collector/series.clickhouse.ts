import type { RoomContext } from '#kernel/capability.ts'
import type { Warehouse } from '#kernel/warehouse.ts'
import { METRICS, type Series } from './series.ts'

const POINTS = 'collector_video_point'
const TOPICS = 'collector_hot_list'

/*
 * A row that is sent twice has the same key and the same values: the engine folds such rows some time, and until then
 * every query takes the maximum of what it finds under one key. Nothing here needs FINAL.
 */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS ${POINTS} (
     workspace_id String, account_id String, item_id String, at DateTime('UTC'),
     ${METRICS.map((metric) => `${metric} UInt64`).join(', ')}
   ) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(at) ORDER BY (workspace_id, item_id, at)`,
  `CREATE TABLE IF NOT EXISTS ${TOPICS} (
     list String, active_at DateTime('UTC'), rank UInt16, sentence String, heat UInt64, label UInt8
   ) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(active_at) ORDER BY (list, sentence, active_at, rank)`,
]

const seconds = (ms: number) => Math.floor(ms / 1000)

export async function clickhouseSeries(
  warehouse: Warehouse,
  _context: Pick<RoomContext, 'name'>,
): Promise<Series> {
  for (const table of TABLES) await warehouse.command(table)
  return {
    async addPoints(points) {
      const rows = points.map(({ workspaceId, accountId, itemId, atMs, ...counters }) => ({
        workspace_id: workspaceId,
        account_id: accountId,
        item_id: itemId,
        at: seconds(atMs),
        ...counters,
      }))
      if (rows.length > 0) await warehouse.insert(POINTS, rows)
    },
    async addSnapshots(entries) {
      const rows = entries.map(({ activeAtMs, ...entry }) => ({ ...entry, active_at: seconds(activeAtMs) }))
      if (rows.length > 0) await warehouse.insert(TOPICS, rows)
    },
    async ofVideo({ workspaceId, itemId, metric, fromMs, toMs, stepSeconds }) {
      const rows = await warehouse.query<{ step: string; value: string }>(
        `SELECT intDiv(toUInt32(at), {step:UInt32}) * {step:UInt32} AS step, argMax(${metric}, at) AS value
           FROM ${POINTS}
          WHERE workspace_id = {workspace:String} AND item_id = {item:String}
            AND at >= {from:DateTime} AND at <= {to:DateTime}
          GROUP BY step ORDER BY step LIMIT 5000`,
        { workspace: workspaceId, item: itemId, from: seconds(fromMs), to: seconds(toMs), step: stepSeconds },
      )
      return rows.map((row) => ({ atMs: Number(row.step) * 1000, value: Number(row.value) }))
    },
    async ofTopic({ list, sentence, fromMs, toMs }) {
      const rows = await warehouse.query<{ seconds: number; best: number; most: string }>(
        `SELECT toUInt32(active_at) AS seconds, min(rank) AS best, max(heat) AS most
           FROM ${TOPICS}
          WHERE list = {list:String} AND sentence = {sentence:String}
            AND active_at >= {from:DateTime} AND active_at <= {to:DateTime}
          GROUP BY seconds ORDER BY seconds LIMIT 5000`,
        { list, sentence, from: seconds(fromMs), to: seconds(toMs) },
      )
      return rows.map((row) => ({ activeAtMs: row.seconds * 1000, rank: row.best, heat: Number(row.most) }))
    },
  }
}
