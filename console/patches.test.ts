import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeRows } from './patches.ts'

const data = {
  pages: [
    {
      items: [
        { id: 'a', n: 1, kept: true },
        { id: 'b', n: 2 },
      ],
    },
    { items: [{ id: 'c', n: 3 }] },
  ],
}
const patch = (key: string, change: unknown) => ({ topic: 't', key, data: change })

test('rows change in place, keep what a patch leaves out, and never move', () => {
  const { data: now, unknown } = mergeRows(data, [
    patch('a', { n: 5 }),
    patch('c', { n: 6 }),
    patch('a', { n: 7 }),
  ])
  assert.deepEqual(now.pages[0]?.items, [
    { id: 'a', n: 7, kept: true },
    { id: 'b', n: 2 },
  ])
  assert.deepEqual(now.pages[1]?.items, [{ id: 'c', n: 6 }])
  assert.deepEqual(unknown, [])
})

test('new rows wait, gone rows leave, and gone unknown rows are nothing', () => {
  const { data: now, unknown } = mergeRows(data, [patch('z', { n: 1 }), patch('b', null), patch('y', null)])
  assert.deepEqual(now.pages[0]?.items, [{ id: 'a', n: 1, kept: true }])
  assert.deepEqual(unknown, ['z'])
})

test('nothing touched gives back the same object, so nothing renders again', () =>
  assert.equal(mergeRows(data, [patch('z', { n: 1 })]).data, data))
