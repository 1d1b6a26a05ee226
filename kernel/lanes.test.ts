import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lanes } from './lanes.ts'

/** Groups that end when the test says so. */
function held() {
  const groups: { items: readonly number[]; end(): void }[] = []
  const ask = lanes<number, number>({
    atOnce: 2,
    most: 3,
    run: (items) =>
      new Promise((resolve, reject) => {
        const end = () =>
          items.includes(13)
            ? reject(new Error('all of it'))
            : resolve(
                items.map((item) =>
                  item < 0
                    ? { status: 'rejected', reason: new Error(`no ${item}`) }
                    : { status: 'fulfilled', value: item * 2 },
                ),
              )
        groups.push({ items, end })
      }),
  })
  return { ask, groups }
}

test('a free lane takes one at once; those who wait are shared out, never more than the most', async () => {
  const { ask, groups } = held()
  const answers = Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(ask))
  assert.deepEqual(
    groups.map(({ items }) => items),
    [[1], [2]],
  )
  groups[0]!.end()
  await new Promise(setImmediate)
  assert.deepEqual(groups[2]?.items, [3, 4, 5])
  groups[1]!.end()
  await new Promise(setImmediate)
  assert.deepEqual(groups[3]?.items, [6, 7])
  for (let i = 2; i < groups.length; i++) {
    groups[i]!.end()
    await new Promise(setImmediate)
  }
  assert.deepEqual(await answers, [2, 4, 6, 8, 10, 12, 14, 16, 18])
})

test('each has its own answer; an error of the whole group is everybody’s, and the lane goes on', async () => {
  const { ask, groups } = held()
  const settled = Promise.allSettled([1, 2, -3, 4, 5, 13, 6, 7].map(ask))
  for (let i = 0; i < groups.length; i++) {
    groups[i]!.end()
    await new Promise(setImmediate)
  }
  assert.deepEqual(
    (await settled).map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message)),
    [2, 4, 'no -3', 8, 10, 'all of it', 'all of it', 14],
  )
  const last = ask(7)
  groups.at(-1)!.end()
  assert.equal(await last, 14)
})
