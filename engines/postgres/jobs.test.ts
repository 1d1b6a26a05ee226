import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '#kernel/clock.ts'
import type { Jobs } from '#kernel/jobs.ts'
import { rootLog } from '#kernel/telemetry.ts'
import { type TestLedger, testLedger } from '#testing/ledger.ts'
import { until } from '#testing/until.ts'
import { postgresJobs } from './jobs.ts'

let it: TestLedger
let jobs: Jobs
const done: number[] = []
let failures = 2

before(async () => {
  it = await testLedger()
  jobs = postgresJobs(it.ledger, systemClock, rootLog({ level: 'silent' }))
  await jobs.start(
    [
      {
        queue: 'test/count',
        handle: async ({
          input,
          progress,
        }: {
          input: { n: number }
          progress: (p: { done: number; total: number }) => void
        }) => {
          progress({ done: 1, total: 2 })
          done.push(input.n)
        },
      },
      {
        queue: 'test/flaky',
        retries: 3,
        handle: async () => {
          if (failures-- > 0) throw new Error('not yet')
        },
      },
      { queue: 'test/broken', retries: 0, handle: async () => Promise.reject(new Error('never')) },
    ] as never[],
    true,
  )
})
after(async () => {
  await jobs.close()
  await it.close()
})

const stateOf = async (id: string) => (await jobs.find(id))?.state

test('a job runs once, shows its progress, and a second one with its key is not added while it waits', async () => {
  await jobs.pause('test/count')
  const id = await jobs.send('test/count', { n: 7 }, { singletonKey: 'seven', startedBy: 'user:1' })
  assert.ok(id)
  assert.equal(await jobs.send('test/count', { n: 7 }, { singletonKey: 'seven' }), null)
  assert.equal((await jobs.queues()).find((queue) => queue.queue === 'test/count')?.paused, true)
  assert.deepEqual(done, [])
  await jobs.resume('test/count')
  await until(async () => (await stateOf(id)) === 'completed')
  assert.deepEqual(done, [7])
  const state = await jobs.find(id)
  assert.deepEqual(state?.progress, { done: 1, total: 2, note: null })
  assert.equal(state?.startedBy, 'user:1')
})

test('a job that fails is tried again; one that keeps failing shows its reason and can be retried or cleared', async () => {
  const flaky = await jobs.send('test/flaky', {})
  const broken = await jobs.send('test/broken', {})
  assert.ok(flaky && broken)
  await until(async () => (await stateOf(broken)) === 'failed')
  assert.equal((await jobs.find(broken))?.error, 'never')
  assert.equal(await jobs.retryFailed('test/broken'), 1)
  await until(async () => (await stateOf(broken)) === 'failed')
  assert.equal(await jobs.clearFailed('test/broken'), 1)
  assert.equal(await jobs.find(broken), null)
  await until(async () => (await stateOf(flaky)) === 'completed', 20_000)
})
