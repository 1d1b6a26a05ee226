import { fullJitterMs } from './backoff.ts'
import type { Clock } from './clock.ts'
import { isFault } from './fault.ts'

export interface RetryOptions {
  clock: Clock
  /** How often the work is done at most. */
  tries?: number
  /** A fault that asks for a longer wait than this is thrown at once: waiting that long is the caller's decision. */
  longestWaitMs?: number
  /** False where doing it twice does harm: then only `limited`, which did nothing, is tried again. Default true. */
  isRepeatable?: boolean | undefined
  signal?: AbortSignal | undefined
}

/** Does the work again after `limited` and `unavailable`: waits as long as the fault tells, else with full jitter. */
export async function persistently<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, tries = 5, longestWaitMs = 30_000, isRepeatable = true, signal } = options
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const waitMs = (isFault(error) && error.retryAfterMs) || fullJitterMs(attempt)
      if (attempt + 1 >= tries || waitMs > longestWaitMs || !isWorthIt(error, isRepeatable)) throw error
      await clock.sleep(waitMs, signal)
      signal?.throwIfAborted()
    }
  }
}

const isWorthIt = (error: unknown, isRepeatable: boolean) =>
  isFault(error) && (error.kind === 'limited' || (error.kind === 'unavailable' && isRepeatable))
