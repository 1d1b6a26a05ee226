import type { Consumer } from '@platformatic/kafka'
import { fault } from '#kernel/fault.ts'
import { type Kafka, LONGEST_FETCH_MS } from './kafka.ts'

export interface FetchedRecord {
  offset: bigint
  value: Buffer
}

interface Ask {
  partition: number
  from: bigint
  limit: number
  waitMs: number
  signal: AbortSignal
}

export interface PartitionReader {
  /** Up to `limit` records from offset `from` on; waits up to `waitMs` for the first. */
  read(ask: Ask): Promise<FetchedRecord[]>
  close(): Promise<void>
}

const FETCH_BYTES = 524_288
const CONTROL_BATCH = 0x20
/** What a fetch brought beyond the limit is kept for the next read, for so many readers. */
const LEFTOVERS = 64

const closed = () => fault('unavailable', 'kafka/closed', 'The connection to Kafka is closed')

/** Reads partitions by offset. Fetchers are reused; at most `size` of them wait at the brokers at once. */
export function partitionReader(kafka: Kafka, topic: string, size: number): PartitionReader {
  const idle: Consumer[] = []
  const all = new Set<Consumer>()
  const waiting: PromiseWithResolvers<Consumer>[] = []
  const leftovers = new Map<string, FetchedRecord[]>()
  let isClosed = false

  function borrow(): Promise<Consumer> {
    const free = idle.pop()
    if (free) return Promise.resolve(free)
    if (all.size >= size) {
      const turn = Promise.withResolvers<Consumer>()
      waiting.push(turn)
      return turn.promise
    }
    const fetcher = kafka.fetcher()
    fetcher.topics.track(topic)
    all.add(fetcher)
    return Promise.resolve(fetcher)
  }
  const giveBack = (fetcher: Consumer) => {
    const next = waiting.shift()
    if (next) next.resolve(fetcher)
    else idle.push(fetcher)
  }

  async function fetch({ partition, from, waitMs, signal }: Ask): Promise<FetchedRecord[]> {
    const fetcher = await borrow()
    try {
      if (signal.aborted) return []
      const { topics } = await fetcher.metadata({ topics: [topic] })
      const { id: topicId, partitions } = topics.get(topic)!
      const wanted = {
        partition,
        fetchOffset: from,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: FETCH_BYTES,
      }
      const response = await fetcher.fetch({
        node: partitions[partition]!.leader,
        topics: [{ topicId, partitions: [wanted] }],
        minBytes: 1,
        maxBytes: FETCH_BYTES,
        maxWaitTime: Math.max(0, Math.ceil(waitMs)),
      })
      return recordsOf(response, partition, from)
    } finally {
      giveBack(fetcher)
    }
  }

  function keep(partition: number, records: FetchedRecord[]) {
    if (records.length === 0) return
    leftovers.set(`${partition}:${records[0]!.offset}`, records)
    if (leftovers.size > LEFTOVERS) leftovers.delete(leftovers.keys().next().value!)
  }
  function takeLeftovers(partition: number, from: bigint) {
    const key = `${partition}:${from}`
    const records = leftovers.get(key)
    leftovers.delete(key)
    return records
  }

  async function fetchUntil(ask: Ask): Promise<FetchedRecord[]> {
    const deadline = Date.now() + ask.waitMs
    for (;;) {
      const leftMs = deadline - Date.now()
      const records = await fetch({ ...ask, waitMs: Math.min(leftMs, LONGEST_FETCH_MS) })
      if (records.length > 0 || leftMs <= LONGEST_FETCH_MS || ask.signal.aborted || isClosed) return records
    }
  }

  return {
    async read(ask) {
      if (isClosed) throw closed()
      if (ask.signal.aborted) return []
      const records =
        takeLeftovers(ask.partition, ask.from) ??
        (await unlessAborted(fetchUntil(ask), ask.signal, () => isClosed))
      keep(ask.partition, records.slice(ask.limit))
      return records.slice(0, ask.limit)
    },
    async close() {
      isClosed = true
      for (const turn of waiting.splice(0)) turn.reject(closed())
      await Promise.allSettled([...all].map((fetcher) => fetcher.close(true)))
    },
  }
}

/** The answer, or nothing as soon as `signal` fires: the fetch itself ends a little later at the broker. */
function unlessAborted(
  fetching: Promise<FetchedRecord[]>,
  signal: AbortSignal,
  isClosed: () => boolean,
): Promise<FetchedRecord[]> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve([])
    signal.addEventListener('abort', stop, { once: true })
    fetching
      .then(resolve, (error) => (signal.aborted || isClosed() ? resolve([]) : reject(error)))
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

/** A batch comes whole, so it may begin before `from`. */
function recordsOf(
  response: Awaited<ReturnType<Consumer['fetch']>>,
  partition: number,
  from: bigint,
): FetchedRecord[] {
  const fetched = response.responses
    .flatMap((topic) => topic.partitions)
    .find((p) => p.partitionIndex === partition)
  const records: FetchedRecord[] = []
  for (const batch of fetched?.records ?? []) {
    if (batch.attributes & CONTROL_BATCH) continue
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta)
      if (offset >= from && record.value) records.push({ offset, value: record.value })
    }
  }
  return records
}
