import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSearch, stringifySearch } from './address.ts'

test('an address survives the way there and back, ids included', () => {
  const search = {
    id: '6910012345678907919',
    room: 'open-platform',
    q: '直播 & 带货',
    n: '007',
    flag: 'true',
  }
  assert.deepEqual(parseSearch(stringifySearch(search)), search)
})

test('what is not set is not written', () => {
  assert.equal(stringifySearch({ a: undefined, b: '', c: null }), '')
  assert.deepEqual(parseSearch(''), {})
})
