import { capability } from '#kernel/capability.ts'
import { choice, integer, secret, text } from '#kernel/settings.ts'
import { backfills } from './backfill.ts'
import { calls, doudianNeed } from './calls.ts'
import { postgresCatalogue } from './catalogue.postgres.ts'
import { postgresConflicts } from './conflicts.postgres.ts'
import type { PrivateTargets } from './courier.ts'
import { webhookCouriers } from './courier.webhook.ts'
import { daily } from './daily.ts'
import { postgresFulfilment } from './fulfilment.postgres.ts'
import { fulfilmentConsumer } from './fulfilment.ts'
import { doudianAdapter } from './gateway.doudian.ts'
import { postgresInbox } from './inbox.postgres.ts'
import { ledgerPort } from './ledger.postgres.ts'
import { postgresOrders } from './orders.postgres.ts'
import { puller as pullerOf } from './pull.ts'
import { postgresRepeats } from './repeats.postgres.ts'
import { redisRepeats } from './repeats.redis.ts'
import { postgresReports } from './reports.postgres.ts'
import { routes } from './routes.ts'
import { postgresShops } from './shops.postgres.ts'
import { overviewOf } from './summary.ts'
import { pruneJob, workers } from './worker.ts'

/** The day of a report. Doudian's merchants, and the job that makes reports, live by it. */
const ZONE = 'Asia/Shanghai'

export default capability({
  name: 'order-sync',
  at: import.meta.url,
  settings: {
    appKey: text({ says: "The self-use app's app_key, from Doudian's open platform." }),
    appSecret: secret({ says: "The app's secret. Also signs the pushes." }),
    pullSeconds: integer({
      default: 60,
      min: 4,
      max: 3_600,
      says: 'How often a shop is pulled while pushes are healthy; four times as often while they are not.',
    }),
    reportMailTo: text({
      says: 'Who gets the nightly report, addresses separated by commas. Empty: nobody.',
    }),
    privateTargets: choice<PrivateTargets>(['never', 'loopback', 'any'], {
      says: 'Whether subscribers may live in a private network: never, on this machine (for trying things), or any.',
    }),
    deliveryTries: integer({
      default: 9,
      min: 1,
      max: 30,
      says: 'How often a delivery is tried before it is given up; nine tries take about three days.',
    }),
    keepDays: integer({
      default: 90,
      min: 2,
      max: 3_650,
      says: 'Pushes, conflicts and deliveries are kept this long. Orders stay.',
    }),
  },
  ports: {
    gateway: { doudian: doudianAdapter },
    ledger: { postgres: ledgerPort },
    shops: { postgres: postgresShops },
    orders: { postgres: postgresOrders },
    catalogue: { postgres: postgresCatalogue },
    conflicts: { postgres: postgresConflicts },
    reports: { postgres: postgresReports },
    fulfilment: { postgres: postgresFulfilment },
    repeats: { postgres: postgresRepeats, redis: redisRepeats },
    couriers: { webhook: webhookCouriers },
  },
  provides: ['doudian'],
  cli: () => import('./cli.ts'),
  sandbox: () => import('./sandbox.ts'),
  open({ settings, couriers, ...given }) {
    const { ledger, clock, shops, orders, repeats, conflicts, fulfilment, publicUrl } = given
    const app = { appKey: settings.appKey, appSecret: settings.appSecret }
    const inbox = postgresInbox(ledger, { orders, repeats, conflicts, clock, audit: given.audit })
    const calling = calls({ ...given, app })
    const parts = { ...given, app, inbox, calls: calling, zone: ZONE, pullSeconds: settings.pullSeconds }
    const puller = pullerOf(parts, { everySeconds: settings.pullSeconds })
    const filling = backfills(parts)
    const mailTo = settings.reportMailTo
      .split(',')
      .map((address) => address.trim())
      .filter(Boolean)
    const nightly = daily({ ...parts, mailTo, publicUrl })
    const courier = couriers(settings.privateTargets)
    const delivery = { fulfilment, courier, clock, maxTries: settings.deliveryTries }
    return {
      routes: routes({ ...parts, puller, backfills: filling, daily: nightly }),
      workers: workers({ inbox, orders, puller, calls: calling, delivery, clock }),
      jobs: [
        filling.job,
        ...nightly.jobs,
        pruneJob({ inbox, conflicts, fulfilment, clock }, settings.keepDays),
      ],
      consumers: [fulfilmentConsumer(fulfilment)],
      provides: { doudian: doudianNeed(calling, shops) },
      overview: (workspaceId) => overviewOf(parts, workspaceId),
      reseal: async () => (await shops.reseal()) + (await orders.reseal()) + (await fulfilment.reseal()),
      close: conflicts.flush,
    }
  },
})
