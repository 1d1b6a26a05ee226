import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Limiter } from './limiter.ts'

export interface LimiterUnderTest {
  /** Two processes' views of one limiter. */
  limiters: readonly [Limiter, Limiter]
  close(): Promise<void>
}

/** What every limiter promises. */
export function limiterContract(
  engine: string,
  open: () => Promise<LimiterUnderTest | { skip: string }>,
): void {
  describe(`limiter on ${engine}`, async () => {
    let it: LimiterUnderTest
    let skip: string | undefined
    before(async () => {
      const opened = await open()
      if ('skip' in opened) skip = opened.skip
      else it = opened
    })
    after(() => it?.close())
    let nth = 0
    const fresh = () => `test/${process.pid}/${Date.now()}/${nth++}`
    const promise = (says: string, body: () => Promise<void>) =>
      test(says, (context) => (skip ? context.skip(skip) : body()))

    promise('a burst, and not one more, however many ask at once from two processes', async () => {
      const rule = { bucket: fresh(), rate: 0.001, burst: 100, spare: 0 }
      const asks = Array.from({ length: 60 }, (_, i) =>
        it.limiters[i % 2 === 0 ? 0 : 1].take({ ...rule, want: 3 }),
      )
      const granted = (await Promise.all(asks)).reduce((sum, one) => sum + one.granted, 0)
      assert.equal(granted, 100)
      const none = await it.limiters[0].take({ ...rule, want: 1 })
      assert.equal(none.granted, 0)
      assert.ok(none.waitMs > 900_000 && none.waitMs < 1_100_000, `${none.waitMs}`)
    })

    promise('it fills up again at its rate, never beyond its burst', async () => {
      const rule = { bucket: fresh(), rate: 100, burst: 20, spare: 0, want: 1_000 }
      const sinceMs = Date.now()
      let granted = (await it.limiters[0].take(rule)).granted
      assert.equal(granted, 20)
      while (granted < 60) {
        const taken = await it.limiters[1].take(rule)
        granted += taken.granted
        if (taken.granted === 0) await wait(taken.waitMs)
      }
      const allowed = 20 + ((Date.now() - sinceMs + 5) / 1000) * 100
      assert.ok(granted <= allowed, `${granted} of ${allowed}`)
    })

    promise('what is spared is there for those who spare less', async () => {
      const rule = { bucket: fresh(), rate: 0.001, burst: 10 }
      const batch = await it.limiters[0].take({ ...rule, want: 10, spare: 4 })
      assert.equal(batch.granted, 6)
      assert.equal((await it.limiters[0].take({ ...rule, want: 1, spare: 4 })).granted, 0)
      assert.equal((await it.limiters[1].take({ ...rule, want: 10, spare: 0 })).granted, 4)
    })

    promise('a penalty holds for all processes, and is never shortened', async () => {
      const rule = { bucket: fresh(), rate: 1_000, burst: 1_000, want: 1, spare: 0 }
      await it.limiters[0].take(rule)
      const waitMs = await it.limiters[0].penalise(rule.bucket, { atLeastMs: 60_000, baseMs: 10, capMs: 100 })
      assert.ok(waitMs > 59_000, `${waitMs}`)
      assert.ok(
        (await it.limiters[1].penalise(rule.bucket, { atLeastMs: 0, baseMs: 10, capMs: 100 })) > 58_000,
      )
      const taken = await it.limiters[1].take(rule)
      assert.equal(taken.granted, 0)
      assert.ok(taken.waitMs > 58_000, `${taken.waitMs}`)
    })

    promise('penalties in a row get longer, up to the cap, and end', async () => {
      const bucket = fresh()
      const waits: number[] = []
      for (let i = 0; i < 12; i++)
        waits.push(await it.limiters[0].penalise(bucket, { atLeastMs: 0, baseMs: 1, capMs: 300 }))
      assert.ok(Math.max(...waits) <= 300)
      // The draw is uniform up to 1, 2, 4 ... 300 ms: eleven draws and not one over 20 happens once in a million runs.
      assert.ok(Math.max(...waits) > 20, waits.join(' '))
      await wait(Math.max(...waits) + 20)
      assert.equal(
        (await it.limiters[1].take({ bucket, rate: 1_000, burst: 10, want: 1, spare: 0 })).granted,
        1,
      )
    })
  })
}
