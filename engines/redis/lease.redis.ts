import { randomUUID } from 'node:crypto'
import type { Leases } from '#kernel/lease.ts'
import { type Redis, script } from './redis.ts'

// The lease runs out, the fence counter must not: two keys in one slot.
const ACQUIRE = script(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end
return 0
`)

const RENEW = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`)

const RELEASE = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

/**
 * Leases in Redis: `lease:{name}` holds the holder, `lease:{name}:fence` the growing fence.
 * As safe as one Redis is: after a fail-over that lost writes a fence can come twice, so keep what must never be
 * done twice behind a fence checked in PostgreSQL.
 */
export function redisLeases(redis: Redis): Leases {
  return {
    async acquire(name, ttlMs) {
      const holder = randomUUID()
      const key = `lease:{${name}}`
      const fence = await redis.run<number>(ACQUIRE, [key, `${key}:fence`], [holder, String(ttlMs)])
      if (fence === 0) return null
      return {
        name,
        fence,
        renew: async (ttlMs) => (await redis.run<number>(RENEW, [key], [holder, String(ttlMs)])) === 1,
        release: async () => {
          await redis.run(RELEASE, [key], [holder])
        },
      }
    },
  }
}
