import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSandbox } from '#sandbox/sandbox.ts'
import { visitor } from '#sandbox/visitor.ts'
import { migrationsOf, testLedger } from '#testing/ledger.ts'
import { ACCOUNT_SOURCES } from './collector.ts'
import { sandboxDouyin } from './sandbox-douyin.fixture.ts'
import { postgresSchedule } from './schedule.postgres.ts'
import { smallWorld, WORLD_NOW_MS } from './small-world.fixture.ts'
import { assertEqualsWorld } from './world-equality.fixture.ts'

const settings = {
  concurrency: 4,
  idsPerCall: 20,
  videosEveryMinutes: 30,
  metricsEveryMinutes: 60,
  commentsEveryMinutes: 10,
  hotListEveryMinutes: 10,
}

test('kill -9 at any moment loses nothing and doubles nothing', { timeout: 100_000 }, async (t) => {
  const it = await testLedger([migrationsOf('collector', 'connect')])
  t.after(() => it.close())
  const sandbox = await startSandbox({ world: smallWorld(1, 6), nowMs: WORLD_NOW_MS })
  t.after(() => sandbox.close())
  const world = visitor(sandbox)
  const schedule = postgresSchedule(it.ledger, { name: 'collector' })
  const [account] = await (await sandboxDouyin(sandbox, [...sandbox.world.accounts.keys()])).accounts()
  await schedule.noteAccounts([account!], Date.now())
  const { accountId, workspaceId } = account!
  const wanted = {
    workspaceId,
    accountId,
    sources: ACCOUNT_SOURCES,
    isScheduled: false,
    sinceMs: null,
    startedBy: null,
  }
  const { runId } = await schedule.openRun(wanted, Date.now())
  const stateOf = async () =>
    (await it.ledger.everywhere.query('select state from collector.run'))[0]!['state']
  const { url, clientKey, clientSecret } = sandbox
  await world.control('PUT', '/faults', { slowRate: 1, slowMs: 8 })
  const ask = {
    connection: it.connection,
    role: it.role,
    sandbox: { url, clientKey, clientSecret },
    openId: account!.openId,
    runId,
    settings,
  }
  let kills = 0
  for (let nth = 0; (await stateOf()) !== 'done'; nth++) {
    assert.ok(nth < 40, 'it gets there')
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'killed-run.fixture.ts'), JSON.stringify(ask)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const ended = once(child, 'exit')
    await Promise.race([once(child.stdout, 'data'), ended])
    const killing = setTimeout(() => child.kill('SIGKILL'), 10 + Math.random() * (100 + 20 * nth))
    const [, signal] = await ended
    clearTimeout(killing)
    if (signal === 'SIGKILL') kills++
  }
  assert.ok(kills >= 2, `only ${kills} kills`)
  await assertEqualsWorld(it.ledger, world)
})
