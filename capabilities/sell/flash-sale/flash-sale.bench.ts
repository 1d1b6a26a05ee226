import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { openRedis } from '#engines/redis/redis.ts'
import { type FactLog, tell } from '#kernel/fact-log.ts'
import { stockReserved } from '#kernel/facts/stock.ts'
import { HOUSE } from '#kernel/id.ts'
import { realEngine } from '#testing/engines.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { postgresBooks } from './books.postgres.ts'
import { type Attempt, basketText } from './flash-sale.ts'
import { meter } from './meter.ts'
import { RESERVE } from './scripts.redis.ts'
import type { ServerOrder, ServerSays } from './servers.fixture.ts'
import { keysOf } from './shelf.redis.ts'
import { newSale, sku } from './store.contract.ts'
import { postgresStore } from './store.postgres.ts'
import { redisStore } from './store.redis.ts'

const ROUNDS = 3
const STORE_SECONDS = 2.5
const HTTP_SECONDS = 3
const IN_FLIGHT = 2_000
const CONNECTIONS = 100
const context = { factLog: { appendIn: putInOutbox } as FactLog }
const PLENTY = 100_000_000

/** Ours and its peer in turn, in one run. A round that did not reserve what it says it did throws. */
export default {
  name: 'flash-sale',
  async run(): Promise<void> {
    const it = await testLedger([migrationsOf('flash-sale', 'sell')])
    try {
      await redisRow(it)
      await postgresRow(it)
      await httpRows(it)
    } finally {
      await it.close()
    }
  },
}

interface Measured {
  perSecond: number
  p50Ms: number
  p99Ms: number
  p999Ms: number
  /** The server's processor time for one request: what a machine with a processor for each process is bound by. */
  serverUs?: number
}

type Reserve = (attempt: Attempt) => Promise<unknown>

let nth = 0
const click = (): Attempt => {
  nth += 1
  return { attemptId: `attempt-${nth}`, buyerId: `buyer-${nth}`, items: [{ sku: 'A', quantity: 1 }] }
}

/** `IN_FLIGHT` buyers who each come back with a new attempt as soon as they are answered. */
async function crowd(reserve: Reserve, seconds = STORE_SECONDS): Promise<Measured> {
  const metered = meter()
  const fromMs = performance.now()
  let done = 0
  const buyer = async () => {
    while (performance.now() - fromMs < seconds * 1000) {
      const sinceMs = performance.now()
      await reserve(click())
      metered.count('reserved', performance.now() - sinceMs)
      done += 1
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, buyer))
  return { ...metered.read(), perSecond: done / ((performance.now() - fromMs) / 1000) }
}

async function interleaved(ours: () => Promise<Measured>, peer: () => Promise<Measured>) {
  const all: { ours: Measured[]; peer: Measured[] } = { ours: [], peer: [] }
  for (let round = 0; round < ROUNDS; round++) {
    all.ours.push(await ours())
    all.peer.push(await peer())
  }
  const middle = (runs: Measured[]) =>
    runs.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(runs.length / 2)]!
  return { ours: middle(all.ours), peer: middle(all.peer) }
}

function print(name: string, atLeast: string, { ours, peer }: { ours: Measured; peer: Measured }, note = '') {
  const line = (who: string, { perSecond, p50Ms, p99Ms, p999Ms, serverUs }: Measured) =>
    `${who.padEnd(34)}${perSecond.toFixed(0).padStart(8)}/s   p50 ${p50Ms} ms   p99 ${p99Ms} ms   p99.9 ${p999Ms} ms${serverUs ? `   server ${serverUs.toFixed(1)} us each` : ''}`
  console.log(
    `${name}: ${(ours.perSecond / peer.perSecond).toFixed(2)}x of its peer (at least ${atLeast})${note}\n${line('  ours', ours)}\n${line('  peer', peer)}`,
  )
}

const plentiful = () => newSale({ limitPerBuyer: 5, skus: [sku('A', PLENTY, 5)] })

async function redisRow(it: TestLedger): Promise<void> {
  const real = realEngine('redis')
  if ('skip' in real) return console.log(`store, Redis: skipped, ${real.skip}`)
  const redis = await openRedis(real.url)
  const books = postgresBooks(it.ledger, context)
  const fresh = async () => {
    const sale = await books.create(HOUSE, plentiful())
    await redisStore(redis).open(sale)
    return sale.saleId
  }
  const drop = (saleId: string) => {
    const keys = keysOf(saleId)
    return redis.send(keys[0]!, ['DEL', ...keys])
  }
  const measured = await interleaved(
    async () => {
      const saleId = await fresh()
      const store = redisStore(redis)
      const result = await crowd((attempt) => store.reserve(saleId, attempt))
      await drop(saleId)
      return result
    },
    async () => {
      const saleId = await fresh()
      const keys = keysOf(saleId)
      const result = await crowd(({ attemptId, buyerId, items }) =>
        redis.run(RESERVE, keys, ['', '', attemptId, buyerId, basketText(items)]),
      )
      await drop(saleId)
      return result
    },
  )
  await redis.close()
  print('store, Redis (peer: one EVALSHA each, same script)', '2x', measured)
}

async function postgresRow(it: TestLedger): Promise<void> {
  const books = postgresBooks(it.ledger, context)
  const checked = async (run: (saleId: string) => Promise<Measured>) => {
    const { saleId } = await books.create(HOUSE, plentiful())
    const result = await run(saleId)
    const drift = await books.rowDrift(saleId)
    if (drift.length > 0) throw new Error(`the ledger does not add up: ${JSON.stringify(drift)}`)
    await it.ledger.everywhere.query('truncate fact_log.outbox')
    return result
  }
  const measured = await interleaved(
    () =>
      checked((saleId) => {
        const store = postgresStore(it.ledger, context)
        return crowd((attempt) => store.reserve(saleId, attempt))
      }),
    () => checked((saleId) => crowd((attempt) => oneTransaction(it, saleId, attempt))),
  )
  print('store, Postgres (peer: one transaction each, pool of 8)', '5x', measured)
}

