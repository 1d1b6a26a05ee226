import { collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client'
import type { App } from '#kernel/http.ts'
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

/** How long answers take, by route (never by address: that would be one series per id). */
export function measureAnswers(app: App, registry: Registry): void {
  const seconds = new Histogram({
    name: 'http_request_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    seconds.observe(
      { method, route: routeOptions.url ?? 'none', status: reply.statusCode },
      reply.elapsedTime / 1000,
    )
  })
}
