import { fullJitterMs } from '#kernel/backoff.ts'
import type { Worker } from '#kernel/capability.ts'
import type { Clock } from '#kernel/clock.ts'
import { describe } from '#kernel/fault.ts'
import { type Log, levelOf } from '#kernel/telemetry.ts'

/** Keeps loops running: one that throws is started again with back-off, its neighbours go on. */
export function superviseWorkers(
  workers: readonly Worker[],
  clock: Clock,
  log: Log,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const supervise = async ({ name, run }: Worker) => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const startedMs = clock.now()
      try {
        await run(stopping.signal)
        return
      } catch (error) {
        // A loop that ran for a minute has recovered from whatever it failed on before.
        failures = clock.now() - startedMs > 60_000 ? 0 : failures + 1
        log[levelOf(error)](
          { worker: name, ...describe(error), err: error },
          'a worker stopped and is started again',
        )
        await clock.sleep(200 + fullJitterMs(failures, { capMs: 10_000 }), stopping.signal)
      }
    }
  }
  const loops = workers.map(supervise)
  return {
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}
