// Real sales and real lives of orders. A gift shop's invoices become a shop of the sandbox, are pulled and reconciled, and equal
// the file in number and money; real timelines are told as pushes in any order, and end as they ended.
import assert from 'node:assert/strict'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { parse as parseText } from 'csv-parse/sync'
import { dice } from '#sandbox/random.ts'
import { type Sandbox, startSandbox } from '#sandbox/sandbox.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import type { FileOrder } from './exchange.ts'
import { controlOf, type OpenRoom, openRoom } from './open-room.fixture.ts'
import { dayOf } from './reconciliation.ts'
import { assertEqualToPlatform, ourLine } from './truth.fixture.ts'

const dataFolder = join(import.meta.dirname, '../../../../shared/data')
const skip = existsSync(join(dataFolder, 'retail_uci')) ? false : 'the real data is not here (shared/data)'
/** By default one month; with STORIES=full all eleven of them, which takes some minutes. */
const IS_FULL = process.env['STORIES'] === 'full'
/** The platform shows ninety days: longer times are shops one after the other. */
const WINDOWS = IS_FULL
  ? ['2011-02-21', '2011-05-16', '2011-08-08', '2011-10-31'].map((lastDay) => ({ lastDay, days: 84 }))
  : [{ lastDay: '2011-10-31', days: 31 }]
const LIVES = '7000000012'
const DAY_MS = 86_400_000
const TIMELINES = IS_FULL ? Number.POSITIVE_INFINITY : 300

let it: TestLedger
let sandbox: Sandbox
let room: OpenRoom
let control: ReturnType<typeof controlOf>

before(async () => {
  if (skip) return
  it = await testLedger([migrationsOf('order-sync', 'sell')])
  sandbox = await startSandbox({ seed: 5 })
  control = controlOf(sandbox)
  room = await openRoom({ ledger: it.ledger, sandbox, workers: ['pushes', 'wanted'] })
})
after(async () => {
  await room?.close()
  await sandbox?.close()
  await it?.close()
})

interface Totals {
  orders: number
  pieces: number
  paidFen: number
  refunds: number
  refundedFen: number
  /** Lines that are no sale: adjustments, free ones, cancellations of what was not sold here. */
  left: number
}

for (const [nth, window] of WINDOWS.entries())
  test(`a real shop of ${window.days} days until ${window.lastDay}: pulled and reconciled it equals its file`, {
    skip,
    timeout: 600_000,
  }, async (t) => {
    const shopId = `700000002${nth}`
    const { orders, totals } = await shopOfFile(join(dataFolder, 'retail_uci/online_retail.csv.gz'), window)
    const loaded = await fetch(`${sandbox.url}/_sandbox/doudian/shops/${shopId}/orders`, {
      method: 'PUT',
      headers: { 'content-type': 'application/x-ndjson' },
      body: orders.map((order) => `${JSON.stringify(order)}\n`).join(''),
    })
    assert.deepEqual(await loaded.json(), { orders: totals.orders, refunds: totals.refunds })
    const { left, ...inFile } = totals

    const { backfillId } = await room.post('/shops', { shopId, backfillDays: 90 })
    await room.runJob('order-sync/backfill', { backfillId })
    assert.deepEqual(await figures(shopId), inFile, 'after the back-fill')

    // A part is lost, and another part has other amounts: the reports of the days name and repair exactly these.
    const spoil = (what: string) =>
      it.ledger.everywhere.query<{ created_at: number }>(
        `${what} where shop_id = $1 and order_id ~ $2 returning created_at`,
        [shopId, what.startsWith('delete') ? '[05]7$' : '[05]3$'],
      )
    const lost = await spoil('delete from order_sync.purchase')
    const wrong = await spoil('update order_sync.purchase set paid_fen = paid_fen + 1')
    const days = new Set(orders.map(({ createdAtMs }) => dayOf(createdAtMs, 'Asia/Shanghai')))
    const found: Record<string, number> = {}
    for (const day of [...days].sort()) {
      await room.runJob('order-sync/reconcile', {
        workspaceId: 'ws_ours',
        shopId,
        day,
        repair: true,
        mail: false,
      })
      const report = await room.get(`/reports/${shopId}/${day}`)
      assert.equal(report.isPartial, false, day)
      for (const [kind, of] of Object.entries(report.byKind as Record<string, { found: number }>))
        found[kind] = (found[kind] ?? 0) + of.found
    }
    assert.deepEqual(
      [found['missing'], found['amount'], found['extra'], found['status']],
      [lost.length, wrong.length, 0, 0],
    )
    const mine = await exported(shopId)
    assert.equal(await assertEqualToPlatform(control, shopId, mine.map(ourLine)), totals.orders)
    assert.deepEqual(await figures(shopId, mine), inFile, 'after the reports')
    assert.deepEqual((await room.get(`/orders?imbalance=true&shopId=${shopId}`)).items, [])
    t.diagnostic(
      `${totals.orders} real orders of ${totals.pieces} pieces, ${totals.paidFen} fen paid, ${totals.refunds} refunds of ${totals.refundedFen} fen (${left} lines are no sale)`,
    )
    t.diagnostic(
      `${lost.length} lost and ${wrong.length} wrong behind our back; ${days.size} days reconciled, named and repaired: ${JSON.stringify(found)}; equal to the fen`,
    )
  })

