import { setTimeout as wait } from 'node:timers/promises'
import { fault } from '#kernel/fault.ts'
import { behind, type Place, type Shards, type Totals } from './shard.redis.ts'
import { countsFrom } from './shelf.redis.ts'
import type { SkuCount } from './store.ts'

/** A move that the giver has written down and the receiver has not taken yet. */
export interface Underway {
  from: number
  to: number
  move: string
}

/** All shards of a sale, with no unit counted twice or left out. */
export interface Survey {
  positions: string[]
  shards: SkuCount[][]
  /** Where a unit is between two shards it is free, and on its way. */
  underway: Underway[]
  /** Units of the whole sale. */
  skus: SkuCount[]
  /** No more units than this were free at one instant after the survey began; null when that cannot be said. */
  totals: Totals | null
}

interface Seen {
  position: string
  counts: SkuCount[]
  /** How often free units came in, by SKU. */
  arrivals: string
  moves: Map<string, string>
  /** The numbers of the last moves out and in. */
  numbers: string
}

const TRIES = 40

/**
 * Looks at every shard, and again, until no unit moved between shards in between. All first looks come before all second
 * ones, so at the instant between them the moves were as both saw them, and nothing is counted twice or left out. If
 * besides no free unit came in from elsewhere, there were no more at that instant than at the first look.
 */
export async function survey(look: Shards['look'], places: readonly Place[]): Promise<Survey> {
  const looks = () => Promise.all(places.map(({ tag }) => seen(look, tag)))
  let first = await looks()
  if (places.length === 1) return summed(first, true)
  for (let i = 0; i < TRIES; i++) {
    const second = await looks()
    if (isSame(first, second, 'numbers')) return summed(first, isSame(first, second, 'arrivals'))
    first = second
    await wait(Math.random() * i)
  }
  throw moving()
}

export const moving = () =>
  fault('unavailable', 'flash-sale/moving', 'Units are on their way between shards', { retryAfterMs: 200 })

const isSame = (first: readonly Seen[], second: readonly Seen[], what: 'numbers' | 'arrivals') =>
  first.every((each, i) => each[what] === second[i]![what])

async function seen(look: Shards['look'], tag: string): Promise<Seen> {
  const [position, , stock, moves] = await look(tag)
  const fields = (flat: readonly string[], kinds: string) =>
    flat.flatMap((name, i) => (i % 2 === 0 && kinds.includes(name[0]!) ? [`${name}=${flat[i + 1]}`] : []))
  return {
    position,
    counts: countsFrom(stock),
    arrivals: fields(stock, 'u').sort().join(),
    moves: new Map(moves.flatMap((name, i) => (i % 2 === 0 ? [[name, moves[i + 1]!]] : []))),
    numbers: fields(moves, 'qi').sort().join(),
  }
}

function summed(looks: readonly Seen[], isFalling: boolean): Survey {
  const underway = looks.flatMap((giver, from) =>
    looks.flatMap((receiver, to) => (from === to ? [] : between(giver, from, receiver, to))),
  )
  const all = new Map<string, SkuCount>()
  for (const { counts } of looks) {
    for (const { sku, stock, free, held, sold } of counts) {
      const sum = all.get(sku) ?? { sku, stock: 0, free: 0, held: 0, sold: 0 }
      all.set(sku, sum)
      sum.stock += stock
      sum.free += free
      sum.held += held
      sum.sold += sold
    }
  }
  for (const { move } of underway) for (const [sku, units] of itemsOf(move)) all.get(sku)!.free += units
  const skus = [...all.values()]
  return {
    positions: looks.map(({ position }) => position),
    shards: looks.map(({ counts }) => counts),
    underway,
    skus,
    totals: isFalling ? new Map(skus.map(({ sku, free }) => [sku, free])) : null,
  }
}

/** Two shards that do not agree on what has passed between them: one of them has lost data. */
function between(giver: Seen, from: number, receiver: Seen, to: number): Underway[] {
  const gone = Number(giver.moves.get(`q:${to}`) ?? 0)
  const come = Number(receiver.moves.get(`i:${from}`) ?? 0)
  if (gone === come) return []
  const move = giver.moves.get(`o:${to}`)
  if (gone !== come + 1 || Number(move?.split('|')[0]) !== gone) throw behind()
  return [{ from, to, move: move! }]
}

function itemsOf(move: string): [sku: string, units: number][] {
  const [, , items = ''] = move.split('|')
  return items.split(',').map((line) => {
    const at = line.lastIndexOf('=')
    return [line.slice(0, at), Number(line.slice(at + 1))]
  })
}
