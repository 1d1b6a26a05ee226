import type { WorkspaceId } from '#kernel/id.ts'
import type { StockPage } from '#kernel/stock.ts'

/** Whose stock is asked for. */
export interface StockAsk {
  workspaceId: WorkspaceId
  shopId: string
  /** As they were given to us; null where the platform is reached through another room. */
  credentials: Record<string, string> | null
}

/**
 * Stock of a shop, page by page. Faults: `denied` until a person acts, `limited` and `unavailable` are worth another
 * try. A page may be empty and still have a next one.
 */
export interface StockSource {
  /** The names that credentials must have; empty where there are none. */
  credentials: readonly string[]
  page(ask: StockAsk, cursor: string | null, signal: AbortSignal): Promise<StockPage>
}
