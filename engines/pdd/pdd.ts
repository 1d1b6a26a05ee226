import { type Clock, systemClock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import { ask } from '#kernel/outgoing.ts'
import { persistently } from '#kernel/retry.ts'
import type { StockOptions, StockPlatform } from '#kernel/stock.ts'
import { answerOf, type Json } from './answer.ts'
import { goodsItems } from './parse.ts'
import { popSignature, wireText } from './signature.ts'

export interface PddCredentials {
  clientId: string
  clientSecret: string
  accessToken: string
}

/** Objects and lists travel as their JSON text; `undefined`, null and '' are not sent. */
export type PddParameters = Record<string, unknown>

export interface PddCallOptions extends StockOptions {
  /** Internal errors of the platform are tried again only if doing the call twice does no harm. */
  isRepeatable?: boolean
}

export interface Pdd extends StockPlatform<PddCredentials> {
  /** Any `type` of the gateway; answers what is inside of its `…_response`. Integers above 2^53 come as text. */
  call<T = Json>(
    credentials: PddCredentials,
    type: string,
    parameters: PddParameters,
    options?: PddCallOptions,
  ): Promise<T>
}

export interface PddOptions {
  /** Empty for Pinduoduo itself. */
  url?: string
  clock?: Clock
  tries?: number
  longestWaitMs?: number
  timeoutMs?: number
}

const PAGE_SIZE = 100

/** Pinduoduo's open platform (POP): signed calls over one gateway. No state. */
export function pdd({
  url,
  clock = systemClock,
  tries = 5,
  longestWaitMs = 60_000,
  timeoutMs = 15_000,
}: PddOptions = {}): Pdd {
  const gateway = `${(url || 'https://gw-api.pinduoduo.com').replace(/\/+$/, '')}/api/router`

  async function once<T>(
    { clientId, clientSecret, accessToken }: PddCredentials,
    type: string,
    parameters: PddParameters,
    options: StockOptions,
  ): Promise<T> {
    const sent: Record<string, string> = {
      ...textsOf(parameters),
      type,
      client_id: clientId,
      access_token: accessToken,
      timestamp: String(Math.floor(clock.now() / 1000)),
      data_type: 'JSON',
    }
    const body = new URLSearchParams({ ...sent, sign: popSignature(clientSecret, sent) })
    const said = await ask(
      'pdd',
      gateway,
      { method: 'POST', body },
      { timeoutMs: options.timeoutMs ?? timeoutMs, signal: options.signal },
    )
    return answerOf(said, [clientSecret, accessToken]) as T
  }

  const call: Pdd['call'] = (credentials, type, parameters, options = {}) =>
    persistently(() => once(credentials, type, parameters, options), {
      clock,
      tries,
      longestWaitMs,
      signal: options.signal,
      isRepeatable: options.isRepeatable,
    })

  return {
    call,
    async listStock(credentials, cursor, options) {
      const page = pageOf(cursor)
      const answer = await call(
        credentials,
        'pdd.goods.list.get',
        { page, page_size: PAGE_SIZE, is_onsale: 1 },
        options,
      )
      const goods = Array.isArray(answer['goods_list']) ? (answer['goods_list'] as Json[]) : []
      const hasMore = goods.length > 0 && page * PAGE_SIZE < Number(answer['total_count'] ?? 0)
      return { items: goods.flatMap(goodsItems), next: hasMore ? String(page + 1) : null }
    },
    async setStock(credentials, { productId, skuId, available }, options) {
      const answer = await call(
        credentials,
        'pdd.goods.quantity.update',
        { goods_id: productId, sku_id: skuId, quantity: available, update_type: 1 },
        { ...options, isRepeatable: false },
      )
      if (answer['is_success'] !== true)
        throw fault('conflict', 'pdd/refused', 'Pinduoduo did not change the stock', {
          cure: 'Goods on a promotion slot cannot be lowered',
        })
      return { available }
    },
  }
}

function textsOf(parameters: PddParameters): Record<string, string> {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
  return Object.fromEntries(given.map(([name, value]) => [name, wireText(value)]))
}

function pageOf(cursor: string | null): number {
  const page = cursor === null ? 1 : Number(cursor)
  if (Number.isSafeInteger(page) && page >= 1) return page
  throw fault('invalid', 'pdd/cursor', 'This is no cursor of a stock list')
}
