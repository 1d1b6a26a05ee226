import type { Redis, Script } from '#engines/redis/redis.ts'
import { fault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import { type Answer, type Attempt, basketText, type Settlement } from './flash-sale.ts'
import { intentStream } from './intents.redis.ts'
import { OPEN, RESERVE, SET_STOCK, SETTLE, SNAPSHOT } from './scripts.redis.ts'
import { countsFrom, keyOf, keysOf, shelfFields, termsOf } from './shelf.redis.ts'
import type { Settling, Store } from './store.ts'
import { memory } from './told.redis.ts'

type Reply = [position: string, nowMs: number, ...records: string[]]

const MOST_LANES = 1_000
/** Attempts per call: few enough that nobody else waits long for Redis, many enough that a call costs next to nothing. */
const BATCH = 400
const IN_FLIGHT = 3

/**
 * Redis as the store. What the callers of one process ask of a sale at once is one script call; several calls are under
 * way at a time. Check, limits, deduction and intent are one atomic step, as a script is.
 */
export function redisStore(redis: Redis): Store {
  const told = memory()
  const lanes = new Map<string, Lane>()

  /** Runs a script of a sale; remembers the last intent, so that a Redis that forgets it is found out. */
  const run = async <T extends [string, ...unknown[]]>(
    script: Script,
    saleId: string,
    args: readonly string[],
  ) => {
    const reply = await redis.run<T | ['behind']>(script, keysOf(saleId), [told.last(saleId), ...args])
    if (reply[0] === 'behind') {
      throw fault('unavailable', 'flash-sale/behind', 'The sale is being put right', { retryAfterMs: 1_000 })
    }
    return reply as T
  }

  const reserveBatch = async (saleId: string, attempts: readonly Attempt[]): Promise<Answer[]> => {
    const args = attempts.flatMap(({ attemptId, buyerId, items }) => [attemptId, buyerId, basketText(items)])
    const [position, nowMs, ...records] = await run<Reply>(RESERVE, saleId, args)
    if (position) told.reserved(saleId, { position, nowMs, attempts, records })
    return records.map((record, i) => answerFrom(record, attempts[i]!))
  }

  const settleBatch = async (saleId: string, operations: readonly Settling[]): Promise<Settlement[]> => {
    const answers: Settlement[] = []
    for (const group of alike(operations)) {
      const [first] = group
      const ids = group.map(({ reservationId }) => reservationId)
      const reason = first!.do === 'release' ? first!.reason : ''
      const args = [first!.do === 'confirm' ? 's' : 'r', reason, '0', ...ids]
      const [position, nowMs, ...states] = await run<Reply>(SETTLE, saleId, args)
      if (position) told.settled(saleId, { position, nowMs, operations: group, states })
      answers.push(...states.map((state) => settlementFrom(state, first!.do)))
    }
    return answers
  }

  const laneOf = (saleId: string): Lane => {
    let lane = lanes.get(saleId)
    if (!lane) {
      const shared = { name: 'flash-sale/store', maxBatch: BATCH }
      lane = {
        reserve: groupCommit({ ...shared, parallel: IN_FLIGHT, commit: (all) => reserveBatch(saleId, all) }),
        settle: groupCommit({ ...shared, commit: (all) => settleBatch(saleId, all) }),
      }
      lanes.set(saleId, lane)
      if (lanes.size > MOST_LANES) lanes.delete(lanes.keys().next().value!)
    }
    return lane
  }

  return {
    async open(sale) {
      const counts = sale.skus.map(({ sku, stock }) => ({ sku, stock, free: stock, held: 0, sold: 0 }))
      const terms = termsOf(sale)
      await redis.run(OPEN, keysOf(sale.saleId), [
        String(terms.length),
        ...terms,
        ...shelfFields(sale.skus, counts),
      ])
    },
    async publish(sale) {
      const key = keyOf(sale.saleId, 'sale')
      await redis.send(key, ['HSET', key, ...termsOf(sale)])
    },
    reserve: (saleId, attempt) => laneOf(saleId).reserve(attempt),
    settle: (saleId, operation) => laneOf(saleId).settle(operation),
    async setStock({ saleId }, sku, stock) {
      const [position, , done] = await run<[string, number, number]>(SET_STOCK, saleId, [sku, String(stock)])
      if (position) told.trust(saleId, position)
      return done === 1
    },
    async counts(saleId) {
      const [, , flat] = await run<[string, number, string[]]>(SNAPSHOT, saleId, [])
      return countsFrom(flat)
    },
    async soldOut(saleId, most) {
      const [, , flat] = await run<[string, number, string[]]>(SNAPSHOT, saleId, [])
      const skus = countsFrom(flat).flatMap(({ sku, free }) => (free === 0 ? [sku] : []))
      const key = keyOf(saleId, 'attempts')
      if ((await redis.send<number>(key, ['HLEN', key])) > most) return null
      return { skus, attempts: await redis.send<string[]>(key, ['HKEYS', key]) }
    },
    async expire(saleId, limit) {
      const [position, , ...states] = await run<Reply>(SETTLE, saleId, ['r', 'expired', String(limit)])
      if (position) told.trust(saleId, position)
      return states.filter((state) => state === 'h').length
    },
    stream: intentStream(redis, told),
  }
}

interface Lane {
  reserve(attempt: Attempt): Promise<Answer>
  settle(operation: Settling): Promise<Settlement>
}

/** Runs of operations that one call can do. Their order stays: confirm before release is not release before confirm. */
function alike(operations: readonly Settling[]): Settling[][] {
  const groups: Settling[][] = []
  const kind = (one: Settling) => (one.do === 'release' ? one.reason : one.do)
  for (const operation of operations) {
    const last = groups.at(-1)
    if (last && kind(last[0]!) === kind(operation)) last.push(operation)
    else groups.push([operation])
  }
  return groups
}

export function answerFrom(record: string, { attemptId }: Attempt): Answer {
  const [state, expires, , rest = ''] = record.split('|')
  switch (state) {
    case 'h':
    case 's':
    case 'r':
      return { answer: 'reserved', reservationId: attemptId, expiresAtMs: Number(expires) }
    case 'o':
      return { answer: 'sold-out', sku: rest }
    case 'l':
      return { answer: 'limit-reached', sku: rest || null }
    case 'c':
      return { answer: 'closed' }
    case 'n':
      return { answer: 'not-open' }
    case 'u':
      return { answer: 'unknown-sku', sku: rest }
    default:
      return { answer: 'attempt-taken' }
  }
}

/** From the state in which the reservation was found. */
function settlementFrom(state: string, wanted: 'confirm' | 'release'): Settlement {
  if (state === 'h') return wanted === 'confirm' ? 'confirmed' : 'released'
  if (state === 's') return wanted === 'confirm' ? 'confirmed' : 'was-confirmed'
  if (state === 'r') return wanted === 'confirm' ? 'was-released' : 'released'
  return 'unknown'
}
