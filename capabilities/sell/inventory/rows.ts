import type { Tx } from '#kernel/ledger.ts'
import type { ShopKey } from './shops.ts'

/** One row per key, the later one, in the order of keys: two transactions always lock in the same order. */
export function once<T>(rows: readonly T[], key: (row: T) => string): T[] {
  const byKey = new Map(rows.map((row) => [key(row), row]))
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

export const columns = <T, K extends keyof T>(rows: readonly T[], names: readonly K[]): T[K][][] =>
  names.map((name) => rows.map((row) => row[name]))

/** Parts of a key cannot run into each other. */
export const keyOf = (...parts: string[]): string => parts.join('\u0000')

export const moment = (ms: number): Date => new Date(ms)

/** Locks rows of SKUs in the order of their codes: whoever writes them does so first. */
export async function lockItems(
  tx: Tx,
  { workspaceId, shopId }: ShopKey,
  skus: readonly string[],
): Promise<void> {
  await tx.query(
    'select 1 from inventory.item where workspace_id = $1 and shop_id = $2 and sku = any($3) order by sku for update',
    [workspaceId, shopId, skus],
  )
}
