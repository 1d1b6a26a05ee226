import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from './clock.ts'
import { fault } from './fault.ts'
import { persistently } from './retry.ts'

const limited = (retryAfterMs?: number) => fault('limited', 'x/slow', 'slow', { retryAfterMs })
const down = () => fault('unavailable', 'x/down', 'down')

/** Fails with each fault in turn, then works. */
function work(...faults: Error[]) {
  const slept: number[] = []
  const clock: Clock = { now: () => 0, sleep: async (ms) => void slept.push(ms) }
  let calls = 0
  const run = async () => {
    const next = faults[calls++]
    if (next) throw next
    return 'done'
  }
  return { slept, clock, run, calls: () => calls }
}

test('waits as a fault tells, and so often and so long only', async () => {
  const patient = work(limited(700), down())
  assert.equal(await persistently(patient.run, patient), 'done')
  assert.equal(patient.slept[0], 700)
  assert.ok(patient.slept[1]! <= 500)
  const worn = work(down(), down(), down())
  await assert.rejects(persistently(worn.run, { ...worn, tries: 2 }), { code: 'x/down' })
  assert.equal(worn.calls(), 2)
  const tomorrow = work(limited(3_600_000))
  await assert.rejects(persistently(tomorrow.run, tomorrow), { retryAfterMs: 3_600_000 })
  assert.deepEqual(tomorrow.slept, [])
})

test('what must not happen twice is done again only after a fault that did nothing', async () => {
  const once = work(limited(1), down())
  await assert.rejects(persistently(once.run, { ...once, isRepeatable: false }), { code: 'x/down' })
  assert.equal(once.calls(), 2)
  for (const other of [fault('invalid', 'x/bad', 'bad'), new Error('a bug')]) {
    const failed = work(other)
    await assert.rejects(persistently(failed.run, failed), other)
    assert.equal(failed.calls(), 1)
  }
})
