import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { days, hours } from '#kernel/clock.ts'
import {
  afterRefusal,
  type Clocks,
  dueFor,
  forecast,
  mayRepeat,
  quotaRestoresAtMs,
  renewalsLeft,
} from './open-platform.ts'

const NOW = Date.UTC(2026, 10, 23)
const AHEAD = { refreshAheadMs: hours(24), renewAheadMs: hours(72) }
const fresh: Clocks = {
  accessExpiresAtMs: NOW + days(15),
  refreshExpiresAtMs: NOW + days(30),
  renewals: 0,
  renewable: true,
}

const clocks = fc.record({
  accessExpiresAtMs: fc.integer({ min: -days(20), max: days(15) }).map((ms) => NOW + ms),
  refreshExpiresAtMs: fc.integer({ min: -days(20), max: days(30) }).map((ms) => NOW + ms),
  renewals: fc.integer({ min: 0, max: 6 }),
  renewable: fc.boolean(),
})

test('a fresh consent lasts 30 days and five renewals of 27', () => {
  assert.deepEqual(forecast(fresh, NOW), { reauthoriseByMs: NOW + days(30 + 5 * 27), warnLevel: 'none' })
  assert.equal(forecast({ ...fresh, renewals: 5 }, NOW).warnLevel, 'notice')
  assert.equal(forecast({ ...fresh, renewable: false }, NOW).reauthoriseByMs, NOW + days(30))
})

test('the forecast never lies before either clock, and never moves back by waiting', () => {
  fc.assert(
    fc.property(clocks, fc.integer({ min: 0, max: days(60) }), (account, wait) => {
      const { reauthoriseByMs } = forecast(account, NOW)
      assert.ok(reauthoriseByMs >= account.accessExpiresAtMs)
      assert.ok(reauthoriseByMs >= account.refreshExpiresAtMs)
      assert.ok(forecast(account, NOW + wait).reauthoriseByMs <= reauthoriseByMs)
    }),
  )
})

test('a renewal at the last moment keeps the forecast; an earlier one costs what it was early by', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: days(20) }),
      (renewals, earlyMs) => {
        const before = { ...fresh, renewals }
        const atMs = before.refreshExpiresAtMs - AHEAD.renewAheadMs - earlyMs
        const after = { ...before, renewals: renewals + 1, refreshExpiresAtMs: atMs + days(30) }
        const lost = forecast(before, NOW).reauthoriseByMs - forecast(after, atMs).reauthoriseByMs
        assert.equal(lost, earlyMs)
      },
    ),
  )
})

test('warnings only get louder as time goes by', () => {
  const order = ['none', 'notice', 'warning', 'urgent']
  fc.assert(
    fc.property(clocks, fc.integer({ min: 0, max: days(200) }), (account, wait) => {
      const now = order.indexOf(forecast(account, NOW).warnLevel)
      assert.ok(order.indexOf(forecast(account, NOW + wait).warnLevel) >= now)
    }),
  )
  const at = (leftMs: number) =>
    forecast({ accessExpiresAtMs: 0, refreshExpiresAtMs: NOW + leftMs, renewals: 5, renewable: true }, NOW)
      .warnLevel
  assert.deepEqual(
    [31, 30, 14, 3].map((left) => at(days(left))),
    ['none', 'notice', 'warning', 'urgent'],
  )
})

test('a kept account lives until its forecast: nothing is asked twice, nothing too late', () => {
  // A year of the keeper's work against a platform that obeys its own rules, hour by hour.
  let account = { ...fresh }
  const promised = forecast(account, NOW).reauthoriseByMs
  let asked = 0
  let nowMs = NOW
  for (; account.accessExpiresAtMs > nowMs; nowMs += hours(1)) {
    const step = dueFor(account, nowMs, AHEAD)
    if (!step || account.refreshExpiresAtMs <= nowMs) continue
    asked += 1
    account =
      step === 'renew'
        ? { ...account, renewals: account.renewals + 1, refreshExpiresAtMs: nowMs + days(30) }
        : { ...account, accessExpiresAtMs: nowMs + days(15) }
  }
  assert.equal(renewalsLeft(account), 0)
  assert.ok(nowMs >= promised, `it ended ${(promised - nowMs) / days(1)} days before the forecast`)
  assert.ok(asked < 30, `asked ${asked} times`)
})

test('only a code that says so ends an account', () => {
  const refusal = (of: string, code: number | null) => ({
    class: of,
    code,
    description: '',
    logId: null,
    retryAfterMs: null,
  })
  const nextOf = (of: string, code: number | null, account = fresh) =>
    afterRefusal('refresh', refusal(of, code), account, NOW, 50)
  fc.assert(
    fc.property(
      fc.constantFrom('retry', 'rate', 'quota', 'invalid', 'scope-missing'),
      fc.integer(),
      (of, code) => {
        fc.pre(code !== 10010)
        assert.equal(nextOf(of, code).next, 'retry')
      },
    ),
  )
  assert.deepEqual(nextOf('reauthorise', 10010), { next: 'lost', reason: 'revoked' })
  assert.deepEqual(nextOf('reauthorise', 10010, { ...fresh, refreshExpiresAtMs: NOW - 1 }), {
    next: 'lost',
    reason: 'reauthorise',
  })
  assert.deepEqual(nextOf('banned', 2190016), { next: 'lost', reason: 'banned' })
  assert.deepEqual(afterRefusal('renew', refusal('rate', 10020), fresh, NOW, 50), { next: 'no-renewals' })
  assert.deepEqual(afterRefusal('renew', refusal('scope-missing', 10004), fresh, NOW, 50), {
    next: 'no-renewals',
  })
})

test('only reads are sent twice after a cut connection', () => {
  assert.equal(mayRepeat({ method: 'GET', path: '/item/comment/list/' }), true)
  assert.equal(mayRepeat({ method: 'POST', path: '/api/douyin/v1/video/video_data/' }), true)
  assert.equal(mayRepeat({ method: 'POST', path: '/item/comment/reply/' }), false)
})

test('quota comes back at eight in the morning in Shanghai', () => {
  assert.equal(
    quotaRestoresAtMs(Date.parse('2026-11-23T07:59:59+08:00')),
    Date.parse('2026-11-23T08:00:00+08:00'),
  )
})
