/** One SKU at one place, as the platform tells it. */
export interface StockItem {
  /** The merchant's own code of the SKU; the platform's id where the merchant gave none. Not always unique. */
  sku: string
  productId: string
  /** What `setStock` wants; null where a product has no variants and its stock is its own. */
  skuId: string | null
  title: string
  /** Colour, size and so on in the platform's words; null where there is nothing to tell apart. */
  variant: string | null
  /** The number that a buyer can still take and that `setStock` writes. May be below zero where a platform oversold. */
  available: number
  /** Held by orders and not gone yet; null where the platform does not say. */
  reserved: number | null
  /** Null where the platform keeps one number for each SKU, wherever it lies. */
  location: { id: string; name: string } | null
}

export interface StockPage {
  items: StockItem[]
  /** Give it back for the next page; null after the last. */
  next: string | null
}

export interface StockChange {
  productId: string
  skuId: string | null
  /** Needed where stock has a location. */
  locationId?: string | null
  available: number
  /** Refused as `conflict` when the platform holds another number. Platforms that cannot compare set it all the same. */
  expected?: number
}

export interface StockOptions {
  /** Of one request, not of the whole call with its retries. */
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * Stock on a sales platform. Faults: `denied` (sign in again, right missing), `limited` (with `retryAfterMs`),
 * `unavailable`, `invalid`, `missing`, `conflict`. Throttling and outages are waited out within bounds first.
 */
export interface StockPlatform<Credentials> {
  /** One page; a page may be empty and still have a next one. */
  listStock(credentials: Credentials, cursor: string | null, options?: StockOptions): Promise<StockPage>
  /**
   * Sets, never adds. Answers what the platform holds now, as far as it tells. Not tried again after an outage where
   * the platform cannot tell a second time from the first: a sale in between would be undone.
   */
  setStock(
    credentials: Credentials,
    change: StockChange,
    options?: StockOptions,
  ): Promise<{ available: number }>
}