/** How it is usually done: the same promises, a transaction for every reservation. */
function oneTransaction({ ledger }: TestLedger, saleId: string, { attemptId, buyerId, items }: Attempt) {
  const [{ sku: name, quantity }] = items as [Attempt['items'][number]]
  return ledger.across(async (tx) => {
    const [bought] = await tx.query<{ n: number }>(
      `select count(*)::int as n from flash_sale.attempt
        where sale_id = $1 and buyer_id = $2 and state in ('held', 'sold')`,
      [saleId, buyerId],
    )
    if (bought!.n >= 5) return 'limit-reached'
    const taken = await tx.query(
      `update flash_sale.sku set free = free - $3, held = held + $3
        where sale_id = $1 and sku = $2 and free >= $3 returning 1`,
      [saleId, name, quantity],
    )
    if (taken.length === 0) return 'sold-out'
    await tx.query(
      `insert into flash_sale.attempt (sale_id, workspace_id, attempt_id, buyer_id, items, answer, state, decided_at, expires_at)
       values ($1, $2, $3, $4, $5, 'reserved', 'held', now(), now() + interval '10 min') on conflict do nothing`,
      [saleId, HOUSE, attemptId, buyerId, basketText(items)],
    )
    const about = { saleId, reservationId: attemptId, buyerId, items: [...items], expiresAtMs: 0 }
    await context.factLog.appendIn(tx, [tell(stockReserved, HOUSE, about, 0)])
    return 'reserved'
  })
}

async function httpRows(it: TestLedger): Promise<void> {
  const real = realEngine('redis')
  const redisUrl = 'skip' in real ? undefined : real.url
  const echo = await server(it, { kind: 'echo' })
  const embedded = await server(it, { kind: 'ours' })
  const redis = redisUrl ? await server(it, { kind: 'ours', redisUrl }) : null
  try {
    // First, while the database has nothing to tidy up after the others.
    const empty = await sale(embedded, 0)
    await load(embedded, empty, 'sold-out', 0.5)
    let calls = 0
    const soldOut = await interleaved(
      async () => {
        const measured = await load(embedded, empty, 'sold-out')
        calls += measured.asked
        return measured
      },
      () => load(echo, '/sales/x/reservations', null),
    )
    print('HTTP, sold out (same peer)', '0.9x', soldOut, `, ${calls} store calls`)
    const winning = (ours: Server) =>
      interleaved(
        async () => load(ours, await sale(ours, PLENTY), 'reserved'),
        () => load(echo, '/sales/x/reservations', null),
      )
    print('HTTP, winning, store Postgres (peer: bare Fastify echo)', '0.7x', await winning(embedded))
    if (redis) print('HTTP, winning, store Redis (same peer)', '0.7x', await winning(redis))
    else if ('skip' in real) console.log(`HTTP, winning, store Redis: skipped, ${real.skip}`)
  } finally {
    for (const each of [echo, embedded, redis]) await each?.end()
  }
}

interface Server {
  url: string
  /** Since it was asked last. */
  used(): Promise<{ asked: number; cpuUs: number }>
  end(): Promise<void>
}

async function server(it: TestLedger, order: Pick<ServerOrder, 'kind' | 'redisUrl'>): Promise<Server> {
  const child: ChildProcess = fork(join(import.meta.dirname, 'servers.fixture.ts'))
  const hear = async () => ((await once(child, 'message')) as [ServerSays])[0]
  child.send({ ...order, connection: it.connection, role: it.role } satisfies ServerOrder)
  const { url } = await hear()
  return {
    url: url!,
    async used() {
      child.send('how much?')
      const { asked, cpuUs } = await hear()
      return { asked: asked!, cpuUs: cpuUs! }
    },
    async end() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** A sale of `stock` units; with none, one that has sold its last. */
async function sale({ url }: Server, stock: number): Promise<string> {
  const post = async (path: string, body: object) => {
    const reply = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await reply.json()) as { saleId: string }
  }
  const skus = [{ ...sku('A', Math.max(stock, 1)), limitPerBuyer: null }]
  const { saleId } = await post('/sales', { ...newSale(), isRehearsal: undefined, skus })
  const path = `/sales/${saleId}/reservations`
  if (stock === 0) await post(path, click())
  return path
}

async function load(
  { url, used }: Server,
  path: string,
  expected: string | null,
  seconds = HTTP_SECONDS,
): Promise<Measured & { asked: number }> {
  await used()
  const result = await autocannon({
    url: url + path,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
    headers: { 'content-type': 'application/json' },
    requests: [{ setupRequest: (request) => ({ ...request, body: JSON.stringify(click()) }) }],
  })
  const bad = result.non2xx + result.errors + result.timeouts
  if (bad > 0) throw new Error(`${bad} requests failed at ${path}`)
  const { asked, cpuUs } = await used()
  if (expected) await answersAre(url + path, expected)
  const { p50, p99, p99_9 } = result.latency
  const serverUs = cpuUs / result['2xx']
  return { perSecond: result.requests.average, p50Ms: p50, p99Ms: p99, p999Ms: p99_9, serverUs, asked }
}

async function answersAre(url: string, expected: string): Promise<void> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(click()),
  })
  const { answer } = (await reply.json()) as { answer: string }
  if (answer !== expected) throw new Error(`expected ${expected}, was answered ${answer}`)
}
