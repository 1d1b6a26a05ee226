import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Clock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import type { App, Routes } from '#kernel/http.ts'
import { Nullable, slice } from '#kernel/schemas.ts'
import type { Books } from './books.ts'
import type { Catalogue } from './catalogue.ts'
import { detailOf, fanOf } from './detail.ts'
import { healthOf, isLate } from './health.ts'
import type { Platform } from './inventory.ts'
import type { Judgement } from './judgement.ts'
import type { MailingParts } from './mailing.ts'
import { reportRoutes } from './report-routes.ts'
import {
  AbcSchema,
  CellSchema,
  DetailSchema,
  FanSchema,
  ItemSchema,
  LeadDays,
  MovementSchema,
  numberOrNull,
  OrderSchema,
  PaceSchema,
  PlatformSchema,
  PlatformViewSchema,
  PurchaseSchema,
  ServiceLevel,
  SummarySchema,
  WarningSchema,
  WarningViewSchema,
} from './schemas.ts'
import { shopRoutes } from './shop-routes.ts'
import type { ShopKey, Shops } from './shops.ts'
import type { StockSource } from './source.ts'
import { purchaseCsv, stockCsv } from './stock-csv.ts'

export interface RouteParts {
  catalogue: Catalogue
  books: Books
  shops: Shops
  judgement: Judgement
  sources: Partial<Record<Platform, StockSource>>
  mailing: MailingParts
  planSoon(): Promise<void>
  pullSoon(key: ShopKey): Promise<void>
  clock: Clock
}

const Limit = Type.Integer({ default: 100, minimum: 1, maximum: 500 })
const Cursor = Type.Optional(Type.String({ maxLength: 600, description: '`next` of the page before.' }))
const Text = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))
const Days = Type.Optional(Type.Number({ minimum: 0, maximum: 100_000 }))
const ItemParams = Type.Object({
  shopId: Type.String({ maxLength: 100 }),
  sku: Type.String({ maxLength: 200 }),
})
const FARTHEST_MS = 4_102_444_800_000
const csvAnswer = { 200: { content: { 'text/csv': { schema: Type.Unsafe<Readable>({ type: 'string' }) } } } }

/** The room's HTTP API, for the console and anybody's programs. */
export function routes(parts: RouteParts): Routes {
  return (app) => {
    overviewRoutes(app, parts)
    itemRoutes(app, parts)
    warningRoutes(app, parts)
    purchaseRoutes(app, parts)
    shopRoutes(app, parts)
    reportRoutes(app, parts)
  }
}

function overviewRoutes(app: App, { catalogue, shops, clock }: RouteParts): void {
  app.get(
    '/summary',
    {
      schema: {
        summary: 'What runs out, what lies dead, and the health score',
        response: { 200: SummarySchema },
      },
    },
    async ({ principal }) => {
      const [tally, connected] = await Promise.all([
        catalogue.tally(principal.workspaceId),
        shops.list(principal.workspaceId),
      ])
      const nowMs = clock.now()
      return {
        ...tally,
        health: healthOf(tally, connected, nowMs),
        lateShops: connected.filter((shop) => isLate(shop, nowMs)).length,
      }
    },
  )
  app.get(
    '/charts/platforms',
    {
      schema: {
        summary: 'SKUs by platform and days of cover, for stacked bars',
        response: { 200: slice(PlatformViewSchema) },
      },
    },
    async ({ principal }) => ({ items: await catalogue.byPlatform(principal.workspaceId), next: null }),
  )
  app.get(
    '/charts/matrix',
    {
      schema: {
        summary: 'SKUs by share of turnover (ABC) and velocity',
        response: { 200: slice(CellSchema) },
      },
    },
    async ({ principal }) => ({ items: await catalogue.matrix(principal.workspaceId), next: null }),
  )
}

