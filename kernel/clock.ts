import { setTimeout as delay } from 'node:timers/promises'

/** Time as a dependency, so that tests can turn it by hand. All values are Unix milliseconds. */
export interface Clock {
  now(): number
  /** Resolves after `ms`, or at once when `signal` fires (without an error: look at the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    if (signal?.aborted) return
    await delay(ms, undefined, signal ? { signal } : {}).catch((error) => {
      if (!signal?.aborted) throw error
    })
  },
}

export const seconds = (n: number): number => n * 1000
export const minutes = (n: number): number => n * 60_000
export const hours = (n: number): number => n * 3_600_000
export const days = (n: number): number => n * 86_400_000
