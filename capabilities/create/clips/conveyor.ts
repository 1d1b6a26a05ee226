import { stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { Worker } from '#kernel/capability.ts'
import { type Clock, minutes, seconds } from '#kernel/clock.ts'
import { describe, isFault, isWorthRetrying } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { Live } from '#kernel/live.ts'
import type { Log } from '#kernel/telemetry.ts'
import type { StepName } from './clips.ts'
import { type Made, type Maker, made } from './make.ts'
import type { Store, Taken } from './store.ts'

export interface ConveyorParts {
  store: Store
  maker: Maker
  live: Live
  clock: Clock
  log: Log
}

export interface ConveyorOptions {
  /** Clips under way at once. */
  lanes: number
  leaseMs?: number
}

const LEASE_MS = seconds(15)
const SHOW_EVERY_MS = seconds(1)
/** A wake-up can be lost; a dead worker wakes nobody. */
const LOOK_EVERY_MS = seconds(3)
const ATTEMPTS_MAX = 4
const RETRY_AFTER_MS = minutes(1)

/**
 * Makes clips, a few at a time, until told to stop. A clip belongs to whoever holds its lease and its fence: a process that
 * dies leaves it to the next one, one that was overtaken writes nothing any more. A clip that fails stops no other.
 */
export function conveyor(parts: ConveyorParts, { lanes, leaseMs = LEASE_MS }: ConveyorOptions): Worker {
  const { store, clock } = parts
  const name = `${hostname()}:${process.pid}`
  return {
    name: 'clips/conveyor',
    async run(signal) {
      const bell = newBell()
      const deaf = await store.hear(bell.ring)
      await buryDead(store, clock)
      const lane = async (nth: number) => {
        while (!signal.aborted) {
          const before = bell.count()
          const taken = await store.take(`${name}/${nth}`, clock.now(), leaseMs)
          if (taken) await carry(parts, taken, leaseMs, signal)
          else await bell.wait(before, clock, signal)
        }
      }
      try {
        await Promise.all(Array.from({ length: lanes }, (_, nth) => lane(nth)))
      } finally {
        deaf()
      }
    },
  }
}

/** Processes of this machine that are gone need not be waited for. Should one live after all, its fence is too old. */
async function buryDead(store: Store, clock: Clock): Promise<void> {
  for (const worker of await store.holders()) {
    const [, host, pid] = /^(.+):(\d+)\/\d+$/.exec(worker) ?? []
    if (host === hostname() && !isAlive(Number(pid))) await store.bury(worker, clock.now())
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Rung before anybody waits, it is heard all the same. */
function newBell() {
  let rings = 0
  let waiting = new AbortController()
  return {
    count: () => rings,
    ring() {
      rings++
      waiting.abort()
      waiting = new AbortController()
    },
    async wait(before: number, clock: Clock, signal: AbortSignal) {
      if (before === rings) await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([signal, waiting.signal]))
    },
  }
}

async function carry(
  { store, maker, live, clock, log }: ConveyorParts,
  taken: Taken,
  leaseMs: number,
  closing: AbortSignal,
): Promise<void> {
  if (taken.attempt > ATTEMPTS_MAX) {
    const message = `It was cut off ${ATTEMPTS_MAX} times: it seems to take its process with it`
    await store.fail(
      taken,
      { code: 'clips/cut-off', message, cure: 'Look at the log, then retry.' },
      clock.now(),
    )
    return tell(live, taken, 'failed')
  }
  const lost = new AbortController()
  const over = new AbortController()
  const at = { step: 'look' as StepName, share: 0, speed: null as number | null }
  const heartbeat = async () => {
    while (!over.signal.aborted) {
      await clock.sleep(Math.min(SHOW_EVERY_MS, leaseMs / 3), over.signal)
      if (over.signal.aborted) return
      const isOurs = await store.renew(taken, at, clock.now(), leaseMs).catch(() => true)
      if (!isOurs) return lost.abort()
      tell(live, taken, 'running', at)
    }
  }
  const beating = heartbeat()
  const signal = AbortSignal.any([closing, lost.signal])
  let outcome: { made: Made } | { error: unknown }
  try {
    const remembered = (key: string) => stillThere(store, taken.workspaceId, key, taken.order.output)
    const onStep = (step: StepName) => void Object.assign(at, { step, share: 0, speed: null })
    const onProgress = (share: number, speed: number | null) => void Object.assign(at, { share, speed })
    outcome = { made: await made(maker, { order: taken.order, signal, onStep, onProgress, remembered }) }
  } catch (error) {
    outcome = { error }
  }
  over.abort()
  await beating
  if (lost.signal.aborted) return tell(live, taken, 'left')
  if ('made' in outcome) await store.succeed(taken, outcome.made, clock.now())
  else if (closing.aborted) await store.giveBack(taken, null, false)
  else if (isWorthRetrying(outcome.error) && taken.attempt < ATTEMPTS_MAX && !isForThePerson(outcome.error))
    await store.giveBack(taken, clock.now() + RETRY_AFTER_MS, true)
  else await store.fail(taken, failureFrom(outcome.error), clock.now())
  if ('error' in outcome && !closing.aborted) {
    const { jobId, position } = taken
    log.info(
      {
        jobId,
        position,
        ...describe(outcome.error),
        ...(isFault(outcome.error) ? {} : { err: outcome.error }),
      },
      'a clip failed',
    )
  }
  tell(live, taken, 'made' in outcome ? 'done' : 'failed')
}

/** A full disk does not get empty by waiting a minute. */
const isForThePerson = (error: unknown) =>
  isFault(error) && /^clips\/|^ffmpeg\/(missing|no-font)/.test(error.code)

function failureFrom(error: unknown) {
  const { code, message } = describe(error)
  const cure = isFault(error) ? error.cure : undefined
  return { code, message: message.slice(0, 1_000), ...(cure ? { cure } : {}) }
}

/** A result of an earlier time counts only while the file is there as it was left. */
async function stillThere(
  store: Store,
  workspace: WorkspaceId,
  key: string,
  path: string,
): Promise<Made | null> {
  const earlier = await store.remembered(workspace, key, path)
  if (!earlier) return null
  const now = await stat(path).catch(() => null)
  return now?.size === earlier.bytes && Math.floor(now.mtimeMs) === earlier.modifiedMs ? earlier : null
}

const tell = (live: Live, { workspaceId, jobId, position }: Taken, state: string, at: object = {}) =>
  live.publish(workspaceId, {
    topic: 'clips/clips',
    key: `${jobId}/${position}`,
    data: { jobId, position, state, ...at },
  })
