import type { Tx } from '#kernel/ledger.ts'
import type { ShopKey } from './shops.ts'

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
