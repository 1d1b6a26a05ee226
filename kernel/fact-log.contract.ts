import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '#testing/until.ts'
import type { Fact, FactLog, NewFact } from './fact-log.ts'
import { fault } from './fault.ts'
import type { WorkspaceId } from './id.ts'
import type { Ledger } from './ledger.ts'

export interface OpenFactLog {
  ledger: Ledger
  facts: FactLog & { relay(signal: AbortSignal): Promise<void> }
  close(): Promise<void>
}

const ws = 'ws_test' as WorkspaceId
const told = (name: string, key: string, n: number): NewFact<{ n: number }> => ({
  name,
  version: 1,
  key,
  workspaceId: ws,
  data: { n },
  atMs: Date.now(),
})
const numbers = (facts: readonly Fact[]) => facts.map((fact) => (fact.data as { n: number }).n)

/** What every fact log promises, whatever engine carries its facts. */
export function factLogContract(engine: string, open: () => Promise<OpenFactLog | { skip: string }>): void {
  describe(`fact log on ${engine}`, () => {
    let it: OpenFactLog
    const closing = new AbortController()
    let relay: Promise<void> | undefined
    let skip: string | undefined
    const promise = (what: string, body: () => Promise<void>) =>
      test(what, (t) => (skip === undefined ? body() : t.skip(skip)))

    before(async () => {
      const opened = await open()
      if ('skip' in opened) {
        skip = opened.skip
        return
      }
      it = opened
      relay = it.facts.relay(closing.signal)
      await it.ledger.everywhere.query('create schema t')
      await it.ledger.everywhere.query('create table t.seen (n int, k text)')
    })
    after(async () => {
      closing.abort()
      await relay
      await it?.facts.close()
      await it?.close()
    })

    const seen = async (key: string) =>
      (
        await it.ledger.everywhere.query<{ n: number }>('select n from t.seen where k = $1 order by n', [key])
      ).map((row) => row.n)

    promise(
      'facts of the outbox come after the commit, in order, and a roll-back tells nothing',
      async () => {
        const got: number[] = []
        const run = await it.facts.consume({
          group: 'test/outbox',
          facts: ['outbox.told'],
          handle: async (facts) => void got.push(...numbers(facts)),
        })
        for (let n = 1; n <= 5; n++) {
          await it.ledger.across((tx) => it.facts.appendIn(tx, [told('outbox.told', 'one', n)]))
        }
        await assert.rejects(
          it.ledger.across(async (tx) => {
            await it.facts.appendIn(tx, [told('outbox.told', 'one', 99)])
            throw new Error('no')
          }),
        )
        await until(() => got.length === 5)
        assert.deepEqual(got, [1, 2, 3, 4, 5])
        await run.stop()
      },
    )

    promise(
      'an effect in the ledger happens exactly once, though handlers fail and are started again',
      async () => {
        let failures = 3
        const consumer = {
          group: 'test/exact',
          facts: ['exact.told'],
          batch: 7,
          handle: async (
            facts: readonly Fact[],
            tx: { query(text: string, values: unknown[]): Promise<unknown> },
          ) => {
            for (const n of numbers(facts))
              await tx.query('insert into t.seen (n, k) values ($1, $2)', [n, 'exact'])
            if (failures-- > 0) throw fault('unavailable', 'test/away', 'away', { retryAfterMs: 5 })
          },
        }
        await it.facts.append(Array.from({ length: 50 }, (_, n) => told('exact.told', `key-${n % 3}`, n)))
        const first = await it.facts.consume(consumer)
        await until(async () => (await seen('exact')).length >= 10)
        await first.stop()
        await it.facts.append(
          Array.from({ length: 50 }, (_, n) => told('exact.told', `key-${n % 3}`, 50 + n)),
        )
        const second = await it.facts.consume(consumer)
        await until(async () => (await seen('exact')).length >= 100)
        assert.deepEqual(
          await seen('exact'),
          Array.from({ length: 100 }, (_, n) => n),
        )
        await second.stop()
      },
    )

    promise('a bad fact is put aside with its reason and stops nobody; it can be retried', async () => {
      let mended = false
      const got: number[] = []
      const run = await it.facts.consume({
        group: 'test/dead',
        facts: ['dead.told'],
        handle: async (facts) => {
          if (!mended && numbers(facts).includes(2)) throw fault('invalid', 'test/two', 'two is bad')
          got.push(...numbers(facts))
        },
      })
      await it.facts.append([1, 2, 3].map((n) => told('dead.told', 'k', n)))
      const [letter] = await until(async () => {
        const letters = await it.facts.deadLetters({ group: 'test/dead', limit: 10 })
        return letters.length > 0 && got.includes(3) ? letters : undefined
      })
      assert.deepEqual(got, [1, 3])
      assert.deepEqual(letter?.reason, { code: 'test/two', message: 'two is bad' })
      mended = true
      assert.equal(
        await it.facts.retry([letter!.id], 'ws_other' as WorkspaceId),
        0,
        'not for another workspace',
      )
      assert.equal(await it.facts.retry([letter!.id], ws), 1)
      await until(async () => {
        const left = await it.facts.deadLetters({ group: 'test/dead', limit: 10 })
        return got.includes(2) && left.length === 0
      })
      await run.stop()
    })

    promise('two processes of a group share its partitions and take each fact once', async () => {
      const consumer = {
        group: 'test/shared',
        facts: ['shared.told'],
        handle: async (
          facts: readonly Fact[],
          tx: { query(text: string, values: unknown[]): Promise<unknown> },
        ) => {
          for (const n of numbers(facts))
            await tx.query('insert into t.seen (n, k) values ($1, $2)', [n, 'shared'])
        },
      }
      const runs = await Promise.all([it.facts.consume(consumer), it.facts.consume(consumer)])
      await it.facts.append(Array.from({ length: 300 }, (_, n) => told('shared.told', `key-${n}`, n)))
      await until(async () => (await seen('shared')).length >= 300)
      assert.deepEqual(
        await seen('shared'),
        Array.from({ length: 300 }, (_, n) => n),
      )
      await Promise.all(runs.map((run) => run.stop()))
    })

    promise('a group can read again from a time, and its lag is known', async () => {
      const got: number[] = []
      await it.facts.append([told('again.told', 'k', 1)])
      await new Promise((resolve) => setTimeout(resolve, 20))
      const betweenMs = Date.now()
      await new Promise((resolve) => setTimeout(resolve, 20))
      await it.facts.append([told('again.told', 'k', 2)])
      const run = await it.facts.consume({
        group: 'test/again',
        facts: ['again.told'],
        handle: async (facts) => void got.push(...numbers(facts)),
      })
      await until(() => got.length === 2)
      await it.facts.seek('test/again', { atMs: betweenMs })
      await until(() => got.length === 3)
      assert.deepEqual(got, [1, 2, 2])
      await run.stop()
      await it.facts.append([told('again.told', 'k', 3), told('again.told', 'k', 4)])
      const lag = (await it.facts.lags())
        .filter((one) => one.group === 'test/again')
        .reduce((sum, one) => sum + one.lag, 0)
      assert.equal(lag, 2)
    })
  })
}
