import type { Worker } from '#kernel/capability.ts'
import { type Clock, days, seconds } from '#kernel/clock.ts'
import type { JobKind } from '#kernel/jobs.ts'
import type { Inbox } from './inbox.ts'
import type { Store } from './store.ts'
import type { TokenKeeper } from './tokens.ts'
import type { Wire } from './wire.douyin.ts'

const BATCH = 500
const LOOK_MS = seconds(2)

/** Keeps every token fresh, off the path of every call. Runs in each worker process: claims keep them apart. */
export const tokenWorker = (tokens: TokenKeeper, clock: Clock, everyMs = seconds(5)): Worker => ({
  name: 'open-platform/tokens',
  async run(signal) {
    while (!signal.aborted) {
      await tokens.tend(signal)
      await clock.sleep(everyMs, signal)
    }
  },
})

/** Turns received webhooks into effects and facts, woken by their arrival. */
export const webhookWorker = (inbox: Inbox, wire: Wire, clock: Clock): Worker => ({
  name: 'open-platform/webhooks',
  async run(signal) {
    let woken = new AbortController()
    const forget = await inbox.onArrival(() => woken.abort())
    try {
      while (!signal.aborted) {
        woken = new AbortController()
        const worked = await inbox.work(BATCH, wire.readWebhook)
        if (worked === 0) await clock.sleep(LOOK_MS, AbortSignal.any([signal, woken.signal]))
      }
    } finally {
      forget()
    }
  },
})

export const pruneJob = (store: Store, inbox: Inbox, clock: Clock, keepDays: number): JobKind => ({
  queue: 'open-platform/prune',
  cron: '17 4 * * *',
  async handle() {
    await store.prune(clock.now())
    await inbox.prune(clock.now() - days(keepDays))
  },
})
