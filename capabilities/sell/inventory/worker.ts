import type { Clock } from '#kernel/clock.ts'
import { days, hours } from '#kernel/clock.ts'
import type { Doudian } from '#kernel/doudian.ts'
import type { JobKind, Jobs } from '#kernel/jobs.ts'
import type { Books } from './books.ts'
import { shanghaiDay } from './demand.ts'
import type { Judgement } from './judgement.ts'
import { type MailingParts, mailReports, mailWarnings } from './mailing.ts'
import { type PullParts, pull } from './pulls.ts'
import { keyOf } from './rows.ts'
import type { ShopKey, Shops } from './shops.ts'

interface Parts {
  books: Books
  shops: Shops
  doudian: Doudian
  judgement: Judgement
  mailing: MailingParts
  pulls: PullParts
  jobs: Jobs
  clock: Clock
  settings: { keepMovementsDays: number; shopsAtOnce: number }
}

export interface Work {
  // biome-ignore lint/suspicious/noExplicitAny: each kind knows its own input
  jobs: JobKind<any>[]
  /** Looks for what is due, soon and once. */
  planSoon(): Promise<void>
  pullSoon(key: ShopKey): Promise<void>
}

const PLAN = 'inventory/plan'
const PULL = 'inventory/pull'
const JUDGE = 'inventory/judge'
const AT_ONCE = 500
const KEEP_DEMAND_DAYS = 3 * 366
/** Without any news a shop is judged again after so long: a new day, a new forecast. */
const JUDGED_AGAIN_MS = hours(1)

/** What happens by itself: pulls that are due, judging what moved, mails, the weekly report. */
export function work({
  books,
  shops,
  doudian,
  judgement,
  mailing,
  pulls,
  jobs,
  clock,
  settings,
}: Parts): Work {
  const send = (queue: string, key: ShopKey) =>
    jobs.send(queue, key, {
      singletonKey: keyOf(key.workspaceId, key.shopId).replace('\u0000', ' '),
      workspaceId: key.workspaceId,
    })

  const plan = async () => {
    const nowMs = clock.now()
    for (const { shopId, workspaceId, name } of await doudian.shops()) {
      const known = await shops.get({ workspaceId, shopId })
      if (known?.nextPullAtMs == null)
        await shops.connect(
          { workspaceId, shopId, platform: 'doudian', name, credentials: null, isPulled: true },
          nowMs,
        )
    }
    for (const key of await shops.due(nowMs, AT_ONCE)) await send(PULL, key)
    for (const key of await shops.stale(nowMs - JUDGED_AGAIN_MS, AT_ONCE)) await send(JUDGE, key)
  }
  const planSoon = async () => void (await jobs.send(PLAN, {}, { singletonKey: 'soon' }))

  return {
    planSoon,
    async pullSoon(key) {
      await shops.hurry(key, clock.now())
      await send(PULL, key)
    },
    jobs: [
      { queue: PLAN, cron: '* * * * *', retries: 0, expireSeconds: 300, handle: plan },
      {
        queue: PULL,
        concurrency: settings.shopsAtOnce,
        retries: 2,
        expireSeconds: 3_600,
        async handle({ input, signal }) {
          await pull(pulls, input, signal)
          await send(JUDGE, input)
        },
      },
      {
        queue: JUDGE,
        retries: 3,
        expireSeconds: 900,
        handle: async ({ input }) => void (await judgement.judge(input)),
      },
      { queue: 'inventory/mail', cron: '*/10 * * * *', handle: () => mailWarnings(mailing) },
      { queue: 'inventory/weekly', cron: '0 8 * * 1', handle: () => mailReports(mailing) },
      {
        queue: 'inventory/prune',
        cron: '41 4 * * *',
        handle: () =>
          books.forget(
            clock.now() - days(settings.keepMovementsDays),
            shanghaiDay(clock.now()) - KEEP_DEMAND_DAYS,
          ),
      },
    ],
  }
}
