import { capability } from '#kernel/capability.ts'
import { integer } from '#kernel/settings.ts'
import { postgresCatalogue } from './catalogue.postgres.ts'
import { overviewOf } from './overview.ts'
import { routes } from './routes.ts'
import { runs as runsOf } from './runs.ts'
import { postgresSchedule } from './schedule.postgres.ts'
import { clickhouseSeries } from './series.clickhouse.ts'
import { douyinSource } from './source.douyin.ts'
import { postgresStore } from './store.postgres.ts'
import { accountConsumer, webhookConsumer } from './webhooks.ts'
import { carrier } from './worker.ts'

const every = (what: string, minutes: number) =>
  integer({ default: minutes, min: 1, max: 10_080, says: `Minutes between two collections of ${what}.` })

export default capability({
  name: 'collector',
  at: import.meta.url,
  settings: {
    videosEveryMinutes: every('the list of videos', 30),
    metricsEveryMinutes: every("the videos' numbers", 60),
    commentsEveryMinutes: every('comments (only where counts moved)', 10),
    hotListEveryMinutes: every('the hot list', 10),
    concurrency: integer({
      default: 4,
      min: 1,
      max: 32,
      says: 'Videos whose comments are read at once, per account.',
    }),
    accountsAtOnce: integer({
      default: 4,
      min: 1,
      max: 64,
      says: 'Accounts that one process collects at once.',
    }),
    keepRunsDays: integer({ default: 30, min: 1, max: 3_650, says: 'Finished runs are listed this long.' }),
    idsPerCall: integer({
      default: 20,
      min: 1,
      max: 50,
      says: "Videos per question for their numbers. The platform's limit is not documented.",
    }),
  },
  ports: {
    store: { postgres: postgresStore },
    schedule: { postgres: postgresSchedule },
    catalogue: { postgres: postgresCatalogue },
    series: { clickhouse: clickhouseSeries },
  },
  needs: ['douyin'],
  cli: () => import('./cli.ts'),
  open({ store, schedule, catalogue, series, jobs, leases, live, clock, log, settings, needs }) {
    const source = douyinSource(needs.douyin, log)
    const runs = runsOf(
      { source, store, schedule, clock, log, settings, douyin: needs.douyin, jobs, leases, live },
      settings,
    )
    return {
      routes: routes({ catalogue, series, schedule, runs, clock }),
      consumers: [webhookConsumer({ store, schedule, clock }), accountConsumer(runs)],
      jobs: runs.jobs,
      workers: [carrier({ store, series, clock })],
      overview: async (workspaceId) => overviewOf(await catalogue.summary(workspaceId, clock.now())),
    }
  },
})
