/** Calls allowed per scope and day, restored at 08:00 Shanghai; a scope that is not named is free. */
export type QuotaSettings = {
  perDay: Record<string, number>
  /** Answer HTTP 429 with Retry-After instead of HTTP 200 with a code. */
  as429: boolean
}
export type Quotas = ReturnType<typeof dailyQuotas>
type Spent = { remaining: number; restoresInSeconds: number; used: boolean }

const dayMs = 86_400_000

export function dailyQuotas(settings: QuotaSettings = { perDay: {}, as429: false }) {
  let current = settings
  let day = 0
  const used = new Map<string, number>()

  return {
    get: () => ({ ...current, used: Object.fromEntries(used) }),
    set(next: Partial<QuotaSettings>) {
      current = { perDay: next.perDay ?? {}, as429: next.as429 ?? false }
      used.clear()
    },
    /** Count one call. `used` = the quota was already used up and the call must be refused. */
    spend(scope: string, nowMs: number): Spent | undefined {
      const limit = current.perDay[scope] ?? current.perDay['*']
      if (limit === undefined) return undefined
      // 08:00 in Shanghai is 00:00 UTC, so a quota day is a UTC day.
      const today = Math.floor(nowMs / dayMs)
      if (today !== day) used.clear()
      day = today
      const count = used.get(scope) ?? 0
      const restoresInSeconds = Math.ceil(((today + 1) * dayMs - nowMs) / 1000)
      if (count >= limit) return { remaining: 0, restoresInSeconds, used: true }
      used.set(scope, count + 1)
      return { remaining: limit - count - 1, restoresInSeconds, used: false }
    },
  }
}
