import type { Redis } from '#engines/redis/redis.ts'
import { REPEATS_KEPT_SECONDS, type Repeats, repeatKey } from './repeats.ts'

/** One key each, gone after a day. Keys of one batch may lie on different nodes of a cluster, so each is asked alone, all at once. */
export const redisRepeats = (redis: Redis): Repeats => ({
  seen: (messages) =>
    Promise.all(
      messages.map(async (message) => {
        const key = repeatKey(message)
        return (await redis.send<number>(key, ['EXISTS', key])) === 1
      }),
    ),
  async note(messages) {
    await Promise.all(
      messages.map((message) => {
        const key = repeatKey(message)
        return redis.send(key, ['SET', key, '1', 'EX', String(REPEATS_KEPT_SECONDS)])
      }),
    )
  },
})
