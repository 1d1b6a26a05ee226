import { fault } from '#kernel/fault.ts'
import type { Redis } from './redis.ts'

/** Connections for commands that block, opened when needed, at most `size`. */
export interface ConnectionPool {
  /**
   * Does `work` on a connection of its own. Null when `signal` fires first or when no connection came free within
   * `waitMs`; the connection goes back once the server has let go of it.
   */
  use<T>(signal: AbortSignal, waitMs: number, work: (connection: Redis) => Promise<T>): Promise<T | null>
  close(): Promise<void>
}

export function connectionPool(redis: Redis, size: number): ConnectionPool {
  const idle: Redis[] = []
  const all = new Set<Redis>()
  const waiting: ((connection: Redis | null) => void)[] = []
  let opening = 0
  let isClosed = false

  const giveBack = (connection: Redis) => {
    const next = waiting.shift()
    if (next) next(connection)
    else idle.push(connection)
  }
  const open = async () => {
    opening++
    try {
      const connection = await redis.dedicated()
      all.add(connection)
      if (isClosed) await connection.close()
      return connection
    } finally {
      opening--
    }
  }
  const queued = (signal: AbortSignal, waitMs: number) =>
    new Promise<Redis | null>((resolve) => {
      const turn = (connection: Redis | null) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        resolve(connection)
      }
      const giveUp = () => {
        waiting.splice(waiting.indexOf(turn), 1)
        turn(null)
      }
      const timer = setTimeout(giveUp, waitMs)
      signal.addEventListener('abort', giveUp)
      waiting.push(turn)
    })

  return {
    async use(signal, waitMs, work) {
      if (isClosed) throw fault('unavailable', 'redis/closed', 'The connection to Redis is closed')
      if (signal.aborted) return null
      const connection =
        idle.pop() ?? (all.size + opening < size ? await open() : await queued(signal, waitMs))
      if (!connection) return null
      const working = work(connection).finally(() => giveBack(connection))
      return unlessAborted(working, signal, () => isClosed)
    },
    async close() {
      isClosed = true
      for (const turn of waiting.splice(0)) turn(null)
      await Promise.all([...all].map((connection) => connection.close()))
      all.clear()
    },
  }
}

/** The answer, or null as soon as `signal` fires; a pool closed under its readers is no error either. */
function unlessAborted<T>(
  working: Promise<T>,
  signal: AbortSignal,
  isClosed: () => boolean,
): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(null)
    signal.addEventListener('abort', stop, { once: true })
    working
      .then(resolve, (error) => (signal.aborted || isClosed() ? resolve(null) : reject(error)))
      .finally(() => signal.removeEventListener('abort', stop))
  })
}
