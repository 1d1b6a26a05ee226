import type { Clock } from '#sandbox/clock.ts'
import { type Plain, QueryComplaint, type Thing } from './execute.ts'
import { setQuantities } from './quantities.ts'
import type { LevelRow, Shop, VariantRow } from './shop.ts'

type Answers = Map<string, { input: string; answer: Thing }>
export type ShopContext = { shop: Shop; apiVersion: string; clock: Clock; answers: Answers }

export function queryRoot({ shop }: ShopContext): Thing {
  const bySku = (query: unknown) => {
    const sku = skuOf(query)
    return sku === null ? shop.variants : shop.variants.filter((variant) => variant.sku === sku)
  }
  const variantOf = (id: unknown, key: 'id' | 'inventoryItemId') =>
    shop.variants.find((variant) => variant[key] === id)
  return {
    __typename: 'QueryRoot',
    shop: () => ({ __typename: 'Shop', name: shop.name, myshopifyDomain: `${shop.name}.myshopify.com` }),
    productVariants: (args: Plain) => connection(bySku(args['query']), args, variantThing),
    inventoryItems: (args: Plain) => connection(bySku(args['query']), args, itemThing),
    products: (args: Plain) => connection(productsOf(bySku(args['query'])), args, productThing),
    locations: (args: Plain) => connection(shop.locations, args, locationThing),
    productVariant: ({ id }: Plain) => mapped(variantOf(id, 'id'), variantThing),
    inventoryItem: ({ id }: Plain) => mapped(variantOf(id, 'inventoryItemId'), itemThing),
    location: ({ id }: Plain) =>
      mapped(
        shop.locations.find((one) => one.id === id),
        locationThing,
      ),
  }
}

export const mutationRoot = (context: ShopContext): Thing => ({
  __typename: 'Mutation',
  inventorySetQuantities: (args: Plain, directives: Record<string, Plain>) =>
    setQuantities(context, args, directives['idempotent']?.['key']),
})

const mapped = <T>(value: T | undefined, thing: (value: T) => Thing) => (value ? thing(value) : null)
const locationThing = ({ id, name }: { id: string; name: string }): Thing => ({
  __typename: 'Location',
  id,
  name,
  isActive: true,
})

type ProductRow = { id: string; title: string; variants: VariantRow[] }
const productsOf = (variants: VariantRow[]): ProductRow[] =>
  [...Map.groupBy(variants, ({ product }) => product.id)].map(([id, own]) => ({
    id,
    title: own[0]!.product.title,
    variants: own,
  }))
const productThing = ({ id, title, variants }: ProductRow): Thing => ({
  __typename: 'Product',
  id,
  title,
  variants: (args: Plain) => connection(variants, args, variantThing),
})

const variantThing = (variant: VariantRow): Thing => ({
  __typename: 'ProductVariant',
  id: variant.id,
  title: variant.title,
  sku: variant.sku,
  product: () => productThing({ ...variant.product, variants: [variant] }),
  inventoryItem: () => itemThing(variant),
})

const itemThing = (variant: VariantRow): Thing => ({
  __typename: 'InventoryItem',
  id: variant.inventoryItemId,
  sku: variant.sku,
  tracked: true,
  variant: () => variantThing(variant),
  inventoryLevel: ({ locationId }: Plain) =>
    mapped(variant.levels.get(String(locationId)), (level) => levelThing(variant, level)),
  inventoryLevels: (args: Plain) =>
    connection(levelRows(variant), args, (level) => levelThing(variant, level)),
})

type LevelNode = LevelRow & { id: string }
const numberOf = (id: string) => id.split('/').at(-1)!
const levelId = (variant: VariantRow, level: LevelRow) =>
  `gid://shopify/InventoryLevel/${numberOf(level.location.id)}?inventory_item_id=${numberOf(variant.inventoryItemId)}`
const levelRows = (variant: VariantRow): LevelNode[] =>
  [...variant.levels.values()].map((level) => ({ ...level, id: levelId(variant, level) }))

const levelThing = (variant: VariantRow, level: LevelRow): Thing => ({
  __typename: 'InventoryLevel',
  id: levelId(variant, level),
  item: () => itemThing(variant),
  location: () => locationThing(level.location),
  quantities: ({ names }: Plain) => {
    if (!Array.isArray(names))
      throw new QueryComplaint("Field 'quantities' is missing required arguments: names")
    return names.map((name) => quantityThing(level, String(name)))
  },
})

function quantityThing(level: LevelRow, name: string): Thing {
  const { available, committed } = level
  const known: Record<string, number> = { available, committed, on_hand: available + committed, incoming: 0 }
  for (const zero of ['reserved', 'damaged', 'safety_stock', 'quality_control']) known[zero] = 0
  if (!(name in known)) throw new QueryComplaint(`'${name}' is not a name of a quantity`)
  const updatedAt = new Date(level.updatedAtMs).toISOString()
  return { __typename: 'InventoryQuantity', name, quantity: known[name], updatedAt }
}

/** Forward paging only: `first` from 1 to 250 and `after`. */
function connection<T extends { id: string }>(rows: T[], args: Plain, thing: (row: T) => Thing): Thing {
  const first = Number(args['first'] ?? Number.NaN)
  if (!(first >= 1 && first <= 250))
    throw new QueryComplaint('Argument first must be there, from 1 to 250 (the sandbox knows no last)')
  const after = args['after'] === undefined || args['after'] === null ? null : String(args['after'])
  const start = after === null ? 0 : rows.findIndex((row) => cursorOf(row) === after) + 1
  if (after !== null && start === 0) throw new QueryComplaint('Invalid cursor for current pagination sort.')
  const page = rows.slice(start, start + first)
  return {
    __typename: 'Connection',
    nodes: () => page.map(thing),
    edges: () => page.map((row) => ({ __typename: 'Edge', cursor: cursorOf(row), node: () => thing(row) })),
    pageInfo: {
      __typename: 'PageInfo',
      hasNextPage: start + page.length < rows.length,
      hasPreviousPage: start > 0,
      startCursor: page.length > 0 ? cursorOf(page[0]!) : null,
      endCursor: page.length > 0 ? cursorOf(page.at(-1)!) : null,
    },
  }
}

const cursorOf = ({ id }: { id: string }) => Buffer.from(JSON.stringify({ last_id: id })).toString('base64')

/** `sku:X`, `sku:'X'` or `sku:"X"`; no other search is known here. */
function skuOf(query: unknown): string | null {
  if (query === undefined || query === null || query === '') return null
  const match = /^sku:(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+))$/.exec(String(query).trim())
  if (!match) throw new QueryComplaint('The sandbox searches by sku: only')
  return (match[1] ?? match[2] ?? match[3])!.replace(/\\(.)/g, '$1')
}
