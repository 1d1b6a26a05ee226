import { fullJitterMs } from '#kernel/backoff.ts'
import type { Clock } from '#kernel/clock.ts'
import type { ConnectedAccount } from '#kernel/douyin.ts'
import { isFault } from '#kernel/fault.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { Look, Run } from './collector.ts'
import type { OpenSource, Schedule } from './schedule.ts'
import type { Source } from './source.ts'
import type { Store, Verdict } from './store.ts'

export interface CollectionSettings {
  /** Videos whose comments are read at once, of one account. */
  concurrency: number
  /** Ids in one question for the numbers of videos. */
  idsPerCall: number
  videosEveryMinutes: number
  metricsEveryMinutes: number
  commentsEveryMinutes: number
  hotListEveryMinutes: number
}

export interface Parts {
  source: Source
  store: Store
  schedule: Schedule
  clock: Clock
  log: Log
  settings: CollectionSettings
}

/** One source of one run, on its way. */
export interface Errand extends Parts {
  run: Run
  account: ConnectedAccount
  /** Where the source stood when the errand began. */
  opened: OpenSource
  look: Look
  signal: AbortSignal
}

/** Somebody paused the source: its walk ends here and goes on from here some day. */
export class Paused extends Error {}

const PAGE_TRIES = 4

/** Tries a page a few times: whoever calls Douyin for us has tried already, so this is for its restarts and ours. */
export async function page<T>(
  { clock, signal }: Pick<Errand, 'clock' | 'signal'>,
  ask: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      signal.throwIfAborted()
      return await ask()
    } catch (error) {
      const isPassing = isFault(error) && error.kind === 'unavailable'
      if (!isPassing || attempt >= PAGE_TRIES || signal.aborted) throw error
      await clock.sleep(error.retryAfterMs ?? fullJitterMs(attempt, { baseMs: 500, capMs: 10_000 }), signal)
    }
  }
}

/** Douyin no longer has it. */
export const isGone = (error: unknown): boolean => isFault(error) && error.kind === 'missing'

/** Douyin does not take this cursor (any more); the list itself may be read from its beginning. */
export const isCursorRefused = (error: unknown): boolean =>
  isFault(error) && error.code === 'collector/cursor-refused'

/** Pages are kept even when somebody paused meanwhile; only then does the walk stop. */
export function heed(verdict: Verdict): void {
  if (verdict === 'stopped') throw new Paused()
}
