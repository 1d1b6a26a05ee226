import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Market, type MarketAnswer, marketDoor, textParameters } from '#sandbox/market.ts'
import { hexOf } from '#sandbox/random.ts'
import { methods, type Parameters, Refusal } from './methods.ts'
import { type Mall, mallsOf, stockRows } from './shop.ts'

const PATH = '/api/router'
const SKEW_MS = 600_000

/** Pinduoduo's gateway (POP) for two malls, and its control under `/_sandbox/pdd/`. JSON only. */
export function mountPdd(app: FastifyInstance, { seed, clock }: Market) {
  const serve = marketDoor(app, 'pdd', seed)
  const clientId = hexOf(`pdd-client/${seed}`, 32)
  const clientSecret = hexOf(`pdd-secret/${seed}`, 40)
  const malls = mallsOf(seed)
  const windows = new Map<string, { startsAtMs: number; calls: number }>()
  let limits: Record<string, number> = {}
  let served = 0

  // The vendor's SDK for Node posts to the address with a slash behind it.
  for (const url of [PATH, `${PATH}/`]) app.post(url, route)

  function route(request: FastifyRequest, reply: FastifyReply) {
    const parameters = textParameters(request)
    const requestId = `${hexOf(`pdd/request/${seed}/${served++}`, 16)}`
    const work = () => {
      try {
        return answer(parameters, requestId)
      } catch (error) {
        if (error instanceof Refusal) return errorResponse(error, requestId)
        throw error
      }
    }
    return serve(`${PATH}/${parameters['type'] ?? ''}`, request, reply, work, (code) =>
      errorResponse(new Refusal(code, 'Injected failure'), requestId),
    )
  }

  function answer(parameters: Parameters, requestId: string): MarketAnswer {
    const type = checked(parameters)
    const { root, limit, run } = methods[type]!
    const mall = mallOf(parameters['access_token'])
    count(`${type}/${mall.mallId}`, limits[type] ?? limit.calls, limit.perMs)
    return { outcome: 'ok', body: { [root]: { ...run(mall, parameters), request_id: requestId } } }
  }

  /** The order of the checks is ours; the codes are the platform's. Gives the type. */
  function checked(given: Parameters): string {
    const type = given['type'] ?? ''
    if (!Object.hasOwn(methods, type)) throw new Refusal(10017, 'type is wrong')
    if (given['client_id'] !== clientId) throw new Refusal(10016, 'client_id is wrong')
    if ((given['data_type'] ?? 'JSON') !== 'JSON')
      throw new Refusal(10001, 'data_type: the sandbox writes JSON only')
    const atMs = Number(given['timestamp']) * 1000
    if (!(Math.abs(atMs - clock.now()) <= SKEW_MS)) throw new Refusal(10001, 'timestamp is wrong')
    if (given['sign'] !== signature(clientSecret, given)) throw new Refusal(20004, 'sign is wrong')
    return type
  }

  function mallOf(token: string | undefined): Mall {
    const mall = malls.find(({ accessToken }) => accessToken === token)
    if (!mall) throw new Refusal(20032, 'access_token and client_id do not fit')
    if (!mall.isTokenLive) throw new Refusal(10019, 'access_token has expired')
    return mall
  }

  function count(name: string, calls: number, perMs: number) {
    const nowMs = clock.now()
    const open = windows.get(name)
    const window =
      open && nowMs >= open.startsAtMs && nowMs < open.startsAtMs + perMs
        ? open
        : { startsAtMs: nowMs, calls: 0 }
    windows.set(name, window)
    if (++window.calls > calls) throw new Refusal(70031, 'Called too often')
  }

  const named = (mallId: string) => malls.find((mall) => mall.mallId === mallId)
  app.get('/_sandbox/pdd/shops', () =>
    malls.map(({ mallId, name, accessToken, isTokenLive, goods }) => ({
      shop: mallId,
      name,
      clientId,
      clientSecret,
      accessToken,
      isTokenLive,
      goods: goods.length,
    })),
  )
  app.put<{ Params: { shop: string }; Body: { isTokenLive: boolean } }>(
    '/_sandbox/pdd/shops/:shop',
    (request, reply) => {
      const mall = named(request.params.shop)
      if (!mall) return unknown(reply)
      mall.isTokenLive = request.body.isTokenLive
      return { isTokenLive: mall.isTokenLive }
    },
  )
  app.get<{ Params: { shop: string } }>('/_sandbox/pdd/shops/:shop/stock', (request, reply) => {
    const mall = named(request.params.shop)
    return mall ? stockRows(mall) : unknown(reply)
  })
  app.put<{ Params: { shop: string }; Body: { sku: string; available: number } }>(
    '/_sandbox/pdd/shops/:shop/stock',
    (request, reply) => {
      const { sku, available } = request.body
      const skus = named(request.params.shop)?.goods.flatMap(({ skus }) => skus) ?? []
      const found = skus.find(({ outerId, skuId }) => outerId === sku || skuId === sku)
      if (!found) return unknown(reply)
      found.quantity = available
      return { sku, available }
    },
  )
  app.put<{ Body: Record<string, number> }>('/_sandbox/pdd/limits', (request) => {
    limits = request.body
    windows.clear()
    return limits
  })
}

const unknown = (reply: FastifyReply) => reply.code(404).send({ error: 'no such shop or SKU' })

function signature(secret: string, parameters: Parameters): string {
  const text = Object.keys(parameters)
    .filter((name) => name !== 'sign' && parameters[name] !== '')
    .sort()
    .map((name) => name + parameters[name])
    .join('')
  return createHash('md5')
    .update(secret + text + secret)
    .digest('hex')
    .toUpperCase()
}

const errorResponse = ({ code, message }: Refusal, requestId: string): MarketAnswer => ({
  outcome: String(code),
  body: {
    error_response: {
      error_code: code,
      error_msg: message,
      sub_code: String(code),
      sub_msg: message,
      request_id: requestId,
    },
  },
})
