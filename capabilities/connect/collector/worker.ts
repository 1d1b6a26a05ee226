import type { Worker } from '#kernel/capability.ts'
import { type Clock, seconds } from '#kernel/clock.ts'
import type { Series } from './series.ts'
import type { Store } from './store.ts'

const POINTS_AT_ONCE = 5_000
const SNAPSHOTS_AT_ONCE = 100
const LOOK_EVERY_MS = seconds(1)

/** Carries points and hot lists from the ledger on to the warehouse. What it was carrying when it died goes once more. */
export const carrier = ({
  store,
  series,
  clock,
}: {
  store: Store
  series: Series
  clock: Clock
}): Worker => ({
  name: 'collector/carrier',
  async run(signal) {
    while (!signal.aborted) {
      const points = await store.carryPoints(POINTS_AT_ONCE, series.addPoints)
      const snapshots = await store.carrySnapshots(SNAPSHOTS_AT_ONCE, series.addSnapshots)
      const isBehind = points === POINTS_AT_ONCE || snapshots === SNAPSHOTS_AT_ONCE
      if (!isBehind) await clock.sleep(LOOK_EVERY_MS, signal)
    }
  },
})
