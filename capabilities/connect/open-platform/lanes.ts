import type { Clock } from '#kernel/clock.ts'
import type { Lane } from '#kernel/douyin.ts'
import { fault } from '#kernel/fault.ts'
import type { BucketRule, Limiter } from './limiter.ts'

/** Permits that this process holds are given back to nobody: they lapse after this long. */
const LEASE_MS = 1_000
const LARGEST_LEASE = 50
const MOST_WAITING = 20_000
const LANES: Record<Lane, number> = { interactive: 0, 'follow-up': 1, batch: 2 }
/** How much of a bucket each lane leaves for those before it. */
const SPARE = [0, 0.1, 0.25] as const

interface Waiter {
  deadlineMs: number
  resolve(): void
  reject(error: unknown): void
}

interface Lot {
  rule: BucketRule
  queues: [Waiter[], Waiter[], Waiter[]]
  left: number
  leftUntilMs: number
  isPumping: boolean
  /** Ends the present wait. */
  nudge: AbortController
}

export interface Lanes {
  /** Resolves when the call may go; `limited` when it could not before `deadlineMs`. */
  pass(rules: readonly BucketRule[], lane: Lane, deadlineMs: number): Promise<void>
  /** The platform said "too fast": this bucket is closed for all processes. */
  penalise(bucket: string, atLeastMs: number): Promise<void>
}

/**
 * Queues by lane in front of the shared limiter. A process takes permits in small lots, so a batch of hundreds of calls
 * a second costs a few round trips a second; whoever waits in an earlier lane gets the next permit.
 */
export function lanes(limiter: Limiter, clock: Clock): Lanes {
  const lots = new Map<string, Lot>()

  const lotOf = (rule: BucketRule): Lot => {
    const known = lots.get(rule.bucket)
    if (known) return known
    if (lots.size > MOST_WAITING) for (const [key, lot] of lots) if (!lot.isPumping) lots.delete(key)
    const fresh: Lot = {
      rule,
      queues: [[], [], []],
      left: 0,
      leftUntilMs: 0,
      isPumping: false,
      nudge: new AbortController(),
    }
    lots.set(rule.bucket, fresh)
    return fresh
  }

  const enter = (rule: BucketRule, lane: number, deadlineMs: number): Promise<void> => {
    const lot = lotOf(rule)
    if (!isWaiting(lot) && lot.left > 0 && clock.now() < lot.leftUntilMs) {
      lot.left -= 1
      return Promise.resolve()
    }
    if (lot.queues[lane]!.length >= MOST_WAITING) {
      return Promise.reject(
        fault('limited', 'open-platform/lane-full', 'Too many calls wait', { retryAfterMs: 1_000 }),
      )
    }
    return new Promise((resolve, reject) => {
      const isAhead = lot.queues.slice(0, lane + 1).every((queue) => queue.length === 0)
      lot.queues[lane]!.push({ deadlineMs, resolve, reject })
      if (!lot.isPumping) void pump(lot)
      else if (isAhead) lot.nudge.abort()
    })
  }

  const pump = async (lot: Lot): Promise<void> => {
    lot.isPumping = true
    try {
      while (isWaiting(lot)) {
        if (lot.left === 0 || clock.now() >= lot.leftUntilMs) await refill(lot)
        while (lot.left > 0 && isWaiting(lot)) {
          lot.left -= 1
          next(lot)!.resolve()
        }
      }
    } catch (error) {
      for (const queue of lot.queues) for (const waiter of queue.splice(0)) waiter.reject(error)
    } finally {
      lot.isPumping = false
    }
  }

  const refill = async (lot: Lot): Promise<void> => {
    const { rate, burst } = lot.rule
    lot.nudge = new AbortController()
    const lane = lot.queues.findIndex((queue) => queue.length > 0)
    const spare = Math.min(burst - 1, burst * SPARE[lane as 0 | 1 | 2])
    const want = Math.max(1, Math.min(LARGEST_LEASE, Math.floor(rate / 20)))
    const { granted, waitMs } = await limiter.take({ ...lot.rule, want, spare })
    lot.left = granted
    lot.leftUntilMs = clock.now() + LEASE_MS
    if (granted > 0) return
    const opensAtMs = clock.now() + waitMs
    giveUp(lot, opensAtMs, waitMs)
    if (isWaiting(lot)) await clock.sleep(waitMs, lot.nudge.signal)
  }

  /** Those who cannot be served in time hear it now, not at their deadline. */
  const giveUp = (lot: Lot, opensAtMs: number, waitMs: number) => {
    for (const [lane, queue] of lot.queues.entries()) {
      const late = queue.filter((waiter) => waiter.deadlineMs < opensAtMs)
      if (late.length === 0) continue
      lot.queues[lane as 0 | 1 | 2] = queue.filter((waiter) => waiter.deadlineMs >= opensAtMs)
      for (const waiter of late) waiter.reject(tooLate(waitMs))
    }
  }

  return {
    async pass(rules, lane, deadlineMs) {
      for (const rule of rules) await enter(rule, LANES[lane], deadlineMs)
    },
    async penalise(bucket, atLeastMs) {
      const lot = lots.get(bucket)
      if (lot) lot.left = 0
      await limiter.penalise(bucket, { atLeastMs, baseMs: 500, capMs: 60_000 })
    },
  }
}

const isWaiting = (lot: Lot) => lot.queues.some((queue) => queue.length > 0)
const next = (lot: Lot) => lot.queues.find((queue) => queue.length > 0)?.shift()
const tooLate = (retryAfterMs: number) =>
  fault('limited', 'open-platform/pace', 'This call cannot go before its deadline: the pace forbids it', {
    retryAfterMs,
  })
