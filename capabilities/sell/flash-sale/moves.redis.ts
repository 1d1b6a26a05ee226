import { script } from '#engines/redis/redis.ts'
import { HEAD } from './scripts.redis.ts'

// How units go from one shard to another, each of which may be on another node, so that none is lost or doubled
// wherever a process ends in between. The giver writes down what it gave, and gives nothing more to that receiver until
// it knows that it arrived; the receiver takes each number once, in order. So whoever finds a move under way can finish
// it, any number of times.
//
// Fields of `moves`:
//   q:<to>    how many moves have gone to that shard
//   o:<to>    the one under way, if any: <number>|<its intent>|<items>
//   i:<from>  how many have come from that shard
//
// A rebuilt sale has another epoch, and takes nothing that left before.

/** ARGV: last known intent, receiver, items. Answers: last intent, now, epoch, the move under way to it, '' for none. */
export const GIVE = script(`${HEAD}
local to = ARGV[2]
local open = redis.call('HGET', MOVES, 'o:' .. to)
if open then return {'', now, sale.epoch, open} end
local given = {}
for _, line in ipairs(lines(ARGV[3])) do
  local field = 'f:' .. line[1]
  local units = math.min(line[2], tonumber(redis.call('HGET', STOCK, field) or 0))
  if units > 0 then
    redis.call('HINCRBY', STOCK, field, -units)
    given[#given + 1] = line[1] .. '=' .. string.format('%d', units)
  end
end
if #given == 0 then return {'', now, sale.epoch, ''} end
local items = table.concat(given, ',')
local nth = redis.call('HINCRBY', MOVES, 'q:' .. to, 1)
local id = redis.call('XADD', INTENTS, '*', 'give', to, 'at', now, nth, items)
local move = nth .. '|' .. id .. '|' .. items
redis.call('HSET', MOVES, 'o:' .. to, move)
return {id, now, sale.epoch, move}
`)

/** ARGV: last known intent, giver, epoch, the move. Answers: last intent, now, 1 when it is here, 0 when it is of another epoch. */
export const TAKE = script(`${HEAD}
local from = ARGV[2]
if sale.epoch ~= ARGV[3] then return {'', now, 0} end
local nth, cause, items = string.match(ARGV[4], '^(%d+)|([^|]*)|(.*)$')
local had = tonumber(redis.call('HGET', MOVES, 'i:' .. from) or 0)
if tonumber(nth) <= had then return {'', now, 1} end
if tonumber(nth) > had + 1 then return {'behind'} end
for _, line in ipairs(lines(items)) do
  redis.call('HINCRBY', STOCK, 'f:' .. line[1], line[2])
  redis.call('HINCRBY', STOCK, 'u:' .. line[1], 1)
end
redis.call('HSET', MOVES, 'i:' .. from, nth)
return {redis.call('XADD', INTENTS, '*', 'take', from .. ' ' .. cause, 'at', now, nth, items), now, 1}
`)

/** ARGV: last known intent, receiver, epoch, the move that has arrived. The giver may give again. */
export const ARRIVED = script(`${HEAD}
if sale.epoch == ARGV[3] and redis.call('HGET', MOVES, 'o:' .. ARGV[2]) == ARGV[4] then
  redis.call('HDEL', MOVES, 'o:' .. ARGV[2])
end
return {'', now}
`)

/**
 * ARGV: last known intent, then attempt and buyer of each, the buyer '' to only look. Answers: '', now, then for each
 * `=` and the buyer whose attempt it is, `?` for nobody's, `C` or `N` when no more can be remembered outside of hours.
 * An attempt is one buyer's wherever buyers are at home, and from its id alone the buyer is found.
 */
export const CLAIM = script(`${HEAD}
local answers = {'', now}
local off, offBefore = offHours(), tonumber(sale.offClaims or 0)
local offCount = offBefore
for i = 2, #ARGV, 2 do
  local attempt, buyer = ARGV[i], ARGV[i + 1]
  local owner = redis.call('HGET', CLAIMS, attempt)
  local answer = owner and '=' .. owner or '?'
  if not owner and buyer ~= '' then
    if off and offCount >= mostOff then
      answer = string.upper(off)
    else
      if off then offCount = offCount + 1 end
      redis.call('HSET', CLAIMS, attempt, buyer)
      answer = '=' .. buyer
    end
  end
  answers[#answers + 1] = answer
end
if offCount > offBefore then redis.call('HSET', SALE, 'offClaims', offCount) end
return answers
`)
