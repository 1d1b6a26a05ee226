import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Principal } from '#kernel/auth.ts'
import type { WorkspaceId } from '#kernel/id.ts'
import { knownKeys } from './known-keys.ts'

const who = (actor: string): Principal => ({
  kind: 'key',
  actor,
  userId: null,
  workspaceId: 'ws_a' as WorkspaceId,
  role: 'operator',
  scopes: ['*'],
})

function scene(found: (key: string) => Principal | null = (key) => who(key)) {
  let nowMs = 0
  const asked: string[] = []
  const keys = knownKeys(
    async (key) => {
      asked.push(key)
      return found(key)
    },
    () => nowMs,
  )
  return { keys, asked, pass: (ms: number) => (nowMs += ms) }
}

test('a key is checked once by all who come together, then known by heart for a while', async () => {
  const { keys, asked, pass } = scene()
  await Promise.all([keys.principalOf('a'), keys.principalOf('a'), keys.principalOf('b')])
  assert.deepEqual(asked, ['a', 'b'])
  assert.deepEqual(keys.principalOf('a'), who('a'), 'at once')
  pass(5_001)
  await keys.principalOf('a')
  assert.deepEqual(asked, ['a', 'b', 'a'])
})

test('a key that is none is asked about every time', async () => {
  const { keys, asked } = scene(() => null)
  assert.equal(await keys.principalOf('x'), null)
  assert.equal(await keys.principalOf('x'), null)
  assert.equal(asked.length, 2)
})

test('once a key was taken away, an answer under way is believed by nobody later', async () => {
  const { keys, asked } = scene()
  const underWay = keys.principalOf('a')
  keys.forget()
  await underWay
  await keys.principalOf('a')
  assert.equal(asked.length, 2)
})

test('a check that fails is tried again', async () => {
  let tries = 0
  const keys = knownKeys(async () => {
    tries += 1
    throw new Error('away')
  })
  await assert.rejects(async () => keys.principalOf('a'))
  await assert.rejects(async () => keys.principalOf('a'))
  assert.equal(tries, 2)
})
