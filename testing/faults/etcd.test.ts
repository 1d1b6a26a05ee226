import assert from 'node:assert/strict'
import { openEtcd } from '#engines/etcd/etcd.ts'
import { watchedConfig } from '#engines/etcd/watch.ts'
import { eventually, withEngines } from './kills.ts'

withEngines('a watch on etcd sees what changed while etcd was away', ['etcd'], async (engines) => {
  const etcd = await openEtcd(engines.urls['etcd']!)
  const config = watchedConfig(etcd)
  const stop = new AbortController()
  const told: string[][] = []
  await config.watch('rules/', (entries) => told.push([...entries.values()]), stop.signal)
  await config.put('rules/a', '1')
  await engines.kill('etcd')
  await engines.restart('etcd')
  await eventually(() => config.put('rules/a', '2'))
  await eventually(async () => assert.deepEqual(told.at(-1), ['2']))
  stop.abort()
  await etcd.close()
})
