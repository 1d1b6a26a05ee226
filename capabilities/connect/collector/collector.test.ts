import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fault } from '#kernel/fault.ts'
import {
  afterFailure,
  afterPage,
  FULL_EVERY_MS,
  type Look,
  nextThreadWalk,
  nextWalk,
  OVERLAP_MS,
  type Pass,
  type Thread,
  threadAfterPage,
} from './collector.ts'

const T = 1_800_000_000_000
const fresh: Pass = {
  revision: 0,
  pass: null,
  passAtMs: null,
  cursor: null,
  headMs: null,
  untilMs: null,
  settledMs: null,
  fullMs: null,
}
const look = (more: Partial<Look> = {}): Look => ({
  nowMs: T,
  runAtMs: T,
  isAsked: false,
  sinceMs: null,
  ...more,
})
const thread = (more: Partial<Thread> = {}): Thread => ({
  ...fresh,
  itemId: 'v',
  publishedAtMs: 0,
  reported: 10,
  counted: 10,
  countedFull: 10,
  known: 10,
  isOwing: false,
  settledMs: T - 5000,
  fullMs: T - 5000,
  ...more,
})
const row = (atMs: number, isTop = false) => ({ atMs, isTop })

test('what was never walked is walked to its end, and a walk under way goes on from its cursor', () => {
  const first = nextWalk(fresh, look())
  assert.deepEqual([first?.pass, first?.untilMs], ['full', null])
  const underWay = { ...fresh, pass: 'full' as const, cursor: '40', passAtMs: T - 1 }
  assert.equal(nextWalk(underWay, look()), underWay)
})

test('a settled list is walked until a page lies wholly under the mark; a pinned old row does not end it', () => {
  const walk = nextWalk({ ...fresh, settledMs: T, fullMs: T }, look())!
  assert.equal(walk.untilMs, T - OVERLAP_MS)
  const mark = walk.untilMs!
  const on = afterPage(walk, { rows: [row(1, true), row(mark + 5), row(mark - 5)], cursor: '3' }, T)
  assert.deepEqual([on.pass, on.cursor], ['recent', '3'])
  const end = afterPage(on, { rows: [row(mark - 6), row(mark - 7)], cursor: '5' }, T)
  assert.deepEqual([end.pass, end.settledMs, end.fullMs], [null, T, T])
})

test('what arrives during a walk is not settled by it', () => {
  const walk = nextWalk(fresh, look())!
  const on = afterPage(walk, { rows: [row(100), row(90)], cursor: '2' }, T)
  const end = afterPage(on, { rows: [row(110), row(80)], cursor: null }, T)
  assert.deepEqual([end.settledMs, end.fullMs], [100, T])
})

test('a back-fill walks to its date once and leaves the full walk to be made', () => {
  const asked = look({ sinceMs: 50, isAsked: true })
  const walk = nextWalk({ ...fresh, settledMs: 500, fullMs: T }, asked)!
  assert.deepEqual([walk.pass, walk.untilMs], ['full', 50])
  const end = afterPage(walk, { rows: [row(49)], cursor: 'more' }, T)
  assert.equal(end.fullMs, T)
  assert.equal(nextWalk(end, asked), null)
  assert.equal(afterPage(nextWalk(fresh, asked)!, { rows: [row(49)], cursor: 'more' }, T).fullMs, null)
})

test('a thread whose count did not move is left alone until the daily full walk, unless a person asks', () => {
  assert.equal(nextThreadWalk(thread(), look()), null)
  assert.equal(nextThreadWalk(thread(), look({ isAsked: true }))?.pass, 'recent')
  assert.equal(nextThreadWalk(thread({ reported: 11 }), look())?.pass, 'recent')
  assert.equal(nextThreadWalk(thread({ fullMs: T - FULL_EVERY_MS - 1 }), look())?.pass, 'full')
})

test('when a recent walk leaves the count short, one full walk follows and no second one', () => {
  const asked = look({ isAsked: true })
  const recent = nextThreadWalk(thread({ reported: 12 }), asked)!
  const after = threadAfterPage(recent, { rows: [row(1)], cursor: 'more' }, T)
  assert.deepEqual([after.pass, after.counted, after.countedFull], [null, 12, 10])
  const full = nextThreadWalk(after, asked)!
  assert.equal(full.pass, 'full')
  const done = threadAfterPage(full, { rows: [row(1)], cursor: null }, T)
  assert.equal(nextThreadWalk(done, asked), null)
})

test('rows that arrive at any moment of a newest-first walk are in the list after the next one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      (size, arrivals, count) => {
        const list = Array.from({ length: size }, (_, i) => i + 1)
        const known = new Set<number>()
        let at = fresh
        let tick = 0
        const walk = (isArriving: boolean) => {
          at = nextWalk(at, look({ runAtMs: Number.POSITIVE_INFINITY }))!
          while (at.pass !== null) {
            const offset = Number(at.cursor ?? 0)
            const rows = list.toReversed().slice(offset, offset + count)
            for (const one of rows) known.add(one)
            const next = offset + rows.length
            at = afterPage(
              at,
              { rows: rows.map((atMs) => row(atMs)), cursor: next < list.length ? String(next) : null },
              T,
            )
            if (isArriving) for (let n = arrivals[tick++] ?? 0; n > 0; n--) list.push(list.length + 1)
          }
        }
        walk(true)
        walk(true)
        walk(false)
        assert.deepEqual(
          [...known].sort((a, b) => a - b),
          list,
        )
      },
    ),
  )
})

test('quota waits until the stated time, a refusal an hour, trouble longer each time', () => {
  assert.deepEqual(afterFailure(fault('limited', 'x/q', 'q', { retryAfterMs: 5000 }), 0, T), {
    state: 'waiting-quota',
    nextPlanMs: T + 5000,
  })
  assert.equal(afterFailure(fault('denied', 'x/d', 'd'), 0, T).nextPlanMs, T + 3_600_000)
  const late = afterFailure(fault('unavailable', 'x/u', 'u'), 30, T)
  assert.ok(late.nextPlanMs >= T + 60_000 && late.nextPlanMs <= T + 61 * 60_000)
})
