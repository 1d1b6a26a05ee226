import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countFilters, type Field, filterParams, readFilters, writeFilters } from './filter-fields.ts'

const options = ['a', 'b', 'c'].map((value) => ({ value, label: value }))
const fields: Field[] = [
  { kind: 'choice', key: 'room', label: 'room', options },
  { kind: 'choices', key: 'state', label: 'state', options },
  { kind: 'period', key: 'when', label: 'when' },
  { kind: 'text', key: 'q', label: 'q' },
]
const now = Date.parse('2026-11-22T12:00:00Z')

test('filters survive the way through the URL', () => {
  const value = { room: 'a', state: ['b', 'c'], when: '7d', q: '6910012345678907919' }
  assert.deepEqual(readFilters(fields, writeFilters(fields, value), now), value)
  assert.equal(countFilters(value), 4)
})

test('what the URL may not say is left out', () => {
  const search = { room: 'z', state: 'z,b', when: 'once', other: 'x' }
  assert.deepEqual(readFilters(fields, search, now), { state: ['b'] })
})

test('clearing removes the key from the URL', () => {
  assert.deepEqual(writeFilters(fields, { q: '  ' }), {
    room: undefined,
    state: undefined,
    when: undefined,
    q: undefined,
  })
})

test('the API gets bounds, not words', () => {
  assert.deepEqual(filterParams(fields, { when: 'today', state: ['a', 'b'] }, now), {
    room: undefined,
    state: 'a,b',
    from: Date.parse('2026-11-21T16:00:00Z'),
    to: Date.parse('2026-11-22T16:00:00Z'),
    q: undefined,
  })
})
