import { fault } from '#kernel/fault.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import type { JobKind, Jobs } from '#kernel/jobs.ts'
import { whileLeased } from '#kernel/lease.ts'
import type { Live } from '#kernel/live.ts'
import type { Mail } from '#kernel/mail.ts'
import { type ReconcileParts, reconcile } from './reconcile.ts'
import { dayAfter, dayOf } from './reconciliation.ts'
import { reportCsv, reportMail } from './report-text.ts'

export interface DailyParts extends ReconcileParts {
  jobs: Jobs
  mail: Mail
  live: Live
  mailTo: readonly string[]
  publicUrl: string
}

export interface ReconcileInput {
  workspaceId: WorkspaceId
  shopId: string
  day: string
  repair: boolean
  mail: boolean
}

export const RECONCILE_QUEUE = 'order-sync/reconcile'
const DAILY_QUEUE = 'order-sync/daily'
const LEASE_MS = 20_000

/** Every night at three in Shanghai each shop's day before is compared and repaired; the same by hand, for any day. */
export function daily(parts: DailyParts) {
  const { shops, jobs, clock, zone, leases, live, reports } = parts

  const start = (input: ReconcileInput, startedBy?: string) =>
    jobs.send(RECONCILE_QUEUE, input, {
      singletonKey: `${input.workspaceId} ${input.shopId} ${input.day}`,
      workspaceId: input.workspaceId,
      ...(startedBy ? { startedBy } : {}),
    })

  const run = async (input: ReconcileInput, signal: AbortSignal, progress?: (done: number) => void) => {
    const { workspaceId, shopId, day, repair } = input
    const shop = await shops.find(workspaceId, shopId)
    if (shop?.status !== 'active')
      throw fault('missing', 'order-sync/no-shop', `Shop ${shopId} is not connected here`)
    const totals = await reconcile(parts, { shop, day, repair, signal, ...(progress ? { progress } : {}) })
    live.publish(workspaceId, { topic: 'order-sync/reports', key: `${shopId}/${day}`, data: { ...totals } })
    if (input.mail) await mailReport(parts, input)
    return totals
  }

  const reconcileJob: JobKind<ReconcileInput> = {
    queue: RECONCILE_QUEUE,
    concurrency: 2,
    retries: 5,
    expireSeconds: 3_600,
    async handle({ input, signal, progress }) {
      const done = new AbortController()
      const lease = {
        name: `order-sync/reconcile/${input.workspaceId}/${input.shopId}/${input.day}`,
        ttlMs: LEASE_MS,
        retryMs: 1_000,
        signal: AbortSignal.any([signal, done.signal]),
        sleep: clock.sleep,
      }
      await whileLeased(leases, lease, async (lost) => {
        try {
          const { isPartial, partialWhy, trueUntilMs } = await run(input, lost, (count) =>
            progress({ done: count, total: null }),
          )
          const isOver = trueUntilMs >= clock.now() - 60_000
          // A platform that went away comes back: the report of the night is finished then.
          if (isPartial && !isOver)
            throw fault('unavailable', 'order-sync/partial', partialWhy ?? 'The report is partial')
        } finally {
          done.abort()
        }
      })
    },
  }

  const dailyJob: JobKind = {
    queue: DAILY_QUEUE,
    cron: '0 3 * * *',
    async handle() {
      const day = dayAfter(dayOf(clock.now(), zone), -1)
      for (const { workspaceId, shopId } of await shops.active())
        await start({ workspaceId, shopId, day, repair: true, mail: true })
    },
  }

  return { start, run, jobs: [reconcileJob, dailyJob], reports }
}

async function mailReport(
  { reports, mail, mailTo, clock, publicUrl }: DailyParts,
  { workspaceId, shopId, day }: ReconcileInput,
): Promise<void> {
  if (mailTo.length === 0) return
  const report = await reports.find(workspaceId, shopId, day)
  if (!report || report.mailedAtMs !== null) return
  const few = await reports.differences(workspaceId, { shopId, day, limit: 20 })
  let csv = ''
  for await (const piece of reportCsv(reports, workspaceId, shopId, day)) csv += piece
  await mail.send({
    to: mailTo,
    ...reportMail(report, few, publicUrl),
    messageId: `order-sync.${workspaceId}.${shopId}.${day}`,
    attachments: [{ filename: `${shopId}-${day}.csv`, content: csv, contentType: 'text/csv; charset=utf-8' }],
  })
  await reports.mailed({ workspaceId, shopId, day }, clock.now())
}
