import { script } from '#engines/redis/redis.ts'
import { MOST_OFF_HOURS } from './flash-sale.ts'

// Keys of a sale, or of one shard of it, all with its {hash tag}:
//   1 sale      hash: opens, closes, hold (ms), limit, status, shards, epoch, ready;
//               off: attempts that came too early or too late
//   2 stock     hash: n:<sku> stock, f:<sku> free, h:<sku> held, s:<sku> sold, l:<sku> limit per buyer;
//               u:<sku> how often free units came in, by a release, a raise or from another shard
//   3 bought    hash: "<buyer> <sku>" and "<buyer> " -> units held and sold
//   4 attempts  hash: attempt -> "<state>|<expires>|<buyer>|<items or sku>"; states: h held, s sold, r released,
//               o refused as sold-out, l refused for the limit, n not open, c closed
//   5 holds     sorted set: attempt by the time its hold ends
//   6 intents   stream: one entry per script run that changed something
//   7 moves     hash, of units between shards: see moves.redis.ts
//   8 claims    hash: attempt -> buyer, where a sale has shards
//
// ARGV[1] is the last intent that the caller knows of. A Redis that does not have it any more has lost data: it must
// not sell what it has forgotten selling, so it answers `behind` until it was rebuilt from the ledger.
export const HEAD = `
local SALE, STOCK, BOUGHT, ATTEMPTS, HOLDS, INTENTS, MOVES, CLAIMS = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sale = {}
do
  local flat = redis.call('HGETALL', SALE)
  for i = 1, #flat, 2 do sale[flat[i]] = flat[i + 1] end
end
if sale.ready ~= '1' then return {'behind'} end

local function older(a, b)
  local am, as = string.match(a, '(%d+)-(%d+)')
  local bm, bs = string.match(b, '(%d+)-(%d+)')
  am, as, bm, bs = tonumber(am), tonumber(as), tonumber(bm), tonumber(bs)
  return am < bm or (am == bm and as < bs)
end
local function remembers(id)
  if id == '' or #redis.call('XRANGE', INTENTS, id, id) > 0 then return true end
  local first = redis.call('XRANGE', INTENTS, '-', '+', 'COUNT', 1)
  return #first > 0 and older(id, first[1][1])
end
if not remembers(ARGV[1]) then return {'behind'} end

-- Lua hands over at most some thousand values at once.
local function calls(command, key, values)
  for from = 1, #values, 4000 do
    redis.call(command, key, unpack(values, from, math.min(from + 3999, #values)))
  end
end
local function lines(items)
  local found = {}
  for sku, quantity in string.gmatch(items, '([^=,]+)=(%d+)') do
    found[#found + 1] = {sku, tonumber(quantity)}
  end
  return found
end
local function split(known)
  return string.match(known, '^(%a)|(%d+)|([^|]*)|(.*)$')
end
local function offHours()
  if sale.status == 'closed' or now >= tonumber(sale.closes) then return 'c' end
  if sale.status == 'paused' or now < tonumber(sale.opens) then return 'n' end
end
local shards = tonumber(sale.shards or 1)
local mostOff = math.floor(${MOST_OFF_HOURS} / shards)
`

/**
 * ARGV: last known intent, reach, then attempt, buyer, items of each attempt. Answers: last intent, now, then one record
 * each. The reach is '' where all units are here, '?' where other shards may have some, or how many there were in all
 * shards at one instant since the attempts came (`A=2,B=0`). Only who knows that there are too few says sold-out; the
 * others answer `m`: more are needed here, and nothing was decided.
 */
