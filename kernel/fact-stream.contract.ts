import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Fact, type FactStream, type NewFact, type Position, partitionOf } from './fact-log.ts'
import { HOUSE } from './id.ts'

type OpenedStream = { stream: FactStream; close(): Promise<void> } | { skip: string }

const fact = (
  key: string,
  data: unknown,
  more: { relayNo?: string } = {},
): NewFact & { relayNo?: string } => ({
  name: 'test.told',
  version: 1,
  key,
  workspaceId: HOUSE,
  data,
  atMs: 1_700_000_000_000,
  ...more,
})

let keys = 0
/** Keys that nobody used before, so that tests can share one stream. */
const newKey = () => `key-${process.pid}-${Date.now()}-${keys++}`

/** Every engine that keeps facts must pass this. `open` gives a stream that may already hold facts. */
export function factStreamContract(name: string, open: () => Promise<OpenedStream>): void {
  describe(`fact stream on ${name}`, { timeout: 120_000 }, () => {
    let stream: FactStream
    let close = async () => {}
    let skip: string | undefined
    const never = new AbortController().signal

    before(async () => {
      const opened = await open()
      if ('skip' in opened) skip = opened.skip
      else ({ stream, close } = opened)
    })
    after(() => close())

    const it = (promise: string, body: () => Promise<void>) =>
      test(promise, async (t) => (skip === undefined ? body() : t.skip(skip)))

    const ends = async () =>
      Promise.all(Array.from({ length: stream.partitions }, (_, partition) => stream.end(partition)))

    /** Everything behind `from` of one partition, in order. */
    async function readOn(partition: number, from: Position, limit = 500): Promise<Fact[]> {
      const all: Fact[] = []
      for (let position = from; ; ) {
        const some = await stream.read({ partition, after: position, limit, waitMs: 0, signal: never })
        if (some.length === 0) return all
        assert.ok(some.length <= limit, `asked for ${limit}, got ${some.length}`)
        all.push(...some)
        position = some.at(-1)!.position
      }
    }
    const readAllOn = async (from: Position[]) =>
      (await Promise.all(from.map((position, partition) => readOn(partition, position)))).flat()

    it('keeps the order of a key and the partition of a key', async () => {
      const from = await ends()
      const told = [newKey(), newKey(), newKey()]
      const facts = Array.from({ length: 300 }, (_, i) => fact(told[i % 3]!, { i }))
      for (let i = 0; i < facts.length; i += 50) await stream.append(facts.slice(i, i + 50))
      const read = await readAllOn(from)
      for (const [nth, key] of told.entries()) {
        const ofKey = read.filter((each) => each.key === key)
        assert.deepEqual(
          ofKey.map((each) => (each.data as { i: number }).i),
          Array.from({ length: 100 }, (_, i) => i * 3 + nth),
        )
        assert.deepEqual(
          new Set(ofKey.map((each) => each.partition)),
          new Set([partitionOf(key, stream.partitions)]),
        )
      }
    })

    it('gives back what was told: Unicode, 19-digit strings, the number of the relay', async () => {
      const key = newKey()
      const partition = partitionOf(key, stream.partitions)
      const from = await stream.end(partition)
      const data = {
        id: '7301234567890123456',
        text: '抖音小店 🍊 "\\\n\u2028',
        none: null,
        deep: [{ ok: true }],
      }
      await stream.append([fact(key, data), fact(key, data, { relayNo: '9007199254740993' })])
      const [plain, relayed] = await readOn(partition, from)
      assert.deepEqual({ ...plain, position: '' }, { ...fact(key, data), partition, position: '' })
      assert.equal(plain!.relayNo, undefined)
      assert.equal(relayed!.relayNo, '9007199254740993')
    })

    it('answers an empty append, and an empty read at the end', async () => {
      await stream.append([])
      const after = await stream.end(0)
      assert.deepEqual(await stream.read({ partition: 0, after, limit: 10, waitMs: 30, signal: never }), [])
    })

    it('wakes a waiting reader', async () => {
      const key = newKey()
      const partition = partitionOf(key, stream.partitions)
      const after = await stream.end(partition)
      const waiting = stream.read({ partition, after, limit: 10, waitMs: 20_000, signal: never })
      await delay(300)
      const since = Date.now()
      await stream.append([fact(key, 'wake')])
      assert.deepEqual(
        (await waiting).map((each) => each.data),
        ['wake'],
      )
      assert.ok(Date.now() - since < 5000, `woken after ${Date.now() - since} ms`)
    })

    it('stops reading when told to', async () => {
      const stop = new AbortController()
      const after = await stream.end(0)
      const waiting = stream.read({ partition: 0, after, limit: 10, waitMs: 60_000, signal: stop.signal })
      await delay(100)
      stop.abort()
      const won = await Promise.race([waiting, delay(10_000, 'still reading', { ref: false })])
      assert.deepEqual(won, [])
      assert.deepEqual(
        await stream.read({ partition: 0, after, limit: 10, waitMs: 60_000, signal: stop.signal }),
        [],
      )
    })

    it('hands out no more than the limit and goes on from there', async () => {
      const key = newKey()
      const partition = partitionOf(key, stream.partitions)
      const from = await stream.end(partition)
      await stream.append(Array.from({ length: 25 }, (_, i) => fact(key, i)))
      const first = await stream.read({ partition, after: from, limit: 10, waitMs: 0, signal: never })
      assert.deepEqual(
        first.map((each) => each.data),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      )
      const rest = await readOn(partition, first.at(-1)!.position, 7)
      assert.deepEqual(
        rest.map((each) => each.data),
        Array.from({ length: 15 }, (_, i) => i + 10),
      )
    })

    it('knows start, end, lag and the position of a time', async () => {
      const key = newKey()
      const partition = partitionOf(key, stream.partitions)
      await stream.append([fact(key, 'before')])
      const end = await stream.end(partition)
      assert.equal(await stream.lag(partition, end), 0)
      await delay(20)
      const atMs = Date.now()
      await delay(20)
      await stream.append(Array.from({ length: 5 }, (_, i) => fact(key, i)))
      assert.equal(await stream.lag(partition, end), 5)
      const atTime = await stream.positionAt(partition, atMs)
      assert.equal(await stream.lag(partition, atTime), 5)
      assert.deepEqual(
        (await readOn(partition, atTime)).map((each) => each.data),
        [0, 1, 2, 3, 4],
      )
      const all = await readOn(partition, await stream.start(partition))
      assert.equal(await stream.lag(partition, await stream.start(partition)), all.length)
      assert.equal(all.at(-1)!.position, await stream.end(partition))
      const future = await stream.positionAt(partition, Date.now() + 3_600_000)
      assert.deepEqual(
        await stream.read({ partition, after: future, limit: 10, waitMs: 0, signal: never }),
        [],
      )
      assert.equal(await stream.lag(partition, await stream.positionAt(partition, 0)), all.length)
    })

    it('reads 10,000 facts exactly once from the start, in bounded batches', async () => {
      const run = newKey()
      for (let i = 0; i < 10_000; i += 1000) {
        await stream.append(Array.from({ length: 1000 }, (_, j) => fact(`${run}/${(i + j) % 97}`, i + j)))
      }
      const starts = await Promise.all(Array.from({ length: stream.partitions }, (_, p) => stream.start(p)))
      const read = (await readAllOn(starts)).filter((each) => each.key.startsWith(run))
      const numbers = read.map((each) => each.data as number).sort((a, b) => a - b)
      assert.deepEqual(
        numbers,
        Array.from({ length: 10_000 }, (_, i) => i),
      )
    })

    it('keeps each appender in order when many append at once', async () => {
      const from = await ends()
      const appenders = Array.from({ length: 20 }, newKey)
      await Promise.all(
        appenders.map(async (key) => {
          for (let i = 0; i < 40; i += 2) await stream.append([fact(key, i), fact(key, i + 1)])
        }),
      )
      const read = await readAllOn(from)
      for (const key of appenders) {
        const numbers = read.filter((each) => each.key === key).map((each) => each.data)
        assert.deepEqual(
          numbers,
          Array.from({ length: 40 }, (_, i) => i),
        )
      }
    })

    it('serves many waiting readers at once', async () => {
      const after = await ends()
      const waiting = Array.from({ length: 5 }, () =>
        after.map((position, partition) =>
          stream.read({ partition, after: position, limit: 10, waitMs: 20_000, signal: never }),
        ),
      ).flat()
      await delay(100)
      await stream.append(Array.from({ length: stream.partitions * 20 }, () => fact(newKey(), 'all')))
      const read = await Promise.all(waiting)
      assert.ok(read.every((facts) => facts.length > 0))
    })

    it('keeps nothing of readers that left', async () => {
      const stop = new AbortController()
      const after = await stream.end(0)
      const readOnce = () => stream.read({ partition: 0, after, limit: 1, waitMs: 0, signal: stop.signal })
      for (let i = 0; i < 50; i++) await readOnce()
      const before = process.memoryUsage().heapUsed
      for (let i = 0; i < 1000; i++) await readOnce()
      const grownMiB = (process.memoryUsage().heapUsed - before) / 2 ** 20
      assert.ok(grownMiB < 64, `grew by ${grownMiB.toFixed(1)} MiB`)
      assert.equal(getEventListeners(stop.signal, 'abort').length, 0)
    })
  })
}
