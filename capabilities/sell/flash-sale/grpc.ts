import type { Static } from 'typebox'
import Value from 'typebox/value'
import type { Clock } from '#kernel/clock.ts'
import { fault, isFault } from '#kernel/fault.ts'
import { type GrpcCall, type GrpcService, reading, watching, writing } from '#kernel/grpc.ts'
import type { boards } from './boards.ts'
import type { Books } from './books.ts'
import type { Desk } from './desk.ts'
import type { entrance } from './entrance.ts'
import type { Attempt } from './flash-sale.ts'
import { prepare } from './preparation.ts'
import type { Store } from './store.ts'
import * as view from './views.ts'

interface GrpcParts {
  desk: Desk
  books: Books
  store: Store
  boards: ReturnType<typeof boards>
  ticket: ReturnType<typeof entrance>
  clock: Clock
  holdSeconds: number
}

interface OfSale {
  saleId: string
}
type OfReservation = OfSale & { reservationId: string }

/** The room over gRPC: the operations of `routes.ts`, on the same desk, with the same answers. */
export function grpcService(parts: GrpcParts): GrpcService {
  const { desk, boards, ticket } = parts
  return {
    proto: 'doubloon/flash_sale/v1/flash_sale.proto',
    service: 'doubloon.flash_sale.v1.FlashSaleService',
    methods: {
      CreateSale: writing<object>(async ({ principal, request }) =>
        saleMessage(await prepare(parts, principal.workspaceId, checkedInput(request))),
      ),
      TakeTicket: writing<OfSale & { buyerId: string }>(async ({ principal, request }) => {
        const place = await ticket(principal.workspaceId, request.saleId, request.buyerId)
        return { ...place, state: named('TICKET_STATE', place.state) }
      }),
      Reserve: writing<OfSale & Attempt & { token?: string }>(async ({ principal, request }) => {
        const { saleId, token, ...attempt } = request
        const answer = await desk.reserve(principal.workspaceId, saleId, attempt, token)
        return { ...answer, answer: named('ANSWER', answer.answer) }
      }),
      Confirm: writing<OfReservation>(async ({ principal, request: { saleId, reservationId } }) => {
        const outcome = await desk.settle(principal.workspaceId, saleId, { do: 'confirm', reservationId })
        return { outcome: named('OUTCOME', outcome) }
      }),
      Release: writing<OfReservation>(async ({ principal, request: { saleId, reservationId } }) => {
        const operation = { do: 'release', reservationId, reason: 'buyer' } as const
        return { outcome: named('OUTCOME', await desk.settle(principal.workspaceId, saleId, operation)) }
      }),
      GetSale: reading<OfSale>(async ({ principal, request: { saleId } }) =>
        boardMessage(await boards.of(principal.workspaceId, saleId)),
      ),
      WatchSale: watching<OfSale>(watch(parts)),
    },
  }
}

const EVERY_MS = 500
const MOST_WATCHERS = 200

function watch({ desk, boards, clock }: GrpcParts) {
  let watchers = 0
  return async function* ({ principal: { workspaceId }, request: { saleId }, signal }: GrpcCall<OfSale>) {
    await desk.sale(workspaceId, saleId)
    if (watchers >= MOST_WATCHERS)
      throw fault('limited', 'flash-sale/watchers', 'Too many are watching', { retryAfterMs: 5_000 })
    watchers += 1
    try {
      while (!signal.aborted) {
        const board = await boards.of(workspaceId, saleId).catch(nothingYet)
        if (board) yield boardMessage(board)
        await clock.sleep(EVERY_MS, signal)
      }
    } finally {
      watchers -= 1
    }
  }
}

/** A store that is away comes back; who watches is shown nothing meanwhile, and need not connect again. */
function nothingYet(error: unknown): null {
  if (isFault(error) && error.kind === 'unavailable') return null
  throw error
}

/** The same bounds as over HTTP; the first field that breaks one is named. */
function checkedInput(request: object): Static<typeof view.SaleInput> {
  const input = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== null))
  if (Value.Check(view.SaleInput, input)) return input
  const [first] = Value.Errors(view.SaleInput, input)
  const field = first?.instancePath.split('/').filter(Boolean).join('.') ?? ''
  throw fault('invalid', 'flash-sale/invalid', `${field}: ${first?.message ?? 'is not valid'}`, { field })
}

/** `sold-out` is `ANSWER_SOLD_OUT`. */
const named = (prefix: string, value: string) => `${prefix}_${value.replaceAll('-', '_').toUpperCase()}`

function saleMessage(sale: Static<typeof view.SaleView>) {
  return { ...sale, phase: named('PHASE', sale.phase), status: named('SALE_STATUS', sale.status) }
}

const boardMessage = (board: view.Board) => ({
  ...board,
  sale: saleMessage(board.sale),
  shards: board.shards.map((counts) => ({ counts })),
})
