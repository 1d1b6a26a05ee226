import { type Static, Type } from 'typebox'
import { type Clock, hours } from '#kernel/clock.ts'
import { describe, fault } from '#kernel/fault.ts'
import type { App as Http, Routes } from '#kernel/http.ts'
import { slice } from '#kernel/schemas.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { boards } from './boards.ts'
import { type Books, cursorAfter, ended, type NewSale } from './books.ts'
import type { Desk } from './desk.ts'
import type { entrance } from './entrance.ts'
import { checkedSale, type Sale } from './flash-sale.ts'
import { prepare } from './preparation.ts'
import type { Recovery } from './recovery.ts'
import { type RehearsalReport, rehearse } from './rehearsal.ts'
import { engineOf, type Store } from './store.ts'
import * as view from './views.ts'

export interface RouteParts {
  desk: Desk
  books: Books
  store: Store
  boards: ReturnType<typeof boards>
  recovery: Recovery
  clock: Clock
  log: Log
  ticket: ReturnType<typeof entrance>
  holdSeconds: number
}

const params = Type.Object({ saleId: Type.String({ maxLength: 64 }) })
const reservationParams = Type.Object({
  saleId: Type.String({ maxLength: 64 }),
  id: Type.String({ maxLength: 64 }),
})

export const routes =
  (parts: RouteParts): Routes =>
  (app) => {
    buyerRoutes(app, parts)
    saleRoutes(app, parts)
    boardRoutes(app, parts)
    rehearsalRoutes(app, parts)
  }

/** What is left of an answer once the caller's mistakes have become faults. */
type BuyerAnswer = Static<typeof view.AnswerView>

function buyerRoutes(app: Http, { desk, ticket }: RouteParts): void {
  app.post(
    '/sales/:saleId/tickets',
    {
      schema: {
        summary: 'A place in the line of a sale with a queue, and the token when it is the buyer’s turn',
        params,
        body: view.TicketInput,
        response: { 200: view.TicketView },
      },
    },
    ({ principal, params, body }) => ticket(principal.workspaceId, params.saleId, body.buyerId),
  )
  app.post(
    '/sales/:saleId/reservations',
    {
      schema: {
        summary: 'Take units for a buyer, all or nothing; safe to repeat with the same attemptId',
        params,
        body: view.AttemptInput,
        response: { 200: view.AnswerView },
      },
    },
    ({ principal, params, body }, reply) => {
      const answer = desk.reserve(principal.workspaceId, params.saleId, body, body.token)
      if (answer instanceof Promise) return answer as Promise<BuyerAnswer>
      reply.send(answer as BuyerAnswer)
    },
  )
  app.post(
    '/sales/:saleId/reservations/:id/confirm',
    {
      schema: {
        summary: 'It was paid: held units are sold',
        params: reservationParams,
        response: { 200: view.SettlementView },
      },
    },
    async ({ principal, params: { saleId, id } }) => ({
      outcome: await desk.settle(principal.workspaceId, saleId, { do: 'confirm', reservationId: id }),
    }),
  )
  app.post(
    '/sales/:saleId/reservations/:id/release',
    {
      schema: {
        summary: 'It will not be paid: held units are free again',
        params: reservationParams,
        response: { 200: view.SettlementView },
      },
    },
    async ({ principal, params: { saleId, id } }) => ({
      outcome: await desk.settle(principal.workspaceId, saleId, {
        do: 'release',
        reservationId: id,
        reason: 'buyer',
      }),
    }),
  )
}