export const RESERVE = script(`${HEAD}
local count = (#ARGV - 2) / 3
local alone, total = ARGV[2] == '', {}
for sku, units in string.gmatch(ARGV[2], '([^=,?]+)=(%d+)') do total[sku] = tonumber(units) end
local stock = {}
do
  local flat = redis.call('HGETALL', STOCK)
  for i = 1, #flat, 2 do stock[flat[i]] = tonumber(flat[i + 1]) end
end
local wanted = {}
for i = 1, count do wanted[i] = ARGV[i * 3] end
local known = redis.call('HMGET', ATTEMPTS, unpack(wanted))
local limit = tonumber(sale.limit)
local expires = string.format('%.0f', now + tonumber(sale.hold))

local bought, fresh, moved = {}, {}, {}
local function has(key)
  if not bought[key] then bought[key] = tonumber(redis.call('HGET', BOUGHT, key) or 0) end
  return bought[key]
end
local function add(key, quantity)
  bought[key] = has(key) + quantity
  moved[key] = true
end
-- The SKU of which there is not enough anywhere; otherwise whether more are needed here, or that it is not known.
local function short(basket, least)
  local more = false
  for _, line in ipairs(basket) do
    local sku, needed = line[1], least or line[2]
    if stock['f:' .. sku] < needed then
      if alone or (total[sku] and total[sku] < needed) then return sku end
      if not total[sku] then return nil, true end
      more = true
    end
  end
  return nil, more
end
local function overLimit(buyer, basket)
  local units = 0
  for _, line in ipairs(basket) do
    local most = stock['l:' .. line[1]]
    if most and has(buyer .. ' ' .. line[1]) + line[2] > most then return line[1] end
    units = units + line[2]
  end
  if limit and has(buyer .. ' ') + units > limit then return '' end
end
local off, offBefore = offHours(), tonumber(sale.off or 0)
local offCount = offBefore
local function decide(buyer, items, basket)
  if off then
    if offCount >= mostOff then return string.upper(off) .. '|0||' end
    offCount = offCount + 1
    return off .. '|0|' .. buyer .. '|'
  end
  for _, line in ipairs(basket) do
    if not stock['f:' .. line[1]] then return 'u|0||' .. line[1] end
  end
  local out, more = short(basket, 1)
  if out then return 'o|0|' .. buyer .. '|' .. out end
  if more then return 'm|0||' end
  local over = overLimit(buyer, basket)
  if over then return 'l|0|' .. buyer .. '|' .. over end
  out, more = short(basket)
  if out then return 'o|0|' .. buyer .. '|' .. out end
  if more then return 'm|0||' end
  return 'h|' .. expires .. '|' .. buyer .. '|' .. items
end

local answers, attempts, holds, intents, touched = {'', now}, {}, {}, {}, {}
for i = 1, count do
  local attempt, buyer, items = wanted[i], ARGV[i * 3 + 1], ARGV[i * 3 + 2]
  local before = fresh[attempt] or known[i]
  local answer
  if before then
    local _, _, owner = split(before)
    answer = owner == buyer and before or 't|0||'
  else
    local basket = lines(items)
    answer = decide(buyer, items, basket)
    local state = string.sub(answer, 1, 1)
    if string.find('holnc', state) then
      fresh[attempt] = answer
      attempts[#attempts + 1] = attempt
      attempts[#attempts + 1] = answer
    end
    if state == 'h' then
      for _, line in ipairs(basket) do
        local sku, quantity = line[1], line[2]
        stock['f:' .. sku] = stock['f:' .. sku] - quantity
        stock['h:' .. sku] = stock['h:' .. sku] + quantity
        touched[sku] = true
        if stock['l:' .. sku] then add(buyer .. ' ' .. sku, quantity) end
        if limit then add(buyer .. ' ', quantity) end
      end
      holds[#holds + 1] = expires
      holds[#holds + 1] = attempt
      intents[#intents + 1] = attempt
      intents[#intents + 1] = buyer .. '|' .. items
    end
  end
  answers[i + 2] = answer
end

if offCount > offBefore then redis.call('HSET', SALE, 'off', offCount) end
if #attempts > 0 then calls('HSET', ATTEMPTS, attempts) end
if #intents > 0 then
  local counts, buyers = {}, {}
  for sku in pairs(touched) do
    for _, kind in ipairs({'f:', 'h:'}) do
      counts[#counts + 1] = kind .. sku
      counts[#counts + 1] = stock[kind .. sku]
    end
  end
  for key in pairs(moved) do
    buyers[#buyers + 1] = key
    buyers[#buyers + 1] = bought[key]
  end
  calls('HSET', STOCK, counts)
  if #buyers > 0 then calls('HSET', BOUGHT, buyers) end
  calls('ZADD', HOLDS, holds)
  answers[1] = redis.call('XADD', INTENTS, '*', 'reserve', expires, 'at', now, unpack(intents))
end
return answers
`)

