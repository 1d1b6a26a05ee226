import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigEntries, WatchedConfig } from './watched-config.ts'

type OpenedConfig = { config: WatchedConfig; close(): Promise<void> } | { skip: string }

/** Every engine that keeps watched config must pass this. */
export function watchedConfigContract(name: string, open: () => Promise<OpenedConfig>): void {
  describe(`watched config on ${name}`, { timeout: 120_000 }, () => {
    let config: WatchedConfig
    let close = async () => {}
    let skip: string | undefined
    let prefixes = 0
    const newPrefix = () => `test/${process.pid}-${Date.now()}-${prefixes++}/`

    before(async () => {
      const opened = await open()
      if ('skip' in opened) skip = opened.skip
      else ({ config, close } = opened)
    })
    after(() => close())

    const it = (promise: string, body: (stop: AbortController) => Promise<void>) =>
      test(promise, async (t) => {
        if (skip !== undefined) return t.skip(skip)
        const stop = new AbortController()
        await body(stop).finally(() => stop.abort())
      })

    /** Watches, and lets a test wait for a state. */
    async function watched(prefix: string, signal: AbortSignal) {
      const told: ConfigEntries[] = []
      await config.watch(prefix, (entries) => told.push(entries), signal)
      return {
        told,
        async until(expected: Record<string, string>) {
          const deadline = Date.now() + 15_000
          const isThere = () =>
            JSON.stringify(sorted(told.at(-1)!)) === JSON.stringify(sorted(new Map(Object.entries(expected))))
          while (!isThere() && Date.now() < deadline) await delay(10)
          assert.deepEqual(sorted(told.at(-1)!), sorted(new Map(Object.entries(expected))))
        },
      }
    }
    const sorted = (entries: ConfigEntries) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

    it('gives back what was put, under its prefix only', async () => {
      const prefix = newPrefix()
      await config.put(`${prefix}rule/1`, '回复 🍊 "\\\n')
      await config.put(`${prefix}rule/2`, '')
      await config.put(`${prefix}rulers`, 'no')
      assert.deepEqual(sorted(await config.get(`${prefix}rule/`)), [
        [`${prefix}rule/1`, '回复 🍊 "\\\n'],
        [`${prefix}rule/2`, ''],
      ])
      assert.deepEqual(sorted(await config.get(`${prefix}nothing/`)), [])
    })

    it('takes a prefix literally', async () => {
      const prefix = newPrefix()
      await config.put(`${prefix}a_b`, '1')
      await config.put(`${prefix}axb`, '2')
      await config.put(`${prefix}50%/x`, '3')
      assert.deepEqual(sorted(await config.get(`${prefix}a_`)), [[`${prefix}a_b`, '1']])
      assert.deepEqual(sorted(await config.get(`${prefix}50%/`)), [[`${prefix}50%/x`, '3']])
    })

    it('tells what is there first, then each change and removal', async (stop) => {
      const prefix = newPrefix()
      await config.put(`${prefix}a`, '1')
      const seen = await watched(prefix, stop.signal)
      assert.deepEqual(sorted(seen.told[0]!), [[`${prefix}a`, '1']])
      await config.put(`${prefix}b`, '2')
      await seen.until({ [`${prefix}a`]: '1', [`${prefix}b`]: '2' })
      await config.put(`${prefix}a`, '3')
      await seen.until({ [`${prefix}a`]: '3', [`${prefix}b`]: '2' })
      await config.put(`${prefix}a`, null)
      await seen.until({ [`${prefix}b`]: '2' })
    })

    it('does not call for other prefixes', async (stop) => {
      const [prefix, other] = [newPrefix(), newPrefix()]
      const seen = await watched(prefix, stop.signal)
      await config.put(`${other}a`, '1')
      await config.put(`${prefix}a`, '1')
      await seen.until({ [`${prefix}a`]: '1' })
      assert.equal(seen.told.length, 2)
    })

    it('shows the end of a burst to every watcher', async (stop) => {
      const prefix = newPrefix()
      const watchers = await Promise.all(Array.from({ length: 5 }, () => watched(prefix, stop.signal)))
      await Promise.all(Array.from({ length: 200 }, (_, i) => config.put(`${prefix}${i % 20}`, String(i))))
      const end = Object.fromEntries(await config.get(prefix))
      assert.equal(Object.keys(end).length, 20)
      for (const watcher of watchers) await watcher.until(end)
    })

    it('is silent after the signal', async (stop) => {
      const prefix = newPrefix()
      const seen = await watched(prefix, stop.signal)
      const other = new AbortController()
      const control = await watched(prefix, other.signal)
      stop.abort()
      await config.put(`${prefix}a`, '1')
      await control.until({ [`${prefix}a`]: '1' })
      await delay(100)
      other.abort()
      assert.equal(seen.told.length, 1)
    })
  })
}
