import type { Clock } from '#sandbox/clock.ts'

export type BucketSettings = { maximumAvailable: number; restoreRate: number }
export type ThrottleStatus = BucketSettings & { currentlyAvailable: number }

/** Points of one shop: restored every second, taken by queries. */
export function costBucket(
  clock: Clock,
  settings: BucketSettings = { maximumAvailable: 2_000, restoreRate: 100 },
) {
  let { maximumAvailable, restoreRate } = settings
  let points = maximumAvailable
  let atMs = clock.now()
  function restored(): number {
    const nowMs = clock.now()
    // The clock can be turned back.
    const passedMs = Math.max(0, nowMs - atMs)
    points = Math.min(maximumAvailable, points + (passedMs * restoreRate) / 1_000)
    atMs = nowMs
    return points
  }
  return {
    status: (): ThrottleStatus => ({
      maximumAvailable,
      currentlyAvailable: Math.floor(restored()),
      restoreRate,
    }),
    holds: (cost: number) => restored() >= cost,
    take(cost: number) {
      points = restored() - cost
    },
    set(next: Partial<ThrottleStatus>) {
      maximumAvailable = next.maximumAvailable ?? maximumAvailable
      restoreRate = next.restoreRate ?? restoreRate
      points = Math.min(maximumAvailable, next.currentlyAvailable ?? restored())
      atMs = clock.now()
    },
  }
}
