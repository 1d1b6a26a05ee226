import { parseExact } from '#kernel/exact-json.ts'
import { type Fault, fault } from '#kernel/fault.ts'
import { retryAfterMs, type Said } from '#kernel/outgoing.ts'

interface Cost {
  requestedQueryCost?: number
  throttleStatus?: { currentlyAvailable: number; restoreRate: number }
}
interface GraphqlError {
  message?: string
  extensions?: { code?: string; cost?: number }
}
interface Body {
  data?: unknown
  errors?: GraphqlError[] | string
  extensions?: { cost?: Cost }
}

/** The `data` of an answer, or the fault that it means. Source: shopify.dev, "API limits" and "GraphQL responses". */
export function dataOf<T>(said: Said): T {
  if (said.status !== 200) throw statusFault(said)
  const body = bodyOf(said.text)
  const [error] = Array.isArray(body.errors) ? body.errors : []
  if (error) throw errorFault(error, body.extensions?.cost)
  if (typeof body.data !== 'object' || body.data === null) throw unreadable()
  return body.data as T
}

function bodyOf(text: string): Body {
  try {
    const body = parseExact(text)
    if (typeof body === 'object' && body !== null) return body
  } catch {
    // An answer that is no JSON comes from something in between.
  }
  throw unreadable()
}

function errorFault({ message = '', extensions }: GraphqlError, cost?: Cost): Fault {
  switch (extensions?.code) {
    case 'THROTTLED':
      return fault('limited', 'shopify/throttled', 'Shopify asks to slow down', {
        retryAfterMs: throttleMs(cost),
      })
    case 'MAX_COST_EXCEEDED':
      return fault('invalid', 'shopify/max-cost', 'The query asks for too much at once')
    case 'ACCESS_DENIED':
      return fault('denied', 'shopify/access', 'The app lacks a right in this shop', {
        cure: 'Install the app again with the scopes it needs',
      })
    case 'SHOP_INACTIVE':
      return fault('denied', 'shopify/inactive', 'The shop is closed or frozen')
    case 'INTERNAL_SERVER_ERROR':
      return fault('unavailable', 'shopify/internal', 'Shopify failed inside')
    default:
      return fault('invalid', 'shopify/query', `Shopify refused the query: ${message.slice(0, 300)}`)
  }
}

/** Until the bucket holds what the query costs, rounded up to a second. */
function throttleMs(cost: Cost | undefined): number {
  const status = cost?.throttleStatus
  if (!status || !(status.restoreRate > 0)) return 1_000
  const missing = (cost?.requestedQueryCost ?? 0) - status.currentlyAvailable
  return Math.max(1, Math.ceil(missing / status.restoreRate)) * 1_000
}

function statusFault({ status, headers }: Said): Fault {
  if (status === 401)
    return fault('denied', 'shopify/token', 'Shopify does not take the access token', {
      status: 401,
      cure: 'Connect the shop again',
    })
  if (status === 404) return fault('missing', 'shopify/shop', 'Shopify knows no such shop')
  if (status === 429 || status === 423)
    return fault('limited', 'shopify/throttled', 'Shopify asks to slow down', {
      retryAfterMs: retryAfterMs(headers) ?? 1_000,
    })
  if (status >= 500 || status === 408)
    return fault('unavailable', 'shopify/status', `Shopify answered ${status}`, {
      retryAfterMs: retryAfterMs(headers),
    })
  if (status === 402 || status === 403 || status === 430)
    return fault('denied', 'shopify/refused', `Shopify refused with ${status}`)
  return fault('invalid', 'shopify/status', `Shopify answered ${status}`)
}

const unreadable = () => fault('unavailable', 'shopify/unreadable', "Shopify's answer cannot be read")
