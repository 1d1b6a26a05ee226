import { watchedConfigContract } from '#kernel/watched-config.contract.ts'
import { testLedger } from '#testing/ledger.ts'
import { postgresWatchedConfig } from './watched-config.ts'

watchedConfigContract('postgres', async () => {
  const it = await testLedger()
  return { config: postgresWatchedConfig(it.ledger), close: it.close }
})
