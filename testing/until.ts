import { setTimeout as delay } from 'node:timers/promises'

/** Waits until `holds` answers with something true and returns it; fails with what it saw last after `timeoutMs`. */
export async function until<T>(
  holds: () => T | Promise<T>,
  timeoutMs = 15_000,
  everyMs = 20,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const seen = await holds()
    if (seen) return seen as NonNullable<T>
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms in vain; last seen: ${JSON.stringify(seen)}`)
    await delay(everyMs)
  }
}