/**
 * ARGV: last known intent, `s` or `r` (sold, released), reason, how many due holds to take, then attempts.
 * Answers: last intent, now, then the state of each before, or `?`.
 */
export const SETTLE = script(`${HEAD}
local to, reason, due = ARGV[2], ARGV[3], tonumber(ARGV[4])
local wanted = {}
for i = 5, #ARGV do wanted[#wanted + 1] = ARGV[i] end
if due > 0 then wanted = redis.call('ZRANGEBYSCORE', HOLDS, '-inf', now, 'LIMIT', 0, due) end
local answers, intents = {'', now}, {}
local target = to == 's' and 's:' or 'f:'
for i, attempt in ipairs(wanted) do
  local known = redis.call('HGET', ATTEMPTS, attempt)
  local state, expires, buyer, items
  if known then state, expires, buyer, items = split(known) end
  answers[i + 2] = state or '?'
  if state == 'h' then
    for _, line in ipairs(lines(items)) do
      local sku, quantity = line[1], line[2]
      redis.call('HINCRBY', STOCK, 'h:' .. sku, -quantity)
      redis.call('HINCRBY', STOCK, target .. sku, quantity)
      if to == 'r' then
        if shards > 1 then redis.call('HINCRBY', STOCK, 'u:' .. sku, 1) end
        for _, key in ipairs({buyer .. ' ' .. sku, buyer .. ' '}) do
          if redis.call('HEXISTS', BOUGHT, key) == 1 then redis.call('HINCRBY', BOUGHT, key, -quantity) end
        end
      end
    end
    redis.call('HSET', ATTEMPTS, attempt, to .. '|' .. expires .. '|' .. buyer .. '|' .. items)
    redis.call('ZREM', HOLDS, attempt)
    intents[#intents + 1] = attempt
    intents[#intents + 1] = buyer .. '|' .. items
  end
end
if #intents > 0 then
  answers[1] = redis.call('XADD', INTENTS, '*', to == 's' and 'confirm' or 'release', reason, 'at', now, unpack(intents))
end
return answers
`)

/** ARGV: last known intent, SKU, units on sale in all. Answers: last intent, now, 0 or how many free units are wanting here. */
export const SET_STOCK = script(`${HEAD}
local sku, delta = ARGV[2], tonumber(ARGV[3]) - tonumber(redis.call('HGET', STOCK, 'n:' .. ARGV[2]))
local left = tonumber(redis.call('HGET', STOCK, 'f:' .. sku)) + delta
if left < 0 then return {'', now, -left} end
if delta == 0 then return {'', now, 0} end
redis.call('HINCRBY', STOCK, 'n:' .. sku, delta)
redis.call('HINCRBY', STOCK, 'f:' .. sku, delta)
if delta > 0 and shards > 1 then redis.call('HINCRBY', STOCK, 'u:' .. sku, 1) end
return {redis.call('XADD', INTENTS, '*', 'stock', delta, 'at', now, sku, ''), now, 0}
`)

/** ARGV: last known intent. Answers: last intent, now, all of `stock`, all of `moves`. */
export const SNAPSHOT = script(`${HEAD}
local last = redis.call('XREVRANGE', INTENTS, '+', '-', 'COUNT', 1)
return {last[1] and last[1][1] or '', now, redis.call('HGETALL', STOCK), redis.call('HGETALL', MOVES)}
`)

/** ARGV: how many terms, the terms, the units. Only what was never there is opened. */
export const OPEN = script(`
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local terms = tonumber(ARGV[1])
redis.call('HSET', KEYS[1], 'ready', '1', unpack(ARGV, 2, terms + 1))
redis.call('HSET', KEYS[2], unpack(ARGV, terms + 2))
return 1
`)
