import { dice, digits19, pick } from '#sandbox/random.ts'
import { type Order, type OrderState, orderFrom, subOrderId } from './order.ts'
import type { Sku } from './shop.ts'

/** What will happen to an order, and when. `refund` asks for all of it, `part` for the first item. */
export type Step =
  | { atMs: number; to: OrderState }
  | { atMs: number; refund: 'asked' | 'succeeded'; part: boolean }
export type Plan = { order: Order; steps: Step[] }

const goods: [name: string, priceFen: number, kind: string, values: string[]][] = [
  ['手工红油火锅底料', 3990, '口味', ['微辣', '中辣', '特辣']],
  ['云南高山阿拉比卡咖啡豆', 6800, '规格', ['250g', '500g']],
  ['冻干草莓脆', 2590, '规格', ['1袋', '3袋', '6袋']],
  ['纯棉短袖T恤', 7900, '尺码', ['M', 'L', 'XL', 'XXL']],
  ['加厚保温杯', 8900, '颜色', ['曜石黑', '奶油白', '湖水蓝']],
  ['竹纤维毛巾', 1990, '颜色', ['灰', '粉', '蓝']],
  ['家用折叠收纳箱', 4590, '规格', ['中号', '大号']],
  ['儿童防水书包', 12900, '颜色', ['藏青', '粉色']],
  ['便携榨汁杯', 9900, '颜色', ['白', '绿']],
  ['亚麻四件套', 25900, '规格', ['1.5米', '1.8米']],
  ['有机五常大米', 7990, '规格', ['5斤', '10斤']],
  ['陈年普洱熟茶饼', 16800, '规格', ['357g']],
  ['手账本礼盒', 5900, '款式', ['春', '秋']],
  ['硅胶厨具七件套', 8800, '颜色', ['卡其', '墨绿']],
  ['露营折叠椅', 11900, '颜色', ['沙色', '军绿']],
  ['无线蓝牙耳机', 19900, '颜色', ['黑', '白']],
]
const words = ['', '', '', '请尽快发货', '周末送货', '放快递柜', '易碎，包好一点', '要发票']

/** The catalogue of a shop of our own (`key` names it): about forty SKUs, popular ones and ones that nobody wants. */
export function generatedSkus(key: string, bornAtMs: number): Sku[] {
  const roll = dice(`catalogue/${key}`)
  return goods
    .filter(() => roll() < 0.85)
    .flatMap(([name, priceFen, kind, values]) =>
      values.map((value, nth) => ({
        skuId: digits19(`sku/${key}/${name}/${value}`),
        productId: digits19(`product/${key}/${name}`),
        name,
        spec: `${kind}:${value}`,
        code: `${name.slice(0, 2)}-${value}`,
        priceFen: priceFen + nth * 500,
        stock: 60 + Math.floor(roll() * 400),
        prehold: 0,
        createdAtMs: bornAtMs,
      })),
    )
}

const dayMs = 86_400_000
const sparseMs = 1_800_000
const denseMs = 6_000
const denseForMs = 3_600_000
export const historyMs = 60 * dayMs

/** When the sandbox ran: orders came thick and fast in its first hour, then one a minute. */
export type Session = { fromMs: number; untilMs: number }

/**
 * The orders that came in `[fromMs, untilMs)`: a thin stream always, a thick one while the sandbox ran. Each is a function
 * of the shop and its moment alone, so that a sandbox that starts again tells the same story.
 */
export function* plans(
  shop: { key: string; skus: readonly Sku[] },
  sessions: readonly Session[],
  fromMs: number,
  untilMs: number,
): Generator<Plan> {
  for (const atMs of moments(`sparse/${shop.key}`, sparseMs, fromMs, untilMs, chanceAt))
    yield plan(shop, atMs, 1)
  for (const session of sessions) {
    const start = Math.max(fromMs, session.fromMs)
    const end = Math.min(untilMs, session.untilMs)
    const chance = (ms: number) => (ms < session.fromMs + denseForMs ? 0.9 : 0.1)
    for (const atMs of moments(`dense/${shop.key}`, denseMs, start, end, chance))
      yield plan(shop, atMs, 1 / 600)
  }
}

