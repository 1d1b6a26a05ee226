import { shanghaiIso } from './clock.ts'
import { dice, pick } from './random.ts'
import { hotEvents, hotPlaces, hotThings } from './words.ts'
import type { HotLists, HotSentence, HotSnapshot } from './world.ts'

const slotMs = 1_800_000
const lifeSlots = 40
const bornPerSlot = 4
const listLength = 50

/** A hot list every half hour, computed from the seed and the hour alone, so it never ends. */
export function generatedHotLists(seed: number, firstMs: number): HotLists {
  let latest: { slot: number; snapshot: HotSnapshot } | undefined
  const firstSlot = Math.ceil(firstMs / slotMs)

  function at(nowMs: number): HotSnapshot {
    const slot = Math.floor(nowMs / slotMs)
    if (latest?.slot !== slot) latest = { slot, snapshot: snapshotOf(seed, slot) }
    return latest.snapshot
  }
  function* upTo(nowMs: number) {
    for (let slot = firstSlot; slot * slotMs <= nowMs; slot++) yield snapshotOf(seed, slot)
  }
  return { at, upTo }
}

function snapshotOf(seed: number, slot: number): HotSnapshot {
  const hottest = new Map<string, HotSentence>()
  for (let born = slot - lifeSlots; born <= slot; born++) {
    for (let nth = 0; nth < bornPerSlot; nth++) {
      const topic = topicOf(seed, born, nth, slot - born)
      const known = hottest.get(topic.sentence)
      if (!known || known.hotLevel < topic.hotLevel) hottest.set(topic.sentence, topic)
    }
  }
  const sentences = [...hottest.values()].sort(
    (a, b) => b.hotLevel - a.hotLevel || (a.sentence < b.sentence ? -1 : 1),
  )
  return { capturedAt: shanghaiIso(slot * slotMs), sentences: sentences.slice(0, listLength) }
}

/** A topic rises for a few hours and then fades. */
function topicOf(seed: number, born: number, nth: number, age: number): HotSentence {
  const roll = dice(`hot/${seed}/${born}/${nth}`)
  const sentence = `${pick(roll, hotPlaces)}${pick(roll, hotThings)}${pick(roll, hotEvents)}`
  const crest = 2 + roll() * 10
  const peak = 900_000 + roll() ** 3 * 11_000_000
  const heat = age <= crest ? 0.25 + (0.75 * age) / crest : Math.exp((crest - age) / 9)
  const label = age < crest / 2 ? 1 : age <= crest ? 3 : 0
  return { sentence, hotLevel: Math.round(peak * heat), label }
}
