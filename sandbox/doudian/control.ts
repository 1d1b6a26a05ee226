import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Clock } from '#sandbox/clock.ts'
import { digits19 } from '#sandbox/random.ts'
import { loadedOrders, loadedSkus } from './loading.ts'
import { type Message, messageOf } from './messages.ts'
import {
  type LooseOrder,
  mainStatusOf,
  type Order,
  type OrderState,
  orderFrom,
  payFen,
  type RefundState,
  statusOf,
} from './order.ts'
import type { PushSender, SignChoice } from './pushes.ts'
import { between, type Shop } from './shop.ts'
import type { ShopBook } from './shop-book.ts'
import type { SignMethod } from './signing.ts'
import { advance, askRefund, lifeOf, moveRefund, type RefundWish, tags } from './steps.ts'
import type { TokenBook } from './tokens.ts'

type Parts = {
  appKey: string
  live: boolean
  clock: Clock
  book: ShopBook
  tokens: TokenBook
  pushes: PushSender
}
type OfShop = { Params: { shopId: string } }
type OfOrder = { Params: { shopId: string; orderId: string } }
type SendBody = {
  shopId: string
  orderId?: string
  tag?: string
  messages?: Message[]
  body?: string
  sign?: 'right' | 'wrong' | 'none'
  variant?: SignMethod
  times?: number
}

const base = '/_sandbox/doudian'
const statusTags: Record<number, OrderState> = {
  1: 'created',
  2: 'paid',
  101: 'partly-shipped',
  3: 'shipped',
  4: 'cancelled',
  5: 'finished',
}

const told = (order: Order) => ({
  ...order,
  payFen: payFen(order),
  status: statusOf(order),
  mainStatus: mainStatusOf(order),
})

