import assert from 'node:assert/strict'
import { test } from 'node:test'
import { day } from './format.ts'
import { periodBounds, shiftPeriod } from './period.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const days = (period: string) => {
  const bounds = periodBounds(period, now)
  return bounds && [day(bounds.from), day(bounds.to - 1)]
}

test('words and custom ranges become Shanghai days', () => {
  assert.deepEqual(days('today'), ['2026-11-22', '2026-11-22'])
  assert.deepEqual(days('yesterday'), ['2026-11-21', '2026-11-21'])
  assert.deepEqual(days('7d'), ['2026-11-16', '2026-11-22'])
  assert.deepEqual(days('2026-11-01..2026-11-03'), ['2026-11-01', '2026-11-03'])
})

test('a text that is no range filters nothing', () => {
  for (const bad of ['', 'soon', '2026-11-03..2026-11-01', '2026-11-03..']) assert.equal(days(bad), undefined)
})

test('shifting keeps the length', () => {
  assert.equal(shiftPeriod('7d', -1, now), '2026-11-09..2026-11-15')
  assert.equal(shiftPeriod('2026-11-09..2026-11-15', 1, now), '2026-11-16..2026-11-22')
  assert.equal(shiftPeriod(undefined, 1, now), undefined)
})
