import { postgresLedger } from '#engines/postgres/ledger.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { collect } from './collection.ts'
import { sandboxDouyin } from './sandbox-douyin.fixture.ts'
import { postgresSchedule } from './schedule.postgres.ts'
import { douyinSource } from './source.douyin.ts'
import { postgresStore } from './store.postgres.ts'

/** A process of its own that goes on with one run, for the test that kills it. */
const { connection, role, sandbox, openId, runId, settings } = JSON.parse(process.argv[2]!)
const log = rootLog({ level: 'silent' })
const ledger = postgresLedger({ connection, role, log, max: 4 })
const schedule = postgresSchedule(ledger, { name: 'collector' })
const run = await schedule.takeRun(runId, Date.now())
if (run) {
  const douyin = await sandboxDouyin(sandbox, [openId])
  const [account] = await douyin.accounts()
  const store = postgresStore(ledger, { factLog: { appendIn: putInOutbox } as unknown as FactLog })
  console.log('going')
  await collect(
    { source: douyinSource(douyin, log), store, schedule, clock: systemClock, log, settings },
    run,
    account!,
    new AbortController().signal,
  )
}
process.exit(0)
