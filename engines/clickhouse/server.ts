import { bind } from './bind.ts'
import { warehouseFault } from './translate.ts'
import { type OpenedWarehouse, rowBatches, SETTINGS } from './warehouse.ts'

/** A ClickHouse server or cluster, by `http(s)://user:password@host:port/database`; 18.16 is the oldest tested. */
export async function serverWarehouse(url: string): Promise<OpenedWarehouse> {
  const { createClient } = await import('@clickhouse/client')
  const client = createClient({
    url,
    application: 'doubloon',
    request_timeout: 60_000,
    max_open_connections: 10,
    clickhouse_settings: SETTINGS,
    log: { level: 127 },
  })
  const translated = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error) => {
      throw warehouseFault(error)
    })
  const query = async <R>(sql: string, params?: Parameters<typeof bind>[1]) => {
    const answer = await translated(client.query({ query: bind(sql, params), format: 'JSONEachRow' }))
    return translated(answer.json<R>()) as Promise<R[]>
  }
  return {
    query: query as OpenedWarehouse['query'],
    async command(sql) {
      await translated(client.command({ query: sql }))
    },
    async insert(table, rows) {
      for (const values of rowBatches(rows))
        await translated(client.insert({ table, values, format: 'JSONEachRow' }))
    },
    async probe() {
      const since = performance.now()
      const [row] = await query<{ version: string }>('SELECT version() AS version')
      return { version: row!.version, latencyMs: performance.now() - since }
    },
    close: () => client.close(),
  }
}
