import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '#kernel/clock.ts'
import { isFault } from '#kernel/fault.ts'
import { migrationsOf, type TestLedger, testLedger } from '#testing/ledger.ts'
import { lanes } from './lanes.ts'
import { postgresLimiter } from './limiter.postgres.ts'
import type { Limiter } from './limiter.ts'

let it: TestLedger
let limiter: Limiter
let roundTrips = 0
before(async () => {
  it = await testLedger([migrationsOf('open-platform', 'connect')])
  const real = postgresLimiter(it.ledger)
  limiter = { ...real, take: (ask) => real.take(ask).finally(() => (roundTrips += 1)) }
})
after(() => it.close())

const soon = () => Date.now() + 15_000
const isLimited = (error: unknown) =>
  isFault(error) && error.kind === 'limited' && (error.retryAfterMs ?? 0) > 0

test('a person goes before a follow-up, a follow-up before a batch, whoever came first', async () => {
  const pacer = lanes(limiter, systemClock)
  const rule = { bucket: 'order', rate: 40, burst: 4 }
  const order: string[] = []
  const go = (lane: 'interactive' | 'follow-up' | 'batch') =>
    pacer.pass([rule], lane, soon()).then(() => order.push(lane))
  const all = [
    ...Array.from({ length: 20 }, () => go('batch')),
    ...Array.from({ length: 8 }, () => go('follow-up')),
    ...Array.from({ length: 8 }, () => go('interactive')),
  ]
  await Promise.all(all)
  const lastOf = (lane: string) => order.lastIndexOf(lane)
  assert.equal(order.length, 36)
  assert.ok(
    lastOf('interactive') < lastOf('follow-up') && lastOf('follow-up') < lastOf('batch'),
    order.join(' '),
  )
  assert.ok(lastOf('interactive') < 14, order.join(' '))
})

test('a fast batch costs few round trips', async () => {
  const pacer = lanes(limiter, systemClock)
  const rule = { bucket: 'batch', rate: 2_000, burst: 2_000 }
  roundTrips = 0
  for (let i = 0; i < 500; i++) await pacer.pass([rule], 'batch', soon())
  assert.ok(roundTrips <= 30, `${roundTrips}`)
})

test('who cannot go before the deadline hears it at once, with the time to come back', async () => {
  const pacer = lanes(limiter, systemClock)
  const rule = { bucket: 'slow', rate: 0.01, burst: 1 }
  await pacer.pass([rule], 'interactive', soon())
  const sinceMs = Date.now()
  await assert.rejects(pacer.pass([rule], 'interactive', soon()), isLimited)
  assert.ok(Date.now() - sinceMs < 10_000)
})

test('a penalty closes the bucket for everybody, another bucket goes on', async () => {
  const [ours, theirs] = [lanes(limiter, systemClock), lanes(limiter, systemClock)]
  const rule = { bucket: 'punished', rate: 100, burst: 100 }
  await ours.pass([rule], 'batch', soon())
  await ours.penalise(rule.bucket, 60_000)
  await assert.rejects(ours.pass([rule], 'interactive', soon()), isLimited)
  await assert.rejects(theirs.pass([rule], 'interactive', soon()), isLimited)
  await theirs.pass([{ ...rule, bucket: 'innocent' }], 'batch', soon())
})
