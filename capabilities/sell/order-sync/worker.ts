import type { Worker } from '#kernel/capability.ts'
import { type Clock, days, seconds } from '#kernel/clock.ts'
import type { JobKind } from '#kernel/jobs.ts'
import type { Calls } from './calls.ts'
import type { Conflicts } from './conflicts.ts'
import { type DeliveryParts, deliver, type Fulfilment } from './fulfilment.ts'
import type { Inbox } from './inbox.ts'
import type { Orders } from './orders.ts'
import type { Puller } from './pull.ts'

const BATCH = 500

/** Works until there is nothing left, then sleeps until somebody calls or `lookMs` have passed. */
function diligent(
  name: string,
  clock: Clock,
  lookMs: number,
  onCall: (hear: () => void) => Promise<() => void>,
  work: (signal: AbortSignal) => Promise<number>,
): Worker {
  return {
    name: `order-sync/${name}`,
    async run(signal) {
      let woken = new AbortController()
      const forget = await onCall(() => woken.abort())
      try {
        while (!signal.aborted) {
          woken = new AbortController()
          const done = await work(signal)
          if (done === 0) await clock.sleep(lookMs, AbortSignal.any([signal, woken.signal]))
        }
      } finally {
        forget()
      }
    },
  }
}

const nobody = async () => () => {}

export function workers(parts: {
  inbox: Inbox
  orders: Orders
  puller: Puller
  calls: Calls
  delivery: DeliveryParts
  clock: Clock
}): Worker[] {
  const { inbox, orders, puller, calls, delivery, clock } = parts
  return [
    diligent('pushes', clock, seconds(2), inbox.onArrival, () => inbox.work(BATCH)),
    diligent('wanted', clock, seconds(1), orders.onWanted, (signal) => puller.follow(signal)),
    diligent('pull', clock, seconds(1), nobody, (signal) => puller.tick(signal)),
    diligent('fulfilment', clock, seconds(1), delivery.fulfilment.onWaiting, (signal) =>
      deliver(delivery, signal),
    ),
    diligent('tokens', clock, seconds(60), nobody, async (signal) => {
      await calls.tend(signal)
      return 0
    }),
  ]
}

export const pruneJob = (
  {
    inbox,
    conflicts,
    fulfilment,
    clock,
  }: { inbox: Inbox; conflicts: Conflicts; fulfilment: Fulfilment; clock: Clock },
  keepDays: number,
): JobKind => ({
  queue: 'order-sync/prune',
  cron: '41 4 * * *',
  async handle() {
    const beforeMs = clock.now() - days(keepDays)
    await inbox.prune(beforeMs)
    await conflicts.prune(beforeMs)
    await fulfilment.prune(beforeMs)
  },
})
