import type pg from 'pg'
import { postgresFactStream } from '#engines/postgres/fact-stream.ts'
import type { FactStream, NewFact } from '#kernel/fact-log.ts'
import { realEngine } from '#testing/engines.ts'
import type { TestLedger } from '#testing/ledger.ts'

/** A stream of ours and the bare way of the same client to write the same facts to the same engine. */
export interface RawPeer {
  engine: string
  what: string
  stream: FactStream
  write(facts: readonly NewFact[]): Promise<void>
  close(): Promise<void>
}

type Peer = RawPeer | { engine: string; skip: string }

/** Redis and Kafka are measured when they run: `node tools/engines.ts redis kafka -- npm run bench fact-log`. */
export async function rawPeers(own: TestLedger): Promise<Peer[]> {
  return [await postgresPeer(own), await redisPeer(), await kafkaPeer()]
}

async function postgresPeer({ ledger }: TestLedger): Promise<RawPeer> {
  await ledger.everywhere.query('create schema bench')
  await ledger.everywhere.query(
    'create table bench.raw (id bigint generated always as identity primary key, name text, key text, workspace_id text, data jsonb, at timestamptz)',
  )
  const stream = await postgresFactStream(ledger)
  // One connection, as our appends have one: with Redis and Kafka, too, both sides have one client.
  const client = await ledger.pool.connect()
  let before = Promise.resolve()
  return {
    engine: 'postgres',
    what: 'multi-row INSERT',
    stream,
    write(facts) {
      before = before.then(() => insert(client, facts))
      return before
    },
    async close() {
      client.release()
      await stream.close()
    },
  }
}

async function insert(client: pg.PoolClient, facts: readonly NewFact[]): Promise<void> {
  const rows = facts.map((_, i) => `($${i * 5 + 1},$${i * 5 + 2},$${i * 5 + 3},$${i * 5 + 4},$${i * 5 + 5})`)
  const values = facts.flatMap((fact) => [
    fact.name,
    fact.key,
    fact.workspaceId,
    JSON.stringify(fact.data),
    new Date(fact.atMs),
  ])
  await client.query(
    `insert into bench.raw (name, key, workspace_id, data, at) values ${rows.join(',')}`,
    values,
  )
}

async function redisPeer(): Promise<Peer> {
  const real = realEngine('redis')
  if ('skip' in real) return { engine: 'redis', skip: real.skip }
  const { openRedis } = await import('#engines/redis/redis.ts')
  const { redisFactStream } = await import('#engines/redis/fact-stream.redis.ts')
  const { createClient } = await import('redis')
  const redis = await openRedis(real.url)
  const bare = createClient({ url: real.url })
  await bare.connect()
  const stream = redisFactStream(redis, { partitions: 4, keepDays: 1 })
  return {
    engine: 'redis',
    what: 'bare XADD',
    stream,
    async write(facts) {
      await Promise.all(facts.map((fact) => bare.xAdd('bench:raw', '*', { f: JSON.stringify(fact) })))
    },
    async close() {
      await stream.close()
      await redis.close()
      bare.destroy()
    },
  }
}

async function kafkaPeer(): Promise<Peer> {
  const real = realEngine('kafka')
  if ('skip' in real) return { engine: 'kafka', skip: real.skip }
  const { openKafka } = await import('#engines/kafka/kafka.ts')
  const { kafkaFactStream } = await import('#engines/kafka/fact-stream.kafka.ts')
  const kafka = await openKafka(real.url)
  const stream = await kafkaFactStream(kafka, { partitions: 4, keepDays: 1, topic: 'bench-ours' })
  const raw = await kafkaFactStream(kafka, { partitions: 4, keepDays: 1, topic: 'bench-raw' })
  return {
    engine: 'kafka',
    what: 'bare produce',
    stream,
    async write(facts) {
      const messages = facts.map((fact) => ({
        topic: 'bench-raw',
        key: Buffer.from(fact.key),
        value: Buffer.from(JSON.stringify(fact)),
      }))
      await kafka.producer.send({ messages, acks: -1 })
    },
    async close() {
      await raw.close()
      await stream.close()
      await kafka.close()
    },
  }
}
