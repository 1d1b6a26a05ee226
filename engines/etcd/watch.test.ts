import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchedConfigContract } from '#kernel/watched-config.contract.ts'
import { realEngine } from '#testing/engines.ts'
import { openEtcd } from './etcd.ts'
import { watchedConfig } from './watch.ts'

watchedConfigContract('etcd', async () => {
  const real = realEngine('etcd')
  if ('skip' in real) return real
  const etcd = await openEtcd(real.url)
  return { config: watchedConfig(etcd), close: etcd.close }
})

test('an etcd that is away is unavailable', { timeout: 60_000 }, async () => {
  await assert.rejects(openEtcd('http://127.0.0.1:1', { timeoutMs: 1000 }), {
    kind: 'unavailable',
    code: 'etcd/away',
  })
})
