import { setTimeout as delay } from 'node:timers/promises'
import { kafkaFactStream } from '#engines/kafka/fact-stream.kafka.ts'
import { openKafka } from '#engines/kafka/kafka.ts'
import { redisFactStream } from '#engines/redis/fact-stream.redis.ts'
import { openRedis } from '#engines/redis/redis.ts'
import type { FactStream, NewFact } from '#kernel/fact-log.ts'
import { partitionOf } from '#kernel/fact-log.ts'
import { HOUSE } from '#kernel/id.ts'
import { realEngine } from '#testing/engines.ts'

/*
 * What a fact stream costs over the bare client, and which Kafka client to build on.
 * Appends batches of 500 facts of about 300 bytes one after the other, then reads all of them back.
 * node tools/engines.ts redis kafka -- node bench/fact-stream-clients.ts
 */
const PARTITIONS = 8
const BATCH = 500
const BATCHES = Number(process.argv[2] ?? 100)
const ROUNDS = 5
/** Untimed batches of each round: a new topic is slow until its partitions have found their leader. */
const WARM_UP = 10
const TOTAL = BATCH * BATCHES

interface Subject {
  name: string
  /** A fresh stream or topic for one round. */
  open(round: number): Promise<{
    append(batch: readonly NewFact[]): Promise<unknown>
    /** Reads `TOTAL` facts back; returns the ms that it took. */
    readAll(): Promise<number>
    close(): Promise<unknown>
  }>
}

const batch = (nth: number): NewFact[] =>
  Array.from({ length: BATCH }, (_, i) => ({
    name: 'bench.told',
    version: 1,
    key: `key-${(nth * BATCH + i) % 1000}`,
    workspaceId: HOUSE,
    data: { id: '7301234567890123456', i, text: 'x'.repeat(150) },
    atMs: 1_700_000_000_000,
  }))

const timed = async (work: () => Promise<unknown>) => {
  const since = performance.now()
  await work()
  return performance.now() - since
}

const topicName = (name: string, round: number) => `bench-${name.replace(/\W/g, '')}-${process.pid}-${round}`

async function readStream(stream: FactStream): Promise<void> {
  let read = 0
  const signal = new AbortController().signal
  const partitions = Array.from({ length: PARTITIONS }, async (_, partition) => {
    for (let after = await stream.start(partition); ; ) {
      const facts = await stream.read({ partition, after, limit: BATCH, waitMs: 0, signal })
      if (facts.length === 0) return
      read += facts.length
      after = facts.at(-1)!.position
    }
  })
  await Promise.all(partitions)
  if (read !== TOTAL) throw new Error(`read ${read} of ${TOTAL}`)
}

function redisSubjects(url: string): Subject[] {
  return [
    {
      name: 'redis (bare XADD/XREAD)',
      async open(round) {
        const { createClient } = await import('redis')
        const client = createClient({ url, RESP: 2, commandOptions: { timeout: 0 } })
        await client.connect()
        const key = (partition: number) => `${topicName('bare', round)}:${partition}`
        const readOne = async (partition: number) => {
          for (let after = '0-0', read = 0; ; ) {
            const command = ['XREAD', 'COUNT', String(BATCH), 'STREAMS', key(partition), after]
            const reply = (await client.sendCommand(command)) as unknown as
              | [string, [string, string[]][]][]
              | null
            if (!reply) return read
            read += reply[0]![1].map(([, [, text]]) => JSON.parse(text!)).length
            after = reply[0]![1].at(-1)![0]
          }
        }
        return {
          append: (facts) =>
            Promise.all(
              facts.map((fact) =>
                client.sendCommand([
                  'XADD',
                  key(partitionOf(fact.key, PARTITIONS)),
                  '*',
                  'f',
                  JSON.stringify(fact),
                ]),
              ),
            ),
          readAll: () => timed(() => Promise.all(Array.from({ length: PARTITIONS }, (_, p) => readOne(p)))),
          async close() {
            await client.del(Array.from({ length: PARTITIONS }, (_, p) => key(p)))
            client.destroy()
          },
        }
      },
    },
    {
      name: 'redis fact stream',
      async open(round) {
        const redis = await openRedis(url)
        const prefix = topicName('ours', round)
        const stream = redisFactStream(redis, { partitions: PARTITIONS, keepDays: 7, prefix })
        return {
          append: (facts) => stream.append(facts),
          readAll: () => timed(() => readStream(stream)),
          async close() {
            for (let p = 0; p < PARTITIONS; p++) await redis.send('', ['DEL', `${prefix}:{${p}}`])
            await stream.close()
            await redis.close()
          },
        }
      },
    },
  ]
}

/** A message as all Kafka subjects send it: the same partition, key and text. */
const message = (fact: NewFact) => ({
  partition: partitionOf(fact.key, PARTITIONS),
  key: Buffer.from(fact.key),
  value: Buffer.from(JSON.stringify(fact)),
})

