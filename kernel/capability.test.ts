import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootOrder, type Capability, capability } from './capability.ts'
import { isFault } from './fault.ts'

const room = (name: string, links: { needs?: 'douyin'[]; provides?: 'douyin'[] } = {}): Capability =>
  capability({ name, at: import.meta.url, ...links, open: () => ({}) })

test('a provider opens before those who need it, otherwise the order stays', () => {
  const order = bootOrder([room('b', { needs: ['douyin'] }), room('c'), room('a', { provides: ['douyin'] })])
  assert.deepEqual(
    order.map(({ name }) => name),
    ['a', 'b', 'c'],
  )
})

test('a need that nobody provides stops the boot with one clear sentence', () => {
  assert.throws(
    () => bootOrder([room('b', { needs: ['douyin'] })]),
    (error) => isFault(error) && error.message === 'b needs "douyin", and no room provides it',
  )
})

test('a circle of needs is named', () => {
  const self = room('a', { needs: ['douyin'], provides: ['douyin'] })
  assert.throws(
    () => bootOrder([self]),
    (error) => isFault(error) && /a -> a/.test(error.message),
  )
})
