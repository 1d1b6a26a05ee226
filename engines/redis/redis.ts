import { createHash } from 'node:crypto'
import { fault, isFault } from '#kernel/fault.ts'
import { openRedisClient } from './client.ts'

type Arg = string | Buffer

/** A Lua script and the hash by which the server knows it. All its keys must share one `{hash tag}`. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

export const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') })

/**
 * One Redis or one Redis Cluster, spoken to in the same way. Calls of one tick travel together, in order.
 * Errors come out as faults: `unavailable` (`redis/away`, `redis/timeout`, `redis/busy`, `redis/full`) or
 * `denied` (`redis/credentials`). After `unavailable` a command may or may not have happened.
 */
export interface Redis {
  /** Sends one command; `key` tells a Cluster where it goes. Replies come as RESP 2 gives them. */
  send<T>(key: string, command: readonly Arg[]): Promise<T>
  /** Runs a script by its hash, and teaches it to a server that does not know it yet. */
  run<T>(script: Script, keys: readonly string[], args?: readonly Arg[]): Promise<T>
  /** Another connection to the same place, for commands that block. Close it yourself. */
  dedicated(): Promise<Redis>
  probe(): Promise<{ version: string; latencyMs: number }>
  close(): Promise<void>
}

interface RedisOptions {
  /** How long a command may take, waiting for a lost connection included. Default 5 s. */
  timeoutMs?: number
  /** Commands that may wait for an answer or for a lost connection. Default 100,000. */
  queueLength?: number
}

/** Opens `redis://[user:password@]host:port[/db]`, `rediss://...` or `redis-cluster://host:port,host:port`. */
export async function openRedis(url: string, options: RedisOptions = {}): Promise<Redis> {
  const { timeoutMs = 5000, queueLength = 100_000 } = options
  const client = await openRedisClient(url, { timeoutMs, queueLength }).catch((error) => {
    throw translated(error)
  })

  const send = <T>(
    key: string,
    command: readonly Arg[],
    limitMs = timeoutMs + blockMs(command),
  ): Promise<T> =>
    withinLimit(client.send(key, command), limitMs).catch((error) => {
      throw translated(error)
    }) as Promise<T>

  return {
    send,
    async run<T>({ lua, sha }: Script, keys: readonly string[], args: readonly Arg[] = []) {
      const rest = [String(keys.length), ...keys, ...args]
      const key = keys[0] ?? ''
      return send<T>(key, ['EVALSHA', sha, ...rest]).catch((error) => {
        if (!isUnknownScript(error)) throw error
        return send<T>(key, ['EVAL', lua, ...rest])
      })
    },
    dedicated: () => openRedis(url, options),
    async probe() {
      const since = performance.now()
      const info = await send<string>('probe', ['INFO', 'server'])
      const version = /redis_version:(\S+)/.exec(String(info))?.[1] ?? 'unknown'
      return { version, latencyMs: performance.now() - since }
    },
    async close() {
      client.close()
    },
  }
}

/** What a blocking command adds to its time limit. */
function blockMs(command: readonly Arg[]): number {
  if (command[0] !== 'XREAD') return 0
  const at = command.indexOf('BLOCK')
  return at < 0 ? 0 : Number(command[at + 1])
}

/** A timer of our own: the client's time limit makes an AbortSignal per command, which costs half of its speed. */
function withinLimit<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(fault('unavailable', 'redis/timeout', 'Redis did not answer in time'))
    const timer = setTimeout(late, limitMs)
    answer.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

const isUnknownScript = (error: unknown) => error instanceof Error && error.message.startsWith('NOSCRIPT')

const BUSY = /^(LOADING|BUSY|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|NOREPLICAS|MISCONF|OOM)\b/
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM)\b/

/** Vendor error to fault. What Redis says about a command itself (WRONGTYPE, ERR) is our bug and stays as it is. */
function translated(error: unknown): unknown {
  if (isFault(error) || !(error instanceof Error)) return error
  const cause = { cause: error }
  if (REFUSED.test(error.message))
    return fault('denied', 'redis/credentials', 'Redis refused our credentials', cause)
  if (BUSY.test(error.message))
    return fault('unavailable', 'redis/busy', 'Redis cannot do this right now', cause)
  if (error.message === 'The queue is full') {
    return fault('unavailable', 'redis/full', 'Too many commands wait for Redis', cause)
  }
  const isReply = error.constructor.name.endsWith('ErrorReply') || error.constructor.name === 'SimpleError'
  return isReply ? error : fault('unavailable', 'redis/away', 'Redis cannot be reached', cause)
}
