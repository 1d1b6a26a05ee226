import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresFactStream } from '#engines/postgres/fact-stream.ts'
import { days, systemClock } from '#kernel/clock.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { testLedger } from '#testing/ledger.ts'
import { pruneFacts } from './housekeeping.ts'

test('old facts go once every group has read them, and not before', async (t) => {
  const { ledger, close } = await testLedger()
  const stream = await postgresFactStream(ledger, { partitions: 1 })
  t.after(async () => {
    await stream.close()
    await close()
  })
  const told = (n: number) => ({
    name: 'x.told',
    version: 1,
    key: 'k',
    workspaceId: 'ws' as WorkspaceId,
    data: { n },
    atMs: Date.now(),
  })
  await stream.append([told(1), told(2), told(3)])
  await ledger.everywhere.query(
    `insert into fact_log.cursor ("group", part, position) values ('slow', 0, '1'), ('fast', 0, '3')`,
  )
  const tomorrow = { ...systemClock, now: () => Date.now() + days(31) }
  const prune = async (keepDays: number) => {
    const job = { id: 'j', input: null, attempt: 1, signal: new AbortController().signal, progress: () => {} }
    await pruneFacts(ledger, tomorrow, keepDays).handle(job)
    return (
      await ledger.everywhere.query<{ n: number }>(
        "select (data->>'n')::int as n from fact_log.fact order by 1",
      )
    ).map((row) => row.n)
  }
  assert.deepEqual(await prune(60), [1, 2, 3], 'young facts stay')
  assert.deepEqual(await prune(30), [2, 3], 'what the slow group has not read stays')
  await ledger.everywhere.query(`update fact_log.cursor set position = '3'`)
  assert.deepEqual(await prune(30), [])
})
