import { Type } from 'typebox'
import type { Audit } from '#kernel/audit.ts'
import { fault } from '#kernel/fault.ts'
import type { App as Http, Routes } from '#kernel/http.ts'
import type { Jobs } from '#kernel/jobs.ts'
import type { Ledger } from '#kernel/ledger.ts'
import { literals, Ms, Nullable, slice } from '#kernel/schemas.ts'
import type { Backfills } from './backfill.ts'
import type { Catalogue } from './catalogue.ts'
import { conflictRoutes } from './conflict-routes.ts'
import type { daily } from './daily.ts'
import { exchangeRoutes } from './exchange-routes.ts'
import type { Fulfilment } from './fulfilment.ts'
import { fulfilmentRoutes } from './fulfilment-routes.ts'
import { type IntakeParts, intake } from './intake.ts'
import type { Orders } from './orders.ts'
import { cadenceOf, type Puller } from './pull.ts'
import { reportRoutes } from './report-routes.ts'
import {
  DifferenceKind,
  Limit,
  NumberCursor,
  nextOf,
  OrderDetailView,
  OrderId,
  OrderView,
  ShopId,
  ShopView,
  Source,
  Status,
} from './schemas.ts'
import type { Shop } from './shops.ts'
import { type SummaryParts, SummaryView, summaryOf } from './summary.ts'

export interface RouteParts extends IntakeParts, SummaryParts {
  orders: Orders
  catalogue: Catalogue
  fulfilment: Fulfilment
  backfills: Backfills
  daily: ReturnType<typeof daily>
  puller: Puller
  ledger: Ledger
  audit: Audit
  jobs: Jobs
  zone: string
  publicUrl: string
  pullSeconds: number
}

export function routes(parts: RouteParts): Routes {
  return async (app) => {
    shopRoutes(app, parts)
    orderRoutes(app, parts)
    conflictRoutes(app, parts)
    reportRoutes(app, parts)
    fulfilmentRoutes(app, parts)
    exchangeRoutes(app, parts)
    app.get(
      '/summary',
      { schema: { summary: 'The numbers above the page', response: { 200: SummaryView } } },
      ({ principal }) => summaryOf(parts, principal.workspaceId),
    )
    app.get(
      '/flow',
      {
        schema: {
          summary: 'From which status to which, how many orders of the last 30 days',
          response: { 200: slice(Type.Object({ from: Type.String(), to: Status, count: Type.Integer() })) },
        },
      },
      async ({ principal }) => ({
        items: await parts.catalogue.flow(principal.workspaceId, parts.clock.now() - 30 * 86_400_000),
        next: null,
      }),
    )
    await app.register(async (scope) => intake(parts)(scope as unknown as Http))
  }
}

