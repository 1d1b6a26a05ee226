import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from './fault.ts'
import { groupCommit } from './group-commit.ts'

test('callers of a tick share one commit, those who come meanwhile share the next, each gets its own answer', async () => {
  const batches: number[][] = []
  const release: (() => void)[] = []
  const double = groupCommit<number, number>({
    name: 'test',
    gatherMs: 60_000,
    async commit(items) {
      batches.push([...items])
      await new Promise<void>((resolve) => release.push(resolve))
      return items.map((item) => item * 2)
    },
  })
  const begun = async () => {
    while (release.length === 0) await new Promise(setImmediate)
    release.shift()!()
  }
  const first = [1, 2].map(double)
  // The next turn of the loop brings one more; the one after it brings nobody, and the write begins.
  setImmediate(() => first.push(double(3)))
  while (release.length === 0) await new Promise(setImmediate)
  const second = [4, 5].map(double)
  await begun()
  assert.deepEqual(await Promise.all(first), [2, 4, 6])
  await begun()
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
  let hasBegun = false
  const never = groupCommit<number, number>({
    name: 'test',
    maxWaiting: 2,
    commit: () => {
      hasBegun = true
      return new Promise(() => {})
    },
  })
  void never(1)
  while (!hasBegun) await new Promise(setImmediate)
  void never(2)
  void never(3)
  await assert.rejects(never(4), (error) => isFault(error) && error.code === 'test/overloaded')
})

test('whoever keeps coming does not keep the first one waiting', async () => {
  let isOver = false
  const commit = groupCommit<number, number>({ name: 'test', commit: async (items) => items })
  const others: Promise<number>[] = []
  const come = () => {
    if (isOver) return
    others.push(commit(0))
    setImmediate(come)
  }
  come()
  assert.equal(await commit(1), 1)
  isOver = true
  await Promise.all(others)
})

test('a second write begins beside the first only when it is full', async () => {
  const sizes: number[] = []
  const gate = Promise.withResolvers<void>()
  const commit = groupCommit<number, number>({
    name: 'test',
    maxBatch: 2,
    parallel: 2,
    async commit(items) {
      sizes.push(items.length)
      await gate.promise
      return items
    },
  })
  const turns = async (count: number) => {
    for (let i = 0; i < count; i++) await new Promise(setImmediate)
  }
  const all = [commit(1)]
  await turns(5)
  all.push(commit(2))
  await turns(5)
  assert.deepEqual(sizes, [1])
  all.push(commit(3), commit(4))
  await turns(5)
  assert.deepEqual(sizes, [1, 2])
  gate.resolve()
  assert.deepEqual(await Promise.all(all), [1, 2, 3, 4])
  assert.deepEqual(sizes, [1, 2, 1])
})
