import { setTimeout as wait } from 'node:timers/promises'
import type { Answer, Attempt } from './flash-sale.ts'
import { ARRIVED, GIVE, TAKE } from './moves.redis.ts'
import type { Place, Shards, Totals } from './shard.redis.ts'
import { homeOf } from './shelf.redis.ts'
import { moving, type Survey, survey } from './survey.redis.ts'
import type { Told } from './told.redis.ts'

/** Free units wanted in one shard, by SKU. */
export type Wants = ReadonlyMap<string, number>

const TRIES = 60

/** Brings units to where buyers want them, and says sold-out only when nobody has any. */
export function gatherer(shards: Shards, told: Told) {
  /** All three steps can be repeated, by anybody who finds the move. */
  const deliver = async (
    places: readonly Place[],
    from: number,
    to: number,
    epoch: string,
    move: string,
  ): Promise<void> => {
    const [giver, receiver] = [places[from]!.tag, places[to]!.tag]
    const [position, , isHere] = await shards.run<[string, number, number]>(TAKE, receiver, [
      String(from),
      epoch,
      move,
    ])
    if (position) told.trust(receiver, position)
    if (isHere === 1) await shards.run(ARRIVED, giver, [String(to), epoch, move])
  }

  const move = async (places: readonly Place[], from: number, to: number, items: string): Promise<void> => {
    const giver = places[from]!.tag
    const reply = await shards.run<[string, number, string, string]>(GIVE, giver, [String(to), items])
    const [position, , epoch, given] = reply
    if (position) told.trust(giver, position)
    if (given) await deliver(places, from, to, epoch, given)
  }

  /**
   * Brings `wants` to the shard `to`, as far as others have them: from the richest first, half of what it has if that is
   * more than enough, so that the next buyers find some. Finishes first what others have left under way.
   */
  const fill = async (places: readonly Place[], to: number, wants: Wants, seen: Survey): Promise<void> => {
    // Asking a giver for nothing answers with the move that it has under way.
    await Promise.all(seen.underway.map((each) => move(places, each.from, each.to, '')))
    const orders = new Map<number, string[]>()
    for (const [sku, wanted] of wants) {
      let lack = wanted
      const givers = seen.shards
        .map((counts, shard) => ({ shard, free: counts.find((each) => each.sku === sku)?.free ?? 0 }))
        .filter(({ shard, free }) => shard !== to && free > 0)
        .sort((a, b) => b.free - a.free)
      for (const { shard, free } of givers) {
        if (lack <= 0) break
        const units = Math.min(free, Math.max(lack, Math.ceil(free / 2)))
        orders.set(shard, [...(orders.get(shard) ?? []), `${sku}=${units}`])
        lack -= units
      }
    }
    await Promise.all([...orders].map(([from, lines]) => move(places, from, to, lines.join(','))))
  }

  return {
    fill,
    /** Decides attempts whose homes had too few units. */
    async decide(places: readonly Place[], attempts: readonly Attempt[]): Promise<Answer[]> {
      const answers = new Map<Attempt, Answer>()
      for (let i = 0; i < TRIES; i++) {
        const seen = await survey(shards.look, places)
        const homes = Map.groupBy(
          attempts.filter((each) => !answers.has(each)),
          ({ buyerId }) => homeOf(buyerId, places.length),
        )
        for (const [home, asking] of homes) {
          const ask = async (open: readonly Attempt[], totals: Totals | null) => {
            const decided = await shards.decide(places[home]!, open, totals)
            for (const [nth, answer] of decided.entries()) if (answer) answers.set(open[nth]!, answer)
            return open.filter((each) => !answers.has(each))
          }
          const open = await ask(asking, seen.totals)
          if (open.length === 0) continue
          await fill(places, home, lacking(open, seen.shards[home]!), seen)
          // At once, before another shard wants the same units.
          await ask(open, null)
        }
        if (attempts.every((each) => answers.has(each))) return attempts.map((each) => answers.get(each)!)
        // Two shards that want the same last units might pass them to and fro.
        await wait(Math.random() * Math.min(i, 20))
      }
      throw moving()
    },
  }
}

function lacking(attempts: readonly Attempt[], here: Survey['shards'][number]): Wants {
  const wants = new Map<string, number>()
  for (const { items } of attempts)
    for (const { sku, quantity } of items) wants.set(sku, (wants.get(sku) ?? 0) + quantity)
  for (const { sku, free } of here) if (wants.has(sku)) wants.set(sku, wants.get(sku)! - free)
  return wants
}
