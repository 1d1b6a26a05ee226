/** The engines that `npm run test:engines` starts, and where it says that they are. */
const VARIABLES = {
  postgres: 'TEST_POSTGRES_URL',
  redis: 'TEST_REDIS_URL',
  'redis-cluster': 'TEST_REDIS_CLUSTER_URL',
  kafka: 'TEST_KAFKA_BROKERS',
  clickhouse: 'TEST_CLICKHOUSE_URL',
  etcd: 'TEST_ETCD_URL',
} as const

/**
 * The address of a real engine for a suite, or the reason to skip by name.
 * With `ENGINES=required` a missing engine throws, so that a suite cannot pass by not running.
 */
export function realEngine(
  name: keyof typeof VARIABLES,
  env: Record<string, string | undefined> = process.env,
): { url: string } | { skip: string } {
  const url = env[VARIABLES[name]]
  if (url) return { url }
  const missing = `${name} is not started (npm run test:engines)`
  if (env['ENGINES'] === 'required') throw new Error(`ENGINES=required, but ${missing}`)
  return { skip: missing }
}
