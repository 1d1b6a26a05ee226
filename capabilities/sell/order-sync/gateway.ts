import type { Buyer } from './buyers.ts'
import type { Page, Refund } from './order-sync.ts'

export interface App {
  appKey: string
  appSecret: string
}

export interface Tokens {
  accessToken: string
  refreshToken: string
  accessSeconds: number
  shopName: string
}

/** What to do about a call that was not carried out. */
export type RefusalKind = 'again' | 'slower' | 'new-token' | 'authorise' | 'never'

export interface Refusal {
  kind: RefusalKind
  /** The platform's code, or `HTTP 500`, and its words: for a log and for people. */
  code: string
  says: string
  retryAfterMs: number | null
}

export type Sent<T> = { ok: true; data: T } | { ok: false; refusal: Refusal }

export interface Request {
  method: string
  params: Record<string, unknown>
}

/** Half open: `fromMs <= t < untilMs`. */
export interface Window {
  fromMs: number
  untilMs: number
}

/** An order as the platform shows it, the buyer not yet sealed. */
export interface FoundOrder {
  orderId: string
  page: Omit<Page, 'buyer' | 'seenAtMs'>
  buyer: Buyer | null
}

export interface Found<T> {
  items: T[]
  /** In the whole window. */
  total: number
}

export interface FoundRefund extends Refund {
  orderId: string
}

/** A sales platform's wire: how it is asked, how its answers read, how its pushes are signed. Keeps nothing, repeats nothing. */
export interface Gateway {
  readonly platform: string
  /** The most orders that a page can hold. */
  readonly pageSize: number
  /** The code of "there is no such order", and of nothing else that would make us disown one. */
  readonly unknownOrder: string
  createToken(app: App, shopId: string): Promise<Sent<Tokens>>
  refreshToken(app: App, refreshToken: string): Promise<Sent<Tokens>>
  send<T>(
    app: App,
    accessToken: string,
    request: Request,
    options: { timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<Sent<T>>
  /** In constant time, over the bytes as they came. */
  isSigned(app: App, body: Buffer, headers: Record<string, string | string[] | undefined>): boolean
  /** Oldest first; pages from 0. */
  orders(by: 'created' | 'updated', window: Window, page: number): Request
  order(orderId: string): Request
  /** Refunds that changed in the window; oldest first; pages from 0. */
  refunds(window: Window, page: number): Request
  refundsOf(orderId: string): Request
  readOrders(data: unknown): Found<FoundOrder>
  readOrder(data: unknown): FoundOrder
  readRefunds(data: unknown): Found<FoundRefund>
}
