import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import type { ServerKind, ServerOrder } from './webhook-servers.fixture.ts'

const CONNECTIONS = 100
const SECONDS = 3
const ROUNDS = 5
const BODIES = 1_000
/** Apart from each other: a worker would take the rows of the next server's turn. */
const GROUPS: readonly (readonly ServerKind[])[] = [
  ['echo', 'ours', 'row-by-row'],
  ['echo', 'ours-with-worker'],
]
const APP = { clientKey: 'awbench', clientSecret: 'bench-client-secret' }

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
 * Signed webhooks of about 450 bytes, each with a `Msg-Id` of its own. Servers and load are processes apart. All four
 * are measured in short turns, round after round, and ratios are taken within a round: a neighbour who takes half of the
 * machine for a while takes it from all of them.
 */
export default {
  name: 'webhooks',
  async run(): Promise<void> {
    const it = await testLedger([migrationsOf('open-platform', 'connect')])
    console.log(
      `${CONNECTIONS} connections, medians of ${ROUNDS} rounds of ${SECONDS} s each; ratios within a round\n`,
    )
    console.log('server              req/s     p99 ms   of echo   of row by row')
    try {
      for (const kinds of GROUPS) print(kinds, await roundsOf(it, kinds))
    } finally {
      await it.close()
    }
  },
}

async function roundsOf(it: TestLedger, kinds: readonly ServerKind[]): Promise<Map<ServerKind, Measured>[]> {
  const servers = await Promise.all(kinds.map((kind) => start(it, kind)))
  const rounds: Map<ServerKind, Measured>[] = []
  try {
    for (const server of servers) await measure(it, server)
    for (let nth = 0; nth < ROUNDS; nth++) {
      const round = new Map<ServerKind, Measured>()
      const turn = nth % 2 === 0 ? servers : servers.toReversed()
      for (const server of turn) round.set(server.kind, await measure(it, server))
      rounds.push(round)
    }
  } finally {
    for (const { child } of servers) await end(child)
  }
  return rounds
}

function print(kinds: readonly ServerKind[], rounds: readonly Map<ServerKind, Measured>[]): void {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
  const of = (kind: ServerKind, what: keyof Measured) => median(rounds.map((round) => round.get(kind)![what]))
  const ratio = (kind: ServerKind, peer: ServerKind) =>
    kinds.includes(peer)
      ? median(rounds.map((round) => round.get(kind)!.perSecond / round.get(peer)!.perSecond)).toFixed(2)
      : ''
  for (const kind of kinds) {
    const cells = [
      kind.padEnd(20),
      of(kind, 'perSecond').toFixed(0).padEnd(10),
      of(kind, 'p99Ms').toFixed(0).padEnd(9),
    ]
    console.log(`${cells.join('')}${ratio(kind, 'echo').padEnd(10)}${ratio(kind, 'row-by-row')}`)
  }
}

async function start({ connection, role }: TestLedger, kind: ServerKind): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'webhook-servers.fixture.ts'))
  child.send({ kind, connection, role, app: APP } satisfies ServerOrder)
  const [url] = (await once(child, 'message')) as [string]
  return { kind, child, url }
}

async function measure(it: TestLedger, { kind, url }: Server): Promise<Measured> {
  await it.ledger.everywhere.query('truncate open_platform.webhook, fact_log.outbox')
  sent = 0
  const result = await load(url)
  const bad = result.non2xx + result.errors + result.timeouts
  if (bad > 0) throw new Error(`${kind}: ${bad} requests failed`)
  if (kind !== 'echo') await everythingIsThere(it)
  return { perSecond: result.requests.average, p99Ms: result.latency.p99 }
}

/** What was answered must be in the table: 200 means durable. */
async function everythingIsThere(it: TestLedger): Promise<void> {
  const [row] = await it.ledger.everywhere.query<{ n: number }>(
    'select count(*)::int as n from open_platform.webhook',
  )
  if (row!.n < sent - CONNECTIONS * 2) throw new Error(`${sent} were sent, ${row!.n} are there`)
}

const signed = Array.from({ length: BODIES }, (_, i) => {
  const content = {
    comment_id: `@9VwL${i}hK3u8jYQ==`,
    comment_user_id: `c4a1e0b2-77d3-4f0e-9a1f-${i}`,
    content: `这个视频拍得真好，请问链接在哪里？第 ${i} 次来看了`,
    create_time: 1_700_000_000 + i,
    digg_count: i,
    reply_comment_total: 0,
    reply_to_comment_id: '',
    reply_to_item_id: '@8hxdhauTCMppanGnM4ltGM780mDqPP+KPpR0qQOmLVAXb/T060zdRmYqig357zEB',
    at_user_id: '',
  }
  const envelope = {
    event: 'item_comment_reply',
    client_key: APP.clientKey,
    from_user_id: `fan-${i}`,
    to_user_id: 'owner',
  }
  const body = JSON.stringify({ ...envelope, content, log_id: '202311141234560102030405060708090A' })
  return { body, signature: createHash('sha1').update(APP.clientSecret).update(body).digest('hex') }
})

let sent = 0

function load(url: string): Promise<autocannon.Result> {
  return autocannon({
    url: `${url}/api/open-platform/webhook`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: SECONDS,
    requests: [
      {
        setupRequest: (request) => {
          const { body, signature } = signed[sent % BODIES]!
          sent += 1
          const headers = {
            'content-type': 'application/json',
            'msg-id': `bench-${sent}`,
            'x-douyin-signature': signature,
          }
          return { ...request, body, headers }
        },
      },
    ],
  })
}

async function end(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit')
  server.kill('SIGKILL')
  await ended
}
