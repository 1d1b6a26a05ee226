import type { Redis } from '#engines/redis/redis.ts'
import { newId } from '#kernel/id.ts'
import { basketText, boughtKey, type Known, type Refusal, type Sale } from './flash-sale.ts'
import { homeOf, keyOf, type Part, shardsOf, shelfFields, spread, tagsOf, termsOf } from './shelf.redis.ts'
import type { SkuCount } from './store.ts'

/** A sale as the ledger has it. */
export interface Rebuilt {
  skus: readonly SkuCount[]
  attempts: AsyncIterable<[string, Known][]>
}

const CLEARED: readonly Part[] = ['sale', 'stock', 'bought', 'attempts', 'holds', 'moves', 'claims']

/** Puts a suspended sale back into all its shards; answers with the intent of each from which they go on. */
export async function rebuild(redis: Redis, sale: Sale, { skus, attempts }: Rebuilt): Promise<string[]> {
  const count = shardsOf(sale)
  const tags = tagsOf(sale.saleId, count)
  const put = async (command: string, shard: number, part: Part, values: readonly string[]) => {
    const key = keyOf(tags[shard]!, part)
    if (values.length > 0) await redis.send(key, [command, key, ...values])
  }
  for (const tag of tags) {
    const keys = CLEARED.map((part) => keyOf(tag, part))
    await redis.send(keys[0]!, ['DEL', ...keys])
  }

  const taken = tags.map(() => new Map<string, { held: number; sold: number }>())
  const bought = tags.map(() => new Map<string, number>())
  for await (const page of attempts) {
    for (const [shard, known] of Map.groupBy(page, ([, { buyerId }]) => homeOf(buyerId, count))) {
      await put(
        'HSET',
        shard,
        'attempts',
        known.flatMap(([attemptId, each]) => [attemptId, recordOf(each)]),
      )
      await put(
        'ZADD',
        shard,
        'holds',
        known.flatMap(([attemptId, { state, answer }]) =>
          state === 'held' && 'expiresAtMs' in answer ? [String(answer.expiresAtMs), attemptId] : [],
        ),
      )
      for (const [, each] of known) tally(each, taken[shard]!, bought[shard]!)
    }
    if (count === 1) continue
    for (const [shard, known] of Map.groupBy(page, ([attemptId]) => homeOf(attemptId, count)))
      await put(
        'HSET',
        shard,
        'claims',
        known.flatMap(([attemptId, { buyerId }]) => [attemptId, buyerId]),
      )
  }

  const shelves = shelvesOf(sale, skus, taken)
  const ids: string[] = []
  for (const [shard, tag] of tags.entries()) {
    await put('HSET', shard, 'stock', shelfFields(sale.skus, shelves[shard]!))
    const has = [...bought[shard]!].flatMap(([key, units]) => [key, String(units)])
    await put('HSET', shard, 'bought', has)
    const intents = keyOf(tag, 'intents')
    ids.push(await redis.send<string>(intents, ['XADD', intents, '*', 'rebuilt', '', 'at', '0']))
  }
  // Units that left a shard before are counted as free by now: what is still on its way must not arrive.
  const terms = [...termsOf(sale), 'epoch', newId('epoch'), 'ready', '1']
  for (const [shard] of tags.entries()) await put('HSET', shard, 'sale', terms)
  return ids
}

/** Held and sold units where their buyers are at home, free ones spread anew; together what the ledger says. */
function shelvesOf(
  sale: Sale,
  skus: readonly SkuCount[],
  taken: readonly Map<string, { held: number; sold: number }>[],
): SkuCount[][] {
  const shelves: SkuCount[][] = taken.map(() => [])
  for (const { sku, stock, free, held, sold } of skus) {
    const over = sale.skus.find((each) => each.sku === sku)?.shards ?? 1
    const parts = spread(free, over, taken.length)
    const rest = { held, sold }
    for (let shard = taken.length - 1; shard > 0; shard--) {
      const here = taken[shard]!.get(sku) ?? { held: 0, sold: 0 }
      rest.held -= here.held
      rest.sold -= here.sold
      shelves[shard]!.push({ sku, stock: 0, free: parts[shard]!, ...here })
    }
    shelves[0]!.push({ sku, stock, free: parts[0]!, ...rest })
  }
  return shelves
}

const LETTERS: Record<Refusal, string> = {
  'sold-out': 'o',
  'limit-reached': 'l',
  'not-open': 'n',
  closed: 'c',
}

/** An attempt as the scripts keep it. */
function recordOf({ buyerId, items, answer, state }: Known): string {
  if (answer.answer === 'reserved')
    return `${state![0]}|${answer.expiresAtMs}|${buyerId}|${basketText(items)}`
  const sku = 'sku' in answer ? answer.sku : null
  return `${LETTERS[answer.answer as Refusal]}|0|${buyerId}|${sku ?? ''}`
}

function tally(
  { buyerId, items, state }: Known,
  taken: Map<string, { held: number; sold: number }>,
  bought: Map<string, number>,
): void {
  if (state !== 'held' && state !== 'sold') return
  for (const { sku, quantity } of items) {
    const here = taken.get(sku) ?? { held: 0, sold: 0 }
    here[state] += quantity
    taken.set(sku, here)
    for (const key of [boughtKey(buyerId, sku), boughtKey(buyerId)])
      bought.set(key, (bought.get(key) ?? 0) + quantity)
  }
}
