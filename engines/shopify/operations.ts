import { randomUUID } from 'node:crypto'
import { fault } from '#kernel/fault.ts'
import type { StockChange } from '#kernel/stock.ts'

const LEVELS = `
  nodes { location { id name } quantities(names: ["available", "committed"]) { name quantity } }
  pageInfo { hasNextPage endCursor }`

/** Variants with the stock at their first ten locations; few shops have more, and those are asked for apart. */
export const variantsQuery = `query Stock($first: Int!, $after: String, $query: String) {
  productVariants(first: $first, after: $after, query: $query) {
    nodes {
      id title sku
      product { id title }
      inventoryItem { id tracked inventoryLevels(first: 10) {${LEVELS} } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

export const moreLevelsQuery = `query MoreLevels($id: ID!, $after: String) {
  inventoryItem(id: $id) { inventoryLevels(first: 50, after: $after) {${LEVELS} } }
}`

export interface QuantityChange extends StockChange {
  name?: 'available' | 'on_hand'
  idempotencyKey?: string
}

/** From 2026-04 on the field to compare with has another name, and a key against doing it twice is a must. */
export function setQuantitiesMutation(apiVersion: string, change: QuantityChange) {
  if (!change.skuId) throw needs('skuId')
  if (!change.locationId) throw needs('locationId')
  const isNew = apiVersion === 'unstable' || apiVersion >= '2026-04'
  const { expected } = change
  const oldCompare =
    expected === undefined ? { ignoreCompareQuantity: true } : { ignoreCompareQuantity: false }
  const quantity = {
    inventoryItemId: change.skuId,
    locationId: change.locationId,
    quantity: change.available,
    ...(isNew ? { changeFromQuantity: expected ?? null } : { compareQuantity: expected }),
  }
  const input = {
    name: change.name ?? 'available',
    reason: 'correction',
    quantities: [quantity],
    ...(isNew ? {} : oldCompare),
  }
  const key = isNew ? (change.idempotencyKey ?? randomUUID()) : undefined
  return {
    query: `mutation SetQuantity($input: InventorySetQuantitiesInput!${isNew ? ', $key: String!' : ''}) {
  inventorySetQuantities(input: $input)${isNew ? ' @idempotent(key: $key)' : ''} {
    inventoryAdjustmentGroup { reason }
    userErrors { field message code }
  }
}`,
    variables: { input, key },
  }
}

const needs = (field: string) => fault('invalid', 'shopify/incomplete', `Shopify needs ${field}`, { field })
