import { Readable } from 'node:stream'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { fault } from '#kernel/fault.ts'
import type { App as Http } from '#kernel/http.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { literals, Ms } from '#kernel/schemas.ts'
import { exported, type FileOrder, type Format, fileEntry, readFile } from './exchange.ts'
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

const isFileOrder = Compile(FileOrderView)

const Taken = Type.Object({
  fresh: Type.Integer(),
  changed: Type.Integer(),
  same: Type.Integer(),
  late: Type.Integer(),
})
type Taken = Static<typeof Taken>

const FileFormat = Type.Unsafe<Format>(literals(['ndjson', 'csv']))

export function exchangeRoutes(app: Http, { catalogue, orders, ledger, clock }: RouteParts): void {
  const take = async (workspaceId: WorkspaceId, files: readonly FileOrder[]): Promise<Taken> => {
    const book = await orders.buyers(workspaceId)
    const entries = files.map((order) => fileEntry(order, workspaceId, book, clock.now()))
    const effects = await ledger.across((tx) => orders.apply(tx, entries))
    const count = (which: (effect: (typeof effects)[number]) => boolean) => effects.filter(which).length
    return {
      fresh: count(({ before }) => before === null),
      changed: count(({ before, outcome }) => before !== null && outcome === 'moved'),
      same: count(({ outcome }) => outcome === 'same'),
      late: count(({ outcome }) => outcome === 'late'),
    }
  }

  app.get(
    '/export',
    {
      schema: {
        summary: 'All orders with their lines, as NDJSON or CSV',
        description:
          'In one order that never changes: by shop and order id. In CSV an order has a row for each line.',
        querystring: Type.Object({
          format: Type.Unsafe<Format>({ ...FileFormat, default: 'ndjson' }),
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
        response: { 200: Taken },
      },
    },
    ({ principal: { workspaceId }, body }) => take(workspaceId, body.orders),
  )
  app.post(
    '/import/file',
    {
      bodyLimit: IMPORT_BODY_BYTES,
      schema: {
        summary: 'Takes a whole file, as an export writes it. Taken again it changes nothing',
        description:
          'What comes before a bad line is taken, and the error names the line: put it right and send the file again.',
        body: Type.Object({ format: FileFormat, text: Type.String({ minLength: 1 }) }),
        response: { 200: Taken },
      },
    },
    async ({ principal: { workspaceId }, body: { format, text } }) => {
      const total: Taken = { fresh: 0, changed: 0, same: 0, late: 0 }
      let waiting: FileOrder[] = []
      const flush = async () => {
        if (waiting.length === 0) return
        // Let go of first: what could not be taken is not tried a second time on the way out.
        const part = waiting
        waiting = []
        const taken = await take(workspaceId, part)
        for (const key of Object.keys(total) as (keyof Taken)[]) total[key] += taken[key]
      }
      try {
        for await (const order of readFile(Readable.from([text]), format)) {
          waiting.push(checked(order))
          if (waiting.length >= ROWS_AT_ONCE) await flush()
        }
      } finally {
        await flush()
      }
      return total
    },
  )
}

function checked(order: FileOrder): FileOrder {
  const [error] = isFileOrder.Errors(order)
  if (!error) return order
  const name = typeof order?.orderId === 'string' ? `Order ${order.orderId}` : 'A line'
  throw fault('invalid', 'order-sync/bad-file', `${name}: ${error.instancePath.slice(1)} ${error.message}`, {
    cure: 'What came before it was taken. Put it right and send the file again: what is known changes nothing.',
  })
}
