import { type Clock, systemClock } from '#kernel/clock.ts'
import { fault, isFault } from '#kernel/fault.ts'
import { ask } from '#kernel/outgoing.ts'
import { persistently } from '#kernel/retry.ts'
import type { StockChange, StockItem, StockOptions, StockPage, StockPlatform } from '#kernel/stock.ts'
import { dataOf } from './answer.ts'
import { moreLevelsQuery, setQuantitiesMutation, variantsQuery } from './operations.ts'
import { type Level, levelItem, type VariantNode, variantItems } from './parse.ts'

export interface ShopifyCredentials {
  /** The first part of `{shop}.myshopify.com`. */
  shop: string
  /** From the app's installation; scopes `read_products`, `read_inventory`, `write_inventory`, `read_locations`. */
  accessToken: string
}

export interface ShopifyOperation {
  query: string
  variables?: Record<string, unknown>
}

export interface ShopifyCallOptions extends StockOptions {
  /** Throttling is always waited out (it did nothing). An outage is, unless doing the operation twice does harm. */
  isRepeatable?: boolean
}

export interface Shopify extends StockPlatform<ShopifyCredentials> {
  /** Any operation of the Admin API; answers its `data`. `userErrors` are the caller's to read, see `refuseUserErrors`. */
  call<T = Record<string, unknown>>(
    credentials: ShopifyCredentials,
    operation: ShopifyOperation,
    options?: ShopifyCallOptions,
  ): Promise<T>
  listStock(
    credentials: ShopifyCredentials,
    cursor: string | null,
    options?: StockOptions & { sku?: string },
  ): Promise<StockPage>
  setStock(
    credentials: ShopifyCredentials,
    change: StockChange & {
      /** `on_hand` counts what lies there, reserved or not. */
      name?: 'available' | 'on_hand'
      /** The same key again answers the first result and changes nothing. */
      idempotencyKey?: string
    },
    options?: StockOptions,
  ): Promise<{ available: number }>
}

export interface ShopifyOptions {
  /** Empty for Shopify itself. `{shop}` in it stands for the shop's name. */
  url?: string
  apiVersion?: string
  clock?: Clock
  tries?: number
  longestWaitMs?: number
  timeoutMs?: number
}

interface VariantsAnswer {
  productVariants: { nodes: VariantNode[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
}
interface LevelsAnswer {
  inventoryItem: {
    inventoryLevels: { nodes: Level[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
  } | null
}
interface SetAnswer {
  inventorySetQuantities: { userErrors: UserError[] }
}
export interface UserError {
  field?: string[] | null
  message: string
  code?: string | null
}

const PAGE_SIZE = 50
/** Beyond this many pages of locations something turns in a circle. */
const MOST_LEVEL_PAGES = 50

/** Shopify's Admin GraphQL API. Nothing is kept between calls but the page size that the cost limit let through. */
export function shopify({
  url,
  apiVersion = '2026-07',
  clock = systemClock,
  tries = 6,
  longestWaitMs = 30_000,
  timeoutMs = 15_000,
}: ShopifyOptions = {}): Shopify {
  const base = (url || 'https://{shop}.myshopify.com').replace(/\/+$/, '')
  let pageSize = PAGE_SIZE

  async function once<T>(
    { shop, accessToken }: ShopifyCredentials,
    operation: ShopifyOperation,
    options: StockOptions,
  ): Promise<T> {
    const said = await ask(
      'shopify',
      `${base.replace('{shop}', hostName(shop))}/admin/api/${apiVersion}/graphql.json`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-shopify-access-token': accessToken },
        body: JSON.stringify(operation),
      },
      { timeoutMs: options.timeoutMs ?? timeoutMs, signal: options.signal },
    )
    return dataOf<T>(said)
  }

  const call: Shopify['call'] = (credentials, operation, options = {}) =>
    persistently(() => once(credentials, operation, options), {
      clock,
      tries,
      longestWaitMs,
      signal: options.signal,
      isRepeatable: options.isRepeatable,
    })

  async function variants(
    credentials: ShopifyCredentials,
    cursor: string | null,
    { sku, ...options }: StockOptions & { sku?: string },
  ): Promise<VariantsAnswer['productVariants']> {
    const query = sku === undefined ? null : `sku:${quoted(sku)}`
    for (;;) {
      const first = pageSize
      try {
        const variables = { first, after: cursor, query }
        return (await call<VariantsAnswer>(credentials, { query: variantsQuery, variables }, options))
          .productVariants
      } catch (error) {
        // What a query costs depends on a formula that Shopify changes; a smaller page always fits in the end.
        if (!isFault(error) || error.code !== 'shopify/max-cost' || first <= 1) throw error
        pageSize = Math.min(pageSize, first >> 1)
      }
    }
  }

  async function itemsOf(
    credentials: ShopifyCredentials,
    node: VariantNode,
    options: StockOptions,
  ): Promise<StockItem[]> {
    const items = variantItems(node)
    let { hasNextPage, endCursor } = node.inventoryItem.inventoryLevels.pageInfo
    for (let page = 0; hasNextPage && page < MOST_LEVEL_PAGES; page++) {
      const variables = { id: node.inventoryItem.id, after: endCursor }
      const more = await call<LevelsAnswer>(credentials, { query: moreLevelsQuery, variables }, options)
      if (!more.inventoryItem) break
      const { nodes, pageInfo } = more.inventoryItem.inventoryLevels
      items.push(...nodes.map((level) => levelItem(node, level)))
      hasNextPage = pageInfo.hasNextPage
      endCursor = pageInfo.endCursor
    }
    return items
  }

  return {
    call,
    async listStock(credentials, cursor, options = {}) {
      const { nodes, pageInfo } = await variants(credentials, cursor, options)
      const items: StockItem[] = []
      for (const node of nodes) {
        if (node.inventoryItem?.tracked) items.push(...(await itemsOf(credentials, node, options)))
      }
      return { items, next: pageInfo.hasNextPage ? pageInfo.endCursor : null }
    },
    async setStock(credentials, change, options) {
      const operation = setQuantitiesMutation(apiVersion, change)
      const isRepeatable = operation.variables.key !== undefined
      const answer = await call<SetAnswer>(credentials, operation, { ...options, isRepeatable })
      refuseUserErrors(answer.inventorySetQuantities.userErrors)
      return { available: change.available }
    },
  }
}

/** Throws the first of a mutation's `userErrors` as a fault; nothing when there is none. */
export function refuseUserErrors(errors: readonly UserError[]): void {
  const [error] = errors
  if (!error) return
  const field = error.field?.join('.')
  if (error.code === 'CHANGE_FROM_QUANTITY_STALE' || error.code === 'COMPARE_QUANTITY_STALE')
    throw fault('conflict', 'shopify/stale', 'The stock at Shopify is another than expected', { field })
  if (/NOT_FOUND|NOT_STOCKED|^INVALID_(INVENTORY_ITEM|LOCATION)$/.test(error.code ?? ''))
    throw fault('missing', 'shopify/missing', `Shopify does not know it: ${error.message}`, { field })
  throw fault('invalid', 'shopify/refused', `Shopify refused: ${error.message}`, { field })
}

function hostName(shop: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/i.test(shop)) return shop
  throw fault('invalid', 'shopify/shop', "A shop's name has letters, digits and dashes only", {
    field: 'shop',
  })
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
