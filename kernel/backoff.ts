/**
 * Full-jitter exponential back-off: a uniform draw from `[0, min(capMs, baseMs * 2^attempt)]`.
 * `attempt` counts from 0. Source: M. Brooker, "Exponential Backoff And Jitter" (2015).
 */
export function fullJitterMs(
  attempt: number,
  {
    baseMs = 250,
    capMs = 30_000,
    random = Math.random,
  }: { baseMs?: number; capMs?: number; random?: () => number } = {},
): number {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)))
}
