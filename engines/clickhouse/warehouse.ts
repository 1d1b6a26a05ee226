import type { Warehouse } from '#kernel/warehouse.ts'

/** A warehouse that can be asked how it is, and closed. */
export interface OpenedWarehouse extends Warehouse {
  probe(): Promise<{ version: string; latencyMs: number }>
  close(): Promise<void>
}

/** The warehouse of the settings: a server when `url` is set, otherwise ClickHouse in this process with its data in `folder`. */
export async function openWarehouse({
  url,
  folder,
}: {
  url: string
  folder: string
}): Promise<OpenedWarehouse> {
  // Each library is loaded only where it is used: one of them weighs half a gigabyte.
  if (url) return (await import('./server.ts')).serverWarehouse(url)
  return (await import('./chdb.ts')).chdbWarehouse(folder)
}

/**
 * What both engines are told, so that the same SQL means the same: 64-bit integers as strings, no silent loss of
 * a misspelt column, times in any usual spelling.
 */
export const SETTINGS = {
  output_format_json_quote_64bit_integers: 1,
  input_format_skip_unknown_fields: 0,
  date_time_input_format: 'best_effort',
} as const

/** Rows a single insert may carry; larger ones are split, so that memory stays bounded. */
export const INSERT_ROWS = 50_000

export function* rowBatches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < rows.length; i += INSERT_ROWS) yield rows.slice(i, i + INSERT_ROWS)
}
