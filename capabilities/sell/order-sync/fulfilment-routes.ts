import { Type } from 'typebox'
import { fault } from '#kernel/fault.ts'
import type { App as Http } from '#kernel/http.ts'
import { Ms, Nullable, slice } from '#kernel/schemas.ts'
import { checkUrl, newSecret, TOLD } from './fulfilment.ts'
import type { RouteParts } from './routes.ts'
import { DeliveryState, FactKinds, Limit, NumberCursor, nextOf, OrderId } from './schemas.ts'

const Url = Type.String({ maxLength: 2_000 })
const Name = Type.String({ minLength: 1, maxLength: 100 })
const SubscriberView = Type.Object({
  subscriberId: Type.String(),
  name: Type.String(),
  url: Type.String(),
  kinds: Type.Array(Type.String()),
  isPaused: Type.Boolean(),
  createdAtMs: Ms,
})
const DeliveryView = Type.Object({
  deliveryId: Type.String(),
  subscriberId: Type.String(),
  messageId: Type.String({ description: 'The `webhook-id`: the same for every try and every replay' }),
  kind: Type.String(),
  orderId: Type.String(),
  state: DeliveryState,
  tries: Type.Integer(),
  replays: Type.Integer(),
  reason: Nullable(Type.String()),
  toldAtMs: Ms,
  nextAtMs: Ms,
  doneAtMs: Nullable(Ms),
})

export function fulfilmentRoutes(app: Http, { fulfilment }: RouteParts): void {
  const params = Type.Object({ subscriberId: Type.String({ maxLength: 60 }) })
  const missing = () => fault('missing', 'order-sync/no-subscriber', 'There is no such subscriber')

  app.get(
    '/subscribers',
    { schema: { summary: 'Who is told of orders', response: { 200: slice(SubscriberView) } } },
    async ({ principal }) => ({
      items: await fulfilment.subscribers(principal.workspaceId),
      next: null,
    }),
  )
  app.post(
    '/subscribers',
    {
      config: { access: 'owner' },
      schema: {
        summary:
          'Tells an address of orders from now on, signed as Standard Webhooks. The secret is shown once',
        body: Type.Object({ name: Name, url: Url, kinds: Type.Optional(FactKinds) }),
        response: { 200: Type.Object({ subscriber: SubscriberView, secret: Type.String() }) },
      },
    },
    async ({ principal: { workspaceId, actor }, body: { name, url, kinds = TOLD } }) => {
      checkUrl(url)
      const secret = newSecret()
      return {
        subscriber: await fulfilment.subscribe(workspaceId, { name, url, kinds, secret }, actor),
        secret,
      }
    },
  )
  app.patch(
    '/subscribers/:subscriberId',
    {
      config: { access: 'owner' },
      schema: {
        summary: 'Changes or pauses it',
        params,
        body: Type.Object({
          name: Type.Optional(Name),
          url: Type.Optional(Url),
          kinds: Type.Optional(FactKinds),
          isPaused: Type.Optional(Type.Boolean()),
        }),
        response: { 200: SubscriberView },
      },
    },
    async ({ principal: { workspaceId, actor }, params: { subscriberId }, body }) => {
      if (body.url !== undefined) checkUrl(body.url)
      const changed = await fulfilment.change(workspaceId, subscriberId, body, actor)
      if (!changed) throw missing()
      return changed
    },
  )
  app.delete(
    '/subscribers/:subscriberId',
    {
      config: { access: 'owner' },
      schema: {
        summary: 'Tells it no more',
        params,
        response: { 200: Type.Object({ isGone: Type.Boolean() }) },
      },
    },
    async ({ principal: { workspaceId, actor }, params: { subscriberId } }) => {
      if (!(await fulfilment.unsubscribe(workspaceId, subscriberId, actor))) throw missing()
      return { isGone: true }
    },
  )
  app.get(
    '/deliveries',
    {
      schema: {
        summary: 'Deliveries, the latest first',
        querystring: Type.Object({
          state: Type.Optional(DeliveryState),
          subscriberId: Type.Optional(Type.String({ maxLength: 60 })),
          orderId: Type.Optional(OrderId),
          cursor: NumberCursor,
          limit: Limit,
        }),
        response: { 200: slice(DeliveryView) },
      },
    },
    async ({ principal, query: { cursor, ...ask } }) => {
      const items = await fulfilment.list(principal.workspaceId, { ...ask, before: cursor })
      return { items, next: nextOf(items, ask.limit, (row) => row.deliveryId) }
    },
  )
  const delivery = Type.Object({ deliveryId: Type.String({ pattern: '^\\d{1,18}$' }) })
  app.get(
    '/deliveries/:deliveryId/attempts',
    {
      schema: {
        summary: 'Each try and what came of it',
        params: delivery,
        response: {
          200: slice(
            Type.Object({
              atMs: Ms,
              tookMs: Type.Integer(),
              status: Nullable(Type.Integer()),
              reason: Nullable(Type.String()),
            }),
          ),
        },
      },
    },
    async ({ principal, params: { deliveryId } }) => ({
      items: await fulfilment.attempts(principal.workspaceId, deliveryId),
      next: null,
    }),
  )
  const Count = Type.Object({ replayed: Type.Integer() })
  app.post(
    '/deliveries/:deliveryId/replay',
    {
      schema: {
        summary: 'Delivers it once more, under the same id',
        params: delivery,
        response: { 200: Count },
      },
    },
    async ({ principal: { workspaceId, actor }, params: { deliveryId } }) => ({
      replayed: await fulfilment.replay(workspaceId, { deliveryId }, actor),
    }),
  )
  app.post(
    '/deliveries/replay',
    {
      schema: {
        summary: 'Delivers all of a time once more',
        body: Type.Object({
          from: Ms,
          until: Ms,
          subscriberId: Type.Optional(Type.String({ maxLength: 60 })),
          state: Type.Optional(DeliveryState),
        }),
        response: { 200: Count },
      },
    },
    async ({ principal: { workspaceId, actor }, body: { from, until, ...which } }) => ({
      replayed: await fulfilment.replay(workspaceId, { fromMs: from, untilMs: until, ...which }, actor),
    }),
  )
}
