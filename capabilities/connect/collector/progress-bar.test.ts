import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barLine, duration, progressBar } from './progress-bar.ts'

test('a line says the share, the rate and the time left', () => {
  const line = barLine({ done: 250, total: 1000, note: '7 new' }, 50)
  assert.equal(line, '[#######.....................]   25%  250/1000  50/s  15 s left  7 new')
})

test('without a total or a rate it promises nothing', () => {
  assert.equal(barLine({ done: 3, total: null }, null), `[${'.'.repeat(28)}]    ?%  3`)
  assert.match(barLine({ done: 10, total: 10 }, 5), /100%/)
  assert.doesNotMatch(barLine({ done: 10, total: 10 }, 5), /left/)
})

test('durations read as people say them', () => {
  assert.deepEqual([duration(9.4), duration(75), duration(3_725)], ['9 s', '1 min 15 s', '1 h 2 min'])
})

test('away from a terminal it prints a line now and then and no control characters', () => {
  let now = 0
  const written: string[] = []
  const bar = progressBar(
    { write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream,
    () => now,
  )
  for (now = 5_000; now <= 16_000; now += 500) bar.show({ done: now / 100, total: 1000 })
  bar.clear()
  assert.equal(written.length, 3)
  assert.ok(written.every((text) => text.endsWith('\n') && !text.includes('\x1b')))
  assert.match(written[1]!, /10\/s/)
})
