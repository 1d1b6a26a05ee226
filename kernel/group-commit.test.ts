import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from './fault.ts'
import { groupCommit } from './group-commit.ts'

test('callers of a tick share one commit, those who come meanwhile share the next, each gets its own answer', async () => {
  const batches: number[][] = []
  const release: (() => void)[] = []
  const double = groupCommit<number, number>({
    name: 'test',
    async commit(items) {
      batches.push([...items])
      await new Promise<void>((resolve) => release.push(resolve))
      return items.map((item) => item * 2)
    },
  })
  const first = [1, 2, 3].map(double)
  await new Promise(setImmediate)
  const second = [4, 5].map(double)
  release.shift()!()
  assert.deepEqual(await Promise.all(first), [2, 4, 6])
  await new Promise(setImmediate)
  release.shift()!()
  assert.deepEqual(await Promise.all(second), [8, 10])
  assert.deepEqual(batches, [
    [1, 2, 3],
    [4, 5],
  ])
})

test('a failed commit fails those who shared it and nobody after them', async () => {
  let fails = true
  const commit = groupCommit<number, number>({
    name: 'test',
    commit: async (items) => {
      if (fails) throw new Error('disk')
      return items
    },
  })
  const [a, b] = await Promise.allSettled([commit(1), commit(2)])
  assert.equal(a.status, 'rejected')
  assert.equal(b.status, 'rejected')
  fails = false
  assert.equal(await commit(3), 3)
})

test('beyond its bound it refuses instead of growing', async () => {
  const never = groupCommit<number, number>({
    name: 'test',
    maxWaiting: 2,
    commit: () => new Promise(() => {}),
  })
  void never(1)
  await new Promise(setImmediate)
  void never(2)
  void never(3)
  await assert.rejects(never(4), (error) => isFault(error) && error.code === 'test/overloaded')
})
