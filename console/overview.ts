import { read } from './client.ts'
import type { JobProgress } from './parts/job.tsx'

/** Answers of the platform that more than one part of the shell reads. */
export type RunningJob = {
  id: string
  queue: string
  state: 'waiting' | 'active' | 'delayed' | 'failed' | 'completed' | 'cancelled' | (string & {})
  progress: JobProgress | null
  startedAtMs: number | null
  startedBy: string | null
  error?: string | null
  attempt: number
}

export type Overview = {
  needs: {
    kind: string
    severity: 'error' | 'warning' | 'info'
    count: number
    titleZh: string
    titleEn: string
    href: string
  }[]
  kpis: {
    key: string
    zh: string
    en: string
    value: number | null
    /** `%` of a value from 0 to 100; `s` and `ms` are written as durations. */
    unit?: string
    previous?: number | null
    definitionZh: string
    definitionEn: string
    href: string
  }[]
  running: RunningJob[]
  freshness: {
    wing: string
    room: string
    lastAtMs: number | null
    lagSeconds: number | null
    status: Freshness
  }[]
}
export type Freshness = 'fresh' | 'late' | 'stale' | 'failed' | 'idle' | (string & {})

// The bell reads it too, outside every page: a refusal must not take the shell down.
export const overviewQuery = {
  ...read<Overview>('/api/system/overview', undefined, {
    topic: 'overview',
    everyMs: 10_000,
  }),
  throwOnError: false,
}
