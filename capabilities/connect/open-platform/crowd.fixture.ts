import { douyinWire } from '#engines/douyin/douyin.ts'
import { videoList } from '#engines/douyin/requests.ts'
import { postgresAudit } from '#engines/postgres/audit.ts'
import { type LedgerOptions, postgresLedger } from '#engines/postgres/ledger.ts'
import { putInOutbox } from '#engines/postgres/outbox.ts'
import { hours, systemClock } from '#kernel/clock.ts'
import type { FactLog } from '#kernel/fact-log.ts'
import type { AccountId } from '#kernel/id.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { vault } from '#kernel/vault.ts'
import { postgresStore } from './store.postgres.ts'
import { tokenKeeper } from './tokens.ts'

/** What one process of the crowd is told by its parent. */
export interface CrowdOrder {
  connection: LedgerOptions['connection']
  role: string | undefined
  vaultKeys: string
  douyinUrl: string
  app: { clientKey: string; clientSecret: string }
  accountId: AccountId
  callers: number
}

export interface CrowdReport {
  ok: number
  failed: string[]
  /** How many different tokens the callers were given. */
  tokens: string[]
  /** Of those who went on to call the platform with their token. */
  answered: number
  slowestMs: number
}

/*
 * A process of callers: warms its memory, says `ready`, and at the instant that it is told all of them want the token
 * at once. Each twentieth goes on and uses it. Started by the crowd's test and bench.
 */
if (process.send) process.once('message', (order) => void standReady(order as CrowdOrder))

async function standReady(order: CrowdOrder): Promise<void> {
  const log = rootLog({ level: 'silent' })
  const { connection, role, app, accountId, callers } = order
  const ledger = postgresLedger({ connection, ...(role ? { role } : {}), log, max: 4 })
  const store = postgresStore(ledger, {
    vault: vault(order.vaultKeys),
    factLog: { appendIn: putInOutbox } as FactLog,
    live: { publish: () => {}, subscribe: () => () => {} },
    audit: postgresAudit,
  })
  const wire = douyinWire({ url: order.douyinUrl })
  const keeper = await tokenKeeper({
    ...{ store, wire, app, log, clock: systemClock },
    ...{ refreshAheadMs: hours(24), renewAheadMs: hours(72) },
  })
  await keeper.of(accountId, Date.now() + 10_000)
  process.send!('ready')
  const atMs = await new Promise<number>((resolve) => process.once('message', (at) => resolve(Number(at))))
  await systemClock.sleep(atMs - Date.now())

  const report: CrowdReport = { ok: 0, failed: [], tokens: [], answered: 0, slowestMs: 0 }
  const tokens = new Set<string>()
  const sinceMs = performance.now()
  const one = async (nth: number) => {
    const held = await keeper.of(accountId, Date.now() + 30_000)
    report.slowestMs = Math.max(report.slowestMs, Math.round(performance.now() - sinceMs))
    tokens.add(held.accessToken)
    report.ok += 1
    if (nth % 20 !== 0) return
    const answer = await wire.send(videoList(), { accessToken: held.accessToken, openId: held.openId })
    if (!answer.ok) throw new Error(`code ${answer.refusal.code}`)
    report.answered += 1
  }
  await Promise.all(
    Array.from({ length: callers }, (_, nth) =>
      one(nth).catch((error: Error) => report.failed.push(error.message)),
    ),
  )
  report.tokens = [...tokens]
  keeper.close()
  await ledger.close()
  process.send!(report, () => process.disconnect())
}
