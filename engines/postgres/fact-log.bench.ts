import { type RawPeer, rawPeers } from '#bench/fact-log-peers.ts'
import { systemClock } from '#kernel/clock.ts'
import type { FactStream, NewFact } from '#kernel/fact-log.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { testLedger } from '#testing/ledger.ts'
import { factLog } from './fact-log.ts'
import { postgresLeases } from './lease.ts'

const BATCH = 500
const IN_FLIGHT = 4
const SECONDS = 4
const PAYLOAD = 'x'.repeat(220)

/** Facts per second in batches, ours beside the same client writing the same bytes bare; then the way to a handler. */
export default {
  name: 'fact-log',
  async run() {
    const own = await testLedger()
    try {
      for (const peer of await rawPeers(own)) {
        if ('skip' in peer) console.log(`  ${peer.engine}: ${peer.skip}`)
        else await measure(own, peer)
      }
    } finally {
      await own.close()
    }
  },
}

async function measure(own: Awaited<ReturnType<typeof testLedger>>, peer: RawPeer): Promise<void> {
  // Interleaved, so that a noisy moment of the machine hits both.
  const ours: number[] = []
  const raw: number[] = []
  for (let round = 0; round < 3; round++) {
    raw.push(await perSecond((n) => peer.write(batch(n))))
    ours.push(await perSecond((n) => peer.stream.append(batch(n))))
  }
  const [median, bare] = [middle(ours), middle(raw)]
  console.log(
    `  ${peer.engine.padEnd(9)} append ${count(median)}/s   ${peer.what} ${count(bare)}/s   ratio ${(median / bare).toFixed(2)}`,
  )
  const { p50, p99, rate } = await wayToHandler(own, peer.stream, Math.min(median / 2, 20_000), peer.engine)
  console.log(
    `  ${''.padEnd(9)} append to handler at half load (${count(rate)}/s): p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
  )
  await peer.close()
}

let number = 0
function batch(size: number): NewFact<{ n: number; sentMs: number; text: string }>[] {
  return Array.from({ length: size }, () => ({
    name: 'bench.told',
    version: 1,
    key: `key-${number++ % 997}`,
    workspaceId: 'ws_bench' as WorkspaceId,
    data: { n: number, sentMs: performance.now(), text: PAYLOAD },
    atMs: Date.now(),
  }))
}

async function perSecond(write: (size: number) => Promise<void>): Promise<number> {
  const until = performance.now() + SECONDS * 1000
  const from = performance.now()
  let written = 0
  const writer = async () => {
    while (performance.now() < until) {
      await write(BATCH)
      written += BATCH
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer))
  return written / ((performance.now() - from) / 1000)
}

/** Offers half of what the stream can take, evenly, and measures from append to the handler's first line. */
async function wayToHandler(
  own: Awaited<ReturnType<typeof testLedger>>,
  stream: FactStream,
  rate: number,
  group: string,
) {
  const log = factLog({
    ledger: own.ledger,
    stream,
    leases: postgresLeases(own.ledger),
    clock: systemClock,
    log: rootLog({ level: 'silent' }),
  })
  const waits: number[] = []
  const run = await log.consume({
    group: `bench/${group}`,
    facts: ['bench.told'],
    from: 'end',
    batch: 1_000,
    async handle(facts) {
      const now = performance.now()
      for (const fact of facts) waits.push(now - (fact.data as { sentMs: number }).sentMs)
    },
  })
  await systemClock.sleep(1_500)
  waits.length = 0
  const everyMs = 10
  const size = Math.max(1, Math.round((rate * everyMs) / 1000))
  const until = performance.now() + SECONDS * 1000
  const under: Promise<void>[] = []
  for (let next = performance.now(); next < until; next += everyMs) {
    await systemClock.sleep(Math.max(0, next - performance.now()))
    under.push(stream.append(batch(size)))
  }
  await Promise.all(under)
  const offered = under.length * size
  while (waits.length < offered) await systemClock.sleep(20)
  await run.stop()
  const sorted = waits.sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]!
  return { p50: at(0.5), p99: at(0.99), rate: offered / SECONDS }
}

const middle = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const count = (value: number): string => Math.round(value).toLocaleString('en')
