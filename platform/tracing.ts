import type { Closers } from './closers.ts'

/** Sends spans to an OTLP collector. Without an endpoint nothing is loaded and spans cost next to nothing. */
export async function startTracing(endpoint: string, version: string, closers: Closers): Promise<void> {
  if (!endpoint) return
  const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  const provider = new NodeTracerProvider({
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url, headers: { 'x-doubloon-version': version } })),
    ],
  })
  provider.register()
  closers.add('tracing', () => provider.shutdown())
}
