import type { FastifyInstance, FastifyReply } from 'fastify'
import { type Market, type MarketAnswer, marketDoor, textParameters } from '#sandbox/market.ts'
import { hexOf } from '#sandbox/random.ts'
import { methods, type Parameters, Refusal } from './methods.ts'
import { type Shop, shopsOf, stockRows } from './shop.ts'
import { isSigned } from './signing.ts'

const PATH = '/router/rest'
const SKEW_MS = 600_000

/** Taobao's gateway (TOP) for two sellers, and its control under `/_sandbox/taobao/`. JSON only. */
export function mountTaobao(app: FastifyInstance, { seed, clock }: Market) {
  const serve = marketDoor(app, 'taobao', seed)
  const appKey = '34567890'
  const appSecret = hexOf(`taobao-secret/${seed}`, 32)
  const shops = shopsOf(seed, clock.now())
  let served = 0

  app.route({
    method: ['GET', 'POST'],
    url: PATH,
    handler(request, reply) {
      const parameters = textParameters(request)
      const name = `${PATH}/${parameters['method'] ?? ''}`
      const requestId = hexOf(`taobao/request/${seed}/${served++}`, 12)
      const refuse = (refusal: Refusal) => errorResponse(refusal, requestId)
      const work = () => {
        try {
          return answer(parameters, requestId)
        } catch (error) {
          if (error instanceof Refusal) return refuse(error)
          throw error
        }
      }
      return serve(name, request, reply, work, (code) => refuse(injected(code)))
    },
  })

  function answer(parameters: Parameters, requestId: string): MarketAnswer {
    const method = methods[checked(parameters)]!
    const shop = sellerOf(parameters['session'])
    const inside = { ...method(shop, parameters, clock.now()), request_id: requestId }
    return { outcome: 'ok', body: { [rootOf(parameters['method']!)]: inside } }
  }

  /** The order of the checks is ours; the codes are the platform's. Gives the method's name. */
  function checked(given: Parameters): string {
    const method = given['method']
    if (!method) throw new Refusal(21, '', 'Missing Method')
    if (!Object.hasOwn(methods, method)) throw new Refusal(22, '', 'Invalid Method')
    if (!given['app_key']) throw new Refusal(28, '', 'Missing App Key')
    if (given['app_key'] !== appKey) throw new Refusal(29, '', 'Invalid App Key')
    if (!given['v']) throw new Refusal(32, '', 'Missing Version')
    if (given['v'] !== '2.0') throw new Refusal(33, '', 'Invalid Version')
    if (given['format'] !== 'json') throw new Refusal(23, '', 'Invalid Format (the sandbox writes json only)')
    if (!given['timestamp']) throw new Refusal(30, '', 'Missing Timestamp')
    const atMs = Date.parse(`${given['timestamp'].replace(' ', 'T')}+08:00`)
    if (!(Math.abs(atMs - clock.now()) <= SKEW_MS)) throw new Refusal(31, '', 'Invalid Timestamp')
    if (!given['sign']) throw new Refusal(24, '', 'Missing Signature')
    if (!isSigned(appSecret, given)) throw new Refusal(25, '', 'Invalid Signature')
    return method
  }

  function sellerOf(session: string | undefined): Shop {
    if (!session) throw new Refusal(26, '', 'Missing Session')
    const shop = shops.find((one) => one.session === session && one.isSessionLive)
    if (!shop) throw new Refusal(27, 'invalid-sessionkey', 'Invalid Session')
    return shop
  }

  const named = (nick: string) => shops.find((shop) => shop.nick === nick)
  app.get('/_sandbox/taobao/shops', () =>
    shops.map(({ nick, session, isSessionLive, items }) => ({
      shop: nick,
      appKey,
      appSecret,
      session,
      isSessionLive,
      items: items.length,
    })),
  )
  app.put<{ Params: { shop: string }; Body: { isSessionLive: boolean } }>(
    '/_sandbox/taobao/shops/:shop',
    (request, reply) => {
      const shop = named(request.params.shop)
      if (!shop) return unknown(reply)
      shop.isSessionLive = request.body.isSessionLive
      return { isSessionLive: shop.isSessionLive }
    },
  )
  app.get<{ Params: { shop: string } }>('/_sandbox/taobao/shops/:shop/stock', (request, reply) => {
    const shop = named(request.params.shop)
    return shop ? stockRows(shop) : unknown(reply)
  })
  app.put<{ Params: { shop: string }; Body: { sku: string; available: number } }>(
    '/_sandbox/taobao/shops/:shop/stock',
    (request, reply) => {
      const { sku, available } = request.body
      const items = named(request.params.shop)?.items ?? []
      const found = items
        .flatMap(({ skus }) => skus)
        .find(({ outerId, skuId }) => outerId === sku || skuId === sku)
      const bare = items.find(({ outerId, skus }) => outerId === sku && skus.length === 0)
      if (found) found.quantity = available
      else if (bare) bare.count = available
      else return unknown(reply)
      return { sku, available }
    },
  )
}

const unknown = (reply: FastifyReply) => reply.code(404).send({ error: 'no such shop or SKU' })
const rootOf = (method: string) => `${method.replace(/^taobao\./, '').replaceAll('.', '_')}_response`

function errorResponse({ code, subCode, message }: Refusal, requestId: string): MarketAnswer {
  const sub = subCode && { sub_code: subCode, sub_msg: message }
  const words = code === 7 ? 'App Call Limited' : code >= 15 && subCode ? 'Remote service error' : message
  return {
    outcome: String(code),
    body: { error_response: { code, msg: words, ...(sub && sub), request_id: requestId } },
  }
}

/** What a fault of the control API says with a code. */
function injected(code: number): Refusal {
  if (code === 7)
    return new Refusal(
      7,
      'accesscontrol.limited-by-api-access-count',
      'This ban will last for 1 more seconds',
    )
  if (code === 15) return new Refusal(15, 'isp.top-remote-connection-timeout', 'The remote service is slow')
  return new Refusal(code, '', 'Injected failure')
}
