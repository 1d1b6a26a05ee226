import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fact, FactStream } from '#kernel/fact-log.ts'
import { isFault } from '#kernel/fault.ts'
import { HOUSE } from '#kernel/id.ts'
import { realEngine } from '#testing/engines.ts'
import { until } from '#testing/until.ts'
import type { EngineName, EngineOptions } from '#tools/engine-recipes.ts'
import { type RunningEngines, startEngines } from '#tools/engines.ts'

/** A test with engines of its own, as it kills them. Runs where suites are given engines at all. */
export function withEngines(
  promise: string,
  names: readonly EngineName[],
  body: (engines: RunningEngines) => Promise<void>,
  options: EngineOptions = {},
): void {
  const given = realEngine(names[0]!)
  test(promise, { timeout: 120_000 }, async (t) => {
    if ('skip' in given) return t.skip(given.skip)
    const engines = await startEngines(names, { progress: () => {}, ...options })
    await body(engines).finally(() => engines.stop())
  })
}

export const fact = (key: string, data: number) => ({
  name: 'test.told',
  version: 1,
  key,
  workspaceId: HOUSE,
  data,
  atMs: 0,
})

/** Appends on and on, one fact a time; when the stream is unavailable, the next is tried a little later. */
function appendOn(stream: FactStream, key: string, signal: AbortSignal) {
  const acknowledged: number[] = []
  const appending = (async () => {
    for (let i = 0; !signal.aborted; i++) {
      await stream.append([fact(key, i)]).then(
        () => acknowledged.push(i),
        (error) => {
          assert.ok(isFault(error) && error.kind === 'unavailable', String(error))
          return delay(50)
        },
      )
    }
  })()
  return { key, acknowledged, appending }
}

async function readAll(stream: FactStream): Promise<Fact[]> {
  const read: Fact[] = []
  const signal = new AbortController().signal
  for (let partition = 0; partition < stream.partitions; partition++) {
    for (let after = await stream.start(partition); ; ) {
      const facts = await stream.read({ partition, after, limit: 500, waitMs: 0, signal })
      if (facts.length === 0) break
      read.push(...facts)
      after = facts.at(-1)!.position
    }
  }
  return read
}

/** Polls until `ask` answers without a fault. */
export async function eventually<T>(ask: () => Promise<T>, seconds = 30): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; ; ) {
    const answer = await ask().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    if ('value' in answer) return answer.value
    if (Date.now() > deadline) throw answer.error
    await delay(100)
  }
}

/** Kills and starts the engine while facts are told: nothing acknowledged is lost, nothing is out of order. */
export async function survivesKills(
  stream: FactStream,
  { engines, name, kills }: { engines: RunningEngines; name: EngineName; kills: number },
): Promise<void> {
  const stop = new AbortController()
  const appenders = ['a', 'b', 'c', 'd'].map((key) => appendOn(stream, key, stop.signal))
  const moreAcknowledged = async () => {
    const before = appenders.map(({ acknowledged }) => acknowledged.length)
    await until(() => appenders.every(({ acknowledged }, i) => acknowledged.length > before[i]! + 20), 60_000)
  }
  await moreAcknowledged()
  for (let i = 0; i < kills; i++) {
    await engines.kill(name)
    await delay(500)
    await engines.restart(name)
    await moreAcknowledged()
  }
  stop.abort()
  await Promise.all(appenders.map(({ appending }) => appending))
  const read = await eventually(() => readAll(stream))
  for (const { key, acknowledged } of appenders) {
    const numbers = read.filter((each) => each.key === key).map((each) => each.data as number)
    const kept = new Set(numbers)
    const lost = acknowledged.filter((number) => !kept.has(number))
    assert.deepEqual(lost, [], `facts of ${key} were acknowledged and are lost`)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      `facts of ${key} are out of order`,
    )
  }
}
