import type { StockItem } from '#kernel/stock.ts'

export interface Level {
  location: { id: string; name: string }
  quantities: { name: string; quantity: number }[]
}

export interface VariantNode {
  id: string
  title: string
  sku: string | null
  product: { id: string; title: string }
  inventoryItem: {
    id: string
    tracked: boolean
    inventoryLevels: { nodes: Level[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }
  }
}

export const variantItems = (node: VariantNode): StockItem[] =>
  node.inventoryItem.inventoryLevels.nodes.map((level) => levelItem(node, level))

/** `skuId` is the inventory item, because that is what stock is written to. */
export function levelItem(node: VariantNode, { location, quantities }: Level): StockItem {
  const quantity = (name: string) => quantities.find((one) => one.name === name)?.quantity
  return {
    sku: node.sku || node.inventoryItem.id,
    productId: node.product.id,
    skuId: node.inventoryItem.id,
    title: node.product.title,
    // A product without variants has one of this name.
    variant: node.title === 'Default Title' ? null : node.title,
    available: quantity('available') ?? 0,
    reserved: quantity('committed') ?? null,
    location: { id: location.id, name: location.name },
  }
}
