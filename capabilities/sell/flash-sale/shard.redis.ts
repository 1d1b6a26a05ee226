import type { Redis, Script } from '#engines/redis/redis.ts'
import { fault } from '#kernel/fault.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import { type Answer, type Attempt, basketText, refusalOf, type Settlement } from './flash-sale.ts'
import { CLAIM } from './moves.redis.ts'
import { RESERVE, SETTLE, SNAPSHOT } from './scripts.redis.ts'
import { keysOf } from './shelf.redis.ts'
import type { Settling } from './store.ts'
import type { Told } from './told.redis.ts'

/** Units of every SKU in all shards, at one instant since the attempts came. */
export type Totals = ReadonlyMap<string, number>

/** One shard of a sale. */
export interface Place {
  tag: string
  /** It has all the units that there are. */
  isAlone: boolean
}

/** What the scripts do, for one shard, which is the whole sale where there is only one. */
export interface Shards {
  /** Runs a script; remembers the last intent, so that a Redis that forgets it is found out. */
  run<T extends [string, ...unknown[]]>(script: Script, tag: string, args: readonly string[]): Promise<T>
  /** All that one shard has. `last` is the last intent that it must know; by itself what this process was told. */
  look(tag: string, last?: string): Promise<Look>
  /** null: more units are needed here, and nothing was decided. Never where the shard is alone. */
  reserve(place: Place, attempt: Attempt): Promise<Answer | null>
  /** The same with what is known of the other shards. */
  decide(place: Place, attempts: readonly Attempt[], totals: Totals | null): Promise<(Answer | null)[]>
  settle(place: Place, operation: Settling): Promise<Settlement>
  /** Whose attempt it is: the buyer's who asks, if it was nobody's. */
  claim(place: Place, attemptId: string, buyerId: string): Promise<Owner>
}

/** null: nobody's. */
export type Owner = { buyerId: string | null } | Extract<Answer, { answer: 'later' }>

export type Look = [position: string, nowMs: number, stock: string[], moves: string[]]
type Reply = [position: string, nowMs: number, ...records: string[]]

interface Lane {
  reserve(attempt: Attempt): Promise<Answer | null>
  settle(operation: Settling): Promise<Settlement>
  claim(claim: [attemptId: string, buyerId: string]): Promise<Owner>
}

const MOST_LANES = 4_000
/** Attempts per call: few enough that nobody else waits long for Redis, many enough that a call costs next to nothing. */
const BATCH = 400
const IN_FLIGHT = 3

export const behind = () =>
  fault('unavailable', 'flash-sale/behind', 'The sale is being put right', { retryAfterMs: 1_000 })

export function shardsOn(redis: Redis, told: Told): Shards {
  const lanes = new Map<string, Lane>()

  const run = async <T extends [string, ...unknown[]]>(
    script: Script,
    tag: string,
    args: readonly string[],
    last = told.last(tag),
  ) => {
    const reply = await redis.run<T | ['behind']>(script, keysOf(tag), [last, ...args])
    if (reply[0] === 'behind') throw behind()
    return reply as T
  }

  const reserveBatch = async (tag: string, attempts: readonly Attempt[], reach: string) => {
    const args = attempts.flatMap(({ attemptId, buyerId, items }) => [attemptId, buyerId, basketText(items)])
    const [position, nowMs, ...records] = await run<Reply>(RESERVE, tag, [reach, ...args])
    if (position) told.reserved(tag, { position, nowMs, attempts, records })
    return records.map((record, i) => answerFrom(record, attempts[i]!))
  }

  const settleBatch = async (tag: string, operations: readonly Settling[]): Promise<Settlement[]> => {
    const answers: Settlement[] = []
    for (const group of alike(operations)) {
      const [first] = group
      const ids = group.map(({ reservationId }) => reservationId)
      const reason = first!.do === 'release' ? first!.reason : ''
      const args = [first!.do === 'confirm' ? 's' : 'r', reason, '0', ...ids]
      const [position, nowMs, ...states] = await run<Reply>(SETTLE, tag, args)
      if (position) told.settled(tag, { position, nowMs, operations: group, states })
      answers.push(...states.map((state) => settlementFrom(state, first!.do)))
    }
    return answers
  }

  const claimBatch = async (tag: string, claims: readonly [string, string][]): Promise<Owner[]> => {
    const [, , ...owners] = await run<Reply>(CLAIM, tag, claims.flat())
    return owners.map(ownerFrom)
  }

  const laneOf = ({ tag, isAlone }: Place): Lane => {
    let lane = lanes.get(tag)
    if (!lane) {
      const shared = { name: 'flash-sale/store', maxBatch: BATCH }
      const reach = isAlone ? '' : '?'
      lane = {
        reserve: groupCommit({
          ...shared,
          parallel: IN_FLIGHT,
          commit: (all) => reserveBatch(tag, all, reach),
        }),
        settle: groupCommit({ ...shared, commit: (all) => settleBatch(tag, all) }),
        claim: groupCommit({ ...shared, parallel: IN_FLIGHT, commit: (all) => claimBatch(tag, all) }),
      }
      lanes.set(tag, lane)
      if (lanes.size > MOST_LANES) lanes.delete(lanes.keys().next().value!)
    }
    return lane
  }

  return {
    run,
    look: (tag, last) => run<Look>(SNAPSHOT, tag, [], last),
    reserve: (place, attempt) => laneOf(place).reserve(attempt),
    decide: ({ tag }, attempts, totals) =>
      reserveBatch(tag, attempts, totals ? [...totals].map(([sku, n]) => `${sku}=${n}`).join(',') : '?'),
    settle: (place, operation) => laneOf(place).settle(operation),
    claim: (place, attemptId, buyerId) => laneOf(place).claim([attemptId, buyerId]),
  }
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

function answerFrom(record: string, { attemptId }: Attempt): Answer | null {
  const [state, expires, , rest = ''] = record.split('|')
  switch (state) {
    case 'm':
      return null
    case 'h':
    case 's':
    case 'r':
      return { answer: 'reserved', reservationId: attemptId, expiresAtMs: Number(expires) }
    case 'o':
      return refusalOf('sold-out', rest)
    case 'l':
      return refusalOf('limit-reached', rest || null)
    case 'c':
      return { answer: 'closed' }
    case 'n':
      return { answer: 'not-open' }
    case 'C':
      return { answer: 'later', because: 'closed' }
    case 'N':
      return { answer: 'later', because: 'not-open' }
    case 'u':
      return { answer: 'unknown-sku', sku: rest }
    default:
      return { answer: 'attempt-taken' }
  }
}

function ownerFrom(text: string): Owner {
  if (text === 'C') return { answer: 'later', because: 'closed' }
  if (text === 'N') return { answer: 'later', because: 'not-open' }
  return { buyerId: text === '?' ? null : text.slice(1) }
}

/** From the state in which the reservation was found. */
function settlementFrom(state: string, wanted: 'confirm' | 'release'): Settlement {
  if (state === 'h') return wanted === 'confirm' ? 'confirmed' : 'released'
  if (state === 's') return wanted === 'confirm' ? 'confirmed' : 'was-confirmed'
  if (state === 'r') return wanted === 'confirm' ? 'was-released' : 'released'
  return 'unknown'
}
