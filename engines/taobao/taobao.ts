import { type Clock, systemClock } from '#kernel/clock.ts'
import { fault } from '#kernel/fault.ts'
import { ask } from '#kernel/outgoing.ts'
import { persistently } from '#kernel/retry.ts'
import type { StockOptions, StockPlatform } from '#kernel/stock.ts'
import { answerOf, type Json } from './answer.ts'
import { itemOf, skuItems } from './parse.ts'
import { type SignMethod, topSignature } from './signature.ts'
import { topTime } from './time.ts'

export interface TaobaoCredentials {
  appKey: string
  appSecret: string
  /** The seller's access token. */
  session: string
}

/** Texts, whole numbers and booleans; `undefined` and '' are not sent, because signers disagree about empty values. */
export type TaobaoParameters = Record<string, string | number | boolean | undefined>

export interface TaobaoCallOptions extends StockOptions {
  /** An outage is waited out only if doing the call twice does no harm. */
  isRepeatable?: boolean
}

export interface Taobao extends StockPlatform<TaobaoCredentials> {
  /** Any method of the gateway; answers what is inside of its `…_response`. Integers above 2^53 come as text. */
  call<T = Json>(
    credentials: TaobaoCredentials,
    method: string,
    parameters: TaobaoParameters,
    options?: TaobaoCallOptions,
  ): Promise<T>
}

export interface TaobaoOptions {
  /** Empty for Taobao itself. */
  url?: string
  signMethod?: SignMethod
  clock?: Clock
  tries?: number
  longestWaitMs?: number
  timeoutMs?: number
}

/** `taobao.item.skus.get` takes no more items at once, so a page of items is as long. */
const PAGE_SIZE = 40
/** The platform refuses to page deeper than this many rows. */
const DEEPEST_ROW = 100_000

/** Taobao's and Tmall's open platform (TOP): signed calls over one gateway, in UTF-8. No state. */
export function taobao({
  url,
  signMethod = 'hmac-sha256',
  clock = systemClock,
  tries = 5,
  longestWaitMs = 30_000,
  timeoutMs = 15_000,
}: TaobaoOptions = {}): Taobao {
  const gateway = `${(url || 'https://eco.taobao.com').replace(/\/+$/, '')}/router/rest`

  async function once<T>(
    { appKey, appSecret, session }: TaobaoCredentials,
    method: string,
    parameters: TaobaoParameters,
    options: StockOptions,
  ): Promise<T> {
    const sent: Record<string, string> = {
      ...textsOf(parameters),
      method,
      app_key: appKey,
      session,
      timestamp: topTime(clock.now()),
      format: 'json',
      v: '2.0',
      sign_method: signMethod,
    }
    const body = new URLSearchParams({ ...sent, sign: topSignature(signMethod, appSecret, sent) })
    const said = await ask(
      'taobao',
      gateway,
      { method: 'POST', body },
      { timeoutMs: options.timeoutMs ?? timeoutMs, signal: options.signal },
    )
    return answerOf(said, clock.now(), [appSecret, session]) as T
  }

  const call: Taobao['call'] = (credentials, method, parameters, options = {}) =>
    persistently(() => once(credentials, method, parameters, options), {
      clock,
      tries,
      longestWaitMs,
      signal: options.signal,
      isRepeatable: options.isRepeatable,
    })

  return {
    call,
    async listStock(credentials, cursor, options) {
      const pageNo = pageOf(cursor)
      const page = await call(
        credentials,
        'taobao.items.onsale.get',
        {
          fields: 'num_iid,title,outer_id,num',
          page_no: pageNo,
          page_size: PAGE_SIZE,
          // Oldest first: what is put on sale meanwhile lands on the last page and shifts nothing.
          order_by: 'list_time:asc',
        },
        options,
      )
      const items = rowsOf(page, 'items', 'item').map(itemOf)
      const skus =
        items.length === 0
          ? []
          : await skusOf(
              credentials,
              items.map(({ id }) => id),
              options,
            )
      const hasMore = pageNo * PAGE_SIZE < Number(page['total_results'] ?? 0) && items.length > 0
      return { items: skuItems(items, skus), next: hasMore ? String(pageNo + 1) : null }
    },
    async setStock(credentials, { productId, skuId, available }, options) {
      await call(
        credentials,
        'taobao.item.quantity.update',
        { num_iid: productId, sku_id: skuId ?? undefined, quantity: available, type: 1 },
        { ...options, isRepeatable: false },
      )
      return { available }
    },
  }

  async function skusOf(credentials: TaobaoCredentials, ids: string[], options?: StockOptions) {
    const fields = 'sku_id,num_iid,quantity,with_hold_quantity,outer_id,properties_name,status'
    const answer = await call(
      credentials,
      'taobao.item.skus.get',
      { fields, num_iids: ids.join(',') },
      options,
    )
    return rowsOf(answer, 'skus', 'sku')
  }
}

function textsOf(parameters: TaobaoParameters): Record<string, string> {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

/** Lists are wrapped twice, `items.item[]`, and left out when they are empty. */
function rowsOf(answer: Json, outer: string, inner: string): Json[] {
  const rows = (answer[outer] as Json | undefined)?.[inner]
  return Array.isArray(rows) ? rows : []
}

function pageOf(cursor: string | null): number {
  const page = cursor === null ? 1 : Number(cursor)
  if (Number.isSafeInteger(page) && page >= 1 && page * PAGE_SIZE <= DEEPEST_ROW) return page
  throw fault('invalid', 'taobao/cursor', 'Taobao lists no more than 100,000 items')
}
