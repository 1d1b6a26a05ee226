import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stampede } from './stampede.fixture.ts'

test('4 processes x 1,250 callers at the instant of expiry: one refresh, nobody fails', async () => {
  const { reports, upstream } = await stampede(4, 1_250)
  assert.equal(upstream, 1)
  assert.deepEqual(
    reports.flatMap((report) => report.failed),
    [],
  )
  assert.equal(
    reports.reduce((sum, report) => sum + report.ok, 0),
    5_000,
  )
  assert.equal(
    reports.reduce((sum, report) => sum + report.answered, 0),
    252,
  )
  assert.equal(new Set(reports.flatMap((report) => report.tokens)).size, 1)
})