function* moments(
  name: string,
  everyMs: number,
  fromMs: number,
  untilMs: number,
  chance: (ms: number) => number,
) {
  for (let slot = Math.floor(fromMs / everyMs); slot * everyMs < untilMs; slot++) {
    const roll = dice(`${name}/${slot}`)
    const atMs = slot * everyMs + Math.floor(roll() * everyMs)
    if (roll() < chance(atMs) && atMs >= fromMs && atMs < untilMs) yield atMs
  }
}

/** About fourteen orders a day: more in the evening and at the weekend, none to speak of at night. */
function chanceAt(ms: number): number {
  const local = new Date(ms + 8 * 3_600_000)
  const hour = local.getUTCHours()
  const byHour = hour < 7 ? 0.04 : hour < 18 ? 0.28 : 0.6
  return byHour * ([0, 6].includes(local.getUTCDay()) ? 1.4 : 0.9)
}

const minute = 60_000
const hour = 3_600_000

function plan({ key, skus }: { key: string; skus: readonly Sku[] }, atMs: number, pace: number): Plan {
  const roll = dice(`order/${key}/${atMs}`)
  const orderId = orderIdOf(key, atMs)
  const lines = 1 + Math.floor(roll() ** 3 * 4)
  const chosen = Array.from({ length: lines }, () => skus[Math.floor(roll() ** 2.2 * skus.length)]!)
  const items = [...new Set(chosen)].map((sku, nth) => {
    const quantity = 1 + Math.floor(roll() ** 4 * 4)
    const discountFen = roll() < 0.3 ? Math.floor(sku.priceFen * quantity * 0.1) : 0
    const { skuId, productId, code, name, spec, priceFen } = sku
    const skuOrderId = subOrderId(orderId, nth)
    return { skuOrderId, productId, skuId, code, name, spec, priceFen, quantity, discountFen }
  })
  const postFen = roll() < 0.35 ? 800 : 0
  const order = orderFrom({
    orderId,
    state: 'created',
    createdAtMs: atMs,
    items,
    postFen,
    buyerWords: pick(roll, words),
  })
  return { order, steps: stepsOf(order, roll, atMs, pace) }
}

function stepsOf(order: Order, roll: () => number, createdAtMs: number, pace: number): Step[] {
  let atMs = createdAtMs
  const after = (leastMs: number, mostMs: number) => {
    atMs += Math.ceil(((leastMs + roll() * (mostMs - leastMs)) * pace) / 1000) * 1000
    return atMs
  }
  const fate = roll()
  if (fate < 0.08) return [{ atMs: after(30 * minute, 2 * hour), to: 'cancelled' }]
  const steps: Step[] = [{ atMs: after(2 * minute, 20 * minute), to: 'paid' }]
  const refund = (part: boolean) => {
    steps.push({ atMs: after(1 * hour, 5 * hour), refund: 'asked', part })
    steps.push({ atMs: after(4 * hour, 20 * hour), refund: 'succeeded', part })
  }
  if (fate < 0.13) refund(false)
  if (fate < 0.13) return steps
  const halves = order.items.length > 1 && roll() < 0.25
  if (halves) steps.push({ atMs: after(4 * hour, 12 * hour), to: 'partly-shipped' })
  steps.push({ atMs: after(6 * hour, 40 * hour), to: 'shipped' })
  if (fate > 0.95) refund(true)
  steps.push({ atMs: after(40 * hour, 120 * hour), to: 'finished' })
  if (fate < 0.16) refund(false)
  return steps
}

/** 19 digits that begin with the moment, as the platform's do. */
function orderIdOf(key: string, atMs: number): string {
  const tail = digits19(`order/${key}/${atMs}`).slice(-6)
  return `69${String(Math.floor(atMs / 10))
    .slice(-11)
    .padStart(11, '0')}${tail}`
}