function kafkaSubjects(brokers: string): Subject[] {
  const createTopic = async (topic: string) => {
    const kafka = await openKafka(brokers)
    await (await kafkaFactStream(kafka, { partitions: PARTITIONS, keepDays: 7, topic })).close()
    await kafka.close()
  }
  return [
    {
      name: 'kafkajs (bare)',
      async open(round) {
        const { Kafka, logLevel } = (await import('kafkajs')).default
        const topic = topicName('kafkajs', round)
        await createTopic(topic)
        const kafka = new Kafka({
          clientId: 'bench',
          brokers: brokers.split(','),
          logLevel: logLevel.NOTHING,
        })
        const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
        await producer.connect()
        return {
          append: (facts) => producer.send({ topic, acks: -1, messages: facts.map(message) }),
          async readAll() {
            const consumer = kafka.consumer({ groupId: topic, maxBytesPerPartition: 524_288 })
            await consumer.connect()
            await consumer.subscribe({ topic, fromBeginning: true })
            let read = 0
            // Joining the group takes its time; count from the first fetch that it starts.
            let since = performance.now()
            consumer.on(consumer.events.GROUP_JOIN, () => {
              since = performance.now()
            })
            const tookMs = await new Promise<number>((resolve, reject) => {
              consumer
                .run({
                  autoCommit: false,
                  partitionsConsumedConcurrently: PARTITIONS,
                  eachBatch: async ({ batch }) => {
                    for (const each of batch.messages) JSON.parse(each.value!.toString())
                    read += batch.messages.length
                    if (read >= TOTAL) resolve(performance.now() - since)
                  },
                })
                .catch(reject)
            })
            await consumer.disconnect()
            return tookMs
          },
          close: () => producer.disconnect(),
        }
      },
    },
    {
      name: '@platformatic/kafka (bare)',
      async open(round) {
        const { Producer, Consumer, MessagesStreamModes } = await import('@platformatic/kafka')
        const topic = topicName('platformatic', round)
        await createTopic(topic)
        const options = { clientId: 'bench', bootstrapBrokers: brokers.split(',') }
        const producer = new Producer({ ...options, idempotent: true, acks: -1 })
        return {
          append: (facts) => producer.send({ messages: facts.map((fact) => ({ topic, ...message(fact) })) }),
          async readAll() {
            const consumer = new Consumer({ ...options, groupId: topic, autocommit: false })
            const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST })
            let read = 0
            const tookMs = await timed(async () => {
              for await (const each of stream) {
                JSON.parse(each.value.toString())
                if (++read >= TOTAL) break
              }
            })
            await stream.close()
            await consumer.close(true)
            return tookMs
          },
          close: () => producer.close(),
        }
      },
    },
    {
      name: 'kafka fact stream',
      async open(round) {
        const kafka = await openKafka(brokers)
        const stream = await kafkaFactStream(kafka, {
          partitions: PARTITIONS,
          keepDays: 7,
          topic: topicName('ours', round),
        })
        return {
          append: (facts) => stream.append(facts),
          readAll: () => timed(() => readStream(stream)),
          async close() {
            await stream.close()
            await kafka.close()
          },
        }
      },
    },
  ]
}

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!

async function measure(subjects: Subject[]): Promise<void> {
  const results = new Map(
    subjects.map(({ name }) => [name, { append: [] as number[], read: [] as number[] }]),
  )
  // Round 0 warms up; the order turns so that nobody always follows the same neighbour.
  for (let round = 0; round <= ROUNDS; round++) {
    const turned = round % 2 ? subjects.toReversed() : subjects
    for (const { name, open } of turned) {
      const opened = await open(round)
      const batches = Array.from({ length: BATCHES }, (_, i) => batch(i))
      for (const facts of batches.slice(0, WARM_UP)) await opened.append(facts)
      const appendMs = await timed(async () => {
        for (const facts of batches.slice(WARM_UP)) await opened.append(facts)
      })
      await delay(200)
      const readMs = await opened.readAll()
      await opened.close()
      if (round === 0) continue
      results.get(name)!.append.push(((TOTAL - WARM_UP * BATCH) / appendMs) * 1000)
      results.get(name)!.read.push((TOTAL / readMs) * 1000)
    }
  }
  for (const [name, { append, read }] of results) {
    const perSecond = (numbers: number[]) => Math.round(median(numbers)).toLocaleString('en').padStart(10)
    console.log(`${name.padEnd(28)} append ${perSecond(append)} facts/s   read ${perSecond(read)} facts/s`)
  }
  const ours = results.get(subjects.at(-1)!.name)!
  for (const { name } of subjects.slice(0, -1)) {
    const bare = results.get(name)!
    const ratio = (way: 'append' | 'read') => (median(ours[way]) / median(bare[way])).toFixed(2)
    console.log(`  ours / ${name}: append ${ratio('append')}, read ${ratio('read')}`)
  }
}

console.log(`${BATCHES} batches of ${BATCH} facts, ${PARTITIONS} partitions, median of ${ROUNDS} rounds`)
for (const [engine, subjectsAt] of [
  ['redis', redisSubjects],
  ['kafka', kafkaSubjects],
] as const) {
  const real = realEngine(engine)
  if ('skip' in real) console.log(real.skip)
  else await measure(subjectsAt(real.url))
}