test('real timelines, told out of order and twice: each order ends as it ended', {
  skip,
  timeout: 600_000,
}, async (t) => {
  const rows: Record<string, string>[] = parseText(
    readFileSync(join(dataFolder, 'orders_olist_sample/orders.csv')),
    { columns: true },
  )
  const lives = rows.slice(0, TIMELINES).map(lifeOf)
  await control(
    'PUT',
    `/doudian/shops/${LIVES}/orders`,
    lives.map(({ order }) => order),
  )
  await room.post('/shops', { shopId: LIVES, backfillDays: 0 })
  const url = `${room.url}/api/order-sync/push/${LIVES}`
  await control('PUT', '/doudian/pushes/target', { shopId: LIVES, url, sign: 'mixed' })

  const roll = dice('out of order')
  const told = lives
    .flatMap(({ messages }) => messages.flatMap((message) => (roll() < 0.1 ? [message, message] : [message])))
    .map((message) => ({ message, at: roll() }))
    .sort((a, b) => a.at - b.at)
  const AT_ONCE = 16
  for (let at = 0; at < told.length; at += AT_ONCE) {
    const messages = told.slice(at, at + AT_ONCE).map(({ message }) => message)
    const { answers } = await control('POST', '/doudian/pushes/send', { shopId: LIVES, messages })
    assert.equal(answers[0].status, 200)
  }
  const summary = async () => (await room.get('/summary')).pushes24h
  await until(async () => (await summary()).waiting === 0, 120_000)
  // The state is right by the pushes alone, whatever their order was; the pages behind them bring the lines.
  const known = new Map((await exported(LIVES)).map((row) => [row.orderId as string, row]))
  for (const { order, status, times } of lives) {
    const mine = known.get(order.orderId)
    assert.equal(mine?.status, status, order.orderId)
    for (const [milestone, atMs] of Object.entries(times))
      assert.equal(mine!.times[milestone], atMs, `${order.orderId} ${milestone}`)
  }
  const counted = Map.groupBy(lives, ({ status }) => status)
  t.diagnostic(
    `${lives.length} real lives, ${told.length} messages in any order (${(await summary()).repeats} repeats): ${[...counted].map(([status, of]) => `${status} ${of.length}`).join(', ')}`,
  )
})

const exported = async (shopId: string): Promise<Exported[]> =>
  (await room.request('GET', `/export?format=ndjson&shopId=${shopId}`)).text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

async function figures(shopId: string, orders?: Exported[]): Promise<Omit<Totals, 'left'>> {
  const sums = { orders: 0, pieces: 0, paidFen: 0, refunds: 0, refundedFen: 0 }
  for (const { lines, paidFen, refunds, refundedFen } of orders ?? (await exported(shopId))) {
    sums.orders++
    sums.pieces += lines.reduce((all, { quantity }) => all + quantity, 0)
    sums.paidFen += paidFen
    sums.refunds += refunds.length
    sums.refundedFen += refundedFen
  }
  return sums
}

interface Exported extends Pick<FileOrder, 'orderId' | 'status' | 'lines' | 'paidFen'> {
  refunds: unknown[]
  refundedFen: number
  times: Record<string, number>
}

interface RealOrder {
  orderId: string
  state: 'finished'
  createdAtMs: number
  items: { code: string; name: string; quantity: number; priceFen: number; skuOrderId: string }[]
  refunds: {
    skuOrderId: string
    amountFen: number
    quantity: number
    state: 'succeeded'
    appliedAtMs: number
    updatedAtMs: number
  }[]
  buyer: { openId: string }
}

/**
 * An invoice is an order, a price in pounds is one in yuan; the days are moved so that the last one is yesterday. A cancelled invoice is a refund of what the same customer bought of the same thing
 * before, as far as that goes; lines that are neither sale nor cancellation of one (adjustments, gifts, bad debts) are left.
 */
