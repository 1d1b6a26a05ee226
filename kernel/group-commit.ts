import { fault } from './fault.ts'

export interface GroupCommit<T, R> {
  /** What many callers hand in while a commit is under way. Answers come back in the order of the items. */
  commit(items: readonly T[]): Promise<readonly R[]>
  /** Items per commit. */
  maxBatch?: number
  /** Commits under way at once: 1 keeps the order of commits, 2 hides the wait for the disk. */
  parallel?: number
  /** Items waiting at most; beyond that a caller is told to come back (back-pressure, not a growing queue). */
  maxWaiting?: number
  /** For the refusal's code: `<name>/overloaded`. */
  name: string
}

interface Waiting<T, R> {
  item: T
  resolve(answer: R): void
  reject(error: unknown): void
}

/**
 * Turns many small writes into few large ones without a timer: the first caller of a quiet moment goes at the end of
 * its tick, everybody who comes while a commit is under way shares the next one. If a commit fails, all who shared it
 * get its error.
 */
export function groupCommit<T, R>(options: GroupCommit<T, R>): (item: T) => Promise<R> {
  const { commit, maxBatch = 2_000, parallel = 1, maxWaiting = 50_000, name } = options
  let waiting: Waiting<T, R>[] = []
  let under = 0
  let scheduled = false

  const flush = () => {
    scheduled = false
    while (under < parallel && waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      under += 1
      void settle(batch)
    }
  }

  const settle = async (batch: readonly Waiting<T, R>[]) => {
    try {
      const answers = await commit(batch.map(({ item }) => item))
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i] as R)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    under -= 1
    flush()
  }

  return (item) => {
    if (waiting.length >= maxWaiting) {
      return Promise.reject(
        fault('limited', `${name}/overloaded`, 'More is waiting than can be written', {
          retryAfterMs: 1_000,
        }),
      )
    }
    return new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (scheduled || under >= parallel) return
      scheduled = true
      setImmediate(flush)
    })
  }
}
