import type { Fact, FactStream } from '#kernel/fact-log.ts'
import { partitionOf } from '#kernel/fact-log.ts'
import { type Kafka, kafkaErrorId, kafkaFault } from './kafka.ts'
import { type FetchedRecord, partitionReader } from './partition-reader.ts'
import { produceQueue } from './produce-queue.ts'
import { ensureTopic } from './topic.ts'

const EARLIEST = -2n
const LATEST = -1n

/**
 * Facts in one Kafka topic (created when missing), kept for `keepDays`. A position is the offset of the last fact
 * read. Kafka's own consumer groups are not used. At most `readers` connections wait for facts.
 */
export async function kafkaFactStream(
  kafka: Kafka,
  {
    partitions,
    keepDays,
    topic = 'facts',
    readers = 64,
  }: {
    partitions: number
    keepDays: number
    topic?: string
    readers?: number
  },
): Promise<FactStream> {
  await ensureTopic(kafka, { topic, partitions, keepDays })
  const reader = partitionReader(kafka, topic, readers)
  const produce = produceQueue((messages) => kafka.producer.send({ messages }))
  const asker = kafka.fetcher()

  /** The first offset that fits `timestamp`, or -1 when there is none. */
  async function offsetAt(partition: number, timestamp: bigint): Promise<bigint> {
    const offsets = await asker.listOffsets({
      topics: [topic],
      partitions: { [topic]: [partition] },
      timestamp,
    })
    return offsets.get(topic)![partition]!
  }
  const before = (offset: bigint) => String(offset - 1n)
  const translated = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error) => {
      throw kafkaFault(error)
    })

  return {
    partitions,
    append: (facts) =>
      translated(
        produce(
          facts.map((fact) => ({
            topic,
            partition: partitionOf(fact.key, partitions),
            key: Buffer.from(fact.key),
            value: Buffer.from(JSON.stringify(fact)),
          })),
        ),
      ),
    async read({ partition, after, limit, waitMs, signal }) {
      const from = BigInt(after) + 1n
      const ask = { partition, limit, waitMs, signal }
      const records = await reader.read({ ...ask, from }).catch(async (error) => {
        if (kafkaErrorId(error) !== 'OFFSET_OUT_OF_RANGE') throw kafkaFault(error)
        // Retention has removed what comes next: go on with the first that is kept.
        const first = await translated(offsetAt(partition, EARLIEST))
        return first > from ? translated(reader.read({ ...ask, from: first })) : []
      })
      return records.map((record) => factOf(record, partition))
    },
    start: async (partition) => before(await translated(offsetAt(partition, EARLIEST))),
    end: async (partition) => before(await translated(offsetAt(partition, LATEST))),
    async positionAt(partition, atMs) {
      const offset = await translated(offsetAt(partition, BigInt(Math.max(0, Math.ceil(atMs)))))
      return before(offset >= 0n ? offset : await translated(offsetAt(partition, LATEST)))
    },
    async lag(partition, after) {
      const ends = [offsetAt(partition, EARLIEST), offsetAt(partition, LATEST)]
      const [earliest, latest] = (await translated(Promise.all(ends))) as [bigint, bigint]
      const next = BigInt(after) + 1n
      return Math.max(0, Number(latest - (next > earliest ? next : earliest)))
    },
    async close() {
      await Promise.allSettled([reader.close(), asker.close(true)])
    },
  }
}

function factOf({ offset, value }: FetchedRecord, partition: number): Fact {
  return Object.assign(JSON.parse(value.toString()), { partition, position: String(offset) })
}