function shopRoutes(
  app: Http,
  { shops, gateway, app: own, clock, backfills, publicUrl, pullSeconds }: RouteParts,
): void {
  const view = (shop: Shop) => {
    const { everyMs, overlapMs, isHealthy } = cadenceOf(shop, pullSeconds)
    return {
      ...shop,
      lagSeconds:
        shop.orderWatermarkMs === null
          ? null
          : Math.max(0, Math.round((clock.now() - shop.orderWatermarkMs) / 1000)),
      arePushesHealthy: isHealthy,
      pullEverySeconds: everyMs / 1000,
      pullOverlapSeconds: overlapMs / 1000,
      pushUrl: `${publicUrl}/api/order-sync/push/${shop.shopId}`,
    }
  }
  const params = Type.Object({ shopId: ShopId })
  const missing = () => fault('missing', 'order-sync/no-shop', 'There is no such shop here')

  app.get(
    '/shops',
    { schema: { summary: 'Connected shops and their health', response: { 200: slice(ShopView) } } },
    async ({ principal }) => ({
      items: (await shops.list(principal.workspaceId)).map(view),
      next: null,
    }),
  )
  app.post(
    '/shops',
    {
      schema: {
        summary: 'Connects a shop of a self-use app, and reads its last 90 days',
        body: Type.Object({
          shopId: Type.String({ pattern: '^\\d{1,20}$' }),
          backfillDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 90, default: 90 })),
        }),
        response: { 200: Type.Object({ shop: ShopView, backfillId: Nullable(Type.String()) }) },
      },
    },
    async ({ principal: { workspaceId, actor }, body }) => {
      if (!own.appKey)
        throw fault('invalid', 'order-sync/no-app', 'No app of the platform is set', {
          cure: 'Set ORDER_SYNC_APP_KEY and ORDER_SYNC_APP_SECRET, and start again.',
        })
      const answer = await gateway.createToken(own, body.shopId)
      if (!answer.ok) {
        const kind =
          answer.refusal.kind === 'again' || answer.refusal.kind === 'slower' ? 'unavailable' : 'denied'
        throw fault(kind, 'order-sync/not-connected', answer.refusal.says)
      }
      const { shopId, backfillDays = 90 } = body
      await shops.connect(
        { shopId, workspaceId, platform: gateway.platform, tokens: answer.data, actor },
        clock.now(),
      )
      const backfillId =
        backfillDays > 0
          ? await backfills.start({ workspaceId, shopId, days: backfillDays, startedBy: actor })
          : null
      return { shop: view((await shops.find(workspaceId, shopId))!), backfillId }
    },
  )
  app.post(
    '/shops/:shopId/disconnect',
    { schema: { summary: 'Forgets its tokens; its orders stay', params, response: { 200: ShopView } } },
    async ({ principal: { workspaceId, actor }, params: { shopId } }) => {
      if (!(await shops.disconnect(workspaceId, shopId, actor))) throw missing()
      return view((await shops.find(workspaceId, shopId))!)
    },
  )
  app.post(
    '/shops/:shopId/pull',
    { schema: { summary: 'Pulls it as soon as possible', params, response: { 200: ShopView } } },
    async ({ principal: { workspaceId }, params: { shopId } }) => {
      const shop = await shops.find(workspaceId, shopId)
      if (!shop) throw missing()
      await shops.pullSoon(shopId)
      return view(shop)
    },
  )
  app.post(
    '/shops/:shopId/backfill',
    {
      schema: {
        summary: 'Reads past orders once more; goes on where it was after an interruption',
        params,
        body: Type.Object({ days: Type.Integer({ minimum: 1, maximum: 90, default: 90 }) }),
        response: { 200: Type.Object({ backfillId: Type.String() }) },
      },
    },
    async ({ principal: { workspaceId, actor }, params: { shopId }, body }) => {
      if (!(await shops.find(workspaceId, shopId))) throw missing()
      return { backfillId: await backfills.start({ workspaceId, shopId, days: body.days, startedBy: actor }) }
    },
  )
  app.get(
    '/backfills',
    {
      schema: {
        summary: 'Readings of past orders and how far they are',
        querystring: Type.Object({ shopId: Type.Optional(ShopId) }),
        response: {
          200: slice(
            Type.Object({
              backfillId: Type.String(),
              shopId: Type.String(),
              fromMs: Ms,
              toMs: Ms,
              cursorMs: Ms,
              share: Type.Number({ description: '0 to 1' }),
              orders: Type.Integer(),
              fresh: Type.Integer(),
              state: literals(['waiting', 'running', 'done', 'failed']),
              reason: Nullable(Type.String()),
              startedBy: Type.String(),
              createdAtMs: Ms,
              endedAtMs: Nullable(Ms),
            }),
          ),
        },
      },
    },
    async ({ principal, query }) => {
      const items = await backfills.list(principal.workspaceId, query.shopId)
      const shareOf = (one: (typeof items)[number]) =>
        one.state === 'done'
          ? 1
          : Math.max(0, Math.min(1, (one.cursorMs - one.fromMs) / Math.max(1, one.toMs - one.fromMs)))
      return { items: items.map((one) => ({ ...one, share: shareOf(one) })), next: null }
    },
  )
}

