import assert from 'node:assert/strict'
import { test } from 'node:test'
import { factStreamContract } from '#kernel/fact-stream.contract.ts'
import { HOUSE } from '#kernel/id.ts'
import { realEngine } from '#testing/engines.ts'
import { kafkaFactStream } from './fact-stream.kafka.ts'
import { openKafka } from './kafka.ts'

factStreamContract('kafka', async () => {
  const real = realEngine('kafka')
  if ('skip' in real) return real
  const kafka = await openKafka(real.url)
  const stream = await kafkaFactStream(kafka, {
    partitions: 4,
    keepDays: 7,
    topic: `test-facts-${Date.now()}`,
  })
  return {
    stream,
    async close() {
      await stream.close()
      await kafka.close()
    },
  }
})

const real = realEngine('kafka')
const skip = 'skip' in real && real.skip
const url = 'url' in real ? real.url : ''

test('kafka: a fact that is too large is invalid and does not harm the next', {
  skip,
  timeout: 60_000,
}, async () => {
  const kafka = await openKafka(url)
  const stream = await kafkaFactStream(kafka, {
    partitions: 1,
    keepDays: 1,
    topic: `test-large-${Date.now()}`,
  })
  const fact = { name: 'test.told', version: 1, key: 'k', workspaceId: HOUSE, atMs: 0 }
  const tooLarge = stream.append([{ ...fact, data: 'x'.repeat(2_000_000) }])
  await assert.rejects(tooLarge, { kind: 'invalid', code: 'kafka/too-large' })
  await stream.append([{ ...fact, data: 'small' }])
  assert.equal(await stream.lag(0, await stream.start(0)), 1)
  await stream.close()
  await kafka.close()
})

test('kafka: refuses a topic with another number of partitions', { skip, timeout: 60_000 }, async () => {
  const kafka = await openKafka(url)
  const topic = `test-partitions-${Date.now()}`
  await (await kafkaFactStream(kafka, { partitions: 2, keepDays: 1, topic })).close()
  const other = kafkaFactStream(kafka, { partitions: 3, keepDays: 1, topic })
  await assert.rejects(other, { kind: 'invalid', code: 'kafka/partitions' })
  await kafka.close()
})

test('a Kafka that is away is unavailable', { timeout: 60_000 }, async () => {
  await assert.rejects(openKafka('127.0.0.1:1'), { kind: 'unavailable', code: 'kafka/away' })
})
