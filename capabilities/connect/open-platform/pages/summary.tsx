import { read } from '#console/client.ts'

/** The numbers above the page, as `/api/open-platform/summary` answers them. */
export type Summary = {
  total: number
  active: number
  reauthoriseWithin30Days: number
  refreshSuccess24h: { ok: number; tried: number }
  quotaLeftMin: { family: string; remaining: number; limit: number | null } | null
  webhooks24h: { received: number; duplicates: number; rejected: number }
}

export const summaryQuery = read<Summary>('/api/open-platform/summary', undefined, {
  topic: 'open-platform/account',
  everyMs: 20_000,
})
