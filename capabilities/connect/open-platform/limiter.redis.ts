import { type Redis, script } from '#engines/redis/redis.ts'
import type { Limiter } from './limiter.ts'

// Fields: t tokens, f filled at, b blocked until, s strikes, k struck at; all times in ms of this Redis.
const TAKE = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rate, burst, want, spare = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local was = redis.call('HMGET', KEYS[1], 't', 'f', 'b')
local blocked = tonumber(was[3] or 0)
if blocked > now then return {0, math.ceil(blocked - now)} end
local level = burst
if was[1] then level = math.min(burst, tonumber(was[1]) + math.max(0, now - tonumber(was[2])) * rate) end
local granted = math.min(want, math.max(0, math.floor(level - spare)))
redis.call('HSET', KEYS[1], 't', tostring(level - granted), 'f', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(120000, burst / rate * 2)))
if granted > 0 then return {granted, 0} end
return {0, math.ceil((spare + 1 - level) / rate)}
`)

const PENALISE = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local least, base, cap, draw = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local was = redis.call('HMGET', KEYS[1], 'b', 's', 'k', 't')
local strikes = 0
if was[3] and now - tonumber(was[3]) < 60000 then strikes = math.min(20, tonumber(was[2])) end
local untilMs = now + math.max(least, draw * math.min(cap, base * 2 ^ strikes))
if was[1] then untilMs = math.max(untilMs, tonumber(was[1])) end
redis.call('HSET', KEYS[1], 'b', string.format('%.3f', untilMs), 's', strikes + 1, 'k', string.format('%.3f', now))
if not was[4] then redis.call('HSET', KEYS[1], 't', '0', 'f', string.format('%.3f', now)) end
redis.call('PEXPIRE', KEYS[1], math.ceil(untilMs - now + 120000))
return math.ceil(untilMs - now)
`)

/** Buckets as hashes `open-platform:{bucket}`, each moved by one script. */
export function redisLimiter(redis: Redis): Limiter {
  const keyOf = (bucket: string) => `open-platform:{${bucket}}`
  return {
    async take({ bucket, rate, burst, want, spare }) {
      const [granted, waitMs] = await redis.run<[number, number]>(
        TAKE,
        [keyOf(bucket)],
        [String(rate), String(burst), String(want), String(spare)],
      )
      return { granted, waitMs: Math.max(1, waitMs) }
    },
    penalise: (bucket, { atLeastMs, baseMs, capMs }) =>
      redis.run<number>(
        PENALISE,
        [keyOf(bucket)],
        [String(atLeastMs), String(baseMs), String(capMs), String(Math.random())],
      ),
  }
}
