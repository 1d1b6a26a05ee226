import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { systemClock } from '#kernel/clock.ts'
import { persistently } from '#kernel/retry.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { type PacedResult, pacedLoad } from './paced-load.fixture.ts'
import { BENCH_APP, BENCH_SHOP, type ServerKind, type ServerOrder } from './push-servers.fixture.ts'

const CONNECTIONS = 100
const SECONDS = 3
const ROUNDS = 5
const BODIES = 1_000
const KINDS: readonly ServerKind[] = ['echo', 'ours', 'row-by-row']

interface Server {
  kind: ServerKind
  child: ChildProcess
  url: string
}

interface Measured {
  perSecond: number
  p99Ms: number
}

/**
 * Signed pushes of one message each, all of them new. Servers and load are processes apart. All are measured in short turns,
 * round after round, and ratios are taken within a round: a neighbour who takes half of the machine takes it from all.
 */
export default {
  name: 'order-push',
  async run(): Promise<void> {
    const it = await testLedger([migrationsOf('order-sync', 'sell')])
    const servers: Server[] = []
    try {
      for (const kind of KINDS) servers.push(await start(it, kind))
      for (const server of servers) await measure(it, server)
      const rounds: Map<ServerKind, Measured>[] = []
      for (let nth = 0; nth < ROUNDS; nth++) {
        const round = new Map<ServerKind, Measured>()
        for (const server of nth % 2 === 0 ? servers : servers.toReversed())
          round.set(server.kind, await measure(it, server))
        rounds.push(round)
      }
      const full = median(rounds.map((round) => round.get('ours')!.perSecond))
      const half = await atHalfLoad(it, servers[1]!, full)
      print(rounds, half)
    } finally {
      for (const { child } of servers) await end(child)
      await it.close()
    }
  },
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

function print(rounds: readonly Map<ServerKind, Measured>[], half: PacedResult): void {
  console.log(
    `${CONNECTIONS} connections, medians of ${ROUNDS} rounds of ${SECONDS} s each; ratios within a round\n`,
  )
  console.log('server              req/s     p99 ms   of echo   of row by row')
  const of = (kind: ServerKind, what: keyof Measured) => median(rounds.map((round) => round.get(kind)![what]))
  const ratio = (kind: ServerKind, peer: ServerKind) =>
    median(rounds.map((round) => round.get(kind)!.perSecond / round.get(peer)!.perSecond)).toFixed(2)
  for (const kind of KINDS) {
    const cells = [
      kind.padEnd(20),
      of(kind, 'perSecond').toFixed(0).padEnd(10),
      of(kind, 'p99Ms').toFixed(0).padEnd(9),
    ]
    console.log(`${cells.join('')}${ratio(kind, 'echo').padEnd(10)}${ratio(kind, 'row-by-row')}`)
  }
  console.log(
    `ours at half load, evenly paced: ${half.perSecond.toFixed(0)} req/s, p50 ${half.p50Ms.toFixed(0)} ms, p99 ${half.p99Ms.toFixed(0)} ms (goal <= 50 ms)`,
  )
}

/** The median of the rounds: one that a neighbour disturbed says nothing of ours. */
async function atHalfLoad(it: TestLedger, server: Server, full: number): Promise<PacedResult> {
  const rounds: PacedResult[] = []
  for (let nth = 0; nth < ROUNDS; nth++) {
    await empty(it)
    sent = 0
    const perSecond = Math.floor(full / 2)
    const url = `${server.url}/api/order-sync/push/${BENCH_SHOP}`
    rounds.push(
      await pacedLoad({ url, connections: CONNECTIONS, perSecond, seconds: SECONDS, next: signedPush }),
    )
    await everythingIsThere(it)
  }
  return rounds.sort((a, b) => a.p99Ms - b.p99Ms)[Math.floor(ROUNDS / 2)]!
}

async function start({ connection, role }: TestLedger, kind: ServerKind): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'push-servers.fixture.ts'))
  child.send({ kind, connection, role } satisfies ServerOrder)
  const [url] = (await once(child, 'message')) as [string]
  return { kind, child, url }
}

let sent = 0

async function measure(it: TestLedger, { kind, url }: Server): Promise<Measured> {
  await empty(it)
  sent = 0
  const result = await load(url)
  const bad = result.non2xx + result.errors + result.timeouts
  if (bad > 0) throw new Error(`${kind}: ${bad} requests failed`)
  if (kind !== 'echo') await everythingIsThere(it)
  return { perSecond: result.requests.average, p99Ms: result.latency.p99 }
}

/** The last writes of the turn before may still be under way. */
const empty = (it: TestLedger) =>
  persistently(() => it.ledger.everywhere.query('truncate order_sync.post, order_sync.message'), {
    clock: systemClock,
  })

/** What was answered must be there: the reply means durable. */
async function everythingIsThere(it: TestLedger): Promise<void> {
  const [row] = await it.ledger.everywhere.query<{ n: number }>(
    'select count(*)::int as n from order_sync.message',
  )
  if (row!.n < sent - CONNECTIONS * 2) throw new Error(`${sent} were sent, ${row!.n} are there`)
}

/** A body is signed as a whole, so each must be signed anew: two halves are ready, the message id is what changes. */
const bodies = Array.from({ length: BODIES }, (_, i) => {
  const orderId = `69210522973${String(79_000_000 + i)}`
  const data = `{"p_id":${orderId},"s_ids":[${orderId}],"shop_id":${BENCH_SHOP},"order_status":2,"order_type":0,"biz":2,"pay_time":1772359200,"pay_type":1,"pay_amount":${1_000 + i}}`
  return [`[{"tag":"101","msg_id":"${orderId}::101:`, `","data":${JSON.stringify(data)}}]`] as const
})

function signedPush(): { body: string; headers: Record<string, string> } {
  const [head, tail] = bodies[sent % BODIES]!
  sent += 1
  const body = `${head}${sent}${tail}`
  const sign = createHash('md5')
    .update(BENCH_APP.appKey + body + BENCH_APP.appSecret)
    .digest('hex')
  const headers = { 'content-type': 'application/json', 'app-id': BENCH_APP.appKey, 'event-sign': sign }
  return { body, headers }
}

function load(url: string): Promise<autocannon.Result> {
  return autocannon({
    url: `${url}/api/order-sync/push/${BENCH_SHOP}`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: SECONDS,
    requests: [{ setupRequest: (request) => ({ ...request, ...signedPush() }) }],
  })
}

async function end(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}
