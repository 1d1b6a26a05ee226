import { fullJitterMs } from '#kernel/backoff.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Consumer, FactLog, FactStream, GroupLag } from '#kernel/fact-log.ts'
import { describe } from '#kernel/fault.ts'
import { type Leases, whileLeased } from '#kernel/lease.ts'
import type { Ledger } from '#kernel/ledger.ts'
import type { Log } from '#kernel/telemetry.ts'
import { consumePartition } from './consumer.ts'
import { deadLetterBook } from './dead-letters.ts'
import { OUTBOX_CHANNEL, putInOutbox, relayOnce } from './outbox.ts'

interface Parts {
  ledger: Ledger
  stream: FactStream
  leases: Leases
  clock: Clock
  log: Log
}

const LEASE_MS = 6_000
const RELAY_POLL_MS = 500

/**
 * The fact log over any stream. Cursors, outbox and dead letters live in the ledger whatever engine carries the
 * facts, so a consumer's effects there are exactly once on all of them.
 */
export function factLog({
  ledger,
  stream,
  leases,
  clock,
  log,
}: Parts): FactLog & { relay(signal: AbortSignal): Promise<void> } {
  const book = deadLetterBook(ledger)
  const running = new Set<{ stop(): Promise<void> }>()

  const consume = async (consumer: Consumer) => {
    await placeCursors(ledger, stream, consumer)
    const stopping = new AbortController()
    const loops = Array.from({ length: stream.partitions }, (_, partition) =>
      whileLeased(
        leases,
        {
          name: `fact-log:${consumer.group}:${partition}`,
          ttlMs: LEASE_MS,
          retryMs: LEASE_MS / 3,
          signal: stopping.signal,
          sleep: clock.sleep,
        },
        (lost) => consumePartition({ ledger, stream, book, clock, log }, consumer, partition, lost),
      ),
    )
    const run = {
      async stop() {
        stopping.abort()
        running.delete(run)
        await Promise.all(loops)
      },
    }
    running.add(run)
    return run
  }

  return {
    append: (facts) => stream.append(facts),
    appendIn: putInOutbox,
    consume,
    seek: (group, to) => seek(ledger, stream, group, to),
    lags: () => lags(ledger, stream),
    deadLetters: book.list,
    retry: book.retry,
    discard: book.discard,
    relay: (signal) => relay({ ledger, stream, leases, clock, log }, signal),
    async close() {
      await Promise.all([...running].map((run) => run.stop()))
      await stream.close()
    },
  }
}

/** Carries the outbox to the stream, in one process at a time, until `signal` fires. */
async function relay({ ledger, stream, leases, clock, log }: Parts, signal: AbortSignal): Promise<void> {
  let rouse = () => {}
  const forget = await ledger.listen(OUTBOX_CHANNEL, () => rouse())
  const work = async (lost: AbortSignal) => {
    for (let failures = 0; !lost.aborted; ) {
      const called = new Promise<void>((resolve) => (rouse = resolve))
      try {
        const carried = await relayOnce(ledger, stream)
        failures = 0
        if (carried === 0) await Promise.race([called, clock.sleep(RELAY_POLL_MS, lost)])
      } catch (error) {
        log.warn(describe(error), 'the outbox waits: facts cannot be carried on')
        await clock.sleep(100 + fullJitterMs(failures++, { capMs: 5_000 }), lost)
      }
    }
  }
  await whileLeased(
    leases,
    { name: 'fact-log:relay', ttlMs: LEASE_MS, retryMs: LEASE_MS / 3, signal, sleep: clock.sleep },
    work,
  )
  forget()
}

async function placeCursors(ledger: Ledger, stream: FactStream, { group, from }: Consumer): Promise<void> {
  for (let partition = 0; partition < stream.partitions; partition++) {
    const position = from === 'end' ? await stream.end(partition) : await stream.start(partition)
    await ledger.everywhere.query(
      'insert into fact_log.cursor ("group", part, position) values ($1, $2, $3) on conflict do nothing',
      [group, partition, position],
    )
  }
}

async function seek(
  ledger: Ledger,
  stream: FactStream,
  group: string,
  to: Parameters<FactLog['seek']>[1],
): Promise<void> {
  const targets =
    'atMs' in to
      ? await Promise.all(
          Array.from({ length: stream.partitions }, async (_, partition) => ({
            partition,
            position: await stream.positionAt(partition, to.atMs),
          })),
        )
      : [to]
  for (const { partition, position } of targets) {
    await ledger.everywhere.query(
      'update fact_log.cursor set position = $3, relay_no = 0, moved_at = now() where "group" = $1 and part = $2',
      [group, partition, position],
    )
  }
}

async function lags(ledger: Ledger, stream: FactStream): Promise<GroupLag[]> {
  const rows = await ledger.everywhere.query<{ group: string; part: number; position: string }>(
    'select "group", part, position from fact_log.cursor where part < $1 order by 1, 2',
    [stream.partitions],
  )
  return Promise.all(
    rows.map(async ({ group, part, position }) => ({
      group,
      partition: part,
      position,
      lag: await stream.lag(part, position),
    })),
  )
}
