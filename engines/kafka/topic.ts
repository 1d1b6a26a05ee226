import { fault } from '#kernel/fault.ts'
import { type Kafka, kafkaErrorId, kafkaFault } from './kafka.ts'

/**
 * Creates the topic unless it is there. The broker stamps the time of each append, as positions of a time need it.
 * Throws `invalid` when it exists with another number of partitions: keys would move.
 */
export async function ensureTopic(
  { admin }: Kafka,
  { topic, partitions, keepDays }: { topic: string; partitions: number; keepDays: number },
): Promise<void> {
  try {
    await admin.createTopics({
      topics: [topic],
      partitions,
      // The cluster's own default.
      replicas: -1,
      configs: [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'retention.ms', value: String(keepDays * 86_400_000) },
      ],
    })
  } catch (error) {
    if (kafkaErrorId(error) !== 'TOPIC_ALREADY_EXISTS') throw kafkaFault(error)
  }
  const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true }).catch((error) => {
    throw kafkaFault(error)
  })
  const found = topics.get(topic)?.partitionsCount
  if (found !== partitions) {
    throw fault(
      'invalid',
      'kafka/partitions',
      `Topic ${topic} has ${found} partitions, but ${partitions} are set`,
      {
        cure: `Set the number of partitions to ${found}, or name another topic.`,
      },
    )
  }
}
