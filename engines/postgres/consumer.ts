import { fullJitterMs } from '#kernel/backoff.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Consumer, Fact, FactStream } from '#kernel/fact-log.ts'
import { describe, isFault, isWorthRetrying } from '#kernel/fault.ts'
import type { Ledger, Tx } from '#kernel/ledger.ts'
import { type Log, levelOf, spanned } from '#kernel/telemetry.ts'
import type { DeadLetterBook } from './dead-letters.ts'

interface Parts {
  ledger: Ledger
  stream: FactStream
  book: DeadLetterBook
  clock: Clock
  log: Log
}

interface Cursor {
  position: string
  relayNo: string
}

/** A bug is tried this often before its fact is put aside; a fault that is no use retrying is put aside at once. */
const BUG_ATTEMPTS = 3
const IDLE_READ_MS = 1_000
const REDELIVER_EVERY_MS = 1_000

/** Thrown when another process has moved the cursor: this one no longer owns the partition. */
class Overtaken extends Error {}

/** Reads one partition for one group until `lost` fires. The cursor moves in the transaction of the effect. */
export async function consumePartition(
  parts: Parts,
  consumer: Consumer,
  partition: number,
  lost: AbortSignal,
): Promise<void> {
  const { ledger, stream, book, clock, log } = parts
  const limit = consumer.batch ?? 200
  let cursor: Cursor | undefined
  let failures = 0
  let redeliverAtMs = 0
  while (!lost.aborted) {
    try {
      if (partition === 0 && clock.now() >= redeliverAtMs) {
        await book.redeliver(consumer)
        redeliverAtMs = clock.now() + REDELIVER_EVERY_MS
      }
      cursor ??= await cursorOf(ledger, consumer.group, partition)
      const after = cursor.position
      const facts = await stream.read({ partition, after, limit, waitMs: IDLE_READ_MS, signal: lost })
      // In a quiet moment the cursor is looked up again: somebody may have set the group back.
      cursor = facts.length > 0 && !lost.aborted ? await takeBatch(parts, consumer, cursor, facts) : undefined
      failures = 0
    } catch (error) {
      cursor = undefined
      if (error instanceof Overtaken) continue
      const wait = (isFault(error) && error.retryAfterMs) || 100 + fullJitterMs(failures, { capMs: 10_000 })
      failures += 1
      if (!lost.aborted) {
        log[levelOf(error)]({ group: consumer.group, partition, ...describe(error) }, 'facts wait')
      }
      await clock.sleep(wait, lost)
    }
  }
}

/** All at once; if that fails, one by one, so that a bad fact stops only itself. */
async function takeBatch(
  parts: Parts,
  consumer: Consumer,
  cursor: Cursor,
  facts: readonly Fact[],
): Promise<Cursor> {
  try {
    return await take(parts.ledger, consumer, cursor, facts)
  } catch (error) {
    if (error instanceof Overtaken || isWorthRetrying(error)) throw error
    let at = cursor
    for (const fact of facts) at = await takeAlone(parts, consumer, at, fact)
    return at
  }
}

async function takeAlone(
  { ledger, book, log }: Parts,
  consumer: Consumer,
  cursor: Cursor,
  fact: Fact,
): Promise<Cursor> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await take(ledger, consumer, cursor, [fact])
    } catch (error) {
      if (error instanceof Overtaken || isWorthRetrying(error)) throw error
      if (!isFault(error) && attempt < BUG_ATTEMPTS) continue
      log[levelOf(error)](
        { group: consumer.group, fact: fact.name, key: fact.key, ...describe(error) },
        'a fact was put aside',
      )
      return ledger.across(async (tx) => {
        await book.park(tx, consumer.group, fact, describe(error), attempt)
        return move(tx, consumer.group, cursor, [fact])
      })
    }
  }
}

function take(ledger: Ledger, consumer: Consumer, cursor: Cursor, facts: readonly Fact[]): Promise<Cursor> {
  return ledger.across(async (tx) => {
    const next = await move(tx, consumer.group, cursor, facts)
    const fresh = facts.filter((fact) => isWanted(consumer, fact) && !wasRelayedBefore(fact, cursor))
    if (fresh.length > 0) {
      const about = { 'facts.count': fresh.length, 'facts.partition': fresh[0]!.partition }
      await spanned(`facts ${consumer.group}`, about, () => consumer.handle(fresh, tx))
    }
    return next
  })
}

const isWanted = (consumer: Consumer, fact: Fact) => consumer.facts.includes(fact.name)

/** A relay that died between sending and noting it sends once more, under the same numbers. */
const wasRelayedBefore = (fact: Fact, cursor: Cursor) =>
  fact.relayNo !== undefined && BigInt(fact.relayNo) <= BigInt(cursor.relayNo)

/** Moves the cursor only from where we think it is: the loser of a race rolls back with all that it did. */
async function move(tx: Tx, group: string, from: Cursor, facts: readonly Fact[]): Promise<Cursor> {
  const { partition, position } = facts.at(-1)!
  const highest = facts.reduce(
    (most, { relayNo = '0' }) => (BigInt(relayNo) > most ? BigInt(relayNo) : most),
    BigInt(from.relayNo),
  )
  const next = { position, relayNo: String(highest) }
  const moved = await tx.query(
    `update fact_log.cursor set position = $4, relay_no = $5, moved_at = now()
      where "group" = $1 and part = $2 and position = $3 returning 1`,
    [group, partition, from.position, next.position, next.relayNo],
  )
  if (moved.length === 0) throw new Overtaken()
  return next
}

async function cursorOf(ledger: Ledger, group: string, partition: number): Promise<Cursor> {
  const [row] = await ledger.everywhere.query<{ position: string; relay_no: string }>(
    'select position, relay_no from fact_log.cursor where "group" = $1 and part = $2',
    [group, partition],
  )
  return { position: row!.position, relayNo: row!.relay_no }
}
