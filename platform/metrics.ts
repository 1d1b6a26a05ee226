import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { OpenEngines } from './engines.ts'

/** What every process shows to Prometheus: its own health, and how far the readers of the fact log are behind. */
export function registerMetrics(registry: Registry, { facts }: OpenEngines): void {
  collectDefaultMetrics({ register: registry, prefix: 'doubloon_' })
  new Gauge({
    name: 'fact_log_lag',
    help: 'Facts that a group has not read yet.',
    labelNames: ['group', 'partition'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { group, partition, lag } of await facts.lags().catch(() => []))
        this.set({ group, partition }, lag)
    },
  })
}
