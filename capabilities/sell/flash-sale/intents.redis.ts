import type { Redis } from '#engines/redis/redis.ts'
import { isFault } from '#kernel/fault.ts'
import { basketFrom, type Intent, type ReleaseReason, type Sale } from './flash-sale.ts'
import { rebuild } from './rebuild.redis.ts'
import type { Place, Shards } from './shard.redis.ts'
import { keyOf, MOST_SHARDS, tagOf, tagsOf } from './shelf.redis.ts'
import type { Entry, IntentStream, StreamEntry } from './store.ts'
import { survey } from './survey.redis.ts'
import { isLater, type Told } from './told.redis.ts'

type RawEntry = [id: string, fields: string[]]

interface Parts {
  redis: Redis
  told: Told
  shards: Shards
  placesOf(saleId: string): Promise<Place[]>
  /** Tells what the ledger knows of a sale that Redis may have lost. */
  remember(sale: Sale): void
}

/** The streams of intents that the scripts write, one in each shard, read as one. */
export function intentStream({ redis, told, shards, placesOf, remember }: Parts): IntentStream {
  const range = async (tag: string, after: string, upTo: string, limit: number) => {
    const key = keyOf(tag, 'intents')
    const from = after === '' ? '-' : `(${after}`
    return redis.send<RawEntry[]>(key, ['XRANGE', key, from, upTo, 'COUNT', String(limit)])
  }

  const remembersIn = async (tag: string, id: string) => {
    if (id === '') return true
    const key = keyOf(tag, 'intents')
    const [there] = await redis.send<RawEntry[]>(key, ['XRANGE', key, id, id])
    if (there) return true
    const [first] = await range(tag, '', '+', 1)
    return first !== undefined && isLater(first[0], id)
  }

  /** As much of each shard's stream. */
  const all = async (saleId: string, after: string, upTo: string | null, limit: number) => {
    const places = await placesOf(saleId)
    const from = idsOf(after, places.length)
    const to = upTo === null ? null : idsOf(upTo, places.length)
    const share = Math.ceil(limit / places.length)
    const found = await Promise.all(
      places.map(({ tag }, i) => (to?.[i] === '' ? [] : range(tag, from[i]!, to?.[i] ?? '+', share))),
    )
    return { from, found }
  }

  return {
    async read(saleId, after, limit) {
      const { from, found } = await all(saleId, after, null, limit)
      return inOrder(from, found)
    },
    async between(saleId, after, upTo, limit) {
      const { from, found } = await all(saleId, after, upTo, limit)
      return found.flatMap((raw, shard) => raw.map((each) => entryAt(from, shard, each)))
    },
    async snapshot(saleId) {
      try {
        // Asked without a last position: an auditor wants to see what is there, whatever was there before.
        const { positions, skus } = await survey((tag) => shards.look(tag, ''), await placesOf(saleId))
        return { position: positionOf(positions), skus }
      } catch (error) {
        if (isFault(error) && error.code === 'flash-sale/behind') return null
        throw error
      }
    },
    async remembers(saleId, position) {
      const places = await placesOf(saleId)
      const ids = idsOf(position, places.length)
      const each = await Promise.all(places.map(({ tag }, i) => remembersIn(tag, ids[i]!)))
      return each.every(Boolean)
    },
    async trim(saleId, position) {
      const places = await placesOf(saleId)
      for (const [i, id] of idsOf(position, places.length).entries()) {
        const key = keyOf(places[i]!.tag, 'intents')
        if (id !== '') await redis.send(key, ['XTRIM', key, 'MINID', id])
      }
    },
    async suspend(sale) {
      remember(sale)
      for (const { tag } of await placesOf(sale.saleId)) {
        const key = keyOf(tag, 'sale')
        await redis.send(key, ['HDEL', key, 'ready'])
      }
    },
    async rebuild(sale, from) {
      const ids = await rebuild(redis, sale, from)
      for (const [shard, id] of ids.entries()) told.trust(tagOf(sale.saleId, shard), id)
      return positionOf(ids)
    },
    trust(saleId, position) {
      for (const [shard, id] of position.split(',').entries()) told.trust(tagOf(saleId, shard), id)
    },
    async forgotten(saleId) {
      const gone: StreamEntry[] = []
      // Of all that there can be: a Redis that has lost everything does not even know how many.
      for (const tag of tagsOf(saleId, MOST_SHARDS)) {
        for (const entry of told.recent(tag)) if (!(await remembersIn(tag, entry.position))) gone.push(entry)
      }
      return gone
    },
  }
}

/** The last intent of each shard; '' where none of them has any. */
const positionOf = (ids: readonly string[]) => (ids.every((id) => id === '') ? '' : ids.join(','))
const idsOf = (position: string, shards: number) =>
  position === '' ? Array.from({ length: shards }, () => '') : position.split(',')

/** An entry of one shard, with how far all have come by it; `ids` moves on. */
function entryAt(ids: string[], shard: number, raw: RawEntry): StreamEntry {
  ids[shard] = raw[0]
  return { position: positionOf(ids), entries: entriesOf(raw) }
}

/**
 * What the shards tell, as one line: units that one shard took from another come after what the other gave. Where that
 * has not been read yet, the rest of the taker waits for the next read.
 */
function inOrder(ids: string[], found: readonly RawEntry[][]): StreamEntry[] {
  const entries: StreamEntry[] = []
  const next = found.map(() => 0)
  for (let before = -1; before < entries.length; ) {
    before = entries.length
    for (const [shard, raw] of found.entries()) {
      while (next[shard]! < raw.length && !isEarly(raw[next[shard]!]!, ids))
        entries.push(entryAt(ids, shard, raw[next[shard]!++]!))
    }
  }
  return entries
}

function isEarly([, [kind, detail = '']]: RawEntry, ids: readonly string[]): boolean {
  if (kind !== 'take') return false
  const [giver = '', cause = ''] = detail.split(' ')
  return isLater(cause, ids[Number(giver)] ?? '')
}

const MOVING = ['reserve', 'confirm', 'release', 'stock']

/** What the ledger writes down: moves between shards change nothing there. */
function entriesOf([, fields]: RawEntry): Entry[] {
  const [kind = '', detail = '', , at, ...rest] = fields
  if (!MOVING.includes(kind)) return []
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
  return entries
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