function saleRoutes(
  app: Http,
  { desk, books, store, recovery, boards, clock, holdSeconds }: RouteParts,
): void {
  app.post(
    '/sales',
    { schema: { summary: 'Prepare a sale', body: view.SaleInput, response: { 200: view.SaleView } } },
    ({ principal, body }) => prepare({ books, store, clock, holdSeconds }, principal.workspaceId, body),
  )
  app.get(
    '/sales',
    {
      schema: {
        summary: 'Sales with their units, the newest first',
        querystring: Type.Object({
          state: Type.Optional(view.Phase),
          sku: Type.Optional(Type.String({ maxLength: 64 })),
          text: Type.Optional(Type.String({ maxLength: 100 })),
          isRehearsal: Type.Optional(Type.Boolean()),
          cursor: Type.Optional(Type.String({ maxLength: 64 })),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 200 }),
        }),
        response: { 200: slice(view.ListedSaleView) },
      },
    },
    async ({ principal, query: { state: phase, sku, text, isRehearsal, cursor: after, limit } }) => {
      const ask = { phase, sku, text: text || undefined, isRehearsal, after, limit }
      const sales = await books.list(principal.workspaceId, ask)
      return {
        items: sales.map(({ units, ...sale }) => ({ ...view.saleView(sale, clock.now()), units })),
        next: sales.length === limit ? sales.at(-1)!.saleId : null,
      }
    },
  )
  app.patch(
    '/sales/:saleId',
    {
      schema: {
        summary: 'Pause, go on, close early, move its times, set the units on sale',
        params,
        body: view.SaleChangeInput,
        response: { 200: view.BoardView },
      },
    },
    async ({ principal: { workspaceId }, params: { saleId }, body: { stock = [], ...change } }) => {
      const sale = await desk.sale(workspaceId, saleId)
      checkedSale({ ...sale, ...change })
      // Asked anew: what is known here by heart may be older than the end of the sale.
      const now = stock.length > 0 ? ((await books.find(saleId)) ?? sale) : sale
      if (stock.length > 0 && view.phaseOf(now, clock.now()) === 'closed') throw ended()
      for (const each of stock) await setStock(store, sale, each)
      if (Object.keys(change).length > 0) {
        await store.publish(await books.change(workspaceId, saleId, change))
        // The bell tells the others; who changed it need not wait for it.
        desk.hear({ saleId, what: 'terms' })
      }
      return boards.read(workspaceId, saleId)
    },
  )
  app.post(
    '/sales/:saleId/rebuild',
    {
      schema: {
        summary: 'Fill the store again from the ledger (Redis only); nobody is served meanwhile',
        params,
        response: { 200: Type.Object({ isDone: Type.Boolean() }) },
      },
    },
    async ({ principal, params: { saleId } }) => {
      await desk.sale(principal.workspaceId, saleId)
      return { isDone: await recovery.run(saleId) }
    },
  )
}

async function setStock(
  store: Store,
  sale: Sale,
  { sku, stock }: { sku: string; stock: number },
): Promise<void> {
  if (!sale.skus.some((each) => each.sku === sku))
    throw fault('missing', 'flash-sale/unknown-sku', `This sale does not sell ${sku}`)
  if (await store.setStock(sale, sku, stock)) return
  throw fault('conflict', 'flash-sale/stock-gone', `More of ${sku} than that is held or sold already`, {
    field: 'stock',
  })
}

const STREAM_EVERY_MS = 500
const MOST_WATCHERS = 200

function boardRoutes(app: Http, { books, boards, clock, desk, store }: RouteParts): void {
  app.get(
    '/sales/:saleId',
    {
      schema: { summary: 'The sale and its ledger, now', params, response: { 200: view.BoardView } },
    },
    ({ principal, params }) => boards.of(principal.workspaceId, params.saleId),
  )
  app.get(
    '/sales/:saleId/reservations',
    {
      schema: {
        summary: 'Reservations as the ledger has them, by id or by the end of their hold',
        params,
        querystring: Type.Object({
          state: Type.Optional(
            Type.Union([Type.Literal('held'), Type.Literal('sold'), Type.Literal('released')]),
          ),
          sort: Type.Optional(Type.Union([Type.Literal('id'), Type.Literal('expiry')])),
          cursor: Type.Optional(Type.String({ maxLength: 100 })),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 500 }),
        }),
        response: { 200: slice(view.ReservationView) },
      },
    },
    async ({ principal, params: { saleId }, query: { state, sort, cursor, limit } }) => {
      await desk.sale(principal.workspaceId, saleId)
      const ask = { state, sort, after: cursor, limit }
      const items = await books.reservations(principal.workspaceId, saleId, ask)
      return { items, next: items.length === limit ? cursorAfter(items.at(-1)!, sort) : null }
    },
  )
  app.get(
    '/sales/:saleId/buyers/:buyerId/attempts',
    {
      schema: {
        summary: 'What one buyer tried and the ledger knows of, the latest first',
        params: Type.Object({ ...params.properties, buyerId: Type.String({ maxLength: 64 }) }),
        response: { 200: Type.Object({ items: Type.Array(view.BuyerAttemptView) }) },
      },
    },
    async ({ principal, params: { saleId, buyerId } }) => {
      await desk.sale(principal.workspaceId, saleId)
      return { items: await books.attemptsOf(principal.workspaceId, saleId, buyerId) }
    },
  )
  app.get(
    '/sales/:saleId/history',
    {
      schema: {
        summary: 'The course of a sale: units, answers and their times, second by second',
        params,
        querystring: Type.Object({
          fromMs: Type.Optional(Type.Number({ minimum: 0 })),
          toMs: Type.Optional(Type.Number({ minimum: 0 })),
          points: Type.Integer({ default: 600, minimum: 1, maximum: 2_000 }),
        }),
        response: { 200: view.HistoryView },
      },
    },
    async ({ principal, params: { saleId }, query }) => {
      await desk.sale(principal.workspaceId, saleId)
      return books.history(principal.workspaceId, saleId, query)
    },
  )
  let watchers = 0
  app.get(
    '/sales/:saleId/stream',
    { schema: { summary: 'The same as server-sent events `board`, twice a second', params, hide: false } },
    async ({ principal, params: { saleId }, raw: request }, reply) => {
      await desk.sale(principal.workspaceId, saleId)
      if (watchers >= MOST_WATCHERS)
        throw fault('limited', 'flash-sale/watchers', 'Too many are watching', { retryAfterMs: 5_000 })
      watchers += 1
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      const gone = new AbortController()
      request.once('close', () => gone.abort())
      while (!gone.signal.aborted) {
        const board = await boards
          .of(principal.workspaceId, saleId)
          .catch((error) => ({ error: describe(error) }))
        const event = 'error' in board ? 'waiting' : 'board'
        // Who does not read gets no queue of his own: the next board says all that this one did.
        if (raw.writableLength < 65_536) raw.write(`event: ${event}\ndata: ${JSON.stringify(board)}\n\n`)
        await clock.sleep(STREAM_EVERY_MS, gone.signal)
      }
      watchers -= 1
    },
  )
  app.get(
    '/summary',
    { schema: { summary: 'What is going on, in numbers', response: { 200: view.SummaryView } } },
    async ({ principal }) => ({
      ...(await books.summary(principal.workspaceId)),
      store: engineOf(store),
    }),
  )
}

