import type { Row } from './ledger.ts'

/** Values for `{name:Type}` placeholders of ClickHouse SQL. */
export type Params = Record<string, string | number | boolean | readonly (string | number)[]>

/**
 * The warehouse: events and time series, in ClickHouse SQL, in this process or on a server.
 * Keep to what the oldest supported server understands; 64-bit integers come back as strings.
 */
export interface Warehouse {
  query<R = Row>(sql: string, params?: Params): Promise<R[]>
  /** DDL and other statements without rows. */
  command(sql: string): Promise<void>
  /** Appends rows; column names are the keys of the rows. Durable when it resolves. */
  insert(table: string, rows: readonly Row[]): Promise<void>
}
