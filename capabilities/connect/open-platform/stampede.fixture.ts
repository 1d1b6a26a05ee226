import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { days } from '#kernel/clock.ts'
import type { AccountId } from '#kernel/id.ts'
import { newVaultKey } from '#kernel/vault.ts'
import { startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import type { CrowdOrder, CrowdReport } from './crowd.fixture.ts'
import { openRoom } from './open-room.fixture.ts'
import { connectSandboxAccounts } from './sandbox-accounts.fixture.ts'

export interface Stampede {
  reports: CrowdReport[]
  /** Refreshes that reached the platform. */
  upstream: number
  /** Until the last caller had its token. */
  slowestMs: number
}

/** Processes full of callers who all want one account's token in the instant in which it has run out. */
export async function stampede(processes: number, callers: number): Promise<Stampede> {
  const it = await testLedger([migrationsOf('open-platform', 'connect')])
  const sandbox = await startSandbox({ seed: 21 })
  const control = visitor(sandbox).control
  const vaultKeys = newVaultKey('t1')
  const room = await openRoom({ ledger: it.ledger, sandbox, vaultKeys, workers: false })
  let accountId = '' as AccountId
  await connectSandboxAccounts({
    url: sandbox.url,
    consentUrl: async () => (await room.api('POST', '/authorisations')).json.url,
    known: new Set([...sandbox.world.accounts.keys()].slice(1)),
    onConnected: (account) => (accountId = account.accountId as AccountId),
  })
  const { connection, role } = it
  const order: CrowdOrder = {
    connection,
    role,
    vaultKeys,
    douyinUrl: sandbox.url,
    app: room.app,
    accountId,
    callers,
  }
  // Both clocks agree on the instant: it is over for the platform (16 days on) and for the table.
  const expiresAtMs = Date.now() + 4_000
  await it.ledger.everywhere.query(
    'update open_platform.account set access_expires_at = $2 where account_id = $1',
    [accountId, new Date(expiresAtMs)],
  )
  const children = Array.from({ length: processes }, () =>
    fork(join(import.meta.dirname, 'crowd.fixture.ts')),
  )
  try {
    await Promise.all(
      children.map(async (child) => {
        child.send(order)
        await once(child, 'message')
      }),
    )
    await control('PUT', '/clock', { advanceMs: days(16) })
    await control('DELETE', '/requests')
    const instantMs = Math.max(expiresAtMs, Date.now() + 100)
    const reports = await Promise.all(
      children.map(async (child) => {
        child.send(instantMs)
        const [report] = await once(child, 'message')
        return report as CrowdReport
      }),
    )
    const { endpoints } = await control('GET', '/requests')
    return {
      reports,
      upstream: endpoints['/oauth/refresh_token/']?.calls ?? 0,
      slowestMs: Math.max(...reports.map((report) => report.slowestMs)),
    }
  } finally {
    for (const child of children) child.kill()
    await room.close()
    await sandbox.close()
    await it.close()
  }
}
