import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api'
import { type Logger, type LoggerOptions, pino } from 'pino'
import { isFault } from './fault.ts'

export type Log = Logger

/** A structured log. Tokens and secrets never get in: these paths are cut at every depth we use. */
export function rootLog({
  level = 'info',
  to = 'stdout',
}: {
  level?: string
  to?: 'stdout' | 'stderr'
} = {}): Log {
  const secrets = [
    'accessToken',
    'refreshToken',
    'clientSecret',
    'password',
    'authorization',
    'cookie',
    'token',
    'key',
  ]
  const options: LoggerOptions = {
    level,
    base: undefined,
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '••••' },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  return to === 'stderr' ? pino(options, pino.destination({ dest: 2, sync: true })) : pino(options)
}

/** The level an error deserves: see the table of kinds in ARCHITECTURE.md. */
export function levelOf(error: unknown): 'info' | 'warn' | 'error' {
  if (!isFault(error)) return 'error'
  return error.kind === 'denied' || error.kind === 'unavailable' ? 'warn' : 'info'
}

const tracer = trace.getTracer('doubloon')

/** Runs `work` inside a span; an error is recorded on it and goes on. Costs next to nothing without an exporter. */
export async function spanned<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work()
    } catch (error) {
      span.recordException(error as Error)
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}
