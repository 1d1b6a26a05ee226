import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import type { ServerKind, ServerOrder } from './webhook-servers.contract.ts'

const CONNECTIONS = 100
const SECONDS = 6
const WARM_UP_SECONDS = 2
const ROUNDS = 3
const BODIES = 1_000
const KINDS: readonly ServerKind[] = ['echo', 'ours', 'ours-with-worker', 'row-by-row']
const APP = { clientKey: 'awbench', clientSecret: 'bench-client-secret' }

/** Signed webhooks of about 450 bytes, each with a `Msg-Id` of its own. The servers and the load are processes apart. */
export default {
  name: 'webhooks',
  async run(): Promise<void> {
    const it = await testLedger([migrationsOf('open-platform', 'connect')])
    const rates = new Map<ServerKind, number[]>(KINDS.map((kind) => [kind, []]))
    const p99 = new Map<ServerKind, number[]>(KINDS.map((kind) => [kind, []]))
    try {
      for (let round = 0; round < ROUNDS; round++) {
        for (const kind of KINDS) {
          const { perSecond, p99Ms } = await measure(it, kind)
          rates.get(kind)!.push(perSecond)
          p99.get(kind)!.push(p99Ms)
        }
      }
    } finally {
      await it.close()
    }
    const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
    const rate = (kind: ServerKind) => median(rates.get(kind)!)
    console.log(`${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${SECONDS} s\n`)
    console.log('server              req/s     p99 ms   of echo   of row by row')
    for (const kind of KINDS) {
      const ofEcho = (rate(kind) / rate('echo')).toFixed(2)
      const ofRows = (rate(kind) / rate('row-by-row')).toFixed(2)
      const cells = [
        kind.padEnd(20),
        rate(kind).toFixed(0).padEnd(10),
        median(p99.get(kind)!).toFixed(0).padEnd(9),
      ]
      console.log(`${cells.join('')}${ofEcho.padEnd(10)}${ofRows}`)
    }
  },
}

async function measure(it: TestLedger, kind: ServerKind): Promise<{ perSecond: number; p99Ms: number }> {
  await it.ledger.everywhere.query('truncate open_platform.webhook, fact_log.outbox')
  const server = fork(join(import.meta.dirname, 'webhook-servers.contract.ts'))
  try {
    const { connection, role } = it
    server.send({ kind, connection, role, app: APP } satisfies ServerOrder)
    const [url] = (await once(server, 'message')) as [string]
    await load(url, WARM_UP_SECONDS)
    const result = await load(url, SECONDS)
    const bad = result.non2xx + result.errors + result.timeouts
    if (bad > 0) throw new Error(`${kind}: ${bad} requests failed`)
    if (kind !== 'echo') await everythingIsThere(it)
    return { perSecond: result.requests.average, p99Ms: result.latency.p99 }
  } finally {
    await end(server)
  }
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

function load(url: string, seconds: number): Promise<autocannon.Result> {
  if (seconds === WARM_UP_SECONDS) sent = 0
  return autocannon({
    url: `${url}/api/open-platform/webhook`,
    method: 'POST',
    connections: CONNECTIONS,
    duration: seconds,
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
