import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { doudianGateway } from '#engines/doudian/doudian.ts'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { postgresLeases } from '#engines/postgres/lease.ts'
import type { PostgresLedger } from '#engines/postgres/ledger.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { vault } from '#kernel/vault.ts'
import { doudianAdapter } from './gateway.doudian.ts'
import type { Page } from './order-sync.ts'
import { postgresOrders } from './orders.postgres.ts'
import { type Entry, pageEntry } from './orders.ts'
import { dayAfter, dayOf, dayWindow } from './reconciliation.ts'
import { postgresReports } from './reports.postgres.ts'
import { postgresShops } from './shops.postgres.ts'
import type { Shop } from './shops.ts'

/** Yesterday: a day that is over. */
export const DAY = dayAfter(dayOf(Date.now(), 'Asia/Shanghai'), -1)
/** Two processes open the same seals. */
const KEYS = `b1:${Buffer.alloc(32, 1).toString('base64')}`
export const BENCH_SHOP = '7000000009'
export const BENCH_WORKSPACE = 'ws_bench' as WorkspaceId

/** One order of the platform, as its gateway writes it. */
function wireOf(nth: number, total: number, fromMs: number) {
  const created = Math.floor(fromMs / 1000) + Math.floor((nth * 86_400) / total)
  const orderId = `692105${String(nth).padStart(13, '0')}`
  const price = 1_000 + (nth % 5_000)
  return {
    order_id: orderId,
    shop_id: BENCH_SHOP,
    order_status: 3,
    main_status: 3,
    create_time: created,
    update_time: created + 120,
    pay_time: created + 60,
    ship_time: created + 120,
    finish_time: 0,
    order_amount: price + 800,
    pay_amount: price + 800,
    post_amount: 800,
    promotion_amount: 0,
    modify_amount: 0,
    doudian_open_id: `1@#${orderId}`,
    encrypt_post_receiver: `##${orderId}`,
    encrypt_post_tel: `$$${orderId}`,
    mask_post_receiver: '王*',
    mask_post_tel: '138****1234',
    sku_order_list: [
      {
        order_id: `${orderId.slice(0, -1)}9`,
        product_id_str: '3500000000000000001',
        sku_id: '17000000000001',
        code: 'SKU-1',
        product_name: '竹纤维毛巾',
        item_num: 1,
        origin_amount: price,
        sum_amount: price,
        pay_amount: price,
        order_status: 3,
      },
    ],
  }
}

/** The gateway, over HTTP and in its own JSON, from a list that is made as it is asked for. */
async function platform(total: number) {
  const { fromMs } = dayWindow(DAY, 'Asia/Shanghai')
  const firstAt = (second: number) =>
    Math.max(0, Math.min(total, Math.ceil(((second - Math.floor(fromMs / 1000)) * total) / 86_400)))
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const params = JSON.parse(Buffer.concat(chunks).toString() || '{}')
      const path = request.url!.split('?')[0]
      const answer = (data: unknown) => reply.end(JSON.stringify({ code: 10000, msg: 'success', data }))
      if (path === '/afterSale/List') return answer({ items: [], total: 0, has_more: false, page: 0 })
      if (path === '/order/orderDetail') {
        const nth = Number(params.shop_order_id.slice(6))
        if (nth >= total)
          return reply.end(
            JSON.stringify({ code: 50002, sub_code: 'isv.business-failed:3001', msg: 'no such order' }),
          )
        return answer({ shop_order_detail: wireOf(nth, total, fromMs) })
      }
      const by = params.create_time_start === undefined ? 120 : 0
      const start = (params.create_time_start ?? params.update_time_start) - by
      const end = (params.create_time_end ?? params.update_time_end) - by
      const [low, high] = [firstAt(start), firstAt(end)]
      const from = low + params.page * params.size
      const list = Array.from({ length: Math.max(0, Math.min(params.size, high - from)) }, (_, nth) =>
        wireOf(from + nth, total, fromMs),
      )
      answer({ page: params.page, size: params.size, total: high - low, shop_order_list: list })
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  server.unref()
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** With `total` the platform is started here; otherwise it is the one at `platformUrl`. */
export async function benchParts(ledger: PostgresLedger, of: { total: number } | { platformUrl: string }) {
  const total = 'total' in of ? of.total : 0
  const platformUrl = 'total' in of ? await platform(of.total) : of.platformUrl
  const log = rootLog({ level: 'silent' })
  const clock = systemClock
  const engine = doudianGateway({ url: platformUrl })
  const gateway = doudianAdapter(engine)
  const context = {
    vault: vault(KEYS),
    clock,
    log,
    audit: postgresAudit,
    factLog: { appendIn: putInOutbox } as FactLog,
    live: { publish: () => {}, subscribe: () => () => {} },
  }
  const app = { appKey: 'bench', appSecret: 'bench' }
  const shops = postgresShops(ledger, context)
  const orders = postgresOrders(ledger, context)
  const calls = {
    async send<T>(_shopId: string, request: { method: string; params: Record<string, unknown> }): Promise<T> {
      const answer = await gateway.send<T>(app, 'token', request, { timeoutMs: 30_000 })
      if (answer.ok) return answer.data
      throw fault('invalid', `doudian/${answer.refusal.code}`, answer.refusal.says)
    },
    tend: async () => {},
  }
  const { fromMs } = dayWindow(DAY, 'Asia/Shanghai')
  const book = await orders.buyers(BENCH_WORKSPACE)
  const seed = (shop: Shop, at: number, count: number, wrongEvery: number): Entry[] =>
    Array.from({ length: count }, (_, nth) => at + nth).flatMap((nth) => {
      const way = nth % wrongEvery === 0 ? (nth / wrongEvery) % 5 : -1
      if (way === 0) return []
      const data = { shop_order_list: [wireOf(nth, total, fromMs)], total: 1 }
      const [found] = gateway.readOrders(data).items
      const page: Omit<Page, 'buyer' | 'seenAtMs'> = { ...found!.page }
      if (way === 1) page.status = 'paid'
      if (way === 2) page.paidFen += 1
      if (way === 3) page.times = { ...page.times, shipped: page.times.shipped! + 5_000 }
      const orderId = way === 4 ? `692105${String(nth + total).padStart(13, '0')}` : found!.orderId
      return [
        pageEntry({ ...found!, orderId, page }, { ...shop, source: 'pull', seenAtMs: clock.now(), book }),
      ]
    })
  return {
    ledger,
    gateway,
    calls,
    orders,
    shops,
    leases: postgresLeases(ledger),
    clock,
    log,
    reports: postgresReports(ledger),
    zone: 'Asia/Shanghai',
    seed,
    platformUrl,
  }
}

export async function benchShop({ shops, clock }: Awaited<ReturnType<typeof benchParts>>): Promise<Shop> {
  const tokens = { accessToken: 'token', refreshToken: 'token', accessSeconds: 86_400, shopName: 'bench' }
  await shops.connect(
    { shopId: BENCH_SHOP, workspaceId: BENCH_WORKSPACE, platform: 'doudian', tokens, actor: 'system' },
    clock.now(),
  )
  return (await shops.find(BENCH_WORKSPACE, BENCH_SHOP))!
}
