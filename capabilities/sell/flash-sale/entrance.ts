import type { WorkspaceId } from '#kernel/id.ts'
import type { Desk } from './desk.ts'
import { checkedBuyer } from './flash-sale.ts'
import { aheadOf, noQueue, type Queue } from './queue.ts'
import type { Turns } from './turn.ts'

/** What a buyer is told of his place in the line. */
export interface Place {
  number: number
  state: 'waiting' | 'admitted'
  /** Buyers whose turn comes before. */
  ahead: number
  waitSeconds: number
  turnAtMs: number
  /** What a reservation must show; null until it is the buyer's turn. A new one each time it is asked for. */
  token: string | null
  tokenExpiresAtMs: number | null
}

/** Where buyers of a sale with a queue take their tickets and learn when it is their turn. */
export const entrance =
  ({ desk, queue, turns }: { desk: Desk; queue: Queue; turns: Turns }) =>
  async (workspaceId: WorkspaceId, saleId: string, buyerId: string): Promise<Place> => {
    const sale = await desk.sale(workspaceId, saleId)
    if (!sale.admission) throw noQueue()
    const { perSecond, tokenSeconds } = sale.admission
    const ticket = await queue.take(sale, checkedBuyer(buyerId))
    const { number, turnAtMs, nowMs } = ticket
    const isTurn = turnAtMs <= nowMs
    const expiresAtMs = Math.floor(nowMs + tokenSeconds * 1000)
    return {
      number,
      state: isTurn ? 'admitted' : 'waiting',
      ahead: aheadOf(ticket, sale.opensAtMs, perSecond),
      waitSeconds: Math.max(0, Math.ceil((turnAtMs - nowMs) / 1000)),
      turnAtMs: Math.round(turnAtMs),
      token: isTurn ? turns.token(saleId, buyerId, expiresAtMs) : null,
      tokenExpiresAtMs: isTurn ? expiresAtMs : null,
    }
  }
