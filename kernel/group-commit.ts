import { fault } from './fault.ts'

export interface GroupCommit<T, R> {
  /** What many callers hand in while a commit is under way. Answers come back in the order of the items. */
  commit(items: readonly T[]): Promise<readonly R[]>
  /** Items per commit. */
  maxBatch?: number
  /** Commits under way at once, those after the first only when full: 1 keeps their order, 2 hides the wait for the disk. */
  parallel?: number
  /** So long the first caller of a quiet moment waits at most for others. */
  gatherMs?: number
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
 * Turns many small writes into few large ones without a timer: a write begins when a turn of the event loop brought
 * nobody new, and everybody who comes while it is under way shares the next one. (Callers arrive one after the other from
 * as many sockets; a write for each handful costs more than the wait.) If a commit fails, all who shared it get its error.
 */
export function groupCommit<T, R>(options: GroupCommit<T, R>): (item: T) => Promise<R> {
  const { commit, maxBatch = 2_000, parallel = 1, gatherMs = 2, maxWaiting = 50_000, name } = options
  const waiting: Waiting<T, R>[] = []
  let under = 0
  let isGathering = false

  /** Beside one that is under way, another begins only when it is full. */
  const mayBegin = () => (under === 0 ? waiting.length > 0 : under < parallel && waiting.length >= maxBatch)

  const start = () => {
    if (isGathering || !mayBegin()) return
    isGathering = true
    setImmediate(gather, 0, performance.now() + gatherMs)
  }

  const gather = (seen: number, untilMs: number) => {
    const { length } = waiting
    if (length > seen && length < maxBatch && performance.now() < untilMs) {
      setImmediate(gather, length, untilMs)
      return
    }
    isGathering = false
    while (mayBegin()) {
      under += 1
      void settle(waiting.splice(0, maxBatch))
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
    start()
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
      start()
    })
  }
}
