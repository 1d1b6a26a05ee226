import { describe } from '#kernel/fault.ts'
import type { Log } from '#kernel/telemetry.ts'

export interface Closers {
  add(name: string, close: () => Promise<void> | void): void
  /** Closes all in reverse order. One that fails or hangs does not keep the others from closing. */
  closeAll(log: Log): Promise<void>
}

const PATIENCE_MS = 12_000

export function closers(): Closers {
  const stack: { name: string; close: () => Promise<void> | void }[] = []
  return {
    add: (name, close) => void stack.push({ name, close }),
    async closeAll(log) {
      for (let next = stack.pop(); next; next = stack.pop()) {
        const { name, close } = next
        const tooLate = Promise.withResolvers<never>()
        const timer = setTimeout(() => tooLate.reject(new Error('took too long')), PATIENCE_MS)
        await Promise.race([Promise.resolve().then(close), tooLate.promise]).catch((error) =>
          log.warn({ part: name, reason: describe(error).message }, 'did not close cleanly'),
        )
        clearTimeout(timer)
      }
    },
  }
}
