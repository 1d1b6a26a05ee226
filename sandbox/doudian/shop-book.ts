import type { Clock } from '#sandbox/clock.ts'
import { chanceOf } from '#sandbox/random.ts'
import { generatedSkus, historyMs, type Plan, plans, type Session, type Step } from './generated-shop.ts'
import type { Order } from './order.ts'
import { openShop, type Shop } from './shop.ts'
import { advance, askRefund, type Happening, hold, moveRefund } from './steps.ts'

export type BookState = { bornAtMs: number; sessions: Session[] }
export type ShopBook = ReturnType<typeof shopBook>
type Parts = {
  seed: number
  clock: Clock
  live: boolean
  state: BookState | undefined
  save(state: BookState): void
  tell(shop: Shop, happening: Happening): void
}
type Due = { atMs: number; shop: Shop } & ({ place: Plan } | { order: Order; step: Step } | { restock: true })

const ownShops = [
  ['1234567001', '山野食集旗舰店'],
  ['1234567002', '有间生活馆'],
] as const
const dayMs = 86_400_000
const tickMs = 1_000
const leaseMs = 20_000
/** A clock that leaps further than this was turned: no order came in between but the thin stream's. */
const leapMs = 300_000
const sessionsKept = 50

/** The shops and what becomes of their orders as the clock goes on. */
export function shopBook({ seed, clock, live, state, save, tell }: Parts) {
  const shops = new Map<string, Shop>()
  const bornAtMs = state?.bornAtMs ?? clock.now()
  let sessions: Session[] = (state?.sessions ?? []).map((session) => ({ ...session }))
  let due: Due[] = []
  let reachedMs = bornAtMs - historyMs
  let quiet = true
  let begun = false

  /** Made when first needed: a test that wants no shop pays for none. */
  function begin() {
    begun = true
    for (const [shopId, name] of ownShops) {
      if (shops.has(shopId)) continue
      const shop = openShop(shopId, name, true)
      for (const sku of generatedSkus(`${seed}/${shopId}`, reachedMs)) shop.skus.set(sku.skuId, sku)
      shops.set(shopId, shop)
      due.push({ atMs: nextMorning(reachedMs), shop, restock: true })
    }
    const nowMs = live ? clock.now() : bornAtMs
    if (live) openSession(nowMs)
    catchUp(nowMs)
    quiet = false
  }

  /** No two at one moment: an order must not come twice. */
  function openSession(nowMs: number) {
    const before = sessions.at(-1)
    if (before) before.untilMs = Math.min(before.untilMs, nowMs)
    sessions = [...sessions, { fromMs: nowMs, untilMs: nowMs + leaseMs }].slice(-sessionsKept)
    save({ bornAtMs, sessions })
  }
  /** The end is written before it is reached: what was told before a crash is told again after it. */
  function keepSession(nowMs: number) {
    const session = sessions.at(-1)!
    if (nowMs - reachedMs > leapMs) {
      session.untilMs = Math.min(session.untilMs, reachedMs)
      return openSession(nowMs)
    }
    if (session.untilMs - nowMs > leaseMs / 2) return
    session.untilMs = nowMs + leaseMs
    save({ bornAtMs, sessions })
  }

  function catchUp(nowMs: number) {
    if (nowMs <= reachedMs) return
    for (const shop of shops.values()) {
      if (!shop.live) continue
      const skus = [...shop.skus.values()]
      for (const plan of plans({ key: `${seed}/${shop.shopId}`, skus }, sessions, reachedMs, nowMs))
        due.push({ atMs: plan.order.createdAtMs, shop, place: plan })
    }
    reachedMs = nowMs
    for (;;) {
      const now = due.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)
      if (now.length === 0) return
      due = due.filter(({ atMs }) => atMs > nowMs)
      runInOrder(now, nowMs)
    }
  }

  /** Steps that follow within the same stretch take their place in the line, so that stock moves in order of time. */
  function runInOrder(line: Due[], nowMs: number) {
    for (let nth = 0; nth < line.length; nth++) {
      for (const later of run(line[nth]!)) {
        if (later.atMs > nowMs) due.push(later)
        else insert(line, later, nth + 1)
      }
    }
  }

  function run(one: Due): Due[] {
    const { shop, atMs } = one
    if ('restock' in one) {
      restock(shop)
      return [{ atMs: nextMorning(atMs), shop, restock: true }]
    }
    if ('place' in one) {
      const { order, steps } = one.place
      // Nobody can buy what is gone.
      if (!order.items.every(({ skuId, quantity }) => shop.has(skuId, quantity))) return []
      place(shop, order)
      return steps.map((step) => ({ atMs: step.atMs, shop, order, step }))
    }
    const happening = take(shop, one.order, one.step)
    if (happening) happened(shop, happening)
    return []
  }

  function place(shop: Shop, order: Order) {
    hold(order, shop.move)
    shop.put(order)
    happened(shop, { order, tag: '100', atMs: order.createdAtMs })
  }
  function happened(shop: Shop, happening: Happening) {
    shop.changed()
    if (!quiet) tell(shop, happening)
  }

  const timer = live ? setInterval(() => now(), tickMs) : undefined
  timer?.unref()

  /** The shops as they stand at this moment. */
  function now(): Map<string, Shop> {
    if (!begun) begin()
    else if (live) {
      const nowMs = clock.now()
      keepSession(nowMs)
      catchUp(nowMs)
    }
    return shops
  }

  return {
    now,
    shop: (shopId: string) => now().get(shopId),
    /** An empty shop that stands still; one of our own that is loaded stops living. */
    still(shopId: string, name?: string): Shop {
      const known = now().get(shopId)
      const shop = known ?? openShop(shopId, name ?? `店铺${shopId}`, false)
      if (name) shop.name = name
      shops.set(shopId, shop)
      return shop
    },
    stop(shop: Shop) {
      shop.live = false
      due = due.filter((one) => one.shop !== shop)
    },
    place,
    happened,
    close: () => clearInterval(timer),
  }
}

function take(shop: Shop, order: Order, step: Step): Happening | undefined {
  if ('to' in step) return advance(order, step.to, step.atMs, shop.move)
  if (step.refund === 'asked') {
    const part = step.part ? partOf(order) : {}
    return askRefund(order, part, step.atMs)
  }
  const refund = order.refunds.at(-1)
  return refund && moveRefund(order, refund, 'succeeded', step.atMs, shop.move)
}

/** Half of the first item's money. */
function partOf(order: Order) {
  const [item] = order.items
  return {
    skuOrderId: item!.skuOrderId,
    amountFen: Math.floor((item!.quantity * item!.priceFen - item!.discountFen) / 2),
  }
}

/** Most SKUs are bought again in time; the others show what a shop without stock looks like. */
function restock(shop: Shop) {
  for (const sku of shop.skus.values()) {
    if (sku.stock < 40 && chanceOf(`restock/${sku.skuId}`) < 0.75) sku.stock += 240
  }
}

const shanghaiMs = 8 * 3_600_000
const nextMorning = (ms: number): number => {
  const morning = Math.floor((ms + shanghaiMs) / dayMs) * dayMs + 9 * 3_600_000 - shanghaiMs
  return morning > ms ? morning : morning + dayMs
}

function insert(line: Due[], one: Due, from: number) {
  let low = from
  let high = line.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (line[middle]!.atMs <= one.atMs) low = middle + 1
    else high = middle
  }
  line.splice(low, 0, one)
}
