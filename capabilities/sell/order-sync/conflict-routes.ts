import { Type } from 'typebox'
import { fault } from '#kernel/fault.ts'
import type { App as Http } from '#kernel/http.ts'
import { Ms, Nullable, slice } from '#kernel/schemas.ts'
import type { RouteParts } from './routes.ts'
import { ConflictKind, Limit, MessageState, NumberCursor, nextOf, OrderId, ShopId } from './schemas.ts'

export function conflictRoutes(app: Http, { conflicts, inbox }: RouteParts): void {
  app.get(
    '/conflicts',
    {
      schema: {
        summary: 'What was pushed and had no effect: repeats, forgeries, unreadable ones; the latest first',
        querystring: Type.Object({
          kind: Type.Optional(ConflictKind),
          shopId: Type.Optional(ShopId),
          orderId: Type.Optional(OrderId),
          cursor: NumberCursor,
          limit: Limit,
        }),
        response: {
          200: slice(
            Type.Object({
              id: Type.String(),
              shopId: Type.String(),
              kind: ConflictKind,
              atMs: Ms,
              msgId: Type.String(),
              orderId: Type.String(),
              tag: Type.String(),
              reason: Type.String(),
              remote: Type.String(),
              head: Type.String({ description: 'The beginning of what was sent' }),
            }),
          ),
        },
      },
    },
    async ({ principal, query: { cursor, ...ask } }) => {
      const items = await conflicts.list(principal.workspaceId, { ...ask, before: cursor })
      return { items, next: nextOf(items, ask.limit, (row) => row.id) }
    },
  )
  const message = {
    id: Type.String(),
    shopId: Type.String(),
    msgId: Type.String(),
    tag: Type.String(),
    orderId: Type.String(),
    state: MessageState,
    reason: Nullable(Type.String()),
    receivedAtMs: Ms,
    processedAtMs: Nullable(Ms),
  }
  app.get(
    '/messages',
    {
      schema: {
        summary: 'Messages of pushes, the latest first',
        querystring: Type.Object({
          state: Type.Optional(MessageState),
          shopId: Type.Optional(ShopId),
          orderId: Type.Optional(OrderId),
          cursor: NumberCursor,
          limit: Limit,
        }),
        response: { 200: slice(Type.Object(message)) },
      },
    },
    async ({ principal, query: { cursor, ...ask } }) => {
      const items = await inbox.list(principal.workspaceId, { ...ask, before: cursor })
      return { items, next: nextOf(items, ask.limit, (row) => row.id) }
    },
  )
  const params = Type.Object({ id: Type.String({ pattern: '^\\d{1,18}$' }) })
  const missing = () => fault('missing', 'order-sync/no-message', 'There is no such message')
  app.get(
    '/messages/:id',
    {
      schema: {
        summary: 'One message with the raw body that it came in',
        params,
        response: { 200: Type.Object({ ...message, body: Type.String() }) },
      },
    },
    async ({ principal, params }) => {
      const row = await inbox.find(principal.workspaceId, params.id)
      if (!row) throw missing()
      return row
    },
  )
  app.post(
    '/messages/:id/retry',
    {
      schema: { summary: 'Works on a parked one once more', params, response: { 200: Type.Object(message) } },
    },
    async ({ principal: { workspaceId, actor }, params }) => {
      await inbox.retry(workspaceId, params.id, actor)
      const row = await inbox.find(workspaceId, params.id)
      if (!row) throw missing()
      const { body: _, ...view } = row
      return view
    },
  )
}