function itemRoutes(app: App, { catalogue, shops, books, judgement, planSoon, clock }: RouteParts): void {
  app.get(
    '/items',
    {
      schema: {
        summary: 'SKUs, the shortest cover first unless another order is asked for',
        querystring: Type.Object({
          shopId: Text,
          platform: Type.Optional(PlatformSchema),
          warning: Type.Optional(Type.Union([WarningSchema, Type.Literal('any')])),
          abc: Type.Optional(AbcSchema),
          pace: Type.Optional(PaceSchema),
          coverFrom: Days,
          coverTo: Days,
          isDue: Type.Optional(Type.Boolean()),
          q: Text,
          sort: Type.Unsafe<'cover' | 'suggested' | 'velocity' | 'available' | 'sku'>({
            ...OrderSchema,
            default: 'cover',
          }),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(ItemSchema) },
      },
    },
    ({ principal, query: { cursor, ...ask } }) =>
      catalogue.items({ workspaceId: principal.workspaceId, ...ask, after: cursor }),
  )

  const one = async (
    workspaceId: ShopKey['workspaceId'],
    { shopId, sku }: { shopId: string; sku: string },
  ) => {
    const item = await catalogue.item(workspaceId, shopId, sku)
    if (!item) throw fault('missing', 'inventory/unknown-sku', 'There is no such SKU in this shop')
    return item
  }

  app.get(
    '/items/:shopId/:sku',
    {
      schema: {
        summary: 'A SKU with what its forecast is made of',
        params: ItemParams,
        response: { 200: DetailSchema },
      },
    },
    async ({ principal, params }) => {
      const item = await one(principal.workspaceId, params)
      const key = { workspaceId: principal.workspaceId, shopId: params.shopId }
      const [made, shop, wishes] = await Promise.all([
        judgement.forecast(key),
        shops.get(key),
        shops.wishes(key.workspaceId),
      ])
      return detailOf(item, made, judgement.policyFor(shop, wishes, item))
    },
  )

  app.get(
    '/items/:shopId/:sku/fan',
    {
      schema: {
        summary: 'What may be left of the stock day by day, as quantiles',
        params: ItemParams,
        querystring: Type.Object({ days: Type.Integer({ default: 56, minimum: 1, maximum: 84 }) }),
        response: { 200: Nullable(FanSchema) },
      },
    },
    async ({ principal, params, query: { days } }) => {
      const item = await one(principal.workspaceId, params)
      const key = { workspaceId: principal.workspaceId, shopId: params.shopId }
      const [made, shop, wishes] = await Promise.all([
        judgement.forecast(key),
        shops.get(key),
        shops.wishes(key.workspaceId),
      ])
      return fanOf(item, made, judgement.policyFor(shop, wishes, item), days)
    },
  )

  app.get(
    '/items/:shopId/:sku/movements',
    {
      schema: {
        summary: 'Every change of the number with its reason, newest first',
        params: ItemParams,
        querystring: Type.Object({ cursor: Cursor, limit: Limit }),
        response: { 200: slice(MovementSchema) },
      },
    },
    ({ principal, params, query: { cursor, limit } }) =>
      catalogue.movements({ workspaceId: principal.workspaceId, ...params, after: cursor, limit }),
  )

  app.patch(
    '/items/:shopId/:sku',
    {
      schema: {
        summary: 'Service level, lead time and cost of one SKU; null takes a wish back',
        params: ItemParams,
        body: Type.Object({
          serviceLevel: ServiceLevel,
          leadDays: LeadDays,
          costFen: Type.Optional(numberOrNull('integer', 0, 100_000_000_000)),
        }),
        response: { 200: ItemSchema },
      },
    },
    async ({ principal, params, body }) => {
      await one(principal.workspaceId, params)
      await catalogue.changeItem(principal.workspaceId, params.shopId, params.sku, body)
      await judgement.judge({ workspaceId: principal.workspaceId, shopId: params.shopId })
      return one(principal.workspaceId, params)
    },
  )

  app.post(
    '/transit',
    {
      schema: {
        summary: 'Units ordered from the supplier (more than 0) or arrived (less than 0)',
        body: Type.Object({
          moves: Type.Array(
            Type.Object({
              ...ItemParams.properties,
              units: Type.Integer({ minimum: -100_000_000, maximum: 100_000_000 }),
            }),
            { minItems: 1, maxItems: 5_000 },
          ),
        }),
        response: { 200: Type.Object({ moved: Type.Integer() }) },
      },
    },
    async ({ principal, body }) => {
      const ask = {
        workspaceId: principal.workspaceId,
        moves: body.moves,
        by: principal.actor,
        atMs: clock.now(),
      }
      const moved = await books.moveTransit(ask)
      await planSoon()
      return { moved }
    },
  )

  app.get(
    '/export/stock.csv',
    {
      schema: {
        summary: 'All SKUs as CSV; the same file can be counted in again',
        querystring: Type.Object({ shopId: Text }),
        response: csvAnswer,
      },
    },
    ({ principal, query: { shopId } }, reply) => {
      reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="stock.csv"')
      return stockCsv(catalogue, principal.workspaceId, shopId)
    },
  )
}

function warningRoutes(app: App, { catalogue }: RouteParts): void {
  app.get(
    '/warnings',
    {
      schema: {
        summary: 'Warnings, newest first',
        querystring: Type.Object({
          kind: Type.Optional(WarningSchema),
          state: Type.Unsafe<'open' | 'closed' | 'silent'>({
            type: 'string',
            enum: ['open', 'closed', 'silent'],
            default: 'open',
          }),
          cursor: Cursor,
          limit: Limit,
        }),
        response: { 200: slice(WarningViewSchema) },
      },
    },
    ({ principal, query: { cursor, ...ask } }) =>
      catalogue.warnings({ workspaceId: principal.workspaceId, ...ask, after: cursor }),
  )
  app.post(
    '/warnings/:warningId/ignore',
    {
      schema: {
        summary: 'Silence this kind of warning for the SKU until a moment; null lets it speak again',
        params: Type.Object({ warningId: Type.String({ maxLength: 60 }) }),
        body: Type.Object({ untilMs: numberOrNull('integer', 0, FARTHEST_MS) }),
        response: { 200: Type.Object({ silentUntilMs: Nullable(Type.Number()) }) },
      },
    },
    async ({ principal, params, body: { untilMs } }) => {
      if (!(await catalogue.silence(principal.workspaceId, params.warningId, untilMs, principal.actor)))
        throw fault('missing', 'inventory/unknown-warning', 'There is no such warning here')
      return { silentUntilMs: untilMs }
    },
  )
}

function purchaseRoutes(app: App, { catalogue }: RouteParts): void {
  const querystring = Type.Object({ shopId: Text })
  app.get(
    '/purchase-list',
    {
      schema: {
        summary: 'What to order, the most urgent first',
        querystring,
        response: { 200: slice(PurchaseSchema) },
      },
    },
    async ({ principal, query }) => ({
      items: await catalogue.purchases(principal.workspaceId, query.shopId),
      next: null,
    }),
  )
  app.get(
    '/purchase-list.csv',
    { schema: { summary: 'The same as a sheet', querystring, response: csvAnswer } },
    async ({ principal, query }, reply) => {
      const lines = await catalogue.purchases(principal.workspaceId, query.shopId)
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="purchase-list.csv"')
      return purchaseCsv(lines)
    },
  )
}
