import type { Redis } from '#engines/redis/redis.ts'
import { groupCommit } from '#kernel/group-commit.ts'
import type { Answer, Attempt } from './flash-sale.ts'
import { gatherer } from './gather.redis.ts'
import { intentStream } from './intents.redis.ts'
import { OPEN, SET_STOCK, SETTLE } from './scripts.redis.ts'
import { behind, type Owner, type Place, shardsOn } from './shard.redis.ts'
import { homeOf, keyOf, keysOf, shardsOf, shelfFields, spread, tagsOf, termsOf } from './shelf.redis.ts'
import type { Store } from './store.ts'
import { moving, survey } from './survey.redis.ts'
import { memory } from './told.redis.ts'

const MOST_SALES = 1_000
const TRIES = 60

/**
 * Redis as the store. What the callers of one process ask of a shard at once is one script call; several calls are under
 * way at a time. Check, limits, deduction and intent are one atomic step, as a script is. A sale is one shard, or has
 * several on as many nodes: a buyer is at home in one of them, with limits, attempts and holds, and units come there.
 */
export function redisStore(redis: Redis): Store {
  const told = memory()
  const shards = shardsOn(redis, told)
  const gather = gatherer(shards, told)
  const known = new Map<string, Sharded>()

  /** How many shards a sale has never changes. */
  const find = async (saleId: string): Promise<Sharded> => {
    const key = keyOf(saleId, 'sale')
    const [opens, count] = await redis.send<(string | null)[]>(key, ['HMGET', key, 'opens', 'shards'])
    if (!opens) throw behind()
    return remember(saleId, Number(count ?? 1))
  }
  const remember = (saleId: string, count: number): Sharded => {
    const places = tagsOf(saleId, count).map((tag): Place => ({ tag, isAlone: count === 1 }))
    const sharded = {
      places,
      gather: groupCommit<Attempt, Answer>({
        name: 'flash-sale/gather',
        maxBatch: 400,
        commit: (attempts) => gather.decide(places, attempts),
      }),
    }
    known.set(saleId, sharded)
    if (known.size > MOST_SALES) known.delete(known.keys().next().value!)
    return sharded
  }
  const sharded = (saleId: string) => known.get(saleId) ?? find(saleId)
  const placesOf = async (saleId: string) => (await sharded(saleId)).places

  const reserveIn = (it: Sharded, attempt: Attempt): Promise<Answer> =>
    // A shard that is alone decides everything.
    it.places.length === 1
      ? (shards.reserve(it.places[0]!, attempt) as Promise<Answer>)
      : reserveAtHome(it, attempt)

  const reserveAtHome = async ({ places, gather }: Sharded, attempt: Attempt): Promise<Answer> => {
    const { attemptId, buyerId } = attempt
    const owner = await claim(places, attemptId, buyerId)
    if ('answer' in owner) return owner
    if (owner.buyerId !== buyerId) return { answer: 'attempt-taken' }
    const home = places[homeOf(buyerId, places.length)]!
    return (await shards.reserve(home, attempt)) ?? gather(attempt)
  }

  const claim = (places: readonly Place[], attemptId: string, buyerId: string): Promise<Owner> =>
    shards.claim(places[homeOf(attemptId, places.length)]!, attemptId, buyerId)

  return {
    async open(sale) {
      const count = shardsOf(sale)
      const terms = [...termsOf(sale), 'epoch', '0']
      const parts = sale.skus.map(({ sku, stock, shards = 1 }) => ({
        sku,
        units: spread(stock, shards, count),
      }))
      for (const [shard, tag] of tagsOf(sale.saleId, count).entries()) {
        const counts = parts.map(({ sku, units }, nth) => ({
          ...{ sku, stock: shard === 0 ? sale.skus[nth]!.stock : 0 },
          ...{ free: units[shard]!, held: 0, sold: 0 },
        }))
        await redis.run(OPEN, keysOf(tag), [
          String(terms.length),
          ...terms,
          ...shelfFields(sale.skus, counts),
        ])
      }
      remember(sale.saleId, count)
    },
    async publish(sale) {
      for (const tag of tagsOf(sale.saleId, shardsOf(sale))) {
        const key = keyOf(tag, 'sale')
        await redis.send(key, ['HSET', key, ...termsOf(sale)])
      }
    },
    reserve(saleId, attempt) {
      const it = sharded(saleId)
      return it instanceof Promise ? it.then((found) => reserveIn(found, attempt)) : reserveIn(it, attempt)
    },
    async settle(saleId, operation) {
      const places = await placesOf(saleId)
      if (places.length === 1) return shards.settle(places[0]!, operation)
      const owner = await claim(places, operation.reservationId, '')
      if ('answer' in owner || owner.buyerId === null) return 'unknown'
      return shards.settle(places[homeOf(owner.buyerId, places.length)]!, operation)
    },
    async setStock({ saleId }, sku, stock) {
      const places = await placesOf(saleId)
      for (let i = 0; i < TRIES; i++) {
        const reply = await shards.run<[string, number, number]>(SET_STOCK, saleId, [sku, String(stock)])
        const [position, , wanting] = reply
        if (position) told.trust(saleId, position)
        if (wanting === 0) return true
        if (places.length === 1) return false
        const seen = await survey(shards.look, places)
        const { stock: now, free } = seen.skus.find((each) => each.sku === sku)!
        if (seen.totals && now - free > stock) return false
        await gather.fill(places, 0, new Map([[sku, wanting]]), seen)
      }
      throw moving()
    },
    async counts(saleId) {
      return (await survey(shards.look, await placesOf(saleId))).skus
    },
    async shards(saleId) {
      const places = await placesOf(saleId)
      return places.length === 1 ? [] : (await survey(shards.look, places)).shards
    },
    async soldOut(saleId, most) {
      const places = await placesOf(saleId)
      const { totals } = await survey(shards.look, places)
      if (!totals) return { skus: [], attempts: [] }
      const attempts: string[] = []
      for (const { tag } of places) {
        const key = keyOf(tag, 'attempts')
        if (attempts.length + (await redis.send<number>(key, ['HLEN', key])) > most) return null
        attempts.push(...(await redis.send<string[]>(key, ['HKEYS', key])))
      }
      return { skus: [...totals].flatMap(([sku, free]) => (free === 0 ? [sku] : [])), attempts }
    },
    async expire(saleId, limit) {
      let given = 0
      for (const { tag } of await placesOf(saleId)) {
        const due = ['r', 'expired', String(limit - given)]
        const [position, , ...states] = await shards.run<[string, number, ...string[]]>(SETTLE, tag, due)
        if (position) told.trust(tag, position)
        given += states.filter((state) => state === 'h').length
        if (given >= limit) break
      }
      return given
    },
    stream: intentStream({
      ...{ redis, told, shards, placesOf },
      remember: (sale) => remember(sale.saleId, shardsOf(sale)),
    }),
  }
}

interface Sharded {
  places: Place[]
  /** One at a time in a process: whoever was short of units in the meantime shares the next. */
  gather(attempt: Attempt): Promise<Answer>
}
