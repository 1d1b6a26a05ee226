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
