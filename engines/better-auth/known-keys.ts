import type { Principal } from '#kernel/auth.ts'

/** So long a key that was taken away may still be believed by another process. */
const BELIEVED_MS = 5_000
const MOST_KEYS = 10_000

/**
 * Keys that were checked just now are known by heart: a check costs the database several statements, and a shop's backend
 * sends thousands of requests a second with one key. Many requests with a new key share one check.
 */
export function knownKeys(
  check: (key: string) => Promise<Principal | null>,
  monotonicMs = () => performance.now(),
) {
  const known = new Map<string, { who: Principal; untilMs: number }>()
  const asking = new Map<string, Promise<Principal | null>>()

  const ask = (key: string): Promise<Principal | null> => {
    const question = check(key)
      .then((who) => {
        // Taken away while we asked: the answer is for those who waited, nobody later.
        if (who && asking.get(key) === question) known.set(key, { who, untilMs: monotonicMs() + BELIEVED_MS })
        if (known.size > MOST_KEYS) known.delete(known.keys().next().value!)
        return who
      })
      .finally(() => {
        if (asking.get(key) === question) asking.delete(key)
      })
    asking.set(key, question)
    return question
  }

  return {
    principalOf(key: string): Principal | Promise<Principal | null> {
      const before = known.get(key)
      if (before && before.untilMs > monotonicMs()) return before.who
      known.delete(key)
      return asking.get(key) ?? ask(key)
    },
    forget(): void {
      known.clear()
      asking.clear()
    },
  }
}
