import { kafkaFactStream } from '#engines/kafka/fact-stream.kafka.ts'
import { openKafka } from '#engines/kafka/kafka.ts'
import { survivesKills, withEngines } from './kills.ts'

withEngines('kafka loses nothing that it acknowledged', ['kafka'], async (engines) => {
  const kafka = await openKafka(engines.urls['kafka']!)
  const stream = await kafkaFactStream(kafka, { partitions: 4, keepDays: 1 })
  await survivesKills(stream, { engines, name: 'kafka', kills: 1 }).finally(async () => {
    await stream.close()
    await kafka.close()
  })
})
