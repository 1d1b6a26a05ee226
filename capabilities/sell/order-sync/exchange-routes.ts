import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { App as Http } from '#kernel/http.ts'
import { literals, Ms } from '#kernel/schemas.ts'
import { exported, fileEntry } from './exchange.ts'
import type { RouteParts } from './routes.ts'
import { Fen, Line, OrderId, Refund, ShopId, Status, Stream, Times } from './schemas.ts'

const IMPORT_BODY_BYTES = 16 * 1024 * 1024
const ROWS_AT_ONCE = 200

const FileOrderView = Type.Object({
  shopId: ShopId,
  orderId: OrderId,
  platform: Type.String({ pattern: '^[\\w-]{1,20}$' }),
  status: Status,
  times: Times,
  lines: Type.Array(Line, { maxItems: 1_000 }),
  itemsFen: Fen,
  freightFen: Fen,
  discountFen: Fen,
  paidFen: Fen,
  updatedAtMs: Ms,
  refunds: Type.Optional(Type.Array(Refund, { maxItems: 200 })),
  buyer: Type.Optional(
    Type.Object({
      id: Type.Optional(Type.String({ maxLength: 200 })),
      name: Type.Optional(Type.String({ maxLength: 200 })),
      phone: Type.Optional(Type.String({ maxLength: 200 })),
      address: Type.Optional(Type.String({ maxLength: 500 })),
    }),
  ),
})

export function exchangeRoutes(app: Http, { catalogue, orders, ledger, clock }: RouteParts): void {
  app.get(
    '/export',
    {
      schema: {
        summary: 'All orders with their lines, as NDJSON or CSV',
        description:
          'In one order that never changes: by shop and order id. In CSV an order has a row for each line.',
        querystring: Type.Object({
          format: Type.Unsafe<'ndjson' | 'csv'>({ ...literals(['ndjson', 'csv']), default: 'ndjson' }),
          shopId: Type.Optional(ShopId),
        }),
        response: {
          200: { content: { 'application/x-ndjson': { schema: Stream }, 'text/csv': { schema: Stream } } },
        },
      },
    },
    ({ principal: { workspaceId }, query: { format, shopId } }, reply) => {
      reply
        .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson')
        .header('content-disposition', `attachment; filename="orders.${format}"`)
      return Readable.from(exported(catalogue, format, { workspaceId, shopId }))
    },
  )
  app.post(
    '/import',
    {
      bodyLimit: IMPORT_BODY_BYTES,
      schema: {
        summary: 'Takes orders of a file, up to 200 at once. Taken again they change nothing',
        body: Type.Object({ orders: Type.Array(FileOrderView, { minItems: 1, maxItems: ROWS_AT_ONCE }) }),
        response: {
          200: Type.Object({
            fresh: Type.Integer(),
            changed: Type.Integer(),
            same: Type.Integer(),
            late: Type.Integer(),
          }),
        },
      },
    },
    async ({ principal: { workspaceId }, body }) => {
      const book = await orders.buyers(workspaceId)
      const entries = body.orders.map((order) => fileEntry(order, workspaceId, book, clock.now()))
      const effects = await ledger.across((tx) => orders.apply(tx, entries))
      const count = (which: (effect: (typeof effects)[number]) => boolean) => effects.filter(which).length
      return {
        fresh: count(({ before }) => before === null),
        changed: count(({ before, outcome }) => before !== null && outcome === 'moved'),
        same: count(({ outcome }) => outcome === 'same'),
        late: count(({ outcome }) => outcome === 'late'),
      }
    },
  )
}