async function shopOfFile(
  file: string,
  { lastDay, days }: (typeof WINDOWS)[number],
): Promise<{ orders: RealOrder[]; totals: Totals }> {
  const orders = new Map<string, RealOrder>()
  const bought = new Map<string, { order: RealOrder; line: RealOrder['items'][number]; left: number }[]>()
  const totals: Totals = { orders: 0, pieces: 0, paidFen: 0, refunds: 0, refundedFen: 0, left: 0 }
  const lines = createReadStream(file)
    .pipe(createGunzip())
    .pipe(parse({ columns: true }))
  const yesterdayMs = Date.parse(dayOf(Date.now(), 'Asia/Shanghai')) - DAY_MS
  const shiftMs = yesterdayMs - Date.parse(lastDay)
  const untilMs = Date.parse(`${lastDay}T00:00:00+08:00`) + DAY_MS + shiftMs
  for await (const row of lines as AsyncIterable<Record<string, string>>) {
    const atMs = Date.parse(`${row['InvoiceDate']!.replace(' ', 'T')}+08:00`) + shiftMs
    if (atMs < untilMs - days * DAY_MS || atMs >= untilMs) continue
    const quantity = Number(row['Quantity'])
    const priceFen = Math.round(Number(row['UnitPrice']) * 100)
    const number = row['InvoiceNo']!
    const key = `${row['CustomerID']} ${row['StockCode']} ${priceFen}`
    if (/^\d+$/.test(number) && quantity > 0 && priceFen > 0) {
      const order = orders.get(number) ?? newOrder(number, atMs, row['CustomerID'] ?? '')
      orders.set(number, order)
      const nth = order.items.length
      const line = {
        code: row['StockCode']!,
        name: row['Description'] || row['StockCode']!,
        quantity,
        priceFen,
        skuOrderId: nth === 0 ? order.orderId : `${number}${String(nth).padStart(6, '0')}`,
      }
      order.items.push(line)
      bought.set(key, [...(bought.get(key) ?? []), { order, line, left: quantity }])
      totals.pieces += quantity
      totals.paidFen += quantity * priceFen
      continue
    }
    const sold = number.startsWith('C')
      ? bought.get(key)?.findLast(({ left }) => left >= -quantity)
      : undefined
    if (!sold) {
      totals.left++
      continue
    }
    sold.left += quantity
    const amountFen = -quantity * priceFen
    const times = { appliedAtMs: atMs, updatedAtMs: atMs }
    sold.order.refunds.push({
      skuOrderId: sold.line.skuOrderId,
      amountFen,
      quantity: -quantity,
      state: 'succeeded',
      ...times,
    })
    totals.refunds++
    totals.refundedFen += amountFen
  }
  totals.orders = orders.size
  return { orders: [...orders.values()], totals }
}

const newOrder = (number: string, atMs: number, customer: string): RealOrder => ({
  orderId: `6921${number.padStart(15, '0')}`,
  state: 'finished',
  createdAtMs: atMs,
  items: [],
  refunds: [],
  buyer: { openId: `customer-${customer}` },
})

const STATUS = {
  created: 'created',
  approved: 'paid',
  invoiced: 'paid',
  processing: 'paid',
  unavailable: 'paid',
  shipped: 'shipped',
  delivered: 'finished',
  canceled: 'closed',
} as const
const STATE = {
  created: 'created',
  paid: 'paid',
  shipped: 'shipped',
  finished: 'finished',
  closed: 'cancelled',
} as const

/** A row of real moments: the order as it ended, and the messages that told of it on the way. */
function lifeOf(row: Record<string, string>, nth: number) {
  const orderId = `692200000000${String(nth).padStart(7, '0')}`
  const shiftMs = Math.floor((Date.now() - 20 * DAY_MS - Date.parse('2018-09-01')) / 1000) * 1000
  const moment = (name: string) =>
    row[name] ? Date.parse(`${row[name].replace(' ', 'T')}Z`) + shiftMs : undefined
  const status = STATUS[row['order_status'] as keyof typeof STATUS]
  const created = moment('order_purchase_timestamp')!
  // Some were handed over before they were approved: what happened is what is told, in whatever order.
  const paid =
    status === 'created'
      ? undefined
      : (moment('order_approved_at') ?? (status === 'closed' ? undefined : created))
  const isOut = status === 'shipped' || status === 'finished'
  const shipped = isOut ? (moment('order_delivered_carrier_date') ?? paid) : undefined
  const finished = status === 'finished' ? (moment('order_delivered_customer_date') ?? shipped) : undefined
  const closed = status === 'closed' ? Math.max(created, paid ?? 0) + 3_600_000 : undefined
  const tell = (tag: string, field: string, ms: number | undefined) =>
    ms === undefined
      ? []
      : [
          {
            tag,
            msg_id: `${orderId}::${tag}`,
            data: JSON.stringify({ p_id: orderId, shop_id: LIVES, [field]: ms / 1000 }),
          },
        ]
  const moments = { paidAtMs: paid, shippedAtMs: shipped, finishedAtMs: finished, cancelledAtMs: closed }
  return {
    status,
    times: Object.fromEntries(
      Object.entries({ created, paid, shipped, finished, closed }).filter(([, ms]) => ms !== undefined),
    ),
    order: {
      orderId,
      state: STATE[status],
      createdAtMs: created,
      ...moments,
      items: [{ code: 'OLIST', name: 'Olist', quantity: 1, priceFen: 1_000 }],
    },
    messages: [
      ...tell('100', 'create_time', created),
      ...tell('101', 'pay_time', paid),
      ...tell('102', 'update_time', shipped),
      ...tell('103', 'complete_time', finished),
      ...tell('106', 'cancel_time', closed),
    ],
  }
}