function* ndjson(rows: Iterable<object>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`
}

/** `/_sandbox/doudian/`: what a test or a person does to the shops. See the README. */
export function doudianControl(app: FastifyInstance, { appKey, live, clock, book, tokens, pushes }: Parts) {
  class Missing extends Error {}
  const shopOf = (shopId: string): Shop => {
    const shop = book.shop(shopId)
    if (!shop) throw new Missing(`no shop ${shopId}`)
    return shop
  }
  const orderOf = (shop: Shop, orderId: string): Order => {
    const order = shop.orders.get(orderId)
    if (!order) throw new Missing(`no order ${orderId}`)
    return order
  }
  app.setErrorHandler((error: Error, _request, reply) =>
    reply.code(error instanceof Missing ? 404 : 400).send({ error: error.message }),
  )
  const bodyOf = <T>(request: { body?: unknown }): T => {
    const text = typeof request.body === 'string' ? request.body : ''
    return (text.trim() === '' ? {} : JSON.parse(text)) as T
  }
  const lines = (reply: FastifyReply, rows: Iterable<object>) =>
    reply.type('application/x-ndjson').send(Readable.from(ndjson(rows)))

  app.get(`${base}/state`, () => ({
    nowMs: clock.now(),
    appKey,
    shops: [...book.now().values()].map((shop) => ({
      shopId: shop.shopId,
      name: shop.name,
      live: live && shop.live,
      orders: shop.orders.size,
      refunds: shop.refunds().length,
      skus: shop.skus.size,
      targetUrl: pushes.targetUrl(shop.shopId),
      verified: pushes.isVerified(shop.shopId),
    })),
    pushes: pushes.status(),
  }))

  app.put<OfShop>(`${base}/shops/:shopId`, (request) => {
    const { shopId, name } = book.still(request.params.shopId, bodyOf<{ name?: string }>(request).name)
    return { shopId, name }
  })

  app.put<OfShop & { Querystring: { mode?: string } }>(`${base}/shops/:shopId/orders`, async (request) => {
    const list = await loadedOrders(request.body)
    const shop = book.still(request.params.shopId)
    book.stop(shop)
    shop.replace(list, request.query.mode === 'add')
    return { orders: shop.orders.size, refunds: shop.refunds().length }
  })
  app.get<OfShop & { Querystring: { fromMs?: string; untilMs?: string; by?: string } }>(
    `${base}/shops/:shopId/orders`,
    (request, reply) => {
      const { fromMs = 0, untilMs = Number.MAX_SAFE_INTEGER, by } = request.query
      const time = by === 'updated' ? 'updated' : 'created'
      const field = time === 'created' ? 'createdAtMs' : 'updatedAtMs'
      const rows = between(
        shopOf(request.params.shopId).by(time),
        (o) => o[field],
        Number(fromMs),
        Number(untilMs),
      )
      return lines(reply, rows.values().map(told))
    },
  )
  app.post<OfShop>(`${base}/shops/:shopId/orders`, (request) => {
    const shop = shopOf(request.params.shopId)
    const wish = bodyOf<LooseOrder>(request)
    const nowMs = clock.now()
    const orderId = wish.orderId ?? digits19(`placed/${shop.shopId}/${nowMs}/${shop.orders.size}`)
    if (shop.orders.has(orderId)) throw new Error(`order ${orderId} exists`)
    const [sku] = shop.skus.values()
    const items = wish.items ?? [sku ?? { code: 'SKU-1', name: '样品', priceFen: 1_990 }]
    const order = orderFrom({ createdAtMs: nowMs, ...wish, orderId, state: 'created', items })
    book.place(shop, order)
    return told(order)
  })

  app.get<OfOrder>(`${base}/shops/:shopId/orders/:orderId`, ({ params }) =>
    told(orderOf(shopOf(params.shopId), params.orderId)),
  )
  app.put<OfOrder>(`${base}/shops/:shopId/orders/:orderId`, (request) => {
    const { shopId, orderId } = request.params
    const shop = shopOf(shopId)
    const order = orderFrom({ ...shop.orders.get(orderId), ...bodyOf<LooseOrder>(request), orderId })
    shop.put(order)
    return told(order)
  })
  app.delete<OfOrder>(`${base}/shops/:shopId/orders/:orderId`, ({ params }) => {
    const shop = shopOf(params.shopId)
    const removed = shop.orders.delete(params.orderId)
    shop.changed()
    return { removed }
  })
  app.post<OfOrder>(`${base}/shops/:shopId/orders/:orderId/advance`, (request) => {
    const shop = shopOf(request.params.shopId)
    const order = orderOf(shop, request.params.orderId)
    const { to, reason } = bodyOf<{ to?: OrderState; reason?: string }>(request)
    const happening = advance(order, to, clock.now(), shop.move, reason)
    if (!happening) throw new Error(`an order that is ${order.state} does not become ${to ?? 'anything'}`)
    book.happened(shop, happening)
    return told(order)
  })
  app.post<OfOrder>(`${base}/shops/:shopId/orders/:orderId/amount`, (request) => {
    const shop = shopOf(request.params.shopId)
    const order = orderOf(shop, request.params.orderId)
    if (order.state !== 'created') throw new Error('the order is paid')
    const { modifyFen = order.modifyFen, postFen = order.postFen } = bodyOf<Partial<Order>>(request)
    const changed = orderFrom({ ...order, modifyFen, postFen, updatedAtMs: order.updatedAtMs })
    Object.assign(order, changed)
    book.happened(shop, { order, tag: '109', atMs: clock.now() })
    return told(order)
  })
  app.post<OfOrder>(`${base}/shops/:shopId/orders/:orderId/refunds`, (request) => {
    const shop = shopOf(request.params.shopId)
    const order = orderOf(shop, request.params.orderId)
    const { to = 'succeeded', ...wish } = bodyOf<RefundWish>(request)
    const asked = askRefund(order, wish, clock.now())
    const refund = asked.refund!
    book.happened(shop, asked)
    if (to !== 'asked') {
      const moved = moveRefund(order, refund, to, clock.now(), shop.move)
      if (moved) book.happened(shop, moved)
    }
    return refund
  })
  app.post<{ Params: { shopId: string; orderId: string; afterSaleId: string } }>(
    `${base}/shops/:shopId/orders/:orderId/refunds/:afterSaleId/advance`,
    (request) => {
      const shop = shopOf(request.params.shopId)
      const order = orderOf(shop, request.params.orderId)
      const refund = order.refunds.find((one) => one.afterSaleId === request.params.afterSaleId)
      if (!refund) throw new Missing('no such refund')
      const { to } = bodyOf<{ to: RefundState }>(request)
      const moved = moveRefund(order, refund, to, clock.now(), shop.move)
      if (!moved) throw new Error(`a refund that is ${refund.state} does not become ${to}`)
      book.happened(shop, moved)
      return refund
    },
  )

  app.get<OfShop>(`${base}/shops/:shopId/stock`, (request, reply) =>
    lines(reply, shopOf(request.params.shopId).skus.values()),
  )
  app.put<OfShop>(`${base}/shops/:shopId/stock`, async (request) => {
    const list = await loadedSkus(request.body, clock.now())
    const { skus } = book.still(request.params.shopId)
    skus.clear()
    for (const sku of list) skus.set(sku.skuId, sku)
    return { skus: skus.size }
  })

  app.post<OfShop>(`${base}/shops/:shopId/replay`, (request) => {
    const shop = shopOf(request.params.shopId)
    const {
      ratePerSecond = 200,
      fromMs = 0,
      untilMs = Number.MAX_SAFE_INTEGER,
    } = bodyOf<Record<string, number>>(request)
    const lives = [...shop.orders.values()].flatMap((order) =>
      lifeOf(order).map((one) => ({ order, ...one })),
    )
    const line = lives.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).sort((a, b) => a.atMs - b.atMs)
    let nth = 0
    pushes.stream(ratePerSecond, () => {
      const one = line[nth++]
      return one && (() => void pushes.tell(shop.shopId, one.order.orderId, messageOf(shop.shopId, one)))
    })
    return { messages: line.length }
  })
  app.put(`${base}/pushes/target`, async (request) => {
    const wish = bodyOf<{ url: string | null; shopId?: string; sign?: SignChoice }>(request)
    const shopIds = wish.shopId ? [wish.shopId] : [...book.now().keys()]
    const answer = await pushes.setTarget(wish.url ?? null, wish.sign ?? 'md5', shopIds, !wish.shopId)
    return { url: wish.url ?? null, ...answer }
  })
  app.post(`${base}/pushes/send`, async (request) => {
    const wish = bodyOf<SendBody>(request)
    const { shopId, sign = 'right', variant = 'md5', times = 1 } = wish
    const body = wish.body ?? JSON.stringify(wish.messages ?? [presentOf(wish)])
    const answers = []
    for (let nth = 0; nth < Math.min(times, 1_000); nth++)
      answers.push(await pushes.sendRaw(shopId, { body, sign, variant }))
    return { answers }
  })
  function presentOf({ shopId, orderId = '', tag }: SendBody): Message {
    const order = orderOf(shopOf(shopId), orderId)
    const present = tags[statusTags[statusOf(order)]!]
    return messageOf(shopId, { order, tag: tag ?? present, atMs: order.updatedAtMs })
  }
  app.get<{ Querystring: { shopId?: string; limit?: string } }>(`${base}/pushes`, ({ query }) => ({
    ...pushes.status(),
    entries: pushes.ledger(Number(query.limit ?? 1_000), query.shopId),
  }))
  app.delete(`${base}/pushes`, () => {
    pushes.clearLedger()
    return pushes.status()
  })

  app.post(`${base}/codes`, (request) => ({
    code: tokens.code(shopOf(bodyOf<{ shopId: string }>(request).shopId).shopId),
  }))
  app.post<OfShop>(`${base}/tokens/:shopId/expire`, (request) => ({
    expired: tokens.expire(request.params.shopId, bodyOf<{ refresh?: boolean }>(request).refresh ?? false),
  }))
}