const Buyers = Type.Integer({ minimum: 1, maximum: 200_000, default: 10_000 })
const Started = Type.Object({ saleId: Type.String() })

function rehearsalRoutes(app: Http, parts: RouteParts): void {
  const { desk, books, store, clock, log, holdSeconds } = parts
  let isRehearsing = false

  /** One at a time: a rehearsal is to load the sale, not the machine with its like. */
  const start = async (
    workspaceId: Sale['workspaceId'],
    like: Omit<NewSale, 'isRehearsal'>,
    buyers: number,
  ) => {
    if (isRehearsing)
      throw fault('conflict', 'flash-sale/rehearsing', 'A rehearsal is under way', {
        cure: 'Wait until it is over.',
      })
    isRehearsing = true
    try {
      const sale = await books.create(workspaceId, { ...like, isRehearsal: true })
      await store.open(sale)
      void rehearse({ desk, books, store, clock }, sale, buyers)
        .then((report) => books.saveRehearsal(sale.saleId, report))
        .catch((error) => {
          log.error({ saleId: sale.saleId, ...describe(error) }, 'a rehearsal failed')
          return books.saveRehearsal(sale.saleId, { state: 'failed', ...describe(error) })
        })
        .catch(() => {})
        .finally(() => (isRehearsing = false))
      return { saleId: sale.saleId }
    } catch (error) {
      isRehearsing = false
      throw error
    }
  }
  const openNow = () => ({ opensAtMs: clock.now() - hours(1), closesAtMs: clock.now() + hours(1) })

  app.post(
    '/sales/:saleId/rehearsals',
    {
      schema: {
        summary: 'Run a load against a copy of this sale; the sale itself is not touched',
        params,
        body: Type.Object({ buyers: Buyers }),
        response: { 202: Started },
      },
    },
    async ({ principal, params, body }, reply) => {
      const { name, limitPerBuyer, skus, holdSeconds } = await desk.sale(principal.workspaceId, params.saleId)
      const like = { name, limitPerBuyer, skus, holdSeconds, ...openNow() }
      return reply.code(202).send(await start(principal.workspaceId, like, body.buyers))
    },
  )
  app.post(
    '/rehearsals',
    {
      schema: {
        summary: 'Run a load against a sale made for it: one SKU, one unit for each buyer',
        body: Type.Object({ stock: Type.Integer({ minimum: 1, maximum: 1_000_000 }), buyers: Buyers }),
        response: { 202: Started },
      },
    },
    async ({ principal, body: { stock, buyers } }, reply) => {
      const skus = [{ sku: 'rehearsal', title: 'Rehearsal', priceFen: 0, stock, limitPerBuyer: 1 }]
      const like = { name: 'Rehearsal', limitPerBuyer: 1, skus, holdSeconds, ...openNow() }
      return reply.code(202).send(await start(principal.workspaceId, like, buyers))
    },
  )
  app.get(
    '/rehearsals/:saleId',
    { schema: { summary: 'How a rehearsal goes, or went', params } },
    async ({ principal, params }): Promise<Partial<RehearsalReport>> => {
      const report = await books.rehearsal(principal.workspaceId, params.saleId)
      if (!report) throw fault('missing', 'flash-sale/unknown-rehearsal', 'There is no such rehearsal')
      return { state: 'running', saleId: params.saleId, ...report }
    },
  )
}
