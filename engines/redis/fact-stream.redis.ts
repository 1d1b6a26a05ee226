import type { Fact, FactStream, NewFact } from '#kernel/fact-log.ts'
import { partitionOf } from '#kernel/fact-log.ts'
import { connectionPool } from './connection-pool.ts'
import { type Redis, script } from './redis.ts'

type FactToTell = NewFact & { relayNo?: string | undefined }
type Entry = [id: string, fields: [field: string, fact: string]]

/**
 * Appends all of a batch or nothing. An entry's id is `<ms of the append>-<number in the partition>`: time finds a
 * position and the number makes the lag a subtraction. The server's clock may step back; ids may not.
 * KEYS: the stream. ARGV: how long facts are kept in ms, then the facts.
 */
const APPEND = script(`
local time = redis.call('TIME')
local ms = time[1] * 1000 + math.floor(time[2] / 1000)
local keepMs, number, oldest = tonumber(ARGV[1]), 0, ms - tonumber(ARGV[1])
local info = redis.pcall('XINFO', 'STREAM', KEYS[1])
if not info.err then
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      local lastMs, lastNumber = string.match(info[i + 1], '(%d+)-(%d+)')
      ms, number = math.max(ms, tonumber(lastMs)), tonumber(lastNumber)
    end
  end
end
local prefix = string.format('%.0f-', ms)
for i = 2, #ARGV do
  number = number + 1
  redis.call('XADD', KEYS[1], prefix .. string.format('%.0f', number), 'f', ARGV[i])
end
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', math.max(oldest, 0)))
return number
`)

/** Facts per script: a longer one would hold up everybody else on the server. */
const BATCH = 500
const HIGHEST_NUMBER = '18446744073709551615'
const START = '0-0'

/**
 * Facts in Redis Streams, one stream per partition (`facts:{0}`, `facts:{1}`, ...), kept for `keepDays`.
 * Durable only on a Redis with `appendonly yes` and `appendfsync always`: its default `everysec` may answer before it
 * has written, so that a killed server forgets up to two seconds. Each read that waits holds one of `readers` connections.
 */
export function redisFactStream(
  redis: Redis,
  {
    partitions,
    keepDays,
    prefix = 'facts',
    readers = 256,
  }: {
    partitions: number
    keepDays: number
    prefix?: string
    readers?: number
  },
): FactStream {
  const keepMs = String(keepDays * 86_400_000)
  const pool = connectionPool(redis, readers)
  const keyOf = (partition: number) => `${prefix}:{${partition}}`
  const first = (partition: number, from: string) =>
    redis.send<Entry[]>(keyOf(partition), ['XRANGE', keyOf(partition), from, '+', 'COUNT', '1'])
  const last = (partition: number) =>
    redis.send<Entry[]>(keyOf(partition), ['XREVRANGE', keyOf(partition), '+', '-', 'COUNT', '1'])

  return {
    partitions,
    async append(facts) {
      const batches = [...byPartition(facts, partitions)].map(async ([partition, texts]) => {
        // One after the other: a script that is new to the server is sent again and could be overtaken.
        for (let i = 0; i < texts.length; i += BATCH) {
          await redis.run(APPEND, [keyOf(partition)], [keepMs, ...texts.slice(i, i + BATCH)])
        }
      })
      await Promise.all(batches)
    },
    async read({ partition, after, limit, waitMs, signal }) {
      const key = keyOf(partition)
      const command = ['XREAD', 'COUNT', String(limit), 'STREAMS', key, after]
      // BLOCK 0 would wait for ever.
      if (waitMs >= 1) command.splice(3, 0, 'BLOCK', String(Math.ceil(waitMs)))
      const reply = await pool.use(signal, waitMs, (connection) =>
        connection.send<[string, Entry[]][] | null>(key, command),
      )
      return reply?.[0]?.[1].map((entry) => factOf(entry, partition)) ?? []
    },
    start: async () => START,
    end: async (partition) => (await last(partition))[0]?.[0] ?? START,
    positionAt: async (_partition, atMs) => (atMs <= 0 ? START : `${Math.ceil(atMs) - 1}-${HIGHEST_NUMBER}`),
    async lag(partition, after) {
      const [[firstBehind], [newest]] = await Promise.all([first(partition, `(${after}`), last(partition)])
      return firstBehind && newest ? numberOf(newest) - numberOf(firstBehind) + 1 : 0
    },
    close: () => pool.close(),
  }
}

function byPartition(facts: readonly FactToTell[], partitions: number): Map<number, string[]> {
  const groups = new Map<number, string[]>()
  for (const fact of facts) {
    const partition = partitionOf(fact.key, partitions)
    const group = groups.get(partition)
    if (group) group.push(JSON.stringify(fact))
    else groups.set(partition, [JSON.stringify(fact)])
  }
  return groups
}

const numberOf = ([id]: Entry) => Number(id.slice(id.indexOf('-') + 1))

function factOf([position, [, text]]: Entry, partition: number): Fact {
  return Object.assign(JSON.parse(text), { partition, position })
}
