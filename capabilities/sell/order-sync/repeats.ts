import type { Message } from './push.ts'

/** How long a repeat is known without asking the ledger's table. */
export const REPEATS_KEPT_SECONDS = 86_400

/** What makes a message this message: `order:dup:{shop_id}:{out_trade_no}`, its id and its version. */
export type Repeat = Pick<Message, 'msgId' | 'version' | 'orderId'> & { shopId: string }

export const repeatKey = ({ shopId, orderId, msgId, version }: Repeat): string =>
  `order:dup:${shopId}:${orderId}:${msgId}:${version}`

/**
 * The fast path for repeats: what was taken within a day is known before anything is written. It may forget, and it may only
 * be told of what is durable: the unique key of the ledger stays the truth.
 */
export interface Repeats {
  /** Which of them were taken before, in their order; null where the insert itself looks before it writes. */
  seen(messages: readonly Repeat[]): Promise<boolean[]> | null
  /** These are durable from now on. */
  note(messages: readonly Repeat[]): Promise<void>
}
