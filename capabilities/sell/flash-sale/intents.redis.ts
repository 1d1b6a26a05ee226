import type { Redis } from '#engines/redis/redis.ts'
import {
  basketFrom,
  basketText,
  boughtKey,
  type Intent,
  type Known,
  type ReleaseReason,
} from './flash-sale.ts'
import { SNAPSHOT } from './scripts.redis.ts'
import { countsFrom, keyOf, keysOf, shelfFields, termsOf } from './shelf.redis.ts'
import type { Entry, IntentStream, StreamEntry } from './store.ts'
import { isLater, type Told } from './told.redis.ts'

type RawEntry = [id: string, fields: string[]]

/** The stream of intents that the scripts write, and how a sale is put back when Redis has lost it. */
export function intentStream(redis: Redis, told: Told): IntentStream {
  const range = async (saleId: string, from: string, to: string, limit: number) => {
    const key = keyOf(saleId, 'intents')
    return redis.send<RawEntry[]>(key, ['XRANGE', key, from, to, 'COUNT', String(limit)])
  }

  const remembers = async (saleId: string, position: string) => {
    if (position === '') return true
    if ((await range(saleId, position, position, 1)).length > 0) return true
    const [first] = await range(saleId, '-', '+', 1)
    return first !== undefined && isLater(first[0], position)
  }

  return {
    async read(saleId, after, limit) {
      const raw = await range(saleId, after === '' ? '-' : `(${after}`, '+', limit)
      return raw.map(entryFrom)
    },
    async snapshot(saleId) {
      // Asked without a last position: an auditor wants to see what is there, whatever was there before.
      const [position, , flat] = await redis.run<[string, number, string[]]>(SNAPSHOT, keysOf(saleId), [''])
      return position === 'behind' ? null : { position, skus: countsFrom(flat) }
    },
    remembers,
    async trim(saleId, position) {
      const key = keyOf(saleId, 'intents')
      await redis.send(key, ['XTRIM', key, 'MINID', position])
    },
    async suspend(saleId) {
      const key = keyOf(saleId, 'sale')
      await redis.send(key, ['HDEL', key, 'ready'])
    },
    async rebuild(sale, { skus, attempts }) {
      const { saleId } = sale
      const [saleKey, stock, bought, known, holds, intents] = keysOf(saleId) as [string, ...string[]]
      const put = (command: string, key: string, values: readonly string[]) =>
        values.length > 0 ? redis.send(key, [command, key, ...values]) : undefined
      await redis.send(saleKey, ['DEL', saleKey, stock!, bought!, known!, holds!])
      await put('HSET', stock!, shelfFields(sale.skus, skus))
      const has = new Map<string, number>()
      for await (const page of attempts) {
        await put(
          'HSET',
          known!,
          page.flatMap(([attemptId, each]) => [attemptId, recordOf(each)]),
        )
        await put(
          'ZADD',
          holds!,
          page.flatMap(([attemptId, { state, answer }]) =>
            state === 'held' && 'expiresAtMs' in answer ? [String(answer.expiresAtMs), attemptId] : [],
          ),
        )
        for (const [, each] of page) count(has, each)
      }
      await put(
        'HSET',
        bought!,
        [...has].flatMap(([key, units]) => [key, String(units)]),
      )
      const position = await redis.send<string>(intents!, ['XADD', intents!, '*', 'rebuilt', '', 'at', '0'])
      await redis.send(saleKey, ['HSET', saleKey, 'ready', '1', ...termsOf(sale)])
      told.trust(saleId, position)
      return position
    },
    trust: told.trust,
    async forgotten(saleId) {
      const gone: StreamEntry[] = []
      for (const entry of told.recent(saleId)) {
        if (!(await remembers(saleId, entry.position))) gone.push(entry)
      }
      return gone
    },
  }
}

function entryFrom([position, fields]: RawEntry): StreamEntry {
  const [kind, detail = '', , at, ...rest] = fields
  const atMs = Number(at)
  const entries: Entry[] = []
  for (let i = 0; i < rest.length; i += 2) {
    const [name, value] = [rest[i]!, rest[i + 1]!]
    if (kind === 'stock') {
      entries.push({ kind, atMs, sku: name, delta: Number(detail) })
      continue
    }
    const [buyerId = '', items = ''] = value.split('|')
    const about = { atMs, attemptId: name, buyerId, items: basketFrom(items) }
    entries.push(intentFrom(kind as 'reserve' | 'confirm' | 'release', detail, about))
  }
  return { position, entries }
}

function intentFrom(
  kind: 'reserve' | 'confirm' | 'release',
  detail: string,
  about: Omit<Extract<Intent, { kind: 'confirm' }>, 'kind'>,
): Intent {
  switch (kind) {
    case 'reserve':
      return { kind, expiresAtMs: Number(detail), ...about }
    case 'confirm':
      return { kind, ...about }
    case 'release':
      return { kind, reason: detail as ReleaseReason, ...about }
  }
}

/** An attempt as the scripts keep it. */
function recordOf({ buyerId, items, answer, state }: Known): string {
  if (answer.answer === 'reserved')
    return `${state![0]}|${answer.expiresAtMs}|${buyerId}|${basketText(items)}`
  const sku = 'sku' in answer ? answer.sku : null
  return `${answer.answer === 'sold-out' ? 'o' : 'l'}|0|${buyerId}|${sku ?? ''}`
}

function count(has: Map<string, number>, { buyerId, items, state }: Known): void {
  if (state !== 'held' && state !== 'sold') return
  for (const { sku, quantity } of items) {
    for (const key of [boughtKey(buyerId, sku), boughtKey(buyerId)])
      has.set(key, (has.get(key) ?? 0) + quantity)
  }
}
