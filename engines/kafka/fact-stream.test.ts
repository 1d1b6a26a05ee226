import { factStreamContract } from '#kernel/fact-stream.contract.ts'
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
