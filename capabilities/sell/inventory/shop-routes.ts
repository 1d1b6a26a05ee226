import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { fault } from '#kernel/fault.ts'
import type { App } from '#kernel/http.ts'
import { newId } from '#kernel/id.ts'
import { slice } from '#kernel/schemas.ts'
import { series, shanghaiDay } from './demand.ts'
import type { RouteParts } from './routes.ts'
import { salesBook } from './sales-book.ts'
import { salesReader } from './sales-csv.ts'
import { BadSchema, LeadDays, PlatformSchema, ServiceLevel, ShopSchema, WishesSchema } from './schemas.ts'
import type { Shop } from './shops.ts'
import { stockFrom } from './stock-csv.ts'

const FILE_LIMIT_BYTES = 64 * 1_048_576
const BAD_SHOWN = 50
const ShopParams = Type.Object({ shopId: Type.String({ maxLength: 100 }) })
const FileBody = Type.Union([Type.String(), Type.Object({ csv: Type.String() })], {
  description: 'The file itself as text/csv, or as `csv` in JSON.',
})
const textOf = (body: string | { csv: string }): string => (typeof body === 'string' ? body : body.csv)
const Named = Type.String({ minLength: 1, maxLength: 100 })

/** Shops: connect, steer, count by hand. */
export function shopRoutes(
  app: App,
  { shops, sources, books, judgement, planSoon, pullSoon, clock }: RouteParts,
): void {
  // Files come as they are; the JSON limit would be too small for a year of sales.
  app.addContentTypeParser(
    ['text/csv', 'text/plain'],
    { parseAs: 'string', bodyLimit: FILE_LIMIT_BYTES },
    (_request, body, done) => done(null, body),
  )

  app.get(
    '/shops',
    { schema: { summary: 'Connected shops and how their pulls go', response: { 200: slice(ShopSchema) } } },
    async ({ principal }) => ({ items: await shops.list(principal.workspaceId), next: null }),
  )

  app.get(
    '/platforms',
    {
      schema: {
        summary: 'What can be connected here, and with which credentials',
        response: {
          200: slice(Type.Object({ platform: PlatformSchema, credentials: Type.Array(Type.String()) })),
        },
      },
    },
    async () => ({
      items: [
        ...Object.entries(sources)
          .filter(([platform]) => platform !== 'doudian')
          .map(([platform, source]) => ({
            platform: platform as Shop['platform'],
            credentials: [...source.credentials],
          })),
        { platform: 'csv' as const, credentials: [] },
      ],
      next: null,
    }),
  )

  app.post(
    '/shops',
    {
      schema: {
        summary: 'Connect a shop, or give a known one new credentials',
        description:
          'Doudian shops are connected in order-sync and appear here by themselves. Credentials are sealed and never answered. A shop of `csv` is counted by files.',
        body: Type.Object({
          platform: PlatformSchema,
          name: Named,
          shopId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
          credentials: Type.Optional(
            Type.Record(Type.String({ maxLength: 50 }), Type.String({ minLength: 1, maxLength: 2_000 })),
          ),
        }),
        response: { 200: ShopSchema },
      },
    },
    async ({ principal, body: { platform, name, credentials, shopId = newId('shop') } }) => {
      const { workspaceId } = principal
      if (platform === 'doudian') {
        throw fault('invalid', 'inventory/connect-elsewhere', 'A Doudian shop is connected in order-sync', {
          cure: 'Connect it there: its stock is pulled from then on.',
        })
      }
      const needed = sources[platform]?.credentials ?? []
      const missing = needed.filter((field) => !credentials?.[field])
      if (missing.length > 0) {
        throw fault('invalid', 'inventory/credentials', `Credentials lack ${missing.join(', ')}`, {
          field: 'body.credentials',
        })
      }
      const known = await shops.get({ workspaceId, shopId })
      if (known && known.platform !== platform)
        throw fault('conflict', 'inventory/other-platform', 'This shop is known on another platform')
      const kept =
        needed.length > 0 ? Object.fromEntries(needed.map((field) => [field, credentials![field]!])) : null
      await shops.connect(
        { workspaceId, shopId, platform, name, credentials: kept, isPulled: sources[platform] !== undefined },
        clock.now(),
      )
      await planSoon()
      return found(await shops.get({ workspaceId, shopId }))
    },
  )

  app.patch(
    '/shops/:shopId',
    {
      schema: {
        summary: 'Rename, pause or resume a shop, or set its own service level and lead time',
        params: ShopParams,
        body: Type.Object({
          name: Type.Optional(Named),
          isPaused: Type.Optional(Type.Boolean()),
          serviceLevel: ServiceLevel,
          leadDays: LeadDays,
        }),
        response: { 200: ShopSchema },
      },
    },
    async ({ principal, params, body }) => {
      const key = { workspaceId: principal.workspaceId, ...params }
      await shops.change(key, body, clock.now())
      await planSoon()
      return found(await shops.get(key))
    },
  )

  app.delete(
    '/shops/:shopId',
    {
      schema: { summary: 'Forget a shop with all its numbers', params: ShopParams },
      config: { access: 'owner' },
    },
    async ({ principal, params }) => {
      if (!(await shops.remove({ workspaceId: principal.workspaceId, ...params }))) throw unknownShop()
      return {}
    },
  )

  app.post(
    '/shops/:shopId/pull',
    { schema: { summary: 'Read its stock now', params: ShopParams, response: { 200: ShopSchema } } },
    async ({ principal, params }) => {
      const key = { workspaceId: principal.workspaceId, ...params }
      const shop = found(await shops.get(key))
      if (shop.nextPullAtMs === null)
        throw fault('invalid', 'inventory/not-pulled', 'The stock of this shop comes by hand')
      await pullSoon(key)
      return shop
    },
  )

  app.post(
    '/shops/:shopId/stock',
    {
      bodyLimit: FILE_LIMIT_BYTES,
      schema: {
        summary:
          'Count by file: CSV with sku, available and, where known, title, cost, in_transit, lead_days',
        params: ShopParams,
        body: FileBody,
        response: {
          200: Type.Object({
            skus: Type.Integer(),
            differed: Type.Integer(),
            bad: Type.Integer(),
            firstBad: Type.Array(BadSchema),
          }),
        },
      },
    },
    async ({ principal, params, body }) => {
      const key = { workspaceId: principal.workspaceId, ...params }
      const shop = found(await shops.get(key))
      const { counts, bad } = stockFrom(textOf(body))
      const taken = await books.count({
        ...key,
        platform: shop.platform,
        counts,
        countedAtMs: clock.now(),
        how: 'imported',
        by: principal.actor,
      })
      await judgement.judge(key)
      return { ...taken, bad: bad.length, firstBad: bad.slice(0, BAD_SHOWN) }
    },
  )

  app.post(
    '/shops/:shopId/sales',
    {
      bodyLimit: FILE_LIMIT_BYTES,
      schema: {
        summary:
          'Past sales by file: CSV with date, sku, quantity; what it tells of a day and SKU replaces what was there',
        params: ShopParams,
        querystring: Type.Object({
          dates: Type.Optional(Type.Union([Type.Literal('mdy'), Type.Literal('dmy')])),
        }),
        body: FileBody,
        response: {
          200: Type.Object({
            lines: Type.Integer(),
            sales: Type.Integer(),
            skus: Type.Integer(),
            bad: Type.Integer(),
            firstBad: Type.Array(BadSchema),
          }),
        },
      },
    },
    async ({ principal, params, body, query: { dates } }) => {
      const key = { workspaceId: principal.workspaceId, ...params }
      const { platform } = found(await shops.get(key))
      const bytes = async () => Readable.from([Buffer.from(textOf(body))])
      const reader = salesReader('The file', bytes, { ...(dates ? { dates } : {}), keepsCase: true })
      const book = await salesBook(reader.lines())
      const today = shanghaiDay(clock.now())
      const rows = book.all.flatMap((one) => daysOf(series(one.sku, unitsOf(one), today + 1)))
      const skus = book.all.map(({ sku }) => ({ sku, title: book.about.get(sku)?.title ?? '' }))
      await books.importDemand({ ...key, platform, skus, rows, atMs: clock.now() })
      await judgement.judge(key)
      const { lines, sales } = book.counts
      return { lines, sales, skus: book.all.length, bad: book.counts.bad, firstBad: book.bad.first }
    },
  )

  app.get(
    '/wishes',
    {
      schema: {
        summary: 'Service level, lead time and mail of the workspace',
        response: { 200: WishesSchema },
      },
    },
    ({ principal }) => shops.wishes(principal.workspaceId),
  )

  app.put(
    '/wishes',
    { schema: { body: Type.Partial(WishesSchema), response: { 200: WishesSchema } } },
    async ({ principal, body }) => {
      await shops.wish(principal.workspaceId, body)
      await planSoon()
      return shops.wishes(principal.workspaceId)
    },
  )
}

type OneSeries = NonNullable<ReturnType<typeof series>>

function* unitsOf({ first, end, total }: OneSeries): Generator<readonly [number, number]> {
  for (let day = first; day < end; day++) {
    const units = total[day - first + 1]! - total[day - first]!
    if (units > 0) yield [day, units]
  }
}

const daysOf = (one: OneSeries | null) =>
  one ? [...unitsOf(one)].map(([day, units]) => ({ sku: one.sku, day, units })) : []

const unknownShop = () => fault('missing', 'inventory/unknown-shop', 'There is no such shop here')

function found(shop: Shop | null): Shop {
  if (!shop) throw unknownShop()
  return shop
}