function orderRoutes(app: Http, { catalogue, orders, puller, shops, ledger, audit }: RouteParts): void {
  const params = Type.Object({ shopId: ShopId, orderId: OrderId })
  const missing = () => fault('missing', 'order-sync/no-order', 'There is no such order here')
  app.get(
    '/orders',
    {
      schema: {
        summary: 'Orders, those that changed last first',
        querystring: Type.Object({
          status: Type.Optional(Status),
          source: Type.Optional(Source),
          shopId: Type.Optional(ShopId),
          difference: Type.Optional(Type.Union([DifferenceKind, Type.Literal('any')])),
          imbalance: Type.Optional(Type.Boolean()),
          q: Type.Optional(
            Type.String({ maxLength: 40, description: 'The last digits of an order id, four or more' }),
          ),
          buyer: Type.Optional(
            Type.String({
              maxLength: 200,
              description: 'Phone, name or id of a buyer, as the platform gives it; or a hash',
            }),
          ),
          from: Type.Optional(Ms),
          until: Type.Optional(Ms),
          cursor: NumberCursor,
          limit: Limit,
        }),
        response: { 200: slice(OrderView) },
      },
    },
    async ({ principal: { workspaceId }, query }) => {
      const { q, buyer, cursor, from, until, limit, ...filter } = query
      if (q !== undefined && q.length < 4)
        throw fault('invalid', 'order-sync/short-search', 'Give four characters or more', { field: 'q' })
      const book = buyer ? await orders.buyers(workspaceId) : null
      const buyerHash = buyer && (/^[\w-]{22}$/.test(buyer) ? buyer : book!.hash(buyer))
      const ask = {
        ...filter,
        tail: q,
        buyerHash: buyerHash || undefined,
        fromMs: from,
        untilMs: until,
        before: cursor,
        limit,
      }
      const items = await catalogue.orders(workspaceId, ask)
      return { items, next: nextOf(items, limit, (row) => row.changeNo) }
    },
  )
  app.get(
    '/orders/:shopId/:orderId',
    {
      schema: {
        summary: 'One order with its lines, refunds and timeline',
        params,
        response: { 200: OrderDetailView },
      },
    },
    async ({ principal, params: { shopId, orderId } }) => {
      const order = await catalogue.order(principal.workspaceId, shopId, orderId)
      if (!order) throw missing()
      return order
    },
  )
  app.post(
    '/orders/:shopId/:orderId/pull',
    { schema: { summary: 'Asks the platform for it now', params, response: { 200: OrderDetailView } } },
    async ({ principal: { workspaceId }, params: { shopId, orderId } }) => {
      const shop = await shops.find(workspaceId, shopId)
      if (!shop || !(await puller.one(shop, orderId))) throw missing()
      return (await catalogue.order(workspaceId, shopId, orderId))!
    },
  )
  app.post(
    '/orders/:shopId/:orderId/reveal',
    {
      schema: {
        summary: 'Opens the sealed buyer, and writes down who looked',
        params,
        response: { 200: Type.Object({ name: Type.String(), phone: Type.String(), address: Type.String() }) },
      },
    },
    async ({ principal: { workspaceId, actor }, params: { shopId, orderId } }) => {
      const sealed = await catalogue.sealedBuyer(workspaceId, shopId, orderId)
      if (!sealed) throw missing()
      const book = await orders.buyers(workspaceId)
      await ledger.within(workspaceId, (tx) =>
        audit(tx, {
          workspaceId,
          actor,
          action: 'reveal',
          subject: `order:${shopId}/${orderId}`,
          room: 'order-sync',
        }),
      )
      return book.open(shopId, orderId, sealed)
    },
  )
}
