import type { Clock } from '#kernel/clock.ts'

export interface HandTurnedClock extends Clock {
  /** Moves time and wakes every sleeper whose time has come. */
  advance(ms: number): void
  set(nowMs: number): void
}

/** A clock that stands still until a test turns it. */
export function handTurnedClock(startMs = Date.UTC(2026, 10, 22, 12)): HandTurnedClock {
  let now = startMs
  const sleepers = new Set<{ until: number; wake: () => void }>()
  const rouse = () => {
    for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake()
  }
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted || ms <= 0) return resolve()
        const sleeper = {
          until: now + ms,
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
    advance(ms) {
      now += ms
      rouse()
    },
    set(nowMs) {
      now = nowMs
      rouse()
    },
  }
}
