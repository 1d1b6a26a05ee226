import type { FastifyInstance } from 'fastify'
import { type Market, type MarketAnswer, marketDoor } from '#sandbox/market.ts'
import { costBucket, type ThrottleStatus } from './bucket.ts'
import { execute, type Plain, planOf, QueryComplaint, requestedCost } from './execute.ts'
import { parseDocument, SyntaxComplaint } from './graphql.ts'
import { mutationRoot, queryRoot, type ShopContext } from './schema.ts'
import { type Shop, shopsOf, stockRows } from './shop.ts'

const PATH = '/admin/api/:apiVersion/graphql.json'
const MOST_COST = 1_000

/** Shopify's Admin GraphQL API for two shops, and its control under `/_sandbox/shopify/`. */
export function mountShopify(app: FastifyInstance, { seed, clock }: Market) {
  const serve = marketDoor(app, 'shopify', seed)
  const shops = new Map(
    shopsOf(seed, clock.now()).map((shop) => [
      shop.name,
      { shop, bucket: costBucket(clock), answers: new Map() as ShopContext['answers'] },
    ]),
  )
  type Open = typeof shops extends Map<string, infer T> ? T : never

  app.post<{ Params: { apiVersion: string }; Body?: Plain }>(PATH, (request, reply) => {
    const { apiVersion } = request.params
    const headers = { 'X-Shopify-API-Version': apiVersion }
    const open = openOf(String(request.headers['x-shopify-access-token'] ?? ''), request.hostname)
    const work = (): MarketAnswer => {
      if (!/^(\d{4}-\d{2}|unstable)$/.test(apiVersion)) return refused(404, 'Not Found')
      if (!open) return refused(401, BAD_TOKEN)
      return { headers, ...answer(open, apiVersion, request.body ?? {}) }
    }
    return serve('/admin/api', request, reply, work, () =>
      errors([{ message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]),
    )
  })

  /** The token names the shop; a host that names another one is refused. */
  function openOf(token: string, host: string): Open | undefined {
    const open = [...shops.values()].find(({ shop }) => shop.accessToken === token && shop.isTokenLive)
    const named = /^([\w-]+)\.myshopify\.com$/.exec(host)?.[1]
    return named === undefined || named === open?.shop.name ? open : undefined
  }

  function answer({ shop, bucket, answers }: Open, apiVersion: string, body: Plain): MarketAnswer {
    try {
      const document = parseDocument(String(body['query'] ?? ''))
      const named = body['operationName']
      const operation = document.operations.find(({ name }) => !named || name === named)
      if (!operation) throw new QueryComplaint(`No operation named "${named}"`)
      const plan = planOf(document, operation, (body['variables'] ?? {}) as Plain)
      const requested = requestedCost(operation.kind, plan)
      if (requested > MOST_COST) return tooDear(requested)
      if (!bucket.holds(requested)) return throttled(requested, bucket.status())
      const context = { shop, apiVersion, clock, answers }
      const root = operation.kind === 'mutation' ? mutationRoot(context) : queryRoot(context)
      const { data, objects } = execute(root, plan)
      const actual = operation.kind === 'mutation' ? requested : Math.min(requested, Math.ceil(objects / 10))
      bucket.take(actual)
      return {
        outcome: 'ok',
        body: { data, extensions: { cost: costOf(requested, actual, bucket.status()) } },
      }
    } catch (error) {
      if (error instanceof SyntaxComplaint || error instanceof QueryComplaint)
        return errors([{ message: error.message, extensions: { code: 'undefinedField' } }])
      throw error
    }
  }

  app.get('/_sandbox/shopify/shops', () =>
    [...shops.values()].map(({ shop, bucket }) => ({
      shop: shop.name,
      accessToken: shop.accessToken,
      clientSecret: shop.clientSecret,
      isTokenLive: shop.isTokenLive,
      locations: shop.locations,
      skus: shop.variants.length,
      throttleStatus: bucket.status(),
    })),
  )
  app.put<{
    Params: { shop: string }
    Body: { isTokenLive?: boolean; throttleStatus?: Partial<ThrottleStatus> }
  }>('/_sandbox/shopify/shops/:shop', (request, reply) => {
    const open = shops.get(request.params.shop)
    if (!open) return unknown(reply)
    open.shop.isTokenLive = request.body.isTokenLive ?? open.shop.isTokenLive
    if (request.body.throttleStatus) open.bucket.set(request.body.throttleStatus)
    return { isTokenLive: open.shop.isTokenLive, throttleStatus: open.bucket.status() }
  })
  app.get<{ Params: { shop: string } }>('/_sandbox/shopify/shops/:shop/stock', (request, reply) => {
    const open = shops.get(request.params.shop)
    return open ? stockRows(open.shop) : unknown(reply)
  })
  app.put<{ Params: { shop: string }; Body: { sku: string; locationId?: string; available: number } }>(
    '/_sandbox/shopify/shops/:shop/stock',
    (request, reply) => {
      const level = levelOf(shops.get(request.params.shop)?.shop, request.body)
      if (!level) return unknown(reply)
      level.available = request.body.available
      level.updatedAtMs = clock.now()
      return { sku: request.body.sku, location: level.location, available: level.available }
    },
  )
}

const BAD_TOKEN = '[API] Invalid API key or access token (unrecognized login or wrong password)'

const unknown = (reply: { code(status: number): { send(body: unknown): unknown } }) =>
  reply.code(404).send({ error: 'no such shop or SKU' })

function levelOf(shop: Shop | undefined, { sku, locationId }: { sku: string; locationId?: string }) {
  const variant = shop?.variants.find((one) => one.sku === sku || one.inventoryItemId === sku)
  return variant?.levels.get(locationId ?? shop!.locations[0]!.id)
}

const costOf = (requested: number, actual: number | null, throttleStatus: ThrottleStatus) => ({
  requestedQueryCost: requested,
  actualQueryCost: actual,
  throttleStatus,
})
type Wrong = { message: string; extensions: { code: string; [more: string]: unknown } }
const errors = (wrong: Wrong[], extensions?: Plain): MarketAnswer => ({
  outcome: wrong[0]!.extensions.code,
  body: { errors: wrong, ...(extensions && { extensions }) },
})
const refused = (status: number, words: string): MarketAnswer => ({
  outcome: `status:${status}`,
  status,
  body: { errors: words },
})
const throttled = (requested: number, status: ThrottleStatus) =>
  errors([{ message: 'Throttled', extensions: { code: 'THROTTLED' } }], {
    cost: costOf(requested, null, status),
  })
const tooDear = (cost: number) =>
  errors([
    {
      message: `Query cost is ${cost}, which exceeds the single query max cost limit (${MOST_COST}).`,
      extensions: { code: 'MAX_COST_EXCEEDED', cost, maxCost: MOST_COST },
    },
  ])
